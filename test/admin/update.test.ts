import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { accountId } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { RecordRefused } from '../../src/store/store.ts';
import { openRawRecords } from '../store/raw-records.ts';
import { Admin, drivers, LOGIN, MANAGER, tamper } from './shell.ts';

/** A store with every kind of record, and its keys file, as the version before wrote them: it signed neither. */
const BEFORE: {
  readonly keysFile: object;
  readonly records: readonly { readonly key: string; readonly version: number; readonly text: string }[];
} = JSON.parse(readFileSync(join(__dirname, 'before-signatures.json'), 'utf8'));

const KEYS = BEFORE.records.map(({ key }) => key);
const ID = accountId(LOGIN);

describe.each(Object.keys(drivers))('a store of the version before, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    writeFileSync(admin.env.STORE_KEYS_FILE ?? '', JSON.stringify(BEFORE.keysFile), { mode: 0o600 });
    await (await openStore(admin.env.STORE_URL ?? '')).close();
    const raw = await openRawRecords(admin.env.STORE_URL ?? '');
    for (const { key, text, version } of BEFORE.records) await raw.write(key, text, version);
    await raw.close();
  });

  /** All that stands there is what it was. */
  async function isAllThere(): Promise<void> {
    await admin.looks(async ({ store, accounts, credentials, installations, refused }) => {
      for (const { key, text } of BEFORE.records) {
        // The passwords are sealed anew, each time otherwise.
        if (key.startsWith('credential/') || key.startsWith('slack-installation/')) continue;
        if (!key.startsWith('journal/head'))
          expect([key, (await store.read(key))?.value]).toEqual([key, JSON.parse(text).value.data]);
      }
      expect(await accounts.ofPerson(MANAGER)).toMatchObject([{ id: ID, structure: 'Commune de Sète' }]);
      expect((await credentials.current(ID))?.secret.reveal()).toBe('second-2026');
      expect((await credentials.previous(ID))?.secret.reveal()).toBe('first-2026');
      expect((await credentials.pending(ID))?.secret.reveal()).toBe('fourth-2026');
      expect((await credentials.setAside(ID)).map(({ secret }) => secret.reveal())).toEqual(['third-2026']);
      expect((await installations.find('T0ONE'))?.secret.reveal()).toBe('xoxb-one');
      expect([...refused.keys()]).toEqual([]);
    });
    expect(await admin.asks('journal', 'verify')).toMatchObject({ whole: true, refused: [] });
  }

  test('is read, and signed by rotate; from then on none of its records is read without its signature', async () => {
    await isAllThere();
    expect((await admin.types('doctor')).out).toMatch(
      new RegExp(
        `✗ enregistrements : ${KEYS.length} sont d’une version qui ne les signait pas ; [^\\n]+keys rotate`,
      ),
    );
    // A bot may write meanwhile: what it writes is signed already.
    await admin.looks(({ accounts }) => accounts.change(ID, (account) => ({ ...account })));
    const rotated = await admin.asks('keys', 'rotate');
    expect(rotated).toMatchObject({ authenticated: expect.any(Number), refused: [], broken: [] });
    expect(await admin.asks('keys', 'list')).toMatchObject({ recordsAuthenticated: true });
    await isAllThere();
    expect(await admin.asks('keys', 'rotate')).toMatchObject({ authenticated: 0, refused: [] });

    for (const key of KEYS) await tamper(admin, key, ({ content }) => content);
    await admin.looks(async ({ store, refused }) => {
      const found = await store.readMany(KEYS);
      expect(found.filter((record) => record !== undefined && !(record instanceof RecordRefused))).toEqual(
        [],
      );
      expect([...refused.keys()].sort()).toEqual([...KEYS].sort());
    });
    const { code, err } = await admin.types('keys', 'rotate');
    expect(code).toBe(1);
    for (const key of KEYS) expect(err).toContain(key);
  });

  test('is backed up and restored elsewhere, signed', async () => {
    const file = join(admin.folder, 'backup');
    expect(await admin.types('backup', file)).toMatchObject({ code: 0 });
    const there = new Admin(driver);
    there.env.STORE_KEYS_FILE = admin.env.STORE_KEYS_FILE ?? '';
    expect(await there.types('restore', file)).toMatchObject({ code: 0, err: '' });
    expect((await there.types('doctor')).out).toMatch(
      /✓ enregistrements : les \d+ se vérifient ; « keys rotate »/,
    );
    expect(await there.asks('journal', 'verify')).toMatchObject({ whole: true, refused: [] });
  });
});
