import { setTimeout as sleep } from 'node:timers/promises';
import type { App, Receiver, ReceiverEvent, SocketModeReceiver } from '@slack/bolt';
import type { SlackConfig } from '../../config.ts';
import { inTime } from '../../deadline.ts';
import { foreignWord, type Log } from '../../log.ts';
import type { Secret } from '../../secret.ts';
import type { ReportHealth } from '../outgoing/platform-health.ts';
import { clientOptions, SILENT } from './calls.ts';
import { refusalFields, retryAfterMsOf } from './errors.ts';
import { readEnvelopeId, readSocketMessage } from './payloads.ts';

export interface SlackSocketOptions {
  readonly appToken: Secret;
  readonly apiUrl: SlackConfig['apiUrl'];
  readonly reportHealth: ReportHealth;
  readonly log: Log;
  readonly pace?: SocketPace;
}

type Client = SocketModeReceiver['client'];

/** Times of the connection. */
export interface SocketPace {
  /** How long Slack may take to say `hello` on a new connection. */
  readonly helloWithinMs: number;
  /** A connection that does not close when asked to is cut after this time. */
  readonly closeWithinMs: number;
  /** A connection counts as connected once it has lasted this long: Slack may say `hello` and close at once. */
  readonly connectedAfterMs: number;
  /** A connection that has lasted this long makes the next pause short again. */
  readonly stableAfterMs: number;
  /** The first pause between two attempts, which doubles up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** Slack allows about one `apps.connections.open` a minute. */
const PACE: SocketPace = {
  helloWithinMs: 20_000,
  closeWithinMs: 1_000,
  connectedAfterMs: 1_000,
  stableAfterMs: 60_000,
  firstPauseMs: 1_000,
  longestPauseMs: 60_000,
};

/** How an attempt to connect ended. */
interface Ended {
  /** How long the connection lasted after `hello`; 0 where there was no `hello`. */
  readonly lastedMs: number;
  /** How long Slack asks to wait before the next attempt. */
  readonly retryAfterMs: number;
}

/**
 * Receives over a web socket that the bot opens: Socket Mode. Opens it again whenever it closes, at a pace that Slack
 * allows. Each connection has a client of its own, so that what is left of one cannot disturb the next.
 * https://docs.slack.dev/apis/events-api/using-socket-mode
 */
export class SlackSocket implements Receiver {
  readonly #options: SlackSocketOptions;
  readonly #pace: SocketPace;
  readonly #stopping = new AbortController();
  #app: App | undefined;
  #client: Client | undefined;

  constructor(options: SlackSocketOptions) {
    this.#options = options;
    this.#pace = options.pace ?? PACE;
  }

  init(app: App): void {
    this.#app = app;
  }

  /** Connects in the background: a Slack that cannot be reached must not keep the bot from serving Teams. */
  async start(): Promise<void> {
    this.#options.reportHealth('connection', 'notConnected');
    this.#keepConnected().catch((error: unknown) => this.#warn(error));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (this.#client !== undefined) await this.#close(this.#client);
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; ) {
      const { lastedMs, retryAfterMs } = await this.#connection();
      if (signal.aborted) return;
      failures = lastedMs >= this.#pace.stableAfterMs ? 1 : failures + 1;
      const pauseMs = Math.max(this.#pauseAfter(failures), retryAfterMs);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Connects, and resolves when that has failed or the connection has closed. */
  async #connection(): Promise<Ended> {
    let client: Client | undefined;
    try {
      client = await this.#openClient();
      this.#client = client;
      const closed = new Promise<void>((resolve) => client?.once('disconnected', resolve));
      await inTime(client.start(), this.#pace.helloWithinMs);
      const since = performance.now();
      await this.#untilClosed(closed);
      return { lastedMs: performance.now() - since, retryAfterMs: 0 };
    } catch (error) {
      this.#warn(error);
      this.#options.reportHealth('connection', refusalFields(error).reason ?? 'notConnected');
      return { lastedMs: 0, retryAfterMs: retryAfterMsOf(error) ?? 0 };
    } finally {
      if (client !== undefined) await this.#close(client);
    }
  }

  async #untilClosed(closed: Promise<void>): Promise<void> {
    const { log, reportHealth } = this.#options;
    const lasting = setTimeout(() => {
      reportHealth('connection', undefined);
      log.info('slack.connected', { platform: 'slack' });
    }, this.#pace.connectedAfterMs);
    await closed;
    clearTimeout(lasting);
    reportHealth('connection', 'notConnected');
    if (!this.#stopping.signal.aborted) log.warn('slack.disconnected', { platform: 'slack' });
  }

  async #openClient(): Promise<Client> {
    const { appToken, apiUrl } = this.#options;
    // Bolt takes longer to load than all the rest: only where Slack is on.
    const { SocketModeReceiver } = await import('@slack/bolt');
    const receiver = new SocketModeReceiver({
      appToken: appToken.reveal(),
      logger: SILENT,
      // The client's own reconnection gives up at the first network error, and never waits for Slack.
      autoReconnectEnabled: false,
      installerOptions: { clientOptions: clientOptions({ apiUrl }) },
      customPropertiesExtractor: ({ envelope_id: envelope }) => ({ envelope }),
      processEventErrorHandler: async ({ error }) => {
        this.#warn(error);
        return false;
      },
    });
    if (this.#app !== undefined) receiver.init(this.#watched(this.#app));
    this.#guard(receiver.client);
    return receiver.client;
  }

  /** The log tells what nobody acknowledged, as over HTTP, where it is refused. To Slack nothing is said: it tries again. */
  #watched(app: App): App {
    const processEvent = async (event: ReceiverEvent): Promise<void> => {
      let isAcknowledged = false;
      const ack: ReceiverEvent['ack'] = async (response) => {
        isAcknowledged = true;
        await event.ack(response);
      };
      try {
        await app.processEvent({ ...event, ack });
      } finally {
        if (!isAcknowledged) this.#refuse('notUnderstood', event.customProperties?.envelope);
      }
    };
    return Object.assign(Object.create(app) as App, { processEvent });
  }

  #refuse(reason: string, envelope: unknown): void {
    this.#options.log.warn('slack.refused', { platform: 'slack', reason, envelope: foreignWord(envelope) });
  }

  /**
   * Lets through what the client can read. It gives any type of message to its own listeners, `close` too, and reads in a
   * promise that nobody watches.
   */
  #guard(client: Client): void {
    const { log } = this.#options;
    const readers = client.listeners('ws_message');
    client.removeAllListeners('ws_message');
    client.on('ws_message', (data: unknown, isBinary: boolean) => {
      const message = typeof data === 'string' ? readSocketMessage(data) : undefined;
      if (message === undefined)
        return this.#refuse('unreadable', typeof data === 'string' ? readEnvelopeId(data) : undefined);
      if (message.type === 'disconnect')
        log.info('slack.disconnecting', { platform: 'slack', reason: wordOf(message.reason) });
      for (const read of readers)
        Promise.resolve(read.call(client, data, isBinary)).catch((error: unknown) => this.#warn(error));
    });
  }

  /** Asked a second time, the client cuts a connection whose other end does not answer, and ends its timers. */
  async #close(client: Client): Promise<void> {
    const { closeWithinMs } = this.#pace;
    for (const isLast of [false, true]) {
      await inTime(client.disconnect(), closeWithinMs).catch((error: unknown) => {
        if (isLast) this.#warn(error);
      });
    }
  }

  /** Doubles from one failure to the next. Half of it is chance, so that replicas do not come back together. */
  #pauseAfter(failures: number): number {
    const { firstPauseMs, longestPauseMs } = this.#pace;
    const longestMs = Math.min(firstPauseMs * 2 ** Math.min(failures - 1, 20), longestPauseMs);
    return longestMs * (0.5 + Math.random() / 2);
  }

  #warn(error: unknown): void {
    this.#options.log.warn('slack.failed', { platform: 'slack', ...refusalFields(error) });
  }
}

function wordOf(text: string | undefined): string | undefined {
  return text !== undefined && /^[a-z_]{1,60}$/.test(text) ? text : undefined;
}
