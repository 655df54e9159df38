import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import { Secret } from '../../src/secret.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Journal } from '../../src/store/journal.ts';
import { readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { ADD, Admin, type Answer, drivers, ID, LOGIN, MANAGER, ownProcess, PASSWORD } from './shell.ts';

describe.each(Object.keys(drivers))('a backup made on %s', (driver) => {
  let admin: Admin;
  let file: string;
  beforeEach(async () => {
    admin = new Admin(driver);
    file = join(admin.folder, 'backup.jsonl');
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
    // U+2028 ends a line for some readers, and not in JSON.
    await admin.looks(({ accounts }) =>
      accounts.change(ID, (account) => ({ ...account, structure: 'Commune\u2028de Sète' })),
    );
    await admin.keeps();
    await admin.looks(({ installations }) => installations.keep('T0ONE', new Secret('xoxb-one')));
    await admin.looks(async ({ resets }) => {
      await resets.save(ID, { reset: begin('one', 'signIn', admin.now).reset } as never, 0);
    });
    expect(await admin.types('backup', file)).toMatchObject({ code: 0 });
  });

  /** Another machine, with the same keys and an empty store. */
  function elsewhere(other: string): Admin {
    const there = new Admin(other);
    there.env.STORE_KEYS_FILE = admin.env.STORE_KEYS_FILE ?? '';
    return there;
  }

  test('is for its owner only, and holds no password and no key', () => {
    const text = readFileSync(file, 'utf8');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(text).not.toMatch(new RegExp(`${PASSWORD}|xoxb-one`));
    const { keys } = JSON.parse(readFileSync(admin.env.STORE_KEYS_FILE ?? '', 'utf8'));
    expect(text).not.toContain(keys[0].k);
    expect(readdirSync(admin.folder).filter((name) => name.startsWith('backup'))).toEqual(['backup.jsonl']);
  });

  test('is verified without a store, and what is damaged or forged is named', async () => {
    const there = elsewhere('LMDB');
    there.env.STORE_URL = '';
    const found = await there.asks('backup', 'verify', file);
    expect(found).toEqual({ records: expect.any(Number), madeAt: admin.now.toISOString(), isSigned: true });
    expect((await there.types('backup', 'verify', file)).out).toBe(
      `Sauvegarde entière : ${found.records} enregistrements, faite le 02/06/2025 12:00:00.`,
    );
    const text = readFileSync(file, 'utf8');
    writeFileSync(`${file}.cut`, text.slice(0, -200));
    expect((await there.types('backup', 'verify', `${file}.cut`)).err).toContain('abîmée');
    expect((await there.types('backup', 'verify', `${file}.none`)).err).toContain('ne peut pas être lu');
    there.env.STORE_KEYS_FILE = join(there.folder, 'others.json');
    await there.types('keys', 'generate');
    expect((await there.types('backup', 'verify', file)).err).toContain('qui n’est pas dans STORE_KEYS_FILE');
  });

  test('to standard output is what a file holds, and nothing else', async () => {
    const { code, out, err } = await admin.types('backup', '-');
    expect([code, err]).toEqual([0, '']);
    writeFileSync(`${file}.piped`, `${out}\n`);
    expect(await admin.asks('backup', 'verify', `${file}.piped`)).toMatchObject({ isSigned: true });
  });

  test.each(Object.keys(drivers))('is restored on an empty %s, whole', async (other) => {
    const there = elsewhere(other);
    expect(await there.types('restore', file)).toMatchObject({ code: 0, err: '' });
    expect(await there.asks('account', 'list')).toEqual(await admin.asks('account', 'list'));
    expect((await there.types('credential', 'show', '--login', LOGIN)).out).toBe(PASSWORD);
    expect(await there.asks('journal', 'verify')).toMatchObject({ whole: true });
    expect((await there.asks('journal', 'show')).map(({ what }: { what: string }) => what)).toEqual([
      'passwordRead current',
      'backupRestored',
      'backupMade',
      'accountAdded',
    ]);
    await there.looks(async ({ accounts, installations, resets }) => {
      expect((await installations.find('T0ONE'))?.secret.reveal()).toBe('xoxb-one');
      expect(await accounts.ofPerson(MANAGER)).toHaveLength(1);
      // Woken once, it finds its own next instant.
      expect(await resets.due(there.now, 5)).toEqual([ID]);
    });
  });

  test('is not restored over anything, unless --force says so', async () => {
    const there = elsewhere(driver);
    await there.types(...ADD, '--login', 'TECH_other');
    const refused = await there.types('restore', file);
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/n’est pas vide, rien n’a changé/) });
    expect(await there.asks('account', 'list')).toMatchObject([{ login: 'TECH_other' }]);

    expect(await there.types('restore', file, '--force')).toMatchObject({ code: 0 });
    expect(await there.asks('account', 'list')).toMatchObject([{ login: LOGIN }]);
    expect(await there.asks('journal', 'verify')).toMatchObject({ whole: true });
  });

  test('gives no version twice: what programs read after the backup is never told as unchanged', async () => {
    const used = (where: Admin, password: string) =>
      where.looks(async ({ credentials }) => {
        const about = {
          heldBy: 'Camille',
          heldSince: where.now,
          expiry: { at: '2027-04-18T00:00:00.000Z', estimated: false },
        };
        const { version } = await credentials.keep(ID, new Secret(password), about);
        await credentials.promote(ID, version, where.now);
        return version;
      });
    // The second password was read by programs, and is lost with the store, or by the restore.
    const lost = await used(admin, 'Second-Mot-2027');
    const anew = elsewhere(driver);
    expect(await anew.types('restore', file)).toMatchObject({ code: 0 });
    expect(await used(anew, 'Third-Mot-2027')).toBeGreaterThan(lost);
    const over = await used(anew, 'Fourth-Mot-2027');
    expect(await anew.types('restore', file, '--force')).toMatchObject({ code: 0 });
    expect(await used(anew, 'Fifth-Mot-2027')).toBeGreaterThan(over);
  });

  test('does not replace a file', async () => {
    expect(await admin.types('backup', file)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/existe déjà/),
    });
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ['a changed letter', (text) => text.replace('camille', 'pirate'), /abîmée ou incomplète/],
    ['a missing line', (text) => text.split('\n').toSpliced(2, 1).join('\n'), /abîmée ou incomplète/],
    ['a missing end', (text) => text.slice(0, -90), /abîmée ou incomplète/],
    ['lines after the end', (text) => `${text}{}\n`, /abîmée ou incomplète/],
    ['another version', (text) => text.replace('"version":2', '"version":3'), /autre version/],
    ['another content', () => 'MicrosoftAppPassword=secret', /pas une sauvegarde/],
    ['nothing', () => '', /pas une sauvegarde/],
  ])('with %s is refused before anything is written', async (_, change, why) => {
    writeFileSync(file, change(readFileSync(file, 'utf8')));
    const there = elsewhere(driver);
    const { code, err } = await there.types('restore', file);
    expect(code).toBe(1);
    expect(err).toMatch(why);
    expect(err).not.toMatch(/\n|secret|pirate/);
    expect(await there.asks('account', 'list')).toEqual([]);
    expect(await there.asks('journal', 'show')).toEqual([]);
  });

  test('while others write, is whole all the same', async () => {
    const store = await openStore(admin.env.STORE_URL ?? '');
    const keys = await readSealingKeys(admin.env.STORE_KEYS_FILE ?? '');
    const sealer = new Sealer(keys);
    const journal = new Journal(new AuthenticatedStore(store, sealer), sealer);
    const file = join(admin.folder, 'busy.jsonl');
    // LMDB is opened once in a process.
    let backup: Answer | undefined;
    const made = ownProcess(admin.env, 'backup', file).then((answer) => {
      backup = answer;
    });
    while (backup === undefined) {
      await journal.append({ at: admin.now, who: 'bot', what: 'busy' });
      await sleep(5);
    }
    await made;
    await store.close();
    expect(backup).toMatchObject({ code: 0, err: '' });
    const there = elsewhere(driver);
    expect(await there.types('restore', file)).toMatchObject({ code: 0 });
    expect(await there.asks('journal', 'verify')).toMatchObject({ whole: true });
  });
});

test('a backup that cannot be written or read is one line', async () => {
  const admin = new Admin('LMDB');
  await admin.types('keys', 'generate');
  const nowhere = join(admin.folder, 'none', 'backup');
  for (const command of ['backup', 'restore']) {
    const { code, err } = await admin.types(command, nowhere);
    expect(code).toBe(1);
    expect(err).toMatch(/^\S+ ne peut pas être (écrit|lu) ; [^\n]+$/);
  }
});
