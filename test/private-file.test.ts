import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { closeFolder } from '../src/private-file.ts';

const root = mkdtempSync(join(tmpdir(), 'private-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder with these files, all of which anybody may read. */
function folderWith(...names: string[]): string {
  const folder = mkdtempSync(join(root, 'of-'));
  for (const name of names) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o644);
  }
  chmodSync(folder, 0o755);
  return folder;
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('a folder of the store that others can open', () => {
  test('is closed to them with its files, and said to be', () => {
    const folder = folderWith('data.mdb', 'lock.mdb');
    const paths = [folder, join(folder, 'data.mdb'), join(folder, 'lock.mdb')];
    expect(closeFolder(folder, ['data.mdb', 'lock.mdb'])).toEqual(
      paths.map((path) => ({ path, isClosedNow: true })),
    );
    expect(paths.map(modeOf)).toEqual([0o700, 0o600, 0o600]);
    expect(closeFolder(folder, ['data.mdb', 'lock.mdb'])).toEqual([]);
  });

  test('is left as it is where it holds something else, and said to be open; our files in it are closed', () => {
    const folder = folderWith('data.mdb', 'page.html');
    mkdirSync(join(folder, 'photos'));
    expect(closeFolder(folder, ['data.mdb', 'lock.mdb'])).toEqual([
      { path: folder, isClosedNow: false },
      { path: join(folder, 'data.mdb'), isClosedNow: true },
    ]);
    expect([folder, join(folder, 'data.mdb'), join(folder, 'page.html')].map(modeOf)).toEqual([
      0o755, 0o600, 0o644,
    ]);
  });

  test.each([0o701, 0o710, 0o750, 0o777])('is one with mode %o', (mode) => {
    const folder = folderWith();
    chmodSync(folder, mode);
    expect(closeFolder(folder, [])).toEqual([{ path: folder, isClosedNow: true }]);
    expect(modeOf(folder)).toBe(0o700);
  });
});

test('a folder that is closed is left alone, and nothing is said', () => {
  const folder = folderWith('data.mdb');
  chmodSync(folder, 0o500);
  expect(closeFolder(folder, ['data.mdb'])).toEqual([]);
  expect([folder, join(folder, 'data.mdb')].map(modeOf)).toEqual([0o500, 0o644]);
});
