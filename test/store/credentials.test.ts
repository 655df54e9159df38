import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../../src/secret.ts';
import { type AccountId, accountId } from '../../src/store/accounts.ts';
import { Credentials, type Expiry } from '../../src/store/credentials.ts';
import { openStore } from '../../src/store/open.ts';
import { SealBroken, Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'credentials-'));
const expiry: Expiry = { at: '2026-03-01T00:00:00.000Z', estimated: true };
const noon = new Date('2025-01-05T12:00:00.000Z');
const about = { heldBy: 'Camille Martin', heldSince: noon, expiry };
const oldKey = { kid: 'old', bytes: randomBytes(32) };
const newKey = { kid: 'new', bytes: randomBytes(32) };

let store: Store;
let credentials: Credentials;
let account: AccountId;
let accounts = 0;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  credentials = new Credentials(store, new Sealer([oldKey]));
});
beforeEach(() => {
  account = accountId(`tech_${accounts++}@cpro.fr`);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

function keep(password: string) {
  return credentials.keep(account, new Secret(password), about);
}

/** The passwords in each slot, opened. */
async function inside(of = credentials) {
  const reveal = (opened: { secret: Secret } | undefined) => opened?.secret.reveal();
  return {
    pending: reveal(await of.pending(account)),
    current: reveal(await of.current(account)),
    previous: reveal(await of.previous(account)),
    setAside: (await of.setAside(account)).map(reveal),
  };
}

describe('credentials', () => {
  test('an account of which nothing is held has empty slots', async () => {
    expect(await credentials.slots(account)).toEqual({ setAside: [] });
    expect(await credentials.current(account)).toBeUndefined();
  });

  test('a password that is kept is pending, with who holds it, since when, and until when', async () => {
    const kept = await keep('first');
    expect(kept).toEqual({ version: 1, heldBy: 'Camille Martin', heldSince: noon.toISOString(), expiry });
    expect(await credentials.slots(account)).toEqual({ pending: kept, setAside: [] });
    expect(await inside()).toMatchObject({ pending: 'first', current: undefined });
  });

  test('P1: a password that is kept is there for another process, which has the same key', async () => {
    await keep('first');
    expect(await inside(new Credentials(store, new Sealer([oldKey])))).toMatchObject({ pending: 'first' });
  });

  test('P1: a pending password that another one replaces is set aside, and found again', async () => {
    for (const password of ['a', 'b', 'c', 'd', 'e']) await keep(password);
    expect(await inside()).toMatchObject({ pending: 'e', setAside: ['d', 'c', 'b'] });
  });

  test('P1: of two people who keep a password at once, both passwords are kept', async () => {
    const versions = await Promise.all(['a', 'b', 'c'].map(keep));
    const { pending, setAside } = await inside();
    expect([pending, ...setAside].sort()).toEqual(['a', 'b', 'c']);
    expect(versions.map(({ version }) => version).sort()).toEqual([1, 2, 3]);
  });

  test('P2: the current password changes by promotion only, and only to the one that was tested', async () => {
    const first = await keep('first');
    await credentials.promote(account, first.version, noon);
    const second = await keep('second');
    expect(await inside()).toMatchObject({ current: 'first', pending: 'second' });
    expect(await credentials.promote(account, second.version, noon)).toBe('promoted');
    expect(await inside()).toEqual({
      pending: undefined,
      current: 'second',
      previous: 'first',
      setAside: [],
    });
    expect((await credentials.slots(account)).current?.currentSince).toBe(noon.toISOString());
  });

  test('the accepted password may be one that was set aside; the one that replaced it stays pending', async () => {
    await keep('first');
    const second = await keep('second');
    await keep('third');
    expect(await inside()).toMatchObject({ pending: 'third', setAside: ['second', 'first'] });
    expect(await credentials.promote(account, second.version, noon)).toBe('promoted');
    expect(await inside()).toMatchObject({ pending: 'third', current: 'second', setAside: [] });
  });

  test('promoting again changes nothing, and says so', async () => {
    const { version } = await keep('first');
    const outcomes = await Promise.all([1, 2, 3].map(() => credentials.promote(account, version, noon)));
    expect(outcomes.sort()).toEqual(['already', 'already', 'promoted']);
    expect(await credentials.promote(account, version + 1, noon)).toBe('gone');
  });

  test('P7: the previous password is kept until the current one was used with success', async () => {
    const first = await keep('first');
    await credentials.promote(account, first.version, noon);
    const second = await keep('second');
    await credentials.promote(account, second.version, noon);
    await credentials.proven(account, first.version, noon);
    expect(await inside()).toMatchObject({ current: 'second', previous: 'first' });
    await credentials.proven(account, second.version, noon);
    expect(await inside()).toMatchObject({ current: 'second', previous: undefined });
    await credentials.proven(account, second.version, new Date());
    expect((await credentials.slots(account)).current?.provenAt).toBe(noon.toISOString());
  });

  test('P7: of three passwords in use one after the other, the last two are kept, and described', async () => {
    for (const password of ['first', 'second', 'third']) {
      const { version } = await keep(password);
      await credentials.promote(account, version, noon);
    }
    expect(await inside()).toMatchObject({ current: 'third', previous: 'second' });
    expect(await credentials.slots(account)).toMatchObject({
      current: { version: 3 },
      previous: { version: 2 },
    });
  });

  test('a password is found by its version, in whatever slot it is', async () => {
    for (const password of ['first', 'second', 'third']) await keep(password);
    expect((await credentials.version(account, 2))?.secret.reveal()).toBe('second');
    expect(await credentials.version(account, 4)).toBeUndefined();
  });

  test('what changes nothing writes nothing', async () => {
    const writes = async () => (await store.read(`credential/${account}`))?.version;
    await credentials.forget(account);
    expect(await writes()).toBeUndefined();
    const { version } = await keep('first');
    await credentials.promote(account, version, noon);
    await credentials.proven(account, version, noon);
    const before = await writes();
    await credentials.proven(account, version, noon);
    await credentials.reseal(account);
    expect(await writes()).toBe(before);
  });

  test('every account that ever had a password is listed, once', async () => {
    await keep('first');
    const listed: string[] = [];
    for await (const each of credentials.accounts()) listed.push(each);
    expect(listed.filter((each) => each === account)).toEqual([account]);
  });

  test('an expiry is corrected in whatever slot the password is by now', async () => {
    const confirmed = { at: '2026-04-18T00:00:00.000Z', estimated: false };
    const { version } = await keep('first');
    expect(await credentials.correctExpiry(account, version, confirmed)).toBe(true);
    expect((await credentials.slots(account)).pending?.expiry).toEqual(confirmed);
    await credentials.promote(account, version, noon);
    expect(await credentials.correctExpiry(account, version, expiry)).toBe(true);
    expect((await credentials.slots(account)).current?.expiry).toEqual(expiry);
    const second = await keep('second');
    await credentials.promote(account, second.version, noon);
    expect(await credentials.correctExpiry(account, version, confirmed)).toBe(true);
    expect((await credentials.slots(account)).previous?.expiry).toEqual(confirmed);
    expect((await credentials.slots(account)).current?.expiry).toEqual(expiry);
    expect(await credentials.correctExpiry(account, second.version + 1, confirmed)).toBe(false);
  });

  test('after a rotation every slot opens with the newest key alone', async () => {
    for (const password of ['previous', 'current']) {
      const { version } = await keep(password);
      await credentials.promote(account, version, noon);
    }
    for (const password of ['aside', 'pending']) await keep(password);
    const rotating = new Credentials(store, new Sealer([newKey, oldKey]));
    const before = await inside();
    expect(await rotating.reseal(account)).toBe(4);
    expect(await rotating.reseal(account)).toBe(0);
    expect(await inside(new Credentials(store, new Sealer([newKey])))).toEqual(before);
    await expect(credentials.current(account)).rejects.toThrow(SealBroken);
  });

  test('a forgotten account holds nothing, and gives no version twice', async () => {
    const { version } = await keep('first');
    await credentials.promote(account, version, noon);
    await credentials.forget(account);
    expect(await credentials.slots(account)).toEqual({ setAside: [] });
    expect((await keep('second')).version).toBe(2);
  });

  test('a sealed password moved to another account, or another slot’s version, does not open', async () => {
    await keep('mine');
    const found = await store.read<object>(`credential/${account}`);
    await store.write('credential/thief', found?.value, 0);
    await expect(credentials.pending('thief')).rejects.toThrow(SealBroken);
    await store.write(
      `credential/${account}`,
      JSON.parse(JSON.stringify(found?.value).replaceAll('"version":1', '"version":2')),
      1,
    );
    await expect(credentials.pending(account)).rejects.toThrow(SealBroken);
  });

  test('a seal that was made for another purpose does not open', async () => {
    await keep('mine');
    const found = await store.read<{ pending: object }>(`credential/${account}`);
    const other = { account, version: 1, purpose: 'draft' as const };
    const sealed = await new Sealer([oldKey]).seal(new Secret('of a draft'), other);
    await store.write(
      `credential/${account}`,
      { ...found?.value, pending: { ...found?.value.pending, sealed } },
      1,
    );
    await expect(credentials.pending(account)).rejects.toThrow('The sealed credential of');
  });

  test('no password can be read from what is stored', async () => {
    await keep('canary-password');
    expect(JSON.stringify(await store.read(`credential/${account}`))).not.toContain('canary-password');
  });

  test('in any order of events, a kept password is in a slot until another one is proven to have replaced it', async () => {
    const event = fc.oneof(
      { weight: 3, arbitrary: fc.constant({ kind: 'keep' as const }) },
      fc.record({ kind: fc.constant('promote' as const), back: fc.nat(2) }),
      fc.record({ kind: fc.constant('proven' as const), back: fc.nat(2) }),
      fc.constant({ kind: 'reseal' as const }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 14 }), async (events) => {
        account = accountId(`tech_${accounts++}@cpro.fr`);
        const kept = new Map<number, string>();
        for (const step of events) {
          const before = await credentials.slots(account);
          const last = Math.max(0, ...kept.keys());
          if (step.kind === 'keep') {
            const password = `password ${last + 1}`;
            kept.set((await keep(password)).version, password);
            // The one thing that is lost: what four newer ones replaced without any of them being tried.
            if (before.setAside.length === 3) kept.delete(before.setAside[2]?.version ?? 0);
          } else if (step.kind === 'promote') {
            const version = last - step.back;
            const outcome = await credentials.promote(account, version, noon);
            const candidates = [before.pending, ...before.setAside].map((slot) => slot?.version);
            expect(outcome === 'promoted').toBe(candidates.includes(version));
            if (outcome === 'promoted') {
              for (const aside of before.setAside) if (aside.version !== version) kept.delete(aside.version);
              if (before.current && before.previous) kept.delete(before.previous.version);
            } else {
              expect(await credentials.slots(account)).toEqual(before);
            }
          } else if (step.kind === 'proven') {
            const version = last - step.back;
            await credentials.proven(account, version, noon);
            if (before.current?.version === version && before.previous) kept.delete(before.previous.version);
          } else {
            await credentials.reseal(account);
          }
          const { pending, current, previous, setAside } = await inside();
          const found = [pending, current, previous, ...setAside].filter(
            (password) => password !== undefined,
          );
          expect(found.sort()).toEqual([...kept.values()].sort());
        }
      }),
      { numRuns: 60 },
    );
  });
});
