import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import { openStore } from '../../src/store/open.ts';
import { StoreUnavailable } from '../../src/store/store.ts';

describe('LMDB on a full disk', () => {
  const disk = mkdtempSync(join(tmpdir(), 'full-'));
  const small = mount(disk);
  afterAll(() => {
    if (small) execFileSync('umount', ['-l', disk]);
    rmSync(disk, { recursive: true });
  });

  (small ? test : test.skip)('a write is refused, never said to be made, and reading goes on', async () => {
    // lmdb prints each commit that fails, beside throwing it; some only when the test is over, so it is never given back.
    jest.spyOn(console, 'error').mockImplementation(() => {});
    const store = await openStore(`lmdb:${join(disk, 'data')}`);
    await store.write('record', 'before', 0);
    const said = new Map<string, unknown>();
    for (let index = 0; index < 40; index++) {
      const key = `large/${index}`;
      said.set(key, await store.write(key, 'x'.repeat(50_000), 0).catch((error: unknown) => error));
    }
    const made = [...said].filter(([, outcome]) => outcome === true);
    expect(made.length).toBeGreaterThan(2);
    expect(made.length).toBeLessThan(40);
    for (const [key, outcome] of said) {
      if (outcome !== true) expect(outcome).toBeInstanceOf(StoreUnavailable);
      expect((await store.read(key)) !== undefined).toBe(outcome === true);
    }
    expect(await store.read('record')).toMatchObject({ value: 'before' });
    await store.close();
    const again = await openStore(`lmdb:${join(disk, 'data')}`);
    for (const [key] of made) expect(await again.read(key)).toBeDefined();
    await again.close();
  });
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
