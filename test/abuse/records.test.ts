import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MaskedLinks } from '../../src/bot/password/masked-links.ts';
import { fr } from '../../src/cards/messages.ts';
import { Destinations } from '../../src/consumers/destinations.ts';
import { Tokens } from '../../src/consumers/tokens.ts';
import { Secret } from '../../src/secret.ts';
import type { Account } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Installations } from '../../src/store/installations.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { openSealer, Sealer } from '../../src/store/seal.ts';
import { RecordRefused, type Store } from '../../src/store/store.ts';
import type { Platform } from '../journeys/platform.ts';
import { startTeamsPlatform, TENANT } from '../journeys/teams.ts';
import { TestApp } from '../journeys/test-app.ts';
import { until } from '../slack/testbed.ts';
import { openRawRecords, type RawRecords } from '../store/raw-records.ts';
import { tell, volume } from './volume.ts';

/** Of each record's text one byte in so many is changed, in so many of its bits. */
const STRIDE = volume(9, 1);
const BITS = volume(1, 7);

/** Every kind of record that the bot keeps. */
const KINDS = [
  ...[
    'account',
    'check',
    'credential',
    'delivery',
    'destination',
    'destinations',
    'former-takers',
    'handover',
    'handover-link',
  ],
  ...['journal', 'masked-link', 'monthly', 'person', 'place', 'releases', 'reminder', 'reset'],
  ...['slack-installation', 'test', 'token', 'token-use', 'tokens'],
];

let nextDatabase = randomInt(1, 5_000);

const ADMINISTRATOR = `teams:${TENANT}:odile` as const;

interface RawRecord {
  readonly key: string;
  readonly text: string;
  readonly version: number;
}

const seen = {
  records: 0,
  tried: 0,
  used: 0,
  alarms: 0,
  'same content all the same': 0,
  'rolled back and read': 0,
};
afterAll(() => tell('records', seen));

describe.each(['LMDB', 'Redis'])('whoever can write into %s, and has no key', (driver) => {
  let folder: string;
  let records: RawRecord[];
  /** The same store some time before. */
  let older: RawRecord[];
  let sealer: Sealer;
  let kept: Store;
  let store: Store;
  let raw: RawRecords;
  const raised: RecordRefused[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'records-'));
    ({ records, older, sealer } = await filled(driver === 'LMDB' ? undefined : redisOfItsOwn()));
    const url = driver === 'LMDB' ? `lmdb:${join(folder, 'store')}` : redisOfItsOwn();
    kept = await openStore(url);
    store = new AuthenticatedStore(kept, sealer, (record) => raised.push(record));
    raw = await openRawRecords(url);
    for (const { key, text, version } of records) await raw.write(key, text, version);
    seen.records += records.length;
  }, 60_000);
  afterAll(async () => {
    await raw.close();
    await kept.close();
    await rm(folder, { recursive: true });
  });

  const kindOf = (key: string) => key.split('/')[0] ?? '';
  const isDispensable = (key: string) =>
    ![
      'account',
      'credential',
      'slack-installation',
      'journal',
      'token',
      'tokens',
      'destination',
      'destinations',
    ].includes(kindOf(key));
  /** What a reader of this record gets; `refused` also where it counts as missing. */
  async function outcome(
    key: string,
  ): Promise<{ readonly value: unknown; readonly version: number } | 'refused'> {
    const found = await store.read(key).catch((error: unknown) => error);
    if (found === undefined || found instanceof RecordRefused) return 'refused';
    return found as { value: unknown; version: number };
  }

  /** Puts this text there, and sees what becomes of it; then the record is what it was. */
  async function attack(
    at: RawRecord | Pick<RawRecord, 'key'>,
    text: string,
    version: number,
  ): Promise<boolean> {
    const before = 'text' in at ? at : undefined;
    const right = before && (await outcome(at.key));
    raised.length = 0;
    await raw.write(at.key, text, version);
    const got = await outcome(at.key);
    seen.tried += 1;
    if (before === undefined) await raw.remove(at.key);
    else await raw.write(before.key, before.text, before.version);
    if (got !== 'refused' && isDeepStrictEqual(got, right)) {
      seen['same content all the same'] += 1;
      return false;
    }
    if (got !== 'refused') seen.used += 1;
    seen.alarms += raised.length;
    expect([at.key, got, raised.map(({ key }) => key)]).toEqual([at.key, 'refused', [at.key]]);
    return true;
  }

  test('finds every kind of record there, and reads each as the bot has written it', async () => {
    expect([...new Set(records.map(({ key }) => kindOf(key)))].sort()).toEqual(KINDS);
    for (const { key, version } of records) expect(await store.read(key)).toMatchObject({ version });
    expect(raised).toEqual([]);
  });

  test('changes a byte: it is not used, unless the content is the same', async () => {
    for (const record of records) {
      const { text } = record;
      // The id of its write is not signed: it only says who wrote it.
      const [writeId] = /(?<="write":")[^"]*/.exec(text) ?? [''];
      const start = text.indexOf(writeId);
      for (let index = randomInt(STRIDE); index < text.length; index += STRIDE) {
        for (let bit = 0; bit < BITS; bit++) {
          const other = String.fromCharCode(text.charCodeAt(index) ^ (1 << bit));
          const changed = text.slice(0, index) + other + text.slice(index + 1);
          const isWriteId = index >= start && index < start + writeId.length;
          const isNoticed = await attack(record, changed, record.version);
          if (!isNoticed) expect([record.key, index, isWriteId]).toEqual([record.key, index, true]);
        }
      }
    }
  });

  test('moves a record, or puts one in the place of another: neither is used', async () => {
    for (const record of records) {
      const { key, text, version } = record;
      await attack({ key: `${kindOf(key)}/somebody-else` }, text, version);
      for (const other of records) if (other.key !== key) await attack(other, text, version);
    }
  });

  test('takes a signature away, or takes it from elsewhere: it is not used', async () => {
    const stranger = new Sealer([{ kid: sealer.sign('', 'record').kid, bytes: randomBytes(32) }]);
    for (const record of records) {
      const { key, version } = record;
      const { value: content } = (await store.read(key)) ?? {};
      const text = `${key.length}:${key}:${version}:${JSON.stringify(content)}`;
      const signatures = [
        sealer.sign(text, 'journal'),
        sealer.sign(text, 'backup'),
        sealer.sign(`${key.length}:${key}:${version + 1}:${JSON.stringify(content)}`, 'record'),
        stranger.sign(text, 'record'),
        { ...sealer.sign(text, 'record'), kid: null },
        null,
      ];
      await attack(record, envelope(version, content), version);
      for (const signature of signatures)
        await attack(record, envelope(version, { content, signature }), version);
      for (const other of [version - 1, version + 1, version + 1_000])
        if (other > 0)
          await attack(record, record.text.replace(`"version":${version}`, `"version":${other}`), other);
    }
  });

  test('names a key that is not there: it is refused in every kind, since it may be right', async () => {
    for (const { key, text, version } of records) {
      raised.length = 0;
      await raw.write(key, text.replace(/"kid":"[^"]*"(?=[^{]*$)/, '"kid":"another"'), version);
      await expect(store.read(key)).rejects.toMatchObject({ key, why: 'keyMissing' });
      expect(raised).toHaveLength(1);
      seen.tried += 1;
      seen.alarms += 1;
      await raw.write(key, text, version);
    }
  });

  test('spoils one record: those that are read with it are there', async () => {
    const keys = records.map(({ key }) => key);
    for (const [i, { key, text, version }] of records.entries()) {
      await raw.write(key, text.replace('"mac":"', '"mac":"x'), version);
      const found = await store.readMany(keys);
      expect(found[i] === undefined).toBe(isDispensable(key));
      expect(found.filter((record) => record === undefined || record instanceof RecordRefused)).toHaveLength(
        1,
      );
      await raw.write(key, text, version);
    }
  });

  test('puts an older record back, as a whole: it is read, and noticed in the journal alone', async () => {
    const journal = new Journal(store, sealer);
    expect(await journal.verify()).toMatchObject({ whole: true });
    for (const { key, text, version } of older) {
      const now = records.find((record) => record.key === key);
      if (now === undefined || now.text === text) continue;
      raised.length = 0;
      await raw.write(key, text, version);
      expect(await store.read(key)).toMatchObject({ version });
      expect(raised).toEqual([]);
      if (key === 'journal/head') expect(await journal.verify()).toMatchObject({ whole: false });
      else seen['rolled back and read'] += 1;
      // At the version of today it is not read.
      await attack(
        { ...now, text, version },
        text.replace(`"version":${version}`, `"version":${now.version}`),
        now.version,
      );
      await raw.write(key, now.text, now.version);
    }
    expect(seen['rolled back and read']).toBeGreaterThan(0);
    expect(await journal.verify()).toMatchObject({ whole: true });
  });
});

describe.each(['LMDB', 'Redis'])('the whole bot on %s, of which a record was changed by hand', (driver) => {
  const url = driver === 'LMDB' ? undefined : redisOfItsOwn();
  let app: TestApp;
  let platform: Platform;
  let raw: RawRecords;
  let mine: Account;
  let other: Account;

  beforeAll(async () => {
    app = await TestApp.open(url, undefined, { administrators: [ADMINISTRATOR], dailyTest: true });
    platform = await startTeamsPlatform(app.url);
    raw = await openRawRecords(url ?? `lmdb:${join(app.folder, 'store')}`);
    mine = await app.account(platform.idOf('claire'));
    other = await app.account(platform.idOf('claire'));
    await platform.chat('odile', 'private').say('bonjour');
  }, 60_000);
  afterAll(async () => {
    await raw.close();
    await platform.close();
    await app.close();
  });

  async function spoil(key: string): Promise<() => Promise<void>> {
    const text = await raw.read(key);
    if (text === undefined) throw new Error(`${key} is not there`);
    const version = Number(/"version":(\d+)/.exec(text)?.[1]);
    await raw.write(key, text.replace('"mac":"', '"mac":"x'), version);
    return () => raw.write(key, text, version);
  }
  const alarmsOf = (key: string) =>
    app.logged.split('\n').filter((line) => line.includes('"record.refused"') && line.includes(`"${key}"`));
  const toldTo = (who: string) =>
    platform
      .chat(who, 'private')
      .cards()
      .filter(({ title }) => title === fr.reminders.recordRefusedTitle);

  test('refuses it, says so, and goes on with the others', async () => {
    const chat = platform.chat('claire', 'private');
    const mend = await spoil(`account/${mine.id}`);
    await chat.say('comptes');
    expect(chat.card().texts.join('\n')).toContain(other.login);
    expect(chat.card().texts.join('\n')).not.toContain(mine.login);
    expect(JSON.parse(alarmsOf(`account/${mine.id}`)[0] ?? '{}')).toMatchObject({
      level: 'error',
      reason: 'changed',
    });
    await app.ticked();
    await app.settled();
    expect(app.logged).not.toContain('"tick.failed"');
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    const [, count] = /^chorus_bot_records_refused_total (\d+)$/m.exec(metrics) ?? [];
    expect(Number(count)).toBeGreaterThan(0);
    expect(toldTo('odile')).toHaveLength(1);
    expect(toldTo('odile')[0]?.texts.join('\n')).toContain(`account/${mine.id}`);
    expect(toldTo('claire')).toEqual([]);
    await mend();
    await chat.say('comptes');
    expect(chat.card().texts.join('\n')).toContain(mine.login);
  }, 60_000);

  test('says what is wrong to whoever asks about it, and answers about the others', async () => {
    const chat = platform.chat('claire', 'private');
    const mend = await spoil(`credential/${mine.id}`);
    await chat.say(`configuration ${mine.login}`);
    expect(chat.card().texts).toContain(fr.conversation.recordRefused);
    await chat.say(`configuration ${other.login}`);
    expect(chat.card().texts.join('\n')).toContain(other.login);
    await chat.press(fr.buttons.testConnection);
    expect(chat.card().texts.join('\n')).toContain(other.login);
    await mend();
    await chat.say(`configuration ${mine.login}`);
    expect(chat.card().texts.join('\n')).toContain(mine.login);
    // Told once a day, however many there are.
    expect(toldTo('odile')).toHaveLength(1);
  }, 60_000);

  test('begins a reset anew where its record is refused', async () => {
    const chat = platform.chat('claire', 'private');
    await chat.say(`réinitialiser ${mine.login}`);
    await chat.press(fr.buttons.done);
    const before = chat.card().title;
    await spoil(`reset/${mine.id}`);
    await chat.say(`réinitialiser ${mine.login}`);
    expect(chat.card().title).not.toBe(before);
    expect(alarmsOf(`reset/${mine.id}`).length).toBeGreaterThan(0);
    await chat.press(fr.buttons.done);
    expect(chat.card().title).toBe(before);
  }, 60_000);

  test('meets people again whose place is refused', async () => {
    const mend = await spoil(`place/${platform.idOf('claire')}`);
    expect(await app.people.findMany([platform.idOf('claire')])).toEqual([undefined]);
    await mend();
  });
});

/** A store that the bot has filled, and how it was some time before. */
async function filled(url?: string): Promise<{ records: RawRecord[]; older: RawRecord[]; sealer: Sealer }> {
  const app = await TestApp.open(url, undefined, { administrators: [ADMINISTRATOR] });
  const platform = await startTeamsPlatform(app.url);
  const raw = await openRawRecords(url ?? `lmdb:${join(app.folder, 'store')}`);
  const sealer = await openSealer(join(app.folder, 'keys.json'));
  const { store } = app;
  const manager = platform.idOf('claire');
  const { id } = await app.account(manager);
  // Of which there is something to remind of.
  await app.account(platform.idOf('denis'), {
    deputy: manager,
    addedAt: daysFromNow(-60),
    expiry: { at: daysFromNow(10), estimated: false },
  });
  const chat = platform.chat('claire', 'private');
  await chat.say('bonjour');
  await platform.chat('denis', 'private').say('bonjour');
  await chat.say(`réinitialiser ${id}`);
  for (let step = 0; step < 2; step++) await chat.press(fr.buttons.done);
  await chat.open(fr.buttons.keepSafe);
  await chat.submit({ password: 'Premier-Mot-2027' });
  await until(() => chat.card().title === fr.walk.submitRequest.title);
  await app.ticked();

  // What another configuration of the bot keeps.
  await new Installations(store, sealer).keep('T0ONE', new Secret('xoxb-one'));
  const tokens = new Tokens(store);
  const { token } = await tokens.create({ name: 'odoo', accounts: [id] }, new Date());
  await tokens.addUses([{ id: token.id, reads: 1, lastReadAt: new Date() }]);
  const links = new MaskedLinks(store, 'https://bot.example', () => new Date());
  await links.offer({ person: { id: manager }, place: {}, form: 'password' } as never, {});
  const destinations = new Destinations(store, sealer);
  const about = { account: id, kind: 'webhook', url: 'https://example.org/', viaProxy: false } as const;
  await destinations.add(about, new Secret('whsec_one'), new Date());
  for (const key of ['check', 'delivery', 'former-takers', 'handover', 'handover-link', 'releases', 'test'])
    await store.write(`${key}/${id}`, { of: key }, 0);
  await store.write('monthly', '2026-11-01', 0);
  const older = await dumped(store, raw);

  for (const password of ['Second-Mot-2027', 'Third-Mot-2027']) {
    await chat.press(fr.buttons.back);
    await until(() => chat.card().title === fr.walk.copyPassword.title);
    await chat.open(fr.buttons.replaceKept);
    await chat.submit({ password });
    await until(() => chat.card().title === fr.walk.submitRequest.title);
  }
  await chat.say('configuration');
  await app.accounts.change(id, (account) => ({ ...account, manager: platform.idOf('denis') }));
  await app.ticked();
  await app.settled();
  const records = await dumped(store, raw);
  await raw.close();
  await platform.close();
  await app.close();
  return { records, older, sealer };
}

async function dumped(store: Store, raw: RawRecords): Promise<RawRecord[]> {
  const records: RawRecord[] = [];
  for await (const key of store.keys('')) {
    const text = (await raw.read(key)) ?? '';
    records.push({ key, text, version: Number(/"version":(\d+)/.exec(text)?.[1]) });
  }
  return records;
}

function daysFromNow(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString();
}

/** As a driver keeps it. */
function envelope(version: number, data: unknown): string {
  return JSON.stringify({ value: { version, write: 'by hand', data } });
}

/** A database that nobody else uses. */
function redisOfItsOwn(): string {
  nextDatabase += 1;
  return `${process.env.TEST_REDIS_URL}/${nextDatabase}`;
}
