import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis, { type RedisClientType, type RedisClusterType } from '@keyv/redis';
import type { Keyv } from 'keyv';
import { withDeadline } from '../../deadline.ts';
import { Refusal } from '../../refusal.ts';
import { Overdue, openKeyv, PATIENCE_MS, WRITE_LIFE_MS } from '../envelope.ts';
import { errorCode } from '../error-code.ts';
import { StoreUnavailable } from '../store.ts';
import type { ClientFactory } from './clients.ts';
import { RECORDS } from './names.ts';
import { reconnectPauseMs } from './pause.ts';
import type { Script } from './scripts.ts';

/** After the time of a call. */
const FIRST_CONNECT_MS = 5_000;
/** A client behind Sentinel waits for itself before it ends. */
const DESTROY_MS = 1_000;

export interface ScriptCall {
  readonly keys: readonly string[];
  readonly values: readonly string[];
  /** When the caller began, on our clock; it is answered `PATIENCE_MS` after that. */
  readonly startMs?: number;
}

/** The one connection, which is made again where it breaks or does not answer. */
export class RedisConnection {
  /** Reads the records. */
  readonly keyv: Keyv;
  readonly #createClient: ClientFactory;
  readonly #adapter: KeyvRedis<string>;
  #isConnected = false;
  #isClosed = false;
  /** Why there is no connection. */
  #trouble: unknown;
  readonly #owners = new WeakMap<RedisClientType, { isGivenUp: boolean }>();
  /** The server's clock less ours. */
  #clockMs = 0;

  constructor(createClient: ClientFactory) {
    this.#createClient = createClient;
    this.#adapter = new KeyvRedis<string>(this.#newClient(), {
      keyPrefixSeparator: '',
      throwOnErrors: true,
    });
    this.keyv = openKeyv(this.#adapter, RECORDS);
    this.#adapter.on('error', (error: unknown) => this.#note(error));
  }

  get isCluster(): boolean {
    return this.#adapter.isCluster();
  }

  /** Takes longer than a call may where nothing speaks against it: at a start, the machine has much else to do. */
  async connect(): Promise<void> {
    const connecting = this.#reconnect();
    const giveUp = () => {
      throw this.#notConnected();
    };
    await withDeadline(connecting, PATIENCE_MS, () =>
      this.#trouble === undefined ? withDeadline(connecting, FIRST_CONNECT_MS, giveUp) : giveUp(),
    );
  }

  async ask<T>(work: (client: RedisClientType) => Promise<T>, patienceMs = PATIENCE_MS): Promise<T> {
    // Asked while it is closed, Keyv's adapter would open a connection of its own.
    if (!this.#isConnected) throw this.#notConnected();
    try {
      return await withDeadline(work(this.#client), patienceMs, () => {
        throw new Overdue();
      });
    } catch (cause) {
      if (cause instanceof Overdue || (this.isCluster && isOffline(cause))) this.#startAgain();
      if (cause instanceof StoreUnavailable) throw cause;
      throw new StoreUnavailable('Redis refused', { cause });
    }
  }

  /** To the Cluster's server that has this record, on the one connection that also writes it: WAIT is about its writes only. */
  async askKeeper(record: string, ...words: string[]): Promise<unknown> {
    const cluster = (client: RedisClientType) => client as unknown as RedisClusterType;
    return this.ask((client) => cluster(client).sendCommand(RECORDS + record, false, words));
  }

  async masters(): Promise<RedisClientType[]> {
    return this.ask(async () => (await this.#adapter.getMasterNodes()) as RedisClientType[]);
  }

  /** Runs a script where its time is not over by the server's clock, which is learnt on the way. */
  async run(script: Script, { keys, values, startMs = Date.now() }: ScriptCall): Promise<unknown> {
    const deadline = startMs + WRITE_LIFE_MS;
    for (;;) {
      const options = { keys: [...keys], arguments: [`${deadline + this.#clockMs}`, ...values] };
      const leftMs = startMs + PATIENCE_MS - Date.now();
      const answer = await this.ask((client) => evaluate(client, script, options), leftMs);
      if (typeof answer !== 'string') return answer;
      if (Date.now() > deadline) throw new StoreUnavailable('Redis answered too late', { code: 'ETIMEDOUT' });
      this.#clockMs = Number(answer) - Date.now();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isConnected = false;
    await this.#destroy(this.#client);
  }

  get #client(): RedisClientType {
    return this.#adapter.client as RedisClientType;
  }

  #newClient(): RedisClientType {
    const owner = { isGivenUp: false, trouble: (error: unknown) => this.#note(error) };
    const client = this.#createClient(owner);
    this.#owners.set(client, owner);
    return client;
  }

  /** What says least is not kept in the place of what says more: that no server of a Cluster could be reached, or why. */
  #note(error: unknown): void {
    if (this.#trouble instanceof Refusal) return;
    const saysMore = error instanceof Refusal || errorCode(error) !== undefined;
    if (saysMore || this.#trouble === undefined) this.#trouble = error;
  }

  #notConnected(): Error {
    const cause = this.#trouble;
    if (cause instanceof Refusal) return cause;
    const code = errorCode(cause) ?? 'ETIMEDOUT';
    return new StoreUnavailable(`Redis is not connected: ${code}`, { cause, code });
  }

  /** A connection that does not answer is given up, and with it the commands that wait in it. */
  #startAgain(): void {
    if (!this.#isConnected || this.#isClosed) return;
    this.#isConnected = false;
    void this.#destroy(this.#client);
    this.#adapter.client = this.#newClient();
    void this.#reconnect();
  }

  /** Tries for ever, with growing pauses. */
  async #reconnect(): Promise<void> {
    for (let retries = 0; !this.#isClosed; retries++) {
      const client = this.#client;
      try {
        await client.connect();
        this.#isConnected = !this.#isClosed;
        this.#trouble = undefined;
        return;
      } catch (error) {
        this.#note(error);
        await this.#destroy(client);
        await sleep(reconnectPauseMs(retries), undefined, { ref: false });
        if (!this.#isClosed) this.#adapter.client = this.#newClient();
      }
    }
  }

  async #destroy(client: RedisClientType): Promise<void> {
    const owner = this.#owners.get(client);
    if (owner !== undefined) owner.isGivenUp = true;
    await withDeadline(destroyed(client), DESTROY_MS, () => undefined);
  }
}

async function evaluate(
  client: RedisClientType,
  { text, sha }: Script,
  options: { keys: string[]; arguments: string[] },
): Promise<unknown> {
  try {
    return await client.evalSha(sha, options);
  } catch (error) {
    if ((error as Error).message.startsWith('NOSCRIPT')) return client.eval(text, options);
    throw error;
  }
}

function isOffline(error: unknown): boolean {
  return (error as Error).constructor.name === 'ClientOfflineError';
}

async function destroyed(client: RedisClientType): Promise<void> {
  try {
    await client.destroy();
  } catch {
    // It was closed already.
  }
}
