import type { FastifyInstance } from 'fastify';
import { stopHttp } from '../http.ts';
import { errorFields, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Readiness } from '../readiness.ts';
import { type AccountId, Accounts } from '../store/accounts.ts';
import { Credentials } from '../store/credentials.ts';
import type { Journal } from '../store/journal.ts';
import type { Sealing } from '../store/seal.ts';
import type { Store } from '../store/store.ts';
import { Ticker } from '../ticker.ts';
import { createApi } from './api.ts';
import { Deliveries, type StuckDelivery } from './deliveries.ts';
import { Destinations } from './destinations.ts';
import { Outbound } from './outbound.ts';
import { PasswordRelease } from './release.ts';
import { KnownTokens, Tokens } from './tokens.ts';

export interface ConsumersOptions {
  readonly store: Store;
  readonly sealer: Sealing;
  readonly journal: Journal;
  /** Undefined: the API is off. */
  readonly api: { readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined } | undefined;
  /** For destinations of which the administrator says so. */
  readonly proxyUrl: string | undefined;
  /** Tells the administrators of a destination that does not take a new password. */
  readonly stuck: (delivery: StuckDelivery) => Promise<void>;
  /** What is known of a program or a destination of this account has changed. */
  readonly used: (account: AccountId) => void;
  readonly readiness: Pick<Readiness, 'failed'>;
  readonly metrics: Pick<Metrics, 'expose'>;
  readonly log: Log;
  readonly now: () => Date;
  readonly tickPauseMs: number;
}

/** What serves programs: the API, not listening yet, and the pushes to destinations. */
export interface Consumers {
  readonly api: FastifyInstance | undefined;
  /** Finishes what was begun. */
  stop(): Promise<void>;
}

/** How often the counts of reads are written. */
const FLUSH_PAUSE_MS = 60_000;

export async function createConsumers(options: ConsumersOptions): Promise<Consumers> {
  const { store, sealer, journal, proxyUrl, stuck, used, readiness, metrics, log, now, tickPauseMs } =
    options;
  const accounts = new Accounts(store);
  const credentials = new Credentials(store, sealer);
  const outbound = new Outbound({ proxyUrl });
  const destinations = new Destinations(store, sealer);
  const deliveries = new Deliveries({
    store,
    accounts,
    credentials,
    destinations,
    journal,
    outbound,
    stuck,
    attempted: used,
    log,
    now,
  });
  const repeat = (pauseMs: number, work: () => Promise<unknown>) =>
    new Ticker({
      pauseMs,
      work,
      failed: (error) => log.error('consumers.tickFailed', errorFields(error)),
      ended: () => undefined,
      now,
    });
  const tickers = [repeat(tickPauseMs, () => deliveries.tick())];
  const stopTickers = () => Promise.all(tickers.map((ticker) => ticker.stop()));
  if (options.api === undefined)
    return {
      api: undefined,
      async stop() {
        await stopTickers();
        await outbound.close();
      },
    };

  const tokens = new Tokens(store);
  const knownTokens = new KnownTokens(tokens);
  const release = new PasswordRelease({ store, credentials, tokens, journal, taken: used, now });
  const api = await createApi({ knownTokens, release, readiness, metrics, tls: options.api.tls, log, now });
  api.addHook('onReady', () => knownTokens.refresh());
  tickers.push(
    repeat(tickPauseMs, () => knownTokens.refresh()),
    repeat(FLUSH_PAUSE_MS, () => release.flush()),
  );
  return {
    api,
    async stop() {
      await stopHttp(api);
      await stopTickers();
      await release.flush().catch((error: unknown) => log.warn('consumers.notFlushed', errorFields(error)));
      await outbound.close();
    },
  };
}
