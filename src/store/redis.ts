import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import KeyvRedis, {
  createClient,
  createCluster,
  createSentinel,
  type RedisClientType,
  type RedisClusterType,
} from '@keyv/redis';
import type { Keyv } from 'keyv';
import {
  envelopeText,
  holdsWrite,
  Overdue,
  openKeyv,
  PATIENCE_MS,
  readRecord,
  readRecords,
  WRITE_LIFE_MS,
  within,
} from './envelope.ts';
import {
  type Claimed,
  type Scheduled,
  type Store,
  type StoreOptions,
  StoreUnavailable,
  type Versioned,
} from './store.ts';

/** Everything of ours begins so; an ACL may be `~chorus:*`. */
const NAMESPACE = 'chorus:';
const RECORDS = `${NAMESPACE}records:`;
const CLAIMS = `${NAMESPACE}claims:`;
const AGENDAS = `${NAMESPACE}agendas:`;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
/** How long a write is looked for of which no answer came; less where it has waited long already, so that it stays within 2 s. */
const LOOKS_FOR_MS = 600;
const LOOKS_AFTER_MS = 300;
const WAITS_FOR_COPY_MS = PATIENCE_MS / 2;
/** Node's idle time-out sees a connection that died silently; the ping keeps a living one from being idle. */
const IDLE_MS = 10_000;
const PING_MS = 4_000;
/** How far the server's clock may be from where we believe it to be. */
const CLOCK_SLACK_MS = 100;

interface Script {
  readonly text: string;
  readonly sha: string;
}

/**
 * A script refuses to run after its deadline, by the server's clock: a write that waited in a socket while the server
 * was stopped must not surface over newer ones. It then answers with the server's time, so that clocks need not agree.
 */
function script(body: string): Script {
  const text = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local left = tonumber(ARGV[1]) - now
if left < 0 or left > ${WRITE_LIFE_MS + CLOCK_SLACK_MS} then return tostring(now) end
${body}`;
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

// One key each, so that they run on Redis Cluster; what takes more is given them one by one there.
const WRITE = script(`
local held = redis.call('GET', KEYS[1])
local version, write = '0', nil
if held then version, write = string.match(held, '^{"value":{"version":(%d+),"write":"([^"]+)"') end
if version ~= ARGV[2] then return write == ARGV[3] and 1 or 0 end
redis.call('SET', KEYS[1], ARGV[4])
return 1`);
const REMOVE = script(`
local held = redis.call('GET', KEYS[1])
if not held or string.match(held, '^{"value":{"version":(%d+),') ~= ARGV[2] then return 0 end
return redis.call('DEL', KEYS[1])`);
// A token for each key.
const CLAIM = script(`
local taken = {}
for i, key in ipairs(KEYS) do
  local token = ARGV[i + 2]
  local isMine = redis.call('SET', key, token, 'NX', 'PX', ARGV[2]) or redis.call('GET', key) == token
  taken[i] = isMine and 1 or 0
end
return taken`);
const RELEASE = script(`
for i, key in ipairs(KEYS) do
  if redis.call('GET', key) == ARGV[i + 1] then redis.call('DEL', key) end
end
return 1`);
// Triples of id, instant and the instant it must have now; an empty one unschedules, or asks for
// nothing. 'none' is no number to Lua, and neither is the score of what is missing.
const SCHEDULE = script(`
for i = 2, #ARGV, 3 do
  local id, at, from = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if from == '' or tonumber(redis.call('ZSCORE', KEYS[1], id) or '') == tonumber(from) then
    if at == '' then redis.call('ZREM', KEYS[1], id) else redis.call('ZADD', KEYS[1], at, id) end
  end
end
return 1`);

/** Opens a store on Redis, alone, in a Cluster or behind Sentinel. See `openStore`. */
export async function openRedis(url: string, { allowVolatile = false }: StoreOptions): Promise<Store> {
  const store = new RedisStore(clientFactory(url), copiesFor(url, allowVolatile));
  try {
    await store.connect();
    if (!allowVolatile) await store.refuseVolatile();
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Which writes wait for a copy: another server may take over, and what is acknowledged must be there too. */
type Copies = 'of all' | 'where there are replicas' | 'of none';

function copiesFor(url: string, allowVolatile: boolean): Copies {
  if (url.includes('?sentinel=')) return 'of all';
  return url.endsWith('?cluster') && !allowVolatile ? 'where there are replicas' : 'of none';
}

class RedisStore implements Store {
  readonly #createClient: ClientFactory;
  readonly #copies: Copies;
  readonly #adapter: KeyvRedis<string>;
  readonly #keyv: Keyv;
  #connected = false;
  #closed = false;
  #trouble: NodeJS.ErrnoException | undefined;
  /** The server's clock less ours, in milliseconds. */
  #clock = 0;

  constructor(createClient: ClientFactory, copies: Copies) {
    this.#createClient = createClient;
    this.#copies = copies;
    this.#adapter = new KeyvRedis<string>(createClient(), {
      keyPrefixSeparator: '',
      throwOnErrors: true,
    });
    this.#keyv = openKeyv(this.#adapter, RECORDS);
    this.#adapter.on('error', (error: Error) => {
      this.#trouble = error;
    });
  }

  async connect(): Promise<void> {
    try {
      await within(PATIENCE_MS, this.#reconnect());
    } catch {
      throw this.#notConnected();
    }
  }

  /** Throws where a server may evict records, or lose at a crash what it has acknowledged. */
  async refuseVolatile(): Promise<void> {
    for (const node of await this.#masters()) {
      const info = await this.#ask(() => node.info()).catch((cause: unknown) => {
        throw new Error(
          'STORE_URL : Redis ne dit pas s’il garde ce qu’il a reçu ; permettez-y la commande INFO, ou mettez ALLOW_VOLATILE_REDIS=1',
          { cause },
        );
      });
      if (told(info, 'aof_enabled') !== '1') {
        throw new Error(
          'STORE_URL : ce Redis perd, s’il est tué, ce qu’il a reçu ; mettez-y « appendonly yes », ou ici ALLOW_VOLATILE_REDIS=1',
        );
      }
      const policy = told(info, 'maxmemory_policy');
      if (policy !== 'noeviction') {
        throw new Error(
          `STORE_URL : ce Redis peut évincer des données (maxmemory-policy ${policy}) ; mettez-y « maxmemory-policy noeviction », ou ici ALLOW_VOLATILE_REDIS=1`,
        );
      }
      if (this.#copies === 'where there are replicas' && hasReplicas(info)) {
        // For no copy, which is at once: what is asked is whether one may wait at all.
        await this.#ask(() => node.wait(0, 1)).catch((cause: unknown) => {
          throw new Error(
            'STORE_URL : ce Cluster a des réplicas, et ne laisse pas attendre qu’ils aient ce qu’il a reçu ; permettez-y la commande WAIT, ou mettez ALLOW_VOLATILE_REDIS=1',
            { cause },
          );
        });
      }
    }
  }

  async read<T>(key: string): Promise<Versioned<T> | undefined> {
    return this.#ask(() => readRecord<T>(this.#keyv, key));
  }

  async readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | undefined)[]> {
    return this.#ask(() => readRecords<T>(this.#keyv, keys));
  }

  async write<T>(key: string, value: T, version: number): Promise<boolean> {
    const start = Date.now();
    const write = randomUUID();
    const text = envelopeText(version + 1, write, value);
    try {
      if ((await this.#run(WRITE, [RECORDS + key], `${version}`, write, text)) !== 1) return false;
    } catch (failure) {
      // The answer may be all that was lost.
      if (!(await this.#holds(key, write, start))) throw failure;
    }
    if (await this.#needsCopy(key)) await this.#expectCopy(key, version + 1);
    return true;
  }

  async remove(key: string, version: number): Promise<boolean> {
    return (await this.#run(REMOVE, [RECORDS + key], `${version}`)) === 1;
  }

  async *keys(prefix: string): AsyncIterable<string> {
    const MATCH = `${(RECORDS + prefix).replace(/[\\*?[\]]/g, '\\$&')}*`;
    for (const node of await this.#masters()) {
      let cursor = '0';
      do {
        const page = await this.#ask(() => node.scan(cursor, { MATCH, COUNT: 1_000, TYPE: 'string' }));
        cursor = page.cursor;
        for (const key of page.keys) yield key.slice(RECORDS.length);
      } while (cursor !== '0');
    }
  }

  async claim(key: string, lifeMs: number): Promise<string | undefined> {
    const [token] = await this.claimMany([key], lifeMs);
    return token;
  }

  async claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]> {
    const claims = keys.map((key) => ({ key, token: randomUUID() }));
    const taken = await Promise.all(
      this.#batches(claims).map((batch) => this.#runOn(CLAIM, batch, `${lifeMs}`) as Promise<number[]>),
    );
    return taken.flat().map((isMine, i) => (isMine === 1 ? claims[i]?.token : undefined));
  }

  async release(key: string, token: string): Promise<void> {
    await this.releaseMany([{ key, token }]);
  }

  async releaseMany(claims: readonly Claimed[]): Promise<void> {
    await Promise.all(this.#batches(claims).map((batch) => this.#runOn(RELEASE, batch)));
  }

  async schedule(agenda: string, id: string, at: Date): Promise<void> {
    await this.scheduleMany(agenda, [{ id, at }]);
  }

  async unschedule(agenda: string, id: string): Promise<void> {
    await this.scheduleMany(agenda, [{ id, at: undefined }]);
  }

  async scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void> {
    if (entries.length === 0) return;
    const triples = entries.flatMap(({ id, at, from }) => [id, instant(at), instant(from)]);
    await this.#run(SCHEDULE, [AGENDAS + agenda], ...triples);
  }

  async scheduled(agenda: string, ids: readonly string[]): Promise<(Date | undefined)[]> {
    if (ids.length === 0) return [];
    const instants = await this.#ask((client) => client.zmScore(AGENDAS + agenda, [...ids]));
    return instants.map((at) => (at === null ? undefined : new Date(at)));
  }

  async due(agenda: string, now: Date, limit: number): Promise<string[]> {
    const LIMIT = { offset: 0, count: limit };
    return this.#ask((client) => client.zRangeByScore(AGENDAS + agenda, '-inf', now.getTime(), { LIMIT }));
  }

  async ping(): Promise<void> {
    await this.#ask((client) => client.get(NAMESPACE));
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#connected = false;
    await destroy(this.#client);
  }

  /** Whether a write is there that was begun at `start`: the connection that lost its answer takes a moment to come back. */
  async #holds(key: string, write: string, start: number): Promise<boolean> {
    const end = Math.min(Date.now() + LOOKS_FOR_MS, start + PATIENCE_MS + LOOKS_AFTER_MS);
    while (Date.now() < end) {
      try {
        return await this.#ask(() => holdsWrite(this.#keyv, key, write), end - Date.now());
      } catch {
        await sleep(FIRST_PAUSE_MS);
      }
    }
    return false;
  }

  async #needsCopy(key: string): Promise<boolean> {
    if (this.#copies !== 'where there are replicas') return this.#copies === 'of all';
    // The master itself is asked each time: what the client knows of the Cluster may be of yesterday.
    return hasReplicas(String(await this.#tellKeeper(key, 'INFO', 'replication')));
  }

  /** Throws unless another server has the record too: where a master dies alone, what only it had is lost. */
  async #expectCopy(key: string, version: number): Promise<void> {
    const copies = this.#adapter.isCluster()
      ? await this.#tellKeeper(key, 'WAIT', '1', `${WAITS_FOR_COPY_MS}`)
      : await this.#ask((client) => client.wait(1, WAITS_FOR_COPY_MS));
    // A master that has only just become one knows nothing of what was written before: what does it have?
    const held = copies === 0 ? undefined : await this.read(key);
    if (held === undefined || held.version < version)
      throw new StoreUnavailable('No replica of Redis has the record');
  }

  /** To the Cluster's server that has this record, on the one connection that also writes it: WAIT is about its writes only. */
  async #tellKeeper(key: string, ...words: string[]): Promise<unknown> {
    const cluster = (client: RedisClientType) => client as unknown as RedisClusterType;
    return this.#ask((client) => cluster(client).sendCommand(RECORDS + key, false, words));
  }

  /** Cluster and Sentinel have the same commands; their types only differ in what we do not use. */
  get #client(): RedisClientType {
    return this.#adapter.client as RedisClientType;
  }

  async #masters(): Promise<RedisClientType[]> {
    return this.#ask(async () => (await this.#adapter.getMasterNodes()) as RedisClientType[]);
  }

  /** What goes into one script: all, or in a Cluster, whose keys are on several servers, each by itself. */
  #batches(claims: readonly Claimed[]): (readonly Claimed[])[] {
    if (this.#adapter.isCluster()) return claims.map((claim) => [claim]);
    return claims.length === 0 ? [] : [claims];
  }

  async #runOn(script: Script, claims: readonly Claimed[], ...values: string[]): Promise<unknown> {
    const keys = claims.map(({ key }) => CLAIMS + key);
    return this.#run(script, keys, ...values, ...claims.map(({ token }) => token));
  }

  async #run(script: Script, keys: string[], ...values: string[]): Promise<unknown> {
    const start = Date.now();
    const deadline = start + WRITE_LIFE_MS;
    for (;;) {
      const options = { keys, arguments: [`${deadline + this.#clock}`, ...values] };
      const left = start + PATIENCE_MS - Date.now();
      const answer = await this.#ask((client) => evaluate(client, script, options), left);
      if (typeof answer !== 'string') return answer;
      if (Date.now() > deadline) throw new StoreUnavailable('Redis answered too late');
      this.#clock = Number(answer) - Date.now();
    }
  }

  async #ask<T>(work: (client: RedisClientType) => Promise<T>, patience = PATIENCE_MS): Promise<T> {
    // Asked while it is closed, Keyv's adapter would open a connection of its own.
    if (!this.#connected) throw this.#notConnected();
    try {
      return await within(patience, work(this.#client));
    } catch (cause) {
      if (cause instanceof Overdue || (this.#adapter.isCluster() && isOffline(cause))) this.#startAgain();
      if (cause instanceof StoreUnavailable) throw cause;
      throw new StoreUnavailable('Redis refused', { cause });
    }
  }

  #notConnected(): StoreUnavailable {
    const why = this.#trouble?.message || this.#trouble?.code || 'it does not answer';
    return new StoreUnavailable(`Redis is not connected: ${why}`, { cause: this.#trouble });
  }

  /** A connection that does not answer is given up, and with it the commands that wait in it. */
  #startAgain(): void {
    if (!this.#connected || this.#closed) return;
    this.#connected = false;
    void destroy(this.#client);
    this.#adapter.client = this.#createClient();
    void this.#reconnect();
  }

  /** Tries for ever, with growing pauses. */
  async #reconnect(): Promise<void> {
    for (let retries = 0; !this.#closed; retries++) {
      const client = this.#client;
      try {
        await client.connect();
        this.#connected = !this.#closed;
        return;
      } catch (error) {
        this.#trouble = error as Error;
        await destroy(client);
        await sleep(pause(retries), undefined, { ref: false });
        if (!this.#closed) this.#adapter.client = this.#createClient();
      }
    }
  }
}

type ClientFactory = () => RedisClientType;

/** Reads the forms of `STORE_URL` that `openStore` documents. */
function clientFactory(url: string): ClientFactory {
  const parts =
    /^(rediss?):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/(\d*))?(?:\?(cluster|sentinel=[\w.-]+))?$/.exec(
      url,
    );
  if (parts === null) throw notUnderstood();
  const [, scheme, username = '', password = '', hosts = '', database = '', mode = ''] = parts;
  const nodes = hosts.split(',').map((host) => {
    const { hostname, port } = understood(() => new URL(`redis://${host}`));
    return {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (mode.startsWith('sentinel') ? 26379 : 6379)),
    };
  });
  const [first] = nodes;
  if (first === undefined || (nodes.length > 1 && mode === '')) {
    throw new Error('STORE_URL nomme plusieurs serveurs ; ajoutez ?cluster ou ?sentinel=nom');
  }
  const socket = {
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off.
    ...(scheme === 'rediss' ? { tls: true as const, rejectUnauthorized: true } : {}),
    connectTimeout: PATIENCE_MS,
    socketTimeout: IDLE_MS,
    reconnectStrategy: pause,
  };
  const common = {
    ...(username === '' ? {} : { username: understood(() => decodeURIComponent(username)) }),
    ...(password === '' ? {} : { password: understood(() => decodeURIComponent(password)) }),
    disableOfflineQueue: true,
    pingInterval: PING_MS,
  };
  if (mode === 'cluster') {
    const rootNodes = nodes.map((node) => ({ socket: { ...socket, ...node } }));
    return () => createCluster({ rootNodes, defaults: { ...common, socket } }) as unknown as RedisClientType;
  }
  const nodeClientOptions = { ...common, socket, database: Number(database) };
  if (mode !== '') {
    const name = mode.slice('sentinel='.length);
    const sentinelClientOptions = { socket };
    return () =>
      createSentinel({
        name,
        sentinelRootNodes: nodes,
        nodeClientOptions,
        sentinelClientOptions,
      }) as unknown as RedisClientType;
  }
  return () => createClient({ ...nodeClientOptions, socket: { ...socket, ...first } }) as RedisClientType;
}

/** What INFO tells by this name. */
function told(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
}

function hasReplicas(info: string): boolean {
  return told(info, 'connected_slaves') !== '0';
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch {
    // No cause: the parser's error quotes what it could not read.
    throw notUnderstood();
  }
}

function notUnderstood(): Error {
  return new Error(
    'STORE_URL n’est pas comprise ; écrivez redis://utilisateur:motdepasse@serveur:6379/0, avec ?cluster ou ?sentinel=nom après plusieurs serveurs ; dans un mot de passe, @ s’écrit %40, / %2F et % %25',
  );
}

function instant(at: Date | 'none' | undefined): string {
  return at instanceof Date ? `${at.getTime()}` : (at ?? '');
}

function pause(retries: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** retries, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
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

async function destroy(client: RedisClientType): Promise<void> {
  try {
    await client.destroy();
  } catch {
    // It was closed already.
  }
}
