import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CompactEncrypt } from 'jose';
import { fr } from '../../src/cards/messages.ts';
import { Secret } from '../../src/secret.ts';
import { type AccountId, accountId } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { readSealingKeys, type SealingKey } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { alarmed, type SealBroken, Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import type { Platform } from '../journeys/platform.ts';
import { startTeamsPlatform } from '../journeys/teams.ts';
import { TestApp } from '../journeys/test-app.ts';
import { until } from '../slack/testbed.ts';
import { canaryOf, hitsIn, newMark } from './canary.ts';
import { tell, volume } from './volume.ts';

const MARK = newMark();
/** The bits of a byte that are turned over, one at a time. */
const BITS = volume(1, 8);
const EXPIRY = { at: '2027-04-18T00:00:00.000Z', estimated: false };

type Record = { [slot: string]: { sealed: string; version: number } };

let tried = 0;
let opened = 0;
let alarms = 0;
afterAll(() => tell('seals', { 'broken seals': tried, opened, alarms }));

function newKey(kid: string = randomUUID()): SealingKey {
  return { kid, bytes: randomBytes(32) };
}

describe.each(['LMDB', 'Redis'])('a sealed password, kept in %s', (kept) => {
  let folder: string;
  let store: Store;
  let sample: { account: AccountId; record: Record };
  const raised: SealBroken[] = [];
  const old = newKey();
  const key = newKey();
  const credentialsOf = (...keys: [SealingKey, ...SealingKey[]]) =>
    new Credentials(
      store,
      alarmed(new Sealer(keys), (broken) => raised.push(broken)),
    );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seals-'));
    store = await openStore(kept === 'LMDB' ? `lmdb:${join(folder, 'store')}` : redisOfItsOwn());
    sample = await sealed();
  });
  afterAll(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });

  /** An account with one password in use and another one pending. */
  async function sealed(credentials = credentialsOf(key)): Promise<{ account: AccountId; record: Record }> {
    const account = accountId(`tech_${randomUUID()}@cpro.fr`);
    for (const number of [1, 2]) {
      const about = { heldBy: 'Claire', heldSince: new Date(), expiry: EXPIRY };
      const { version } = await credentials.keep(account, new Secret(canaryOf(MARK, number)), about);
      if (number === 1) await credentials.promote(account, version, new Date());
    }
    return { account, record: (await store.read<Record>(`credential/${account}`))?.value as Record };
  }

  async function put(account: AccountId, record: Record): Promise<void> {
    const version = (await store.read(`credential/${account}`))?.version ?? 0;
    expect(await store.write(`credential/${account}`, record, version)).toBe(true);
  }

  /** It does not open, and the alarm names it and nothing of what it holds. */
  async function refuses(account: AccountId, credentials = credentialsOf(key)): Promise<void> {
    tried += 1;
    raised.length = 0;
    const outcome = await credentials.current(account).then(
      () => 'opened',
      (error: Error) => error,
    );
    if (outcome === 'opened') opened += 1;
    alarms += raised.length;
    expect(outcome).toBe(raised[0]);
    expect(raised).toHaveLength(1);
    const { message, stack, cause, binding } = raised[0] as SealBroken;
    expect(binding).toMatchObject({ account, version: expect.any(Number), purpose: 'credential' });
    expect(hitsIn(`${message} ${stack} ${(cause as Error | undefined)?.stack}`, MARK)).toEqual([]);
  }

  /** With another text in the place of what was sealed. */
  async function holding(text: unknown): Promise<void> {
    const { account, record } = sample;
    await put(account, { ...record, current: { ...record.current, sealed: text } } as Record);
    await refuses(account);
  }
  test('opens as it was sealed', async () => {
    const { account } = await sealed();
    expect((await credentialsOf(key).current(account))?.secret.reveal()).toBe(canaryOf(MARK, 1));
    expect(raised).toEqual([]);
  });

  test('is refused with any one of its bytes flipped', async () => {
    const text = sample.record.current?.sealed ?? '';
    expect(text.length).toBeGreaterThan(100);
    for (let index = 0; index < text.length; index++) {
      for (let bit = 0; bit < BITS; bit++) {
        const other = String.fromCharCode(text.charCodeAt(index) ^ (1 << bit));
        await holding(text.slice(0, index) + other + text.slice(index + 1));
      }
    }
  });

  test.each<[string, (text: string) => unknown]>([
    ['cut short', (text) => text.slice(0, -1)],
    ['made longer', (text) => `${text}A`],
    ['emptied', () => ''],
    ['replaced by a number', () => 5],
    ['replaced by nothing', () => null],
    ['replaced by an object', () => ({ alg: 'none' })],
    ['without its tag', (text) => text.split('.').slice(0, 4).join('.')],
    ['with an empty tag', (text) => [...text.split('.').slice(0, 4), ''].join('.')],
    ['with another nonce', (text) => text.replace(/\.[^.]{16}\./, `.${'A'.repeat(16)}.`)],
    ['with a header that asks for no cipher', (text) => withHeader(text, { alg: 'none' })],
    ['with a header that names another key', (text) => withHeader(text, { kid: 'another' })],
    ['with a header that asks to unpack', (text) => withHeader(text, { zip: 'DEF' })],
    ['with a header that asks for what is unknown', (text) => withHeader(text, { crit: ['exp'], exp: 1 })],
  ])('is refused %s', async (_how, change) => {
    await holding(change(sample.record.current?.sealed ?? ''));
  });

  test('is refused in the place of another version, and of another account’s', async () => {
    const one = await sealed();
    const { current, pending } = one.record as { current: Record['']; pending: Record[''] };
    await put(one.account, { ...one.record, current: { ...current, sealed: pending.sealed } } as Record);
    await refuses(one.account);
    await put(one.account, { ...one.record, current: { ...pending, version: 1 } } as Record);
    await refuses(one.account);
    const other = await sealed();
    await put(one.account, other.record);
    await refuses(one.account);
    await put(other.account, one.record);
    await refuses(other.account);
  });

  test('is refused when it is the draft of a form, or was sealed with our key and without its binding', async () => {
    const { account, version } = { account: sample.account, version: 1 };
    const draft = { account, version, purpose: 'draft' } as const;
    await holding(await new Sealer([key]).seal(new Secret('chosen'), draft));
    const bare = new CompactEncrypt(new TextEncoder().encode('chosen'));
    await holding(
      await bare.setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: key.kid }).encrypt(key.bytes),
    );
  });

  test('opens with an old key that is still there, and is refused where it is missing or is another under its name', async () => {
    const { account } = await sealed(credentialsOf(old));
    expect((await credentialsOf(key, old).current(account))?.secret.reveal()).toBe(canaryOf(MARK, 1));
    await refuses(account, credentialsOf(key));
    expect(raised[0]?.message).toContain('needs a key that is not in STORE_KEYS_FILE');
    await refuses(account, credentialsOf(newKey(old.kid)));
    await refuses(account, credentialsOf(newKey(old.kid), old));
  });
});

describe.each(['LMDB', 'Redis'])('the whole bot on %s', (kept) => {
  const url = kept === 'LMDB' ? undefined : redisOfItsOwn();
  let app: TestApp;
  let platform: Platform;
  let store: Store;
  beforeAll(async () => {
    app = await TestApp.open(url);
    platform = await startTeamsPlatform(app.url);
    const opened = await openStore(url ?? `lmdb:${join(app.folder, 'store')}`);
    store = new AuthenticatedStore(opened, new Sealer(await readSealingKeys(join(app.folder, 'keys.json'))));
  });
  afterAll(async () => {
    await store.close();
    await platform.close();
    await app.close();
  });

  async function spoil(account: AccountId, slot: 'current' | 'pending'): Promise<void> {
    const found = await store.read<Record>(`credential/${account}`);
    if (found === undefined) throw new Error('nothing is kept');
    const { value, version } = found;
    const sealed = value[slot]?.sealed ?? '';
    // Of the last character but one all six bits count.
    const other = sealed.at(-2) === 'A' ? 'B' : 'A';
    const spoilt = { ...value[slot], sealed: `${sealed.slice(0, -2)}${other}${sealed.at(-1)}` };
    expect(await store.write(`credential/${account}`, { ...value, [slot]: spoilt }, version)).toBe(true);
  }

  const alarmsOf = () =>
    app.logged
      .split('\n')
      .filter((line) => line.includes('"seal.broken"'))
      .map((line) => JSON.parse(line));

  test('raises one alarm wherever it meets a broken seal: in the log, with its account and version, and in a metric', async () => {
    const account = await app.account(platform.idOf('claire'));
    await spoil(account.id, 'current');
    const chat = platform.chat('claire', 'private');
    await chat.say('configuration');
    await chat.press(fr.buttons.testConnection);
    const alarm = {
      level: 'error',
      event: 'seal.broken',
      account: account.id,
      version: 1,
      reason: 'was changed',
    };
    expect(alarmsOf()).toEqual([expect.objectContaining(alarm)]);

    await chat.say('réinitialiser');
    for (let step = 0; step < 2; step++) await chat.press(fr.buttons.done);
    await chat.open(fr.buttons.keepSafe);
    // A new password is welcome all the same.
    expect(await chat.submit({ password: canaryOf(MARK, 3) })).toContain(fr.form.keptNotice(false));
    expect(alarmsOf()).toHaveLength(2);

    await spoil(account.id, 'pending');
    await until(() => chat.card().title === fr.walk.submitRequest.title);
    await chat.press(fr.buttons.done);
    await chat.press(fr.buttons.emailCame);
    await until(() => chat.card().title === fr.test.unknown.notTestedTitle);
    expect(alarmsOf()[2]).toMatchObject({ ...alarm, version: 2 });
    expect((await app.credentials.slots(account.id)).pending?.version).toBe(2);

    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    expect(metrics).toContain(`chorus_bot_seals_broken_total ${alarmsOf().length}`);
    expect(hitsIn(app.logged, MARK)).toEqual([]);
  }, 30_000);
});

/** A database that nobody else uses. */
function redisOfItsOwn(): string {
  return `${process.env.TEST_REDIS_URL}/${randomInt(5_100, 10_000)}`;
}

function withHeader(text: string, change: object): string {
  const [header = '', ...rest] = text.split('.');
  const changed = { ...JSON.parse(Buffer.from(header, 'base64url').toString()), ...change };
  return [Buffer.from(JSON.stringify(changed)).toString('base64url'), ...rest].join('.');
}
