import { chmod, chown, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the key file', () => {
  test('is made for its owner only, and the newest key comes first', async () => {
    const file = join(folder, 'new', 'keys.json');
    const first = await addSealingKey(file);
    const second = await addSealingKey(file);
    expect((await readSealingKeys(file)).map(({ kid }) => kid)).toEqual([second, first]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'new'))).toEqual(['keys.json']);
    const k = expect.stringMatching(/^[\w-]{43}$/);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
      keys: [second, first].map((kid) => ({ kty: 'oct', kid, alg: 'A256GCM', use: 'enc', k })),
    });
  });

  test('is refused where others may read it, and nothing is added to it', async () => {
    const file = join(folder, 'loose.json');
    await addSealingKey(file);
    const before = await readFile(file, 'utf8');
    for (const mode of [0o604, 0o620, 0o644, 0o660]) {
      await chmod(file, mode);
      await expect(readSealingKeys(file)).rejects.toThrow(
        `STORE_KEYS_FILE : d’autres que vous peuvent lire ${file} ; lancez « chmod 600 ${file} »`,
      );
      await expect(addSealingKey(file)).rejects.toThrow('d’autres que vous peuvent lire');
    }
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test('may be read by a group of the process’s own, as a mounted secret is, and by no other group', async () => {
    const file = join(folder, 'mounted.json');
    const kid = await addSealingKey(file);
    await chmod(file, 0o640);
    expect(await readSealingKeys(file)).toMatchObject([{ kid }]);
    // Root's own group is trusted by whoever it is.
    if (process.getuid?.() === 0) await chown(file, 0, 54_321);
    const { gid } = await stat(file);
    const { getgid, getgroups } = process;
    try {
      process.getgid = () => gid + 1;
      process.getgroups = () => [gid + 2];
      await expect(readSealingKeys(file)).rejects.toThrow('d’autres que vous peuvent lire');
      process.getgroups = () => [gid + 2, gid];
      expect(await readSealingKeys(file)).toMatchObject([{ kid }]);
    } finally {
      Object.assign(process, { getgid, getgroups });
    }
  });

  test('keeps every key that is added at once, each in turn', async () => {
    const file = join(folder, 'busy.json');
    const added = await Promise.all(Array.from({ length: 18 }, () => addSealingKey(file)));
    const kept = (await readSealingKeys(file)).map(({ kid }) => kid);
    expect(kept.sort()).toEqual(added.sort());
    expect(new Set(added).size).toBe(18);
  });

  test('that another command is changing is left alone, and who changes it is told what to do', async () => {
    const file = join(folder, 'held.json');
    const kid = await addSealingKey(file);
    await writeFile(`${file}.lock`, '');
    const { now } = Date;
    let passedMs = 0;
    // Each look at the clock is a second later.
    Date.now = () => now() + 1_000 * passedMs++;
    try {
      await expect(addSealingKey(file)).rejects.toThrow(
        `STORE_KEYS_FILE : une autre commande change ${file} ; si aucune ne tourne, effacez ${file}.lock`,
      );
    } finally {
      Date.now = now;
    }
    expect(await readSealingKeys(file)).toMatchObject([{ kid }]);
    await rm(`${file}.lock`);
    await addSealingKey(file);
    expect(await readSealingKeys(file)).toHaveLength(2);
  });

  test('is read on Windows, whatever rights Node shows there', async () => {
    const file = join(folder, 'windows.json');
    const kid = await addSealingKey(file);
    await chmod(file, 0o666);
    const { platform } = process;
    Object.defineProperty(process, 'platform', { value: 'win32' });
    try {
      expect(await readSealingKeys(file)).toMatchObject([{ kid }]);
    } finally {
      Object.defineProperty(process, 'platform', { value: platform });
    }
  });

  test('that is missing is told with the command that makes it', async () => {
    await expect(readSealingKeys(join(folder, 'none.json'))).rejects.toThrow(
      /^STORE_KEYS_FILE : .*none\.json n’existe pas ; .*keys generate/,
    );
  });

  const k = Buffer.alloc(32, 7).toString('base64url');
  test.each([
    ['not JSON', `canary${k}`],
    ['no set', JSON.stringify([k])],
    ['an empty set', JSON.stringify({ keys: [] })],
    ['a short key', JSON.stringify({ keys: [{ kty: 'oct', kid: 'canary', k: k.slice(0, 20) }] })],
    ['a key without an id', JSON.stringify({ keys: [{ kty: 'oct', k }] })],
    ['another kind of key', JSON.stringify({ keys: [{ kty: 'RSA', kid: 'canary', k }] })],
  ])('that holds %s is refused with one line that quotes nothing of it', async (_, text) => {
    const file = join(folder, 'malformed.json');
    await writeFile(file, text, { mode: 0o600 });
    for (const attempt of [readSealingKeys(file), addSealingKey(file)]) {
      const error = (await attempt.catch((refusal: unknown) => refusal)) as Error;
      expect(error.message).toMatch(
        /^STORE_KEYS_FILE : \S+malformed\.json n’est pas un JWK Set de clés « oct » de 256 bits ; .+$/,
      );
      expect(`${error.message} ${error.cause}`).not.toMatch(/canary|BwcH/);
    }
    expect(await readFile(file, 'utf8')).toBe(text);
  });
});
