import { noticeCard } from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import type { ChorusClient } from '../chorus/client.ts';
import type { Environment } from '../chorus/verdict.ts';
import { errorFields, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { PersonId, Platform } from '../person.ts';
import { AccountRecords } from '../store/account-records.ts';
import { type Account, Accounts } from '../store/accounts.ts';
import { Credentials } from '../store/credentials.ts';
import type { Journal } from '../store/journal.ts';
import { People } from '../store/people.ts';
import { PortalEntries } from '../store/portal-entries.ts';
import { Resets } from '../store/resets.ts';
import type { Sealing } from '../store/seal.ts';
import type { Store } from '../store/store.ts';
import { Configuration } from './account/configuration.ts';
import { type Check, DailyTest } from './account/daily-test.ts';
import type { Channel, Language, Place } from './channel.ts';
import { ChorusConversation } from './conversation.ts';
import { Administrators } from './outgoing/administrators.ts';
import { Alarms } from './outgoing/alarms.ts';
import { LivingCards } from './outgoing/living-cards.ts';
import { PrivateAnswers } from './outgoing/private-answers.ts';
import { PrivateNotices } from './outgoing/private-notices.ts';
import { patient } from './outgoing/retries.ts';
import { PasswordEntry } from './password/entry.ts';
import { Handover } from './password/handover.ts';
import type { MaskedLinks } from './password/masked-links.ts';
import type { ReminderRecord } from './reminders/plan.ts';
import { Reminders } from './reminders/reminders.ts';
import { Subscriptions } from './reminders/subscriptions.ts';
import type { CardLinks } from './reset/card.ts';
import type { TestRecord } from './reset/connection-test.ts';
import { createResets } from './reset/create.ts';
import { handoverState, type ResetRecord } from './reset/record.ts';
import { ANSWER_WITHIN_MS, type ResetRunner } from './reset/runner.ts';
import { createUseOf, type UseOf } from './reset/use.ts';

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
  /** `other` where it is not given: nothing is known of it. */
  readonly environment?: Environment;
  readonly links: CardLinks;
  readonly messages: Readonly<Record<Language, Messages>>;
  /** Undefined: there is no masked page. */
  readonly maskedLinks: MaskedLinks | undefined;
  /** The address of the pages on which people take a password back. Undefined: there are none. */
  readonly handoverUrl?: string | undefined;
  /** What programs have taken of a password. Undefined: there are none. */
  readonly useByPrograms?: UseOf | undefined;
  /** Who is told what concerns the bot itself, and of passwords about to expire. */
  readonly administrators: readonly PersonId[];
  /** Test every password in use once a day. */
  readonly dailyTest: boolean;
  /** Called after a change that account lists display, so that open lists are redrawn. */
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
  readonly resetRunner: ResetRunner;
  readonly passwords: PasswordEntry;
  readonly reminders: Reminders;
  readonly administrators: Administrators;
  readonly handover: Handover | undefined;
  /** Undefined: it is turned off. */
  readonly dailyTest: DailyTest | undefined;
  readonly alarms: Alarms;
  /** Resolves when everything that was begun is done, and drawn. */
  settled(): Promise<void>;
}

/** Puts the bot together. Any number of them work on one store. */
export function createBot(ports: BotPorts): Bot {
  const { store, channels, log } = ports;
  const accounts = new Accounts(store);
  const people = new People<Place>(store, (person) =>
    channels.get(person.split(':')[0] as Platform)?.privately?.(person as PersonId),
  );
  const patientChannels = new Map(
    [...channels].map(([platform, channel]) => [platform, patient(channel)] as const),
  );
  const cards = new LivingCards(patientChannels, (error) => log.warn('card.notDrawn', errorFields(error)));
  const administrators = new Administrators({ ...ports, people });
  /** What everything below depends on, and more: each takes what it names. */
  const dependencies = {
    ...ports,
    environment: ports.environment ?? 'other',
    accounts,
    people,
    credentials: new Credentials(store, ports.sealer),
    resets: new Resets<ResetRecord>(store),
    checks: new AccountRecords<Check>(store, 'check'),
    records: new AccountRecords<ReminderRecord>(store, 'reminder'),
    testRecords: new AccountRecords<TestRecord>(store, 'test'),
    portalEntries: new PortalEntries(store),
    patientChannels,
    cards,
    administrators,
    notices: new PrivateNotices({ ...ports, people }),
    useOf: createUseOf(store, ports.useByPrograms),
    answerWithinMs: ports.answerWithinMs ?? ANSWER_WITHIN_MS,
    changed: (account: Account) => {
      ports.changed(account);
      // Reminders say who leads a reset.
      accounts
        .lookAgain(account.id)
        .catch((error: unknown) => log.warn('agenda.notMoved', errorFields(error)));
    },
  };

  const alarms = new Alarms(administrators, log);
  const { holders, tests, resetRunner, cardViews } = createResets(dependencies);
  const passwords = new PasswordEntry({ ...dependencies, holders, resetRunner });
  const configuration = new Configuration({ ...dependencies, tests, resetRunner, passwords });
  const dailyTest = ports.dailyTest ? new DailyTest({ ...dependencies, tests, resetRunner }) : undefined;
  const reminders = new Reminders({ ...dependencies, dailyTest });
  const privateAnswers = new PrivateAnswers({
    ...dependencies,
    knownPeople: reminders.knownPeople,
    channels: patientChannels,
  });
  const handover =
    ports.handoverUrl === undefined
      ? undefined
      : new Handover({
          ...dependencies,
          stateOf: async (id) => handoverState(await dependencies.resets.load(id)),
          tell: async (person, { id, login }, at) => {
            await privateAnswers.tell(person, ({ handover, moment }) =>
              noticeCard(handover.title, handover.told(login, moment(at.toISOString()))),
            );
            await resetRunner
              .redrawReport(id)
              .catch((error: unknown) => log.warn('card.notDrawn', errorFields(error)));
          },
          publicUrl: ports.handoverUrl,
        });
  const conversation = new ChorusConversation({
    ...dependencies,
    resetRunner,
    cardViews,
    passwords,
    configuration,
    reminders,
    knownPeople: reminders.knownPeople,
    subscriptions: new Subscriptions(dependencies),
    privateAnswers,
    handover,
  });
  return {
    conversation,
    accounts,
    resetRunner,
    passwords,
    reminders,
    administrators,
    handover,
    dailyTest,
    alarms,
    async settled() {
      await alarms.settled();
      await resetRunner.settled();
      await cards.settled();
    },
  };
}
