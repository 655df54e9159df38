import { setInterval as every } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Channel, Conversation, Place } from './bot/channel.ts';
import { Configuration } from './bot/configuration.ts';
import { ChorusConversation } from './bot/conversation.ts';
import { LivingCards } from './bot/living-cards.ts';
import { MaskedLinks, mountMaskedPage } from './bot/masked-page.ts';
import { PasswordEntry } from './bot/password-entry.ts';
import { ResetRunner } from './bot/reset.ts';
import type { Links, ResetRecord } from './bot/reset-card.ts';
import { SlackChannel } from './bot/slack.ts';
import { type TeamsAuthentication, TeamsChannel } from './bot/teams.ts';
import { en } from './cards/messages.en.ts';
import { fr } from './cards/messages.ts';
import { ChorusClient, type ChorusClientOptions } from './chorus/client.ts';
import type { SlackConfig } from './config.ts';
import { createHttp, stopHttp } from './http.ts';
import { errorFields, type Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { type Account, Accounts } from './store/accounts.ts';
import { Credentials } from './store/credentials.ts';
import { Journal } from './store/journal.ts';
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
  readonly log: Log;
  readonly now?: () => Date;
  /** Stands between the channels and the conversation; the demo's first comer goes through it. */
  readonly around?: (conversation: Conversation, accounts: Accounts) => Conversation;
}

/** The bot, not listening yet: whoever composed it chooses the address. */
export interface House {
  readonly app: FastifyInstance;
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
          now,
        });
  const channels = new Map<Place['platform'], Channel>();
  if (teams !== undefined) channels.set('teams', teams);
  if (slack !== undefined) channels.set('slack', slack);
  const changed = ({ manager, deputy }: Account) =>
    slack?.refreshHomes(deputy === undefined ? [manager] : [manager, deputy]);

  const { publicUrl } = options;
  const maskedLinks = publicUrl === undefined ? undefined : new MaskedLinks(store, publicUrl, now);

  const cards = new LivingCards(channels, (error) => log.warn('card.notDrawn', errorFields(error)));
  const resets = new ResetRunner({
    cards,
    store,
    accounts,
    credentials,
    resets: new Resets<ResetRecord>(store),
    journal,
    chorus,
    channels,
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
  const answers = new ChorusConversation({
    store,
    accounts,
    resets,
    passwords,
    configuration,
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
  if (maskedLinks !== undefined && publicUrl !== undefined)
    mountMaskedPage(app, { links: maskedLinks, conversation, messages, publicUrl });

  const stopping = new AbortController();
  const ticking = (async () => {
    for await (const _ of every(TICK, undefined, { signal: stopping.signal })) {
      try {
        await resets.wakeDue();
        lastTick = Date.now();
      } catch (error) {
        log.error('tick.failed', errorFields(error));
      }
    }
  })().catch(() => undefined);

  return {
    app,
    async stop() {
      stopping.abort();
      await ticking;
      await stopHttp(app);
      await resets.settled();
      await cards.settled();
      await chorus.close();
      await store.close();
    },
  };
}
