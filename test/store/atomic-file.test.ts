import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeAtomically } from '../../src/store/atomic-file.ts';

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atomic-'));
  file = join(folder, 'file');
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file that is written atomically', () => {
  test('holds what was given, in one text or in parts, for its owner only', async () => {
    await writeAtomically(file, 'é whole');
    expect(await readFile(file, 'utf8')).toBe('é whole');
    await writeAtomically(file, parts('in ', 'parts'));
    expect(await readFile(file, 'utf8')).toBe('in parts');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('is as it was before, and nothing is beside it, where its content breaks off', async () => {
    await writeFile(file, 'before');
    await expect(writeAtomically(file, parts('half', new Error('broke off')))).rejects.toThrow('broke off');
    expect(await readFile(file, 'utf8')).toBe('before');
    expect(await readdir(folder)).toEqual(['file']);
  });

  test('is not seen before it is whole', async () => {
    const seen: string[][] = [];
    async function* watched(): AsyncIterable<string> {
      yield 'first';
      seen.push((await readdir(folder)).filter((name) => name === 'file'));
      yield 'last';
    }
    await writeAtomically(file, watched());
    expect(seen).toEqual([[]]);
    expect(await readFile(file, 'utf8')).toBe('firstlast');
  });

  test('in a folder that is not there is an error of the system', async () => {
    await expect(writeAtomically(join(folder, 'none', 'file'), 'text')).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

async function* parts(...all: (string | Error)[]): AsyncIterable<string> {
  for (const part of all) {
    if (part instanceof Error) throw part;
    yield part;
  }
}
