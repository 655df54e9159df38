import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Secret } from '../../src/secret.ts';
import { addSealingKey, type Binding, readSealingKeys, SealBroken, Sealer } from '../../src/store/seal.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seal-'));
});
afterAll(() => rm(folder, { recursive: true }));

const binding: Binding = { account: 'tech_1@cpro.fr', version: 3, purpose: 'credential' };

async function sealerOf(file: string): Promise<Sealer> {
  return new Sealer(await readSealingKeys(file));
}

async function freshSealer(name: string): Promise<Sealer> {
  await addSealingKey(join(folder, name));
  return sealerOf(join(folder, name));
}

describe('a seal', () => {
  test.each(['goZckgkKevikl', 'é🔑 "\\', 'x'.repeat(10_000)])(
    'gives back what was sealed',
    async (password) => {
      const sealer = await freshSealer('round-trip.json');
      const sealed = await sealer.seal(new Secret(password), binding);
      expect(sealed).not.toContain(password);
      expect((await sealer.open(sealed, binding)).reveal()).toBe(password);
    },
  );

  test('is a compact JWE that says what it is for', async () => {
    const sealer = await freshSealer('header.json');
    const sealed = await sealer.seal(new Secret('canary'), binding);
    expect(JSON.parse(String(Buffer.from(sealed.split('.')[0] ?? '', 'base64url')))).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      kid: expect.any(String),
      ...binding,
    });
  });

  test('differs each time, also for the same password', async () => {
    const sealer = await freshSealer('nonce.json');
    const seals = await Promise.all([1, 2, 3].map(() => sealer.seal(new Secret('same'), binding)));
    expect(new Set(seals).size).toBe(3);
  });

  test('with any one character changed, added or taken out is refused', async () => {
    const sealer = await freshSealer('flip.json');
    const sealed = await sealer.seal(new Secret('canary'), binding);
    const broken: string[] = [`${sealed}A`, `${sealed}.`, `${sealed}=`, ` ${sealed}`, `${sealed}\n`, ''];
    for (let index = 0; index < sealed.length; index++) {
      broken.push(sealed.slice(0, index) + sealed.slice(index + 1));
      for (let bit = 1; bit < 256; bit <<= 1) {
        const other = String.fromCharCode(sealed.charCodeAt(index) ^ bit);
        broken.push(sealed.slice(0, index) + other + sealed.slice(index + 1));
      }
    }
    for (const text of broken) {
      const error = await sealer.open(text, binding).catch((refusal: unknown) => refusal);
      if (!(error instanceof SealBroken)) throw new Error(`opened: ${text}`);
      expect(error.message).toMatch(/^The sealed credential of tech_1@cpro\.fr, version 3, /);
      expect(`${error.message} ${error.cause}`).not.toContain('canary');
    }
  });

  test.each([
    ['account', { account: 'tech_2@cpro.fr' }],
    ['version', { version: 4 }],
    ['purpose', { purpose: 'draft' as const }],
  ])('does not open for another %s', async (_, other) => {
    const sealer = await freshSealer('swap.json');
    const sealed = await sealer.seal(new Secret('canary'), binding);
    await expect(sealer.open(sealed, { ...binding, ...other })).rejects.toThrow('belongs to another record');
  });

  test('stays readable under a newer key, and does not open without its own', async () => {
    const file = join(folder, 'rotated.json');
    const old = await freshSealer('rotated.json');
    const sealed = await old.seal(new Secret('kept'), binding);
    await addSealingKey(file);
    const both = await sealerOf(file);
    expect((await both.open(sealed, binding)).reveal()).toBe('kept');
    expect(both.isFresh(sealed)).toBe(false);
    expect(both.isFresh(await both.seal(new Secret('kept'), binding))).toBe(true);
    const stranger = await freshSealer('stranger.json');
    await expect(stranger.open(sealed, binding)).rejects.toThrow(
      'needs a key that is not in STORE_KEYS_FILE',
    );
  });
});

describe('the key file', () => {
  test('is made for its owner only, and the newest key comes first', async () => {
    const file = join(folder, 'new', 'keys.json');
    const first = await addSealingKey(file);
    const second = await addSealingKey(file);
    expect((await readSealingKeys(file)).map(({ kid }) => kid)).toEqual([second, first]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'new'))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(folder, 'new'))).toEqual(['keys.json']);
  });

  test('is refused where others may read it, and nothing is added to it', async () => {
    const file = join(folder, 'loose.json');
    await addSealingKey(file);
    const before = await readFile(file, 'utf8');
    for (const mode of [0o640, 0o604, 0o620, 0o644]) {
      await chmod(file, mode);
      await expect(readSealingKeys(file)).rejects.toThrow(
        `STORE_KEYS_FILE : d’autres que vous peuvent lire ${file} ; lancez « chmod 600 ${file} »`,
      );
      await expect(addSealingKey(file)).rejects.toThrow('d’autres que vous peuvent lire');
    }
    expect(await readFile(file, 'utf8')).toBe(before);
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
