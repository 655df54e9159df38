import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import type { Filled } from './full-disk-process.ts';
import { FULL, tell } from './volume.ts';

const DISKS = FULL ? 200 : 3;
const PROCESS = join(process.cwd(), 'dist/build/test/faults/full-disk-process.js');

describe('LMDB on a full disk', () => {
  const disk = mkdtempSync(join(tmpdir(), 'full-'));
  const small = mount(disk);
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
        const { writes, before } = await fill(folder);
        const refused = writes.filter(({ outcome }) => outcome !== true);
        const made = writes.filter(({ outcome }) => outcome === true);
        expect(new Set(refused.map(({ outcome }) => outcome))).toEqual(new Set(['StoreUnavailable']));
        expect(before).toBe('before');
        seen.written += made.length;
        seen.refused += refused.length;
        seen.false += writes.filter(({ outcome, isThere }) => isThere !== (outcome === true)).length;
        seen.lost += made.filter(({ isThereAgain }) => !isThereAgain).length;
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

/** Writes to the disk until it is full. */
async function fill(folder: string): Promise<Filled> {
  const filling = fork(PROCESS, [folder], { stdio: 'ignore' });
  const [filled] = await Promise.race([once(filling, 'message'), once(filling, 'exit')]);
  if (typeof filled !== 'object' || filled === null) throw new Error(`the process ended with ${filled}`);
  return filled as Filled;
}

/** Mounts a disk of one megabyte, where we may. */
function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
