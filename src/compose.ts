import { setInterval as every } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Channel, Conversation, Place } from './bot/channel.ts';
import { Configuration } from './bot/configuration.ts';
import { ChorusConversation } from './bot/conversation.ts';
import { LivingCards } from './bot/living-cards.ts';
import { PasswordEntry } from './bot/password-entry.ts';
import { ResetRunner } from './bot/reset.ts';
import type { Links, ResetRecord } from './bot/reset-card.ts';
import { type TeamsAuthentication, TeamsChannel } from './bot/teams.ts';
import { en } from './cards/messages.en.ts';
import { fr } from './cards/messages.ts';
import { ChorusClient, type ChorusClientOptions } from './chorus/client.ts';
import { createHttp, stopHttp } from './http.ts';
import { errorFields, type Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { Accounts } from './store/accounts.ts';
import { Credentials } from './store/credentials.ts';
import { Journal } from './store/journal.ts';
import { Resets } from './store/resets.ts';
import type { Sealer } from './store/seal.ts';
import type { Store } from './store/store.ts';

export interface HouseOptions {
  /** Undefined: Teams is off. */
  readonly teams: TeamsAuthentication | undefined;
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
  const channels = new Map<Place['platform'], Channel>();
  if (teams !== undefined) channels.set('teams', teams);

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
  });
  const passwords = new PasswordEntry({ store, credentials, sealer, resets, messages, log, now });
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
      tick: async () => {
        if (Date.now() - lastTick > TICK_MISSED) throw new Error('no tick has ended for an hour');
      },
    },
  });
  teams?.mount(app, conversation);

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
