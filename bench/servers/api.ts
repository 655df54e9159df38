import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { createApi } from '../../src/consumers/api.ts';
import { PasswordRelease } from '../../src/consumers/release.ts';
import { KnownTokens, Tokens } from '../../src/consumers/tokens.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Secret } from '../../src/secret.ts';
import { Accounts, accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { loginOf, PASSWORD, SIRET } from '../accounts.ts';
import { givenOptions, serveParent } from './parent.ts';

export interface ApiServerOptions {
  /** The floor: a route that reads and opens the same record, and counts the read. */
  readonly isBare: boolean;
  /** So many programs, with a token each. */
  readonly programs: number;
  /** Each answer flushes the counts of reads and says what the store holds then; otherwise they are flushed once a minute. */
  readonly tellsRecords?: boolean;
}

export interface ApiServerReady {
  readonly url: string;
  readonly tokens: readonly string[];
}

/** How many records the store holds, once the counts of reads are flushed. Counting them is not in `cpu`. */
export interface ApiUsage {
  readonly cpu: number;
  readonly records: number;
}

/** As the bot does it. */
const REFRESH_PAUSE_MS = 3_000;
const FLUSH_PAUSE_MS = 60_000;
/** What counting the records has cost so far, in µs. */
let counting = 0;

const { isBare, programs, tellsRecords = false } = givenOptions<ApiServerOptions>();
const folder = mkdtempSync(join(tmpdir(), 'bench-api-'));
const raw = await openStore(`lmdb:${folder}`);
const sealer = new Sealer([{ kid: 'bench', bytes: new Uint8Array(randomBytes(32)) }]);
const store = new AuthenticatedStore(raw, sealer, () => undefined);
const now = () => new Date();
const login = loginOf(0);
const account = accountId(login);
const accounts = new Accounts(store);
const credentials = new Credentials(store, sealer);
await accounts.add({
  login,
  siret: SIRET,
  structure: 'Commune de Saint-Aubin-sur-Loire',
  manager: 'teams:bench:camille',
  alertMonths: 12,
  addedAt: now().toISOString(),
});
const about = { heldBy: 'Camille', heldSince: now(), expiry: { at: now().toISOString(), estimated: false } };
const { version } = await credentials.keep(account, new Secret(PASSWORD), about);
await credentials.promote(account, version, now());

const tokens = new Tokens(store);
const made: string[] = [];
for (let number = 0; number < programs; number++)
  made.push((await tokens.create({ name: `program-${number}`, accounts: [account] }, now())).text);

const { app, flush } = isBare ? bare() : await whole();
const url = await app.listen({ host: '127.0.0.1', port: 0 });
const ready: ApiServerReady = { url, tokens: made };
serveParent(
  ready,
  async () => {
    await app.close();
    await raw.close();
    rmSync(folder, { recursive: true, force: true });
  },
  tellsRecords ? usageAndRecords : undefined,
);

async function usageAndRecords(): Promise<ApiUsage> {
  await flush();
  const before = process.cpuUsage();
  let records = 0;
  for await (const _key of raw.keys('')) records += 1;
  const { user, system } = process.cpuUsage(before);
  const cpu = before.user + before.system - counting;
  counting += user + system;
  return { cpu, records };
}

async function whole() {
  const knownTokens = new KnownTokens(tokens);
  const journal = new Journal(store, sealer);
  const taken = () => undefined;
  const release = new PasswordRelease({ store, credentials, tokens, journal, taken, now });
  await knownTokens.refresh();
  setInterval(() => void knownTokens.refresh(), REFRESH_PAUSE_MS).unref();
  setInterval(() => void release.flush(), FLUSH_PAUSE_MS).unref();
  const log = createLog('silent');
  const api = await createApi({
    knownTokens,
    release,
    readiness: { failed: async () => [] },
    metrics: createMetrics(),
    log,
    now,
  });
  return { app: api, flush: () => release.flush() };
}

/** Nobody is asked for a token, and nothing is limited or written down. */
function bare() {
  const api = Fastify();
  const reads = new Map<string, number>();
  api.get<{ Params: { login: string } }>('/v1/credentials/:login', async ({ params }, reply) => {
    const opened = await credentials.current(accountId(params.login));
    if (opened === undefined) return reply.code(404).send();
    reads.set(params.login, (reads.get(params.login) ?? 0) + 1);
    const { kept, secret } = opened;
    return { login: params.login, password: secret.reveal(), version: kept.version };
  });
  api.get<{ Params: { login: string } }>('/v1/chorus/data/:login', async ({ params }, reply) => {
    const opened = await credentials.current(accountId(params.login));
    if (opened === undefined) return reply.code(404).send();
    reads.set(params.login, (reads.get(params.login) ?? 0) + 1);
    const { kept, secret } = opened;
    const data = { login: params.login, password: secret.reveal() };
    return { data: { data, metadata: { version: kept.version } } };
  });
  return { app: api, flush: async () => undefined };
}
