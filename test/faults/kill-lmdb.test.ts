import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { KILLS, killAtEveryCall, tellKills } from './killing.ts';

test('killed at every call on LMDB, the bot loses nothing it said to be kept, and goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kill-lmdb-'));
  const seen = await killAtEveryCall({ storeUrl: `lmdb:${folder}`, replicas: 1, rounds: KILLS });
  rmSync(folder, { recursive: true });
  tellKills('kill-lmdb', seen);
  expect(seen.broken).toEqual([]);
  expect(seen.acknowledged).toBeGreaterThan(KILLS);
}, 3_600_000);
