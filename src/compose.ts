import type { FastifyInstance } from 'fastify';
import { type BotPorts, createBot } from './bot/bot.ts';
import type { Channel, Conversation } from './bot/channel.ts';
import { JournalAnchor } from './bot/outgoing/journal-anchor.ts';
import { PlatformHealth, type ReportHealth } from './bot/outgoing/platform-health.ts';
import { mountHandoverPage } from './bot/password/handover-page.ts';
import { MaskedLinks } from './bot/password/masked-links.ts';
import { mountMaskedPage } from './bot/password/masked-page.ts';
import { mountPictures } from './bot/pictures.ts';
import { markedChannel, markedConversation } from './bot/qualification.ts';
import type { CardLinks } from './bot/reset/card.ts';
import { SlackChannel } from './bot/slack/channel.ts';
import { SlackInstallations } from './bot/slack/installations.ts';
import { OneWorkspace, type Workspaces } from './bot/slack/workspaces.ts';
import type { TeamsAuthentication, TeamsChannel } from './bot/teams/channel.ts';
import { LANGUAGES } from './cards/languages.ts';
import { ChorusClient, type ChorusClientOptions } from './chorus/client.ts';
import type { SlackConfig } from './config.ts';
import { createConsumers } from './consumers/consumers.ts';
import { Destinations } from './consumers/destinations.ts';
import { Tokens } from './consumers/tokens.ts';
import { useByPrograms } from './consumers/use.ts';
import { createHttp, stopHttp } from './http.ts';
import { errorFields, type Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { PersonId, Platform } from './person.ts';
import { NotReady, Readiness } from './readiness.ts';
import type { Accounts } from './store/accounts.ts';
import { AuthenticatedStore } from './store/authenticated-store.ts';
import { Installations } from './store/installations.ts';
import { Journal } from './store/journal.ts';
import { StoreProbe } from './store/probe.ts';
import { alarmed, type RecordSigning, type Sealing } from './store/seal.ts';
import type { Store } from './store/store.ts';
import { Ticker } from './ticker.ts';

export interface AppOptions {
  /** Undefined: Teams is off. */
  readonly teams: TeamsAuthentication | undefined;
  /** Undefined: Slack is off. */
  readonly slack?: SlackConfig | undefined;
  /** Where people's browsers reach the bot; without it there is no masked page. Does not end in '/'. */
  readonly publicUrl?: string | undefined;
  /** Undefined serves every tenant: the demo. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly chorus: ChorusClientOptions;
  /** As it is opened: what the bot keeps there is signed. */
  readonly store: Store;
  readonly sealer: Sealing & RecordSigning;
  readonly links: CardLinks;
  /** The steps' pictures, served where `links.picturesUrl` is set; by default those of the folder it is started in. */
  readonly picturesFolder?: string;
  /** Who is told what concerns the bot itself, and of passwords about to expire. */
  readonly administrators?: readonly PersonId[] | undefined;
  /** Test every password in use once a day. */
  readonly dailyTest?: boolean | undefined;
  /** Whoever typed a password takes it back at the last step, where there is a `publicUrl`. */
  readonly isHandoverOn?: boolean | undefined;
  /** The private API for programs; undefined: it is off. Without certificates it speaks plain HTTP. */
  readonly api?:
    | {
        readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
        /** The metrics stay on the public port too, as without the API: the demo. */
        readonly isBesideMetrics?: boolean;
      }
    | undefined;
  /** For destinations that are reached through it. */
  readonly proxyUrl?: string | undefined;
  readonly log: Log;
  readonly now?: () => Date;
  /** How long each agenda is left alone between two looks; three seconds unless it is given. */
  readonly tickPauseMs?: number;
  /** Stands between the channels and the conversation; the demo's first comer goes through it. */
  readonly around?: (conversation: Conversation, accounts: Accounts) => Conversation;
}

/** The bot, not listening yet: whoever composed it chooses the address. */
export interface App {
  readonly http: FastifyInstance;
  /** The private API; undefined: it is off. */
  readonly api: FastifyInstance | undefined;
  /** Resolves when everything that was acknowledged is done, and drawn. */
  settled(): Promise<void>;
  /** Finishes what was acknowledged, then closes everything, the store too. */
  stop(): Promise<void>;
}

/** How often each agenda is looked at: what a crash cut off goes on within 30 s (P8). */
const TICK_PAUSE_MS = 3_000;
/** How often a write is tried, to know whether the store takes it. */
const PROBE_PAUSE_MS = 10_000;
/** How often the platforms are asked whether they still accept the bot's secrets. */
const HEALTH_PAUSE_MS = 5 * 60_000;
/** An agenda that was not looked at to its end for so long is one that nobody looks at. */
const TICK_MISSED_MS = 60 * 60_000;

/** Builds the bot, its platforms and its server. The only file that imports all of them. */
export async function compose(options: AppOptions): Promise<App> {
  const { links, log, now = () => new Date(), tickPauseMs = TICK_PAUSE_MS } = options;
  const metrics = createMetrics();
  const store = new AuthenticatedStore(options.store, options.sealer, (record) => {
    const { key, why } = record;
    log.error('record.refused', { key, reason: why });
    metrics.recordRefused();
    bot.alarms.recordRefused(record);
  });
  const sealer = alarmed(options.sealer, (broken) => {
    const {
      binding: { account, version },
      why,
    } = broken;
    log.error('seal.broken', { account, version, reason: why });
    metrics.sealBroken();
    bot.alarms.sealBroken(broken);
  });
  const health = new PlatformHealth({
    platforms: [
      ...(options.teams === undefined ? [] : (['teams'] as const)),
      ...(options.slack === undefined ? [] : (['slack'] as const)),
    ],
    tellOnce: (...notice) => bot.administrators.tellOnce(...notice),
    metrics,
    log,
    now,
  });
  const chorus = new ChorusClient(options.chorus);
  const journal = new Journal(store, options.sealer);
  const messages = LANGUAGES;

  const teams =
    options.teams === undefined
      ? undefined
      : await openTeams(options.teams, options, health.reportOf('teams'));
  const slack =
    options.slack === undefined
      ? undefined
      : new SlackChannel({
          config: options.slack,
          allowedTenants: options.allowedTenants,
          workspaces: workspacesOf(options.slack, { store, sealer, journal, log, now }),
          store,
          messages,
          reportHealth: health.reportOf('slack'),
          log,
        });
  const channels = new Map<Platform, Channel>();
  const isQualification = options.chorus.environment === 'sandbox';
  for (const channel of [teams, slack])
    if (channel !== undefined)
      channels.set(channel.platform, isQualification ? markedChannel(channel) : channel);
  const { publicUrl } = options;
  const programs = {
    store,
    tokens: new Tokens(store),
    destinations: new Destinations(store, sealer),
    now,
  };
  const maskedLinks = publicUrl === undefined ? undefined : new MaskedLinks(store, publicUrl, now);

  const bot = createBot({
    channels,
    store,
    sealer,
    journal,
    chorus,
    apiUrl: options.chorus.apiUrl,
    ...(options.chorus.environment && { environment: options.chorus.environment }),
    links: { ...links, isHandoverOn: options.isHandoverOn === true && publicUrl !== undefined },
    messages,
    maskedLinks,
    handoverUrl: options.isHandoverOn === true ? publicUrl : undefined,
    useByPrograms: (account, version) => useByPrograms(programs, account, version ?? 0),
    administrators: options.administrators ?? [],
    dailyTest: options.dailyTest === true,
    changed: ({ manager, deputy }) =>
      slack?.refreshHomes(deputy === undefined ? [manager] : [manager, deputy]),
    log,
    metrics,
    now,
  });
  const { resetRunner, reminders, dailyTest, administrators, handover } = bot;
  const probe = new StoreProbe({ store, looked: (failure) => metrics.storeWritable(failure === undefined) });
  const lastTick = () => new Date(Math.min(...tickers.map(({ lastEnd }) => lastEnd.getTime())));
  const readiness = new Readiness({
    checks: {
      store: async () => {
        await store.ping();
        await probe.assertWritable();
      },
      platforms: async () => health.assertOneWorks(),
      tick: async () => {
        if (now().getTime() - lastTick().getTime() > TICK_MISSED_MS) throw new NotReady('tickMissed');
      },
    },
    log,
  });
  const consumers = await createConsumers({
    readiness,
    store,
    sealer,
    journal,
    api: options.api,
    proxyUrl: options.proxyUrl,
    stuck: ({ destination, login, result }) =>
      administrators.tell({
        title: (m) => m.consumers.stuckTitle,
        sentence: (m) =>
          m.consumers.stuck(destination.kind === 'pastell' ? 'Pastell' : m.consumers.webhook, login, result),
      }),
    used: (account) => {
      resetRunner
        .redrawReport(account)
        .catch((error: unknown) => log.warn('card.notDrawn', { account, ...errorFields(error) }));
    },
    metrics,
    log,
    now,
    tickPauseMs,
  });
  const unmarked = options.around?.(bot.conversation, bot.accounts) ?? bot.conversation;
  const conversation = isQualification ? markedConversation(unmarked) : unmarked;

  const anchor = new JournalAnchor({ journal, log, now });
  // Each has a ticker of its own: a platform that keeps the reminders waiting holds up no reset.
  const tickers = [
    () => resetRunner.wakeDue(),
    async () => {
      dailyTest?.tick();
      await reminders.tick();
    },
    () => anchor.tick(),
  ].map(
    (work) =>
      new Ticker({
        pauseMs: tickPauseMs,
        work,
        failed: (error) => log.error('tick.failed', errorFields(error)),
        ended: () => metrics.ticked(lastTick()),
        now,
      }),
  );
  const watchers = [
    { pauseMs: PROBE_PAUSE_MS, work: () => probe.look() },
    {
      pauseMs: HEALTH_PAUSE_MS,
      work: async () => {
        await Promise.all([...channels.values()].map((channel) => channel.checkSecret?.()));
        await health.tell();
      },
    },
  ].map(
    ({ pauseMs, work }) =>
      new Ticker({
        pauseMs,
        isAtOnce: true,
        work,
        failed: (error) => log.error('tick.failed', errorFields(error)),
        ended: () => undefined,
        now,
      }),
  );
  const http = createHttp({
    log,
    // Where there is a private port, the metrics are there.
    metrics: options.api === undefined || options.api.isBesideMetrics === true ? metrics : undefined,
    readiness,
  });
  teams?.mount(http, conversation);
  slack?.mount(http, conversation);
  if (links.picturesUrl !== undefined) mountPictures(http, options.picturesFolder ?? 'pictures');
  if (handover !== undefined && publicUrl !== undefined)
    mountHandoverPage(http, { handover, messages, publicUrl, isQualification, log });
  if (maskedLinks !== undefined && publicUrl !== undefined)
    mountMaskedPage(http, { maskedLinks, conversation, messages, publicUrl, sealer, log });

  const settled = async () => {
    await slack?.settled();
    await bot.settled();
    // What has changed meanwhile is drawn in a Home.
    await slack?.settled();
  };
  return {
    http,
    api: consumers.api,
    settled,
    async stop() {
      // At once: a ticker may wait for a platform that stands still, and what comes meanwhile could not be finished.
      await Promise.all([
        stopHttp(http),
        consumers.stop(),
        ...[...tickers, ...watchers].map((ticker) => ticker.stop()),
      ]);
      await dailyTest?.settled();
      await reminders.stop();
      await settled();
      await chorus.close();
      await store.close();
    },
  };
}

/** botbuilder is a third of the time it takes to start, and 20 MB: loaded only where Teams is on. */
async function openTeams(
  authentication: TeamsAuthentication,
  { allowedTenants, log }: AppOptions,
  reportHealth: ReportHealth,
): Promise<TeamsChannel> {
  const { TeamsChannel } = await import('./bot/teams/channel.ts');
  return new TeamsChannel({ authentication, allowedTenants, reportHealth, log });
}

function workspacesOf(
  config: SlackConfig,
  dependencies: Pick<BotPorts, 'store' | 'sealer' | 'journal' | 'log' | 'now'>,
): Workspaces {
  if (!('oauth' in config)) return new OneWorkspace(config);
  const { store, sealer, journal, log, now } = dependencies;
  return new SlackInstallations({
    ...config,
    store,
    installations: new Installations(store, sealer),
    journal,
    log,
    now,
  });
}
