import type { Messages } from '../cards/messages.ts';
import type { ChorusClient } from '../chorus/client.ts';
import { errorFields, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { PersonId, Platform } from '../person.ts';
import { AccountRecords } from '../store/account-records.ts';
import { type Account, Accounts } from '../store/accounts.ts';
import { Credentials } from '../store/credentials.ts';
import type { Journal } from '../store/journal.ts';
import { People } from '../store/people.ts';
import { Resets } from '../store/resets.ts';
import type { Sealing } from '../store/seal.ts';
import type { Store } from '../store/store.ts';
import { Configuration } from './account/configuration.ts';
import { type Check, DailyTest } from './account/daily-test.ts';
import type { Channel, Language, Place } from './channel.ts';
import { ChorusConversation } from './conversation.ts';
import { Administrators } from './outgoing/administrators.ts';
import { LivingCards } from './outgoing/living-cards.ts';
import { PrivateAnswers } from './outgoing/private-answers.ts';
import { patient } from './outgoing/retries.ts';
import { PasswordEntry } from './password/entry.ts';
import type { MaskedLinks } from './password/masked-page.ts';
import type { ReminderRecord } from './reminders/plan.ts';
import { Reminders } from './reminders/reminders.ts';
import { Subscriptions } from './reminders/subscriptions.ts';
import type { Links } from './reset/card.ts';
import { createResets } from './reset/create.ts';
import type { ResetRecord } from './reset/record.ts';
import { ANSWER_WITHIN_MS, type ResetRunner } from './reset/runner.ts';

/** All that the bot needs of the world: everything that answers, waits or fails comes in here. */
export interface BotPorts {
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly store: Store;
  readonly sealer: Sealing;
  /** One for each process: its appends go one after the other. */
  readonly journal: Journal;
  readonly chorus: Pick<ChorusClient, 'testConnection'>;
  /** Shown to people as the address that is tested. */
  readonly apiUrl: string;
  readonly links: Links;
  readonly messages: Readonly<Record<Language, Messages>>;
  /** Undefined: there is no masked page. */
  readonly maskedLinks: MaskedLinks | undefined;
  /** Who is told what concerns the bot itself, and of passwords about to expire. */
  readonly administrators: readonly PersonId[];
  /** Test every password in use once a day. */
  readonly dailyTest: boolean;
  /** Something that lists of an account show has changed. */
  readonly changed: (account: Account) => void;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => Date;
  /** How long an answer waits for Chorus Pro. */
  readonly answerWithinMs?: number;
}

/** What the bot does: it answers people, and by itself does what is due. */
export interface Bot {
  readonly conversation: ChorusConversation;
  readonly accounts: Accounts;
  readonly resets: ResetRunner;
  readonly passwords: PasswordEntry;
  readonly reminders: Reminders;
  readonly administrators: Administrators;
  /** Undefined: it is turned off. */
  readonly dailyTest: DailyTest | undefined;
  /** Resolves when everything that was begun is done, and drawn. */
  settled(): Promise<void>;
}

/** Puts the bot together. Any number of them work on one store. */
export function createBot(ports: BotPorts): Bot {
  const { store, sealer, journal, chorus, apiUrl, channels } = ports;
  const { links, messages, maskedLinks, log, metrics, now, answerWithinMs = ANSWER_WITHIN_MS } = ports;
  const accounts = new Accounts(store);
  const credentials = new Credentials(store, sealer);
  const people = new People<Place>(store, (person) =>
    channels.get(person.split(':')[0] as Platform)?.privately?.(person as PersonId),
  );
  const resetRecords = new Resets<ResetRecord>(store);
  const checks = new AccountRecords<Check>(store, 'check');
  const changed = (account: Account) => {
    ports.changed(account);
    // Reminders say who leads a reset.
    accounts.lookAgain(account.id).catch((error: unknown) => log.warn('agenda.notMoved', errorFields(error)));
  };

  const patiently = new Map([...channels].map(([platform, channel]) => [platform, patient(channel)]));
  const cards = new LivingCards(patiently, (error) => log.warn('card.notDrawn', errorFields(error)));
  const administrators = new Administrators({
    administrators: ports.administrators,
    store,
    people,
    channels,
    messages,
    log,
  });
  const { holders, runner: resets } = createResets({
    store,
    accounts,
    people,
    credentials,
    resets: resetRecords,
    administrators,
    cards,
    channels,
    patientChannels: patiently,
    journal,
    chorus,
    messages,
    links,
    log,
    metrics,
    now,
    answerWithinMs,
    changed,
  });
  const passwords = new PasswordEntry({
    store,
    credentials,
    sealer,
    holders,
    resets,
    messages,
    maskedLinks,
    log,
    now,
  });
  const configuration = new Configuration({
    accounts,
    credentials,
    journal,
    chorus,
    apiUrl,
    resets,
    passwords,
    cards,
    messages,
    log,
    metrics,
    now,
    answerWithinMs,
    changed,
  });
  const dailyTest = ports.dailyTest
    ? new DailyTest({
        store,
        accounts,
        checks,
        credentials,
        journal,
        chorus,
        resets,
        administrators,
        metrics,
        log,
        now,
      })
    : undefined;
  const reminders = new Reminders({
    store,
    accounts,
    people,
    records: new AccountRecords<ReminderRecord>(store, 'reminder'),
    checks,
    credentials,
    resets: resetRecords,
    administrators,
    dailyTest,
    channels,
    cards,
    messages,
    metrics,
    log,
    now,
  });
  const subscriptions = new Subscriptions({ accounts, journal, administrators, channels, messages, now });
  const privateAnswers = new PrivateAnswers({ people, channels: patiently, administrators, messages, log });
  const conversation = new ChorusConversation({
    store,
    accounts,
    resets,
    passwords,
    configuration,
    reminders,
    subscriptions,
    privateAnswers,
    cards,
    messages,
    log,
    metrics,
    now,
  });
  return {
    conversation,
    accounts,
    resets,
    passwords,
    reminders,
    administrators,
    dailyTest,
    async settled() {
      await resets.settled();
      await cards.settled();
    },
  };
}
