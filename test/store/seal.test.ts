import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactEncrypt } from 'jose';
import { Secret } from '../../src/secret.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { alarmed, type Binding, SealBroken, Sealer } from '../../src/store/seal.ts';

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

describe('a signature', () => {
  test('is good for its text, under a key that is listed, and differs from key to key', async () => {
    const [mine, another] = [await freshSealer('mine.json'), await freshSealer('another.json')];
    const signature = mine.sign('text', 'record');
    expect(await mine.check('text', signature, 'record')).toBe('right');
    expect(await mine.check('text!', signature, 'record')).toBe('wrong');
    expect(await another.check('text', signature, 'record')).toBe('keyMissing');
    const { kid } = another.sign('text', 'record');
    expect(await another.check('text', { ...signature, kid }, 'record')).toBe('wrong');
    expect(await mine.check('text', undefined, 'record')).toBe('wrong');
    await addSealingKey(join(folder, 'mine.json'));
    const rotated = await sealerOf(join(folder, 'mine.json'));
    expect(await rotated.check('text', signature, 'record')).toBe('right');
    expect([mine.isNewest(signature), rotated.isNewest(signature)]).toEqual([true, false]);
  });

  test('is good for one use only, and as long as none of its characters is changed', async () => {
    const sealer = await freshSealer('use.json');
    const uses = ['journal', 'record', 'backup'] as const;
    for (const use of uses) {
      const signature = sealer.sign('text', use);
      for (const other of uses)
        expect(await sealer.check('text', signature, other)).toBe(other === use ? 'right' : 'wrong');
      for (let i = 0; i < signature.mac.length; i++) {
        const letter = String.fromCharCode(signature.mac.charCodeAt(i) ^ 1);
        const mac = signature.mac.slice(0, i) + letter + signature.mac.slice(i + 1);
        expect(await sealer.check('text', { ...signature, mac }, use)).toBe('wrong');
      }
      for (const mac of ['', `${signature.mac}=`, ` ${signature.mac}`, 7 as unknown as string])
        expect(await sealer.check('text', { ...signature, mac }, use)).toBe('wrong');
    }
  });

  test('of the journal is what earlier versions made', () => {
    const key = { kid: 'k', bytes: new Uint8Array(32).fill(1) };
    expect(new Sealer([key]).sign('["journal",1,"a"]', 'journal').mac).toBe(
      '3x55MW1MmKSiRllGNtVVihoupApNXzvs6nE7YMD9d98',
    );
  });
});

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
      expect(error.name).toBe('SealBroken');
      expect(error.message).toMatch(
        /^The sealed credential of tech_1@cpro\.fr, version 3, (was changed|needs a key that is not in STORE_KEYS_FILE)$/,
      );
      expect(`${error.message} ${error.cause}`).not.toContain('canary');
    }
  });

  test('with something else than a text in its place is refused', async () => {
    const sealer = await freshSealer('shape.json');
    for (const odd of [undefined, 5, ['a.b.c.d.e'], { sealed: '' }]) {
      await expect(sealer.open(odd as unknown as string, binding)).rejects.toThrow('version 3, was changed');
    }
    expect(sealer.isFresh('no seal at all')).toBe(false);
  });

  test('made by another cipher with the right key is refused, and its error is kept', async () => {
    const key = { kid: 'k', bytes: new Uint8Array(32) };
    const sealed = await new CompactEncrypt(new TextEncoder().encode('canary'))
      .setProtectedHeader({ alg: 'dir', enc: 'A128CBC-HS256', kid: 'k', ...binding })
      .encrypt(key.bytes);
    const error = await new Sealer([key]).open(sealed, binding).catch((refusal: unknown) => refusal);
    expect(error).toMatchObject({ name: 'SealBroken', why: 'was changed', cause: expect.any(Error) });
  });

  test('whose key another process has added since opens; the file is read again for that alone', async () => {
    const [old, added] = [
      { kid: 'old', bytes: new Uint8Array(32) },
      { kid: 'added', bytes: new Uint8Array(32).fill(1) },
    ];
    let reads = 0;
    const sealer = new Sealer([old], {
      reread: async () => {
        reads += 1;
        return { keys: [added, old], recordsAuthenticated: false };
      },
    });
    await sealer.open(await sealer.seal(new Secret('mine'), binding), binding);
    const unnamed = await new CompactEncrypt(new TextEncoder().encode('canary'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', ...binding })
      .encrypt(old.bytes);
    await expect(sealer.open(unnamed, binding)).rejects.toThrow('needs a key');
    expect(reads).toBe(0);
    const sealed = await new Sealer([added]).seal(new Secret('of the other'), binding);
    expect((await sealer.open(sealed, binding)).reveal()).toBe('of the other');
    await sealer.open(sealed, binding);
    expect(reads).toBe(1);
  });

  test('whose key is missing is refused as such, also where the file cannot be read again', async () => {
    const [old, other] = [
      { kid: 'old', bytes: new Uint8Array(32) },
      { kid: 'other', bytes: new Uint8Array(32) },
    ];
    const sealer = new Sealer([old], { reread: () => Promise.reject(new Error('unreadable')) });
    const sealed = await new Sealer([other]).seal(new Secret('canary'), binding);
    await expect(sealer.open(sealed, binding)).rejects.toThrow('needs a key that is not in STORE_KEYS_FILE');
    const own = await sealer.seal(new Secret('mine'), binding);
    expect((await sealer.open(own, binding)).reveal()).toBe('mine');
  });

  test('of our own that does not open sounds the alarm; a draft, which comes from outside, does not', async () => {
    const sealer = await freshSealer('alarm.json');
    const heard: SealBroken[] = [];
    const listening = alarmed(sealer, (broken) => heard.push(broken));
    const sealed = await listening.seal(new Secret('mine'), binding);
    expect(listening.isFresh(sealed)).toBe(true);
    expect((await listening.open(sealed, binding)).reveal()).toBe('mine');
    await expect(listening.open('draft', { ...binding, purpose: 'draft' })).rejects.toThrow(SealBroken);
    expect(heard).toEqual([]);
    const refused = await listening.open('broken', binding).catch((refusal: unknown) => refusal);
    expect(refused).toBeInstanceOf(SealBroken);
    expect(heard).toEqual([refused]);
    const failing = alarmed({ ...listening, open: () => Promise.reject(new TypeError('other')) }, (broken) =>
      heard.push(broken),
    );
    await expect(failing.open(sealed, binding)).rejects.toThrow(TypeError);
    expect(heard).toHaveLength(1);
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
