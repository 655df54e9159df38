import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { addSealingKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { openSealer } from '../../src/store/seal.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { until } from '../until.ts';
import { FULL, tell } from './volume.ts';

const RECORDS = FULL ? 100_000 : 2_000;
/** How often a rotation is cut off before one may come to its end. */
const CUTS = 2;
const AT_ONCE = 200;
const PROCESS = join(process.cwd(), 'dist/build/test/faults/rotate-process.js');

const EXPIRY = { at: '2027-06-01T00:00:00.000Z', estimated: false };
const passwordOf = (number: number) => `pass-${number}-à-garder`;
const accountOf = (number: number) => accountId(`tech_${number}@cpro.fr`);

async function keep(bot: Credentials, number: number, password: string): Promise<void> {
  const about = { heldBy: 'teams:tenant:claire', heldSince: new Date(), expiry: EXPIRY };
  await bot.keep(accountOf(number), new Secret(password), about);
}

/** Whatever `work` does, for each record's number. */
async function forEachRecord(work: (number: number) => Promise<void>): Promise<void> {
  await Readable.from(Array(RECORDS).keys()).forEach(work, { concurrency: AT_ONCE });
}

describe.each(['LMDB', 'Redis'])('on %s, while a bot reads and keeps', (driver) => {
  test('keys rotate, cut off and run again, seals every record anew and fails no read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rotate-'));
    const file = join(folder, 'keys.json');
    const redis = driver === 'Redis' ? await RedisServer.start(...DURABLE) : undefined;
    const url = redis?.url ?? `lmdb:${join(folder, 'store')}`;
    const rotate = (standStillAfter: number): ChildProcess =>
      fork(PROCESS, ['keys', 'rotate', '--json'], {
        env: {
          ...process.env,
          STORE_URL: url,
          STORE_KEYS_FILE: file,
          STAND_STILL_AFTER: String(standStillAfter),
        },
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      });
    await addSealingKey(file);
    const store = await openStore(url);
    const startBot = async () => {
      const sealer = await openSealer(file);
      return new Credentials(new AuthenticatedStore(store, sealer), sealer);
    };
    const before = await startBot();
    await forEachRecord((number) => keep(before, number, passwordOf(number)));
    const kid = await addSealingKey(file);

    // As the command says, the bot was restarted. It reads, and now and then a manager enters another password.
    const bot = await startBot();
    let isRotating = true;
    let reads = 0;
    const failed: string[] = [];
    const entered = new Map<number, string>();
    const working = (async () => {
      for (let number = 0; isRotating; number = (number + 7_919) % RECORDS) {
        const expected = entered.get(number) ?? passwordOf(number);
        const found = await bot.pending(accountOf(number)).catch((error: Error) => error);
        if (found instanceof Error || found?.secret.reveal() !== expected) failed.push(accountOf(number));
        reads += 1;
        if (reads % 50 > 0) continue;
        entered.set(number, `entered-${reads}`);
        await keep(bot, number, `entered-${reads}`);
      }
    })();

    const started = performance.now();
    /** It is in the middle of its work, and meanwhile the bot has read again and again. */
    const standingStill = async (rotation: ChildProcess) => {
      await once(rotation, 'message');
      const enough = reads + 200;
      await until(() => reads >= enough);
    };
    for (let cut = 1; cut <= CUTS; cut++) {
      const rotation = rotate(RECORDS / 4);
      await standingStill(rotation);
      rotation.kill('SIGKILL');
      await once(rotation, 'exit');
    }
    const last = rotate(RECORDS / 20);
    await standingStill(last);
    last.send('go on');
    const said = await printed(last);
    const seconds = (performance.now() - started) / 1000;
    isRotating = false;
    await working;
    const report = JSON.parse(said) as { kid: string; accounts: number; resealed: number; broken: string[] };

    // Nothing is left that would want the older key: it is thrown away.
    const { keys } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ keys: keys.slice(0, 1) }));
    const newest = await startBot();
    let lost = 0;
    await forEachRecord(async (number) => {
      const found = await newest.pending(accountOf(number)).catch(() => undefined);
      if (found?.secret.reveal() !== (entered.get(number) ?? passwordOf(number))) lost += 1;
    });
    const again = JSON.parse(await printed(rotate(RECORDS))) as { resealed: number };
    await store.close();
    await redis?.stop();
    rmSync(folder, { recursive: true });

    tell(
      `rotate-${driver}`,
      `${RECORDS} records sealed anew in ${seconds.toFixed(0)} s by a rotation that was cut off ${CUTS} times, ${reads} reads and ${entered.size} new passwords meanwhile, ${failed.length} reads failed, ${lost} lost`,
      { records: RECORDS, seconds, cuts: CUTS, reads, entered: entered.size, failed: failed.length, lost },
    );
    expect(report).toMatchObject({ kid, accounts: RECORDS, broken: [] });
    expect([failed, lost, again.resealed]).toEqual([[], 0, 0]);
    // What the last one still found to do shows that the others were cut off, and that they had done something.
    expect(report.resealed).toBeGreaterThan(0);
    expect(report.resealed).toBeLessThan(RECORDS);
  }, 3_600_000);
});

/** All that it has printed, once it has ended. */
async function printed(rotation: ChildProcess): Promise<string> {
  const [said] = await Promise.all([text(rotation.stdout ?? Readable.from([])), once(rotation, 'exit')]);
  return said;
}
