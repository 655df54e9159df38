import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { until } from '../until.ts';
import { Admin, drivers, ID, LOGIN, MANAGER, ownProcess, ROOT, TENANT } from './shell.ts';

const DEPUTY = `teams:${TENANT}:dominique`;
const NEXT = `teams:${TENANT}:leila`;
const HEADER = 'structure;identifiant;siret;gestionnaire;suppleant;expiration;alerte;canaux';
const SIRET = '21340172201787';
const SETE = `Commune de Sète;${LOGIN};${SIRET};${MANAGER};${DEPUTY};2026-04-18;10;slack:T1:C1 teams:https://smba.trafficmanager.net/emea/|19:x@thread.tacv2`;

let files = 0;
function fileOf(...lines: string[]): string {
  const path = join(ROOT, `list-${++files}.csv`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

const many = (count: number, manager = (i: number) => `${MANAGER}-${i % 50}`) =>
  fileOf(
    'structure;identifiant;siret;gestionnaire',
    ...Array.from(
      { length: count },
      (_, i) => `Commune ${i};TECH_1_${String(i).padStart(8, '0')}@cpro.fr;${SIRET};${manager(i)}`,
    ),
  );

describe.each(Object.keys(drivers))('account import and export, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    await admin.types('keys', 'generate');
  });
  const imports = (file: string, ...options: string[]) => admin.asks('account', 'import', file, ...options);
  const stored = () => admin.asks('account', 'show', '--login', LOGIN);

  test('an account of a list is added with all that its line says, and the journal has it', async () => {
    expect(await imports(fileOf(HEADER, SETE))).toEqual({
      added: [{ line: 2, login: LOGIN }],
      changed: [],
      unchanged: [],
      errors: [],
    });
    expect(await stored()).toMatchObject({
      name: 'Commune de Sète',
      siret: SIRET,
      manager: MANAGER,
      deputy: DEPUTY,
      expiry: { at: '2026-04-18T00:00:00.000Z', estimated: false },
      alertMonths: 10,
      channels: [{ platform: 'slack' }, { platform: 'teams' }],
    });
    expect(await admin.asks('journal', 'show')).toMatchObject([{ what: 'accountAdded', account: ID }]);
    await admin.looks(async ({ accounts }) => expect(await accounts.ofPerson(DEPUTY)).toHaveLength(1));
  });

  test('in the sandbox a SIRET may have a wrong check digit, in production it may not; logins of the other environment are warned of, once', async () => {
    const columns = 'structure;identifiant;siret;gestionnaire';
    const lines = ['DEV_DESTTAA074@cpp2017.fr', 'TECH_732829320@cpp2017.fr'].map(
      (login) => `Commune de Sète;${login};00000000013456;${MANAGER}`,
    );
    const file = fileOf(columns, ...lines);
    for (const environment of ['', 'production']) {
      admin.env.CHORUS_ENVIRONMENT = environment;
      const refused = await admin.types('account', 'import', file);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain('ligne 2 : siret : ce ne sont pas 14 chiffres dont la clé est juste');
    }
    admin.env.CHORUS_ENVIRONMENT = 'sandbox';
    const taken = await admin.types('account', 'import', file);
    expect([taken.code, taken.err]).toEqual([0, '']);
    admin.env.CHORUS_ENVIRONMENT = 'production';
    const there = fileOf(columns, ...lines.map((line) => line.replace('00000000013456', SIRET)));
    const { code, err } = await admin.types('account', 'import', there);
    expect(code).toBe(0);
    expect(err.split('\n')).toEqual([
      expect.stringMatching(
        /^ligne 2 : DEV_DESTTAA074@cpp2017\.fr est un compte de qualification, .+ \(et 1 autre\(s\) ligne\(s\) de même\)$/,
      ),
    ]);
  });

  test('a list that is imported twice changes nothing the second time', async () => {
    const file = fileOf(HEADER, SETE);
    await imports(file);
    expect(await imports(file)).toMatchObject({ added: [], changed: [], unchanged: [{ login: LOGIN }] });
    expect(await admin.asks('journal', 'show')).toHaveLength(1);
  });

  test('what differs is changed; a column that is not there and an empty date change nothing, an empty deputy takes them away', async () => {
    await imports(fileOf(HEADER, SETE));
    const columns = 'structure;identifiant;siret;gestionnaire';
    const handed = fileOf(columns, `Commune de Sète;${LOGIN.toLowerCase()};${SIRET};${NEXT}`);
    expect(await imports(handed)).toMatchObject({ changed: [{ login: LOGIN, columns: ['gestionnaire'] }] });
    expect(await stored()).toMatchObject({ manager: NEXT, deputy: DEPUTY, alertMonths: 10 });
    const without = fileOf(HEADER, `Commune de Sète;${LOGIN};${SIRET};${NEXT};;;;`);
    expect(await imports(without)).toMatchObject({ changed: [{ columns: ['suppleant', 'canaux'] }] });
    expect(await stored()).toMatchObject({
      deputy: null,
      channels: [],
      expiry: { at: '2026-04-18T00:00:00.000Z' },
    });
  });

  test('a trial shows the same, and writes nothing', async () => {
    expect(await imports(fileOf(HEADER, SETE), '--dry-run')).toMatchObject({ added: [{ login: LOGIN }] });
    expect(await admin.asks('account', 'list')).toEqual([]);
    expect(await admin.asks('journal', 'show')).toEqual([]);
  });

  test.each([
    ['a wrong SIRET', SETE.replace(SIRET, '21340172201788'), /^siret : /],
    ['no structure', SETE.replace('Commune de Sète', ''), /^structure : /],
    ['a login with a colon', SETE.replace(LOGIN, 'a:b'), /^identifiant : /],
    ['a manager who is a name', SETE.replace(MANAGER, 'Camille'), /^gestionnaire : /],
    ['a deputy who is the manager', SETE.replace(DEPUTY, MANAGER), /^suppleant : c’est le gestionnaire/],
    ['a date that is none', SETE.replace('2026-04-18', 'avril'), /^expiration : /],
    ['an alert of no months', SETE.replace(';10;', ';0;'), /^alerte : /],
    ['a channel that is none', SETE.replace('slack:T1:C1', '#compta'), /^canaux : /],
    ['the columns once more', HEADER, /^la ligne des colonnes est là une deuxième fois/],
    [
      'a login for the second time',
      SETE.replace('Sète', 'Cette'),
      /^le même identifiant est déjà à la ligne 2/,
    ],
  ])(
    'with %s in one line of two, nothing is written, and the line is named',
    async (_what, wrong, message) => {
      const right = SETE.replace(
        LOGIN,
        _what === 'a login for the second time' ? LOGIN : 'TECH_1_RIGHT@cpro.fr',
      );
      const file = fileOf(HEADER, right, wrong);
      const { code, out } = await admin.types('account', 'import', file, '--json');
      expect(code).toBe(1);
      expect(JSON.parse(out)).toEqual({
        added: [],
        changed: [],
        unchanged: [],
        errors: [{ line: 3, message: expect.stringMatching(message) }],
      });
      const { err } = await admin.types('account', 'import', file);
      expect(err).toMatch(/^ligne 3 : .+\n1 ligne\(s\) à corriger ; rien n’a été écrit$/);
      expect(await admin.asks('account', 'list')).toEqual([]);
    },
  );

  test('what is exported is imported again without a change, estimated dates and formulas among it', async () => {
    await imports(fileOf(HEADER, SETE, `=1+1;TECH_1_B@cpro.fr;${SIRET};${MANAGER};;;;`));
    await admin.looks(({ accounts }) =>
      accounts.change(ID, (account) => ({
        ...account,
        expiry: { at: '2026-04-18T00:00:00.000Z', estimated: true },
      })),
    );
    const { out } = await admin.types('account', 'export');
    const file = join(admin.folder, 'export.csv');
    expect((await admin.types('account', 'export', file)).out).toBe('2 compte(s) écrit(s)');
    expect(readFileSync(file, 'utf8').trimEnd()).toBe(`\uFEFF${out}`);
    expect(await imports(file)).toMatchObject({ added: [], changed: [], errors: [] });
    const elsewhere = new Admin(driver);
    await elsewhere.types('keys', 'generate');
    await elsewhere.types('account', 'import', file);
    expect((await elsewhere.types('account', 'export')).out).toBe(out);
  });

  test('two imports at once lose nothing, and neither adds what the other has added', async () => {
    const file = many(300, () => MANAGER);
    // Two processes, as two administrators have: LMDB cannot be opened twice at once in one.
    const ownImport = async () =>
      JSON.parse((await ownProcess(admin.env, 'account', 'import', file, '--json')).out);
    const [one, other] = await Promise.all([ownImport(), ownImport()]);
    expect(one.added.length + other.added.length).toBe(300);
    expect(await admin.asks('account', 'list')).toHaveLength(300);
    await admin.looks(async ({ accounts }) => expect(await accounts.ofPerson(MANAGER)).toHaveLength(300));
  });

  test('one that is killed in the middle is gone on with by the same command', async () => {
    const file = many(1_000);
    const entry = join(process.cwd(), 'dist/build/src/admin.js');
    const env = { PATH: process.env.PATH, ...admin.env };
    const child = spawn('node', [entry, 'account', 'import', file], { cwd: ROOT, env, stdio: 'ignore' });
    await until(async () => child.exitCode !== null || (await admin.asks('account', 'list')).length > 0);
    expect(child.exitCode).toBeNull();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const before = (await admin.asks('account', 'list')).length;
    expect(before).toBeLessThan(1_000);
    const { added, unchanged } = await imports(file);
    expect([added.length, unchanged.length]).toEqual([1_000 - before, before]);
    expect(await admin.asks('journal', 'verify')).toMatchObject({ whole: true });
  });
});

test('a file that is none, or too long, is refused in one line', async () => {
  const admin = new Admin('LMDB');
  await admin.types('keys', 'generate');
  expect((await admin.types('account', 'import', join(ROOT, 'nothing.csv'))).err).toMatch(
    /^le fichier ne peut pas être lu/,
  );
  const long = join(ROOT, 'long.csv');
  writeFileSync(long, Buffer.alloc(20 * 1024 * 1024 + 1, 'x'));
  expect((await admin.types('account', 'import', long)).err).toMatch(/^le fichier dépasse 20 Mo/);
});
