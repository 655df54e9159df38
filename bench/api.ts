import { setTimeout as pause } from 'node:timers/promises';
import { Pool } from 'undici';
import { loginOf } from './accounts.ts';
import { type Bench, inTurn, type Measured } from './bench.ts';
import { Server } from './server.ts';
import type { ApiServerOptions, ApiServerReady, ApiUsage } from './servers/api.ts';

/** More tokens than one may use up in a minute of the benchmark. */
const PROGRAMS = 200;
const READS = 2_000;
const ROUNDS = 9;
const AT_ONCE = 32;
const POLLING_PROGRAMS = 1_000;
/** A part of the minute in which each program polls once. */
const POLLED_FOR_MS = 30_000;

export const benches: Bench[] = [
  { name: 'api credentials', unit: 'reads/s', run: () => reading('/v1/credentials/') },
  { name: 'api vault kv', unit: 'reads/s', run: () => reading('/v1/chorus/data/') },
  { name: 'api polling core', unit: '% of a core', run: polling },
];

/** Reads for each second of the server's processor time: the load's own process costs nothing of it. */
async function reading(path: string): Promise<Measured> {
  const ours = await start(false, PROGRAMS);
  const floor = await start(true, PROGRAMS);
  try {
    return await inTurn(
      ROUNDS,
      () => readsPerSecond(ours, path),
      () => readsPerSecond(floor, path),
    );
  } finally {
    await ours.stop();
    await floor.stop();
  }
}

async function readsPerSecond(server: Server<ApiServerReady>, path: string): Promise<number> {
  const { url, tokens } = server.ready;
  const pool = new Pool(url, { connections: AT_ONCE });
  let asked = 0;
  const before = await server.usage();
  const readOn = async () => {
    while (asked < READS) {
      const token = tokens[asked++ % tokens.length] ?? '';
      await read(pool, `${path}${encodeURIComponent(loginOf(0))}`, { authorization: `Bearer ${token}` });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readOn));
  const after = await server.usage();
  await pool.close();
  return READS / ((after.cpu - before.cpu) / 1_000_000);
}

async function read(pool: Pool, path: string, headers: Record<string, string>): Promise<void> {
  const answer = await pool.request({ method: 'GET', path, headers });
  await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`it answered ${answer.statusCode}`);
}

/** A thousand programs that ask once a minute and get the password each time; the floor is the core, of which 5 % are asked. */
async function polling(): Promise<Measured> {
  const server = await start(false, POLLING_PROGRAMS, true);
  const { url, tokens } = server.ready;
  const pool = new Pool(url, { connections: AT_ONCE });
  const path = `/v1/credentials/${encodeURIComponent(loginOf(0))}`;
  const poll = (token: string) => read(pool, path, { authorization: `Bearer ${token}` });
  try {
    // The first read of each is in the journal: that happens once for a password.
    for (const token of tokens) await poll(token);
    const before = await server.ask<ApiUsage>();
    const started = performance.now();
    const polled = tokens.slice(0, (POLLING_PROGRAMS * POLLED_FOR_MS) / 60_000);
    const everyMs = POLLED_FOR_MS / polled.length;
    for (const [number, token] of polled.entries()) {
      await pause(Math.max(0, started + number * everyMs - performance.now()));
      await poll(token);
    }
    const seconds = (performance.now() - started) / 1_000;
    const after = await server.ask<ApiUsage>();
    // The count of each token's reads is written over, and nothing is added.
    const grown = after.records - before.records;
    if (grown > 0) throw new Error(`the store has grown by ${grown} records`);
    return { ours: (100 * (after.cpu - before.cpu)) / 1_000_000 / seconds, floor: 100 };
  } finally {
    await pool.close();
    await server.stop();
  }
}

function start(isBare: boolean, programs: number, tellsRecords = false): Promise<Server<ApiServerReady>> {
  const options: ApiServerOptions = { isBare, programs, tellsRecords };
  return Server.start<ApiServerReady>('api', options);
}
