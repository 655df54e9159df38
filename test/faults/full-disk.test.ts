import { execFileSync } from 'node:child_process';
import { Console } from 'node:console';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { FULL, tell } from './volume.ts';

const DISKS = FULL ? 200 : 3;

describe('LMDB on a full disk', () => {
  const disk = mkdtempSync(join(tmpdir(), 'full-'));
  const small = mount(disk);
  beforeAll(() => {
    // lmdb prints each commit that fails, beside throwing it; some only when the test is over and jest's console is closed.
    globalThis.console = new Console(new PassThrough().resume());
  });
  afterAll(() => {
    if (small) execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });

  (small ? test : test.skip)(
    'a write is refused, never said to be made, and reading goes on',
    async () => {
      const seen = { disks: DISKS, written: 0, refused: 0, false: 0, lost: 0 };
      for (let filled = 1; filled <= DISKS; filled++) {
        const folder = join(disk, `${filled}`);
        const store = await openStore(`lmdb:${folder}`);
        await store.write('record', 'before', 0);
        const said = new Map<string, unknown>();
        for (let refusals = 0; refusals < 20; ) {
          const key = `large/${said.size}`;
          const outcome = await store
            .write(key, 'x'.repeat(randomInt(1_000, 90_000)), 0)
            .catch((e: unknown) => e);
          said.set(key, outcome);
          if (outcome !== true) refusals += 1;
        }
        const made = [...said].filter(([, outcome]) => outcome === true).map(([key]) => key);
        seen.written += made.length;
        seen.refused += said.size - made.length;
        for (const [key, outcome] of said) {
          if (outcome !== true) expect(outcome).toBeInstanceOf(StoreUnavailable);
          if (((await store.read(key)) !== undefined) !== (outcome === true)) seen.false += 1;
        }
        expect(await store.read('record')).toMatchObject({ value: 'before' });
        await store.close();

        const again = await openStore(`lmdb:${folder}`);
        for (const key of made) if ((await again.read(key)) === undefined) seen.lost += 1;
        await again.close();
        rmSync(folder, { recursive: true });
      }
      tell(
        'full-disk',
        `${DISKS} disks filled, ${seen.written} writes made, ${seen.refused} refused, ${seen.false} said falsely, ${seen.lost} lost`,
        seen,
      );
      expect([seen.false, seen.lost]).toEqual([0, 0]);
      expect(seen.written).toBeGreaterThan(2 * DISKS);
    },
    3_600_000,
  );
});

/** Mounts a disk of one megabyte, where we may. */
function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
