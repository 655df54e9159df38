import { type ChildProcess, fork } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { until } from '../until.ts';
import { FULL, tell } from './volume.ts';

const KILLS = FULL ? 200 : 5;
const PROCESS = join(process.cwd(), 'dist/build/test/faults/lmdb-process.js');

test('of two processes on one folder, one after the other is killed while it writes, and nothing acknowledged is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lmdb-'));
  const words = join(folder, 'words');
  let started = 0;
  const start = async (): Promise<ChildProcess> => {
    const process = fork(PROCESS, [join(folder, 'store'), words, `${++started}`]);
    await once(process, 'message');
    return process;
  };

  const acknowledgedSoFar = () => readFileSync(words, 'utf8').split('\n').length - 1;

  const running = [await start(), await start()];
  for (let kill = 1; kill <= KILLS; kill++) {
    const [victim] = running.splice(0, 1) as [ChildProcess];
    const enough = acknowledgedSoFar() + randomInt(4, 60);
    await until(() => acknowledgedSoFar() >= enough);
    const died = once(victim, 'exit');
    victim.kill('SIGKILL');
    await died;
    // Whatever the victim held, the other goes on alone.
    const before = acknowledgedSoFar();
    await until(() => acknowledgedSoFar() > before);
    running.push(await start());
  }
  for (const process of running) {
    process.kill('SIGKILL');
    await once(process, 'exit');
  }

  const acknowledged = readFileSync(words, 'utf8').trim().split('\n');
  const own = acknowledged.filter((line) => line.startsWith('own/'));
  const shared = acknowledged.filter((line) => line.startsWith('shared '));
  const store = await openStore(`lmdb:${join(folder, 'store')}`);
  let lost = 0;
  for (const key of own) {
    const number = Number(key.split('/')[2]);
    const found = await store.read<string>(key);
    if (found?.value.length !== 1 + ((number * 7_919) % 20_000)) lost += 1;
  }
  const counted = await store.read<number>('shared');
  await store.close();
  rmSync(folder, { recursive: true });
  const doubled = shared.length - new Set(shared).size;
  tell(
    'lmdb',
    `${KILLS} processes of two killed while they wrote, ${own.length} records and ${shared.length} shared counts acknowledged, ${lost} lost, ${doubled} counted twice`,
    { kills: KILLS, acknowledged: acknowledged.length, lost, doubled },
  );
  expect([lost, doubled]).toEqual([0, 0]);
  expect(own.length).toBeGreaterThan(KILLS);
  // A killed process may have written what it could no longer tell.
  expect(counted?.value).toBeGreaterThanOrEqual(shared.length);
  expect(counted?.value).toBeLessThanOrEqual(shared.length + started);
  expect(counted?.version).toBe(counted?.value);
}, 3_600_000);
