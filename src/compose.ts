import { setInterval as every } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { Administrators } from './bot/administrators.ts';
import type { Channel, Conversation, PersonId, Place } from './bot/channel.ts';
import { Configuration } from './bot/configuration.ts';
import { ChorusConversation } from './bot/conversation.ts';
import { type Check, DailyTest } from './bot/daily-test.ts';
import { LivingCards } from './bot/living-cards.ts';
import { MaskedLinks, mountMaskedPage } from './bot/masked-page.ts';
import { PasswordEntry } from './bot/password-entry.ts';
import { patient } from './bot/patient-channel.ts';
import type { ReminderRecord } from './bot/reminder-plan.ts';
import { Reminders } from './bot/reminders.ts';
import { ResetRunner } from './bot/reset.ts';
import type { Links, ResetRecord } from './bot/reset-card.ts';
import { SlackChannel } from './bot/slack.ts';
import { Subscriptions } from './bot/subscriptions.ts';
import { type TeamsAuthentication, TeamsChannel } from './bot/teams.ts';
import { en } from './cards/messages.en.ts';
import { fr } from './cards/messages.ts';
import { ChorusClient, type ChorusClientOptions } from './chorus/client.ts';
import type { SlackConfig } from './config.ts';
import { createHttp, stopHttp } from './http.ts';
import { errorFields, type Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { mountPictures } from './pictures.ts';
import { AccountRecords } from './store/account-records.ts';
import { type Account, Accounts } from './store/accounts.ts';
import { Credentials } from './store/credentials.ts';
import { Journal } from './store/journal.ts';
import { People } from './store/people.ts';
import { Resets } from './store/resets.ts';
import type { Sealer } from './store/seal.ts';
import type { Store } from './store/store.ts';

export interface HouseOptions {
  /** Undefined: Teams is off. */
  readonly teams: TeamsAuthentication | undefined;
  /** Undefined: Slack is off. */
  readonly slack?: SlackConfig | undefined;
  /** Where people's browsers reach the bot; without it there is no masked page. Does not end in '/'. */
  readonly publicUrl?: string | undefined;
  /** Undefined serves every tenant: the demo. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly chorus: ChorusClientOptions;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly links: Links;
  /** The steps' pictures, served where `links.picturesUrl` is set; by default those of the folder it is started in. */
  readonly picturesFolder?: string;
  /** Who is told what concerns the bot itself, and of passwords about to expire. */
  readonly administrators?: readonly PersonId[] | undefined;
  /** Test every password in use once a day. */
  readonly dailyTest?: boolean | undefined;
  readonly log: Log;
  readonly now?: () => Date;
  /** Stands between the channels and the conversation; the demo's first comer goes through it. */
  readonly around?: (conversation: Conversation, accounts: Accounts) => Conversation;
}

/** The bot, not listening yet: whoever composed it chooses the address. */
export interface House {
  readonly app: FastifyInstance;
  /** Resolves when everything that was acknowledged is done, and drawn. */
  settled(): Promise<void>;
  /** Finishes what was acknowledged, then closes everything, the store too. */
  stop(): Promise<void>;
}

/** How often the agenda is looked at, in ms: what a crash cut off goes on within 30 s (P8). */
const TICK = 3_000;
/** A tick that has not ended for so long, in ms, is one that does not run. */
const TICK_MISSED = 60 * 60_000;

/** Puts the rooms together. The only file that sees every one of them. */
export function compose(options: HouseOptions): House {
  const { store, sealer, links, log, now = () => new Date() } = options;
  const metrics = createMetrics();
  const chorus = new ChorusClient(options.chorus);
  const accounts = new Accounts(store);
  const credentials = new Credentials(store, sealer);
  const journal = new Journal(store);
  const messages = { fr, en };

  const teams =
    options.teams === undefined
      ? undefined
      : new TeamsChannel({ authentication: options.teams, allowedTenants: options.allowedTenants, log });
  const slack =
    options.slack === undefined
      ? undefined
      : new SlackChannel({
          config: options.slack,
          allowedTenants: options.allowedTenants,
          store,
          messages,
          log,
        });
  const channels = new Map<Place['platform'], Channel>();
  if (teams !== undefined) channels.set('teams', teams);
  if (slack !== undefined) channels.set('slack', slack);
  const changed = ({ id, manager, deputy }: Account) => {
    slack?.refreshHomes(deputy === undefined ? [manager] : [manager, deputy]);
    // Reminders say who leads a reset.
    accounts.lookAgain(id).catch((error: unknown) => log.warn('agenda.notMoved', errorFields(error)));
  };

  const { publicUrl } = options;
  const maskedLinks = publicUrl === undefined ? undefined : new MaskedLinks(store, publicUrl, now);

  const patiently = new Map([...channels].map(([platform, channel]) => [platform, patient(channel)]));
  const cards = new LivingCards(patiently, (error) => log.warn('card.notDrawn', errorFields(error)));
  const resetRecords = new Resets<ResetRecord>(store);
  const resets = new ResetRunner({
    cards,
    store,
    accounts,
    credentials,
    resets: resetRecords,
    journal,
    chorus,
    channels: patiently,
    messages,
    links,
    log,
    metrics,
    now,
    changed,
  });
  const passwords = new PasswordEntry({
    store,
    credentials,
    sealer,
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
    apiUrl: options.chorus.apiUrl,
    resets,
    passwords,
    cards,
    messages,
    metrics,
    now,
    changed,
  });
  const people = new People<Place>(store);
  const administrators = new Administrators({
    administrators: options.administrators ?? [],
    people,
    channels,
    messages,
    log,
  });
  const checks = new AccountRecords<Check>(store, 'check');
  const dailyTest =
    options.dailyTest === true
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
  const answers = new ChorusConversation({
    store,
    accounts,
    resets,
    passwords,
    configuration,
    reminders,
    subscriptions,
    cards,
    messages,
    log,
    metrics,
    now,
  });
  const conversation = options.around?.(answers, accounts) ?? answers;

  let lastTick = Date.now();
  const app = createHttp({
    log,
    metrics,
    checks: {
      store: () => store.ping(),
      ...(slack === undefined ? {} : { slack: () => slack.check() }),
      tick: async () => {
        if (Date.now() - lastTick > TICK_MISSED) throw new Error('no tick has ended for an hour');
      },
    },
  });
  teams?.mount(app, conversation);
  slack?.mount(app, conversation);
  if (links.picturesUrl !== undefined) mountPictures(app, options.picturesFolder ?? 'pictures');
  if (maskedLinks !== undefined && publicUrl !== undefined)
    mountMaskedPage(app, { links: maskedLinks, conversation, messages, publicUrl });

  const stopping = new AbortController();
  const ticking = (async () => {
    for await (const _ of every(TICK, undefined, { signal: stopping.signal })) {
      dailyTest?.tick();
      const ended = await Promise.allSettled([resets.wakeDue(), reminders.tick()]);
      const failures = ended.filter((end) => end.status === 'rejected');
      for (const { reason } of failures) log.error('tick.failed', errorFields(reason));
      if (failures.length > 0) continue;
      lastTick = Date.now();
      metrics.ticked(new Date(lastTick));
    }
  })().catch(() => undefined);

  const settled = async () => {
    await slack?.settled();
    await resets.settled();
    await cards.settled();
    // What has changed meanwhile is drawn in a Home.
    await slack?.settled();
  };
  return {
    app,
    settled,
    async stop() {
      stopping.abort();
      await ticking;
      await stopHttp(app);
      await dailyTest?.settled();
      await reminders.settled();
      await settled();
      await chorus.close();
      await store.close();
    },
  };
}
