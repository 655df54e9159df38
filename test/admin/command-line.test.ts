import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Platform } from '../journeys/platform.ts';
import { startTeamsPlatform } from '../journeys/teams.ts';
import { TestApp } from '../journeys/test-app.ts';
import { drivers, ownProcess, ROOT } from './shell.ts';

describe.each(Object.keys(drivers))('beside a bot that runs on %s', (driver) => {
  let app: TestApp;
  let teams: Platform;
  let env: Record<string, string>;
  beforeAll(async () => {
    const STORE_URL = drivers[driver]?.(ROOT) ?? '';
    app = await TestApp.open(STORE_URL);
    teams = await startTeamsPlatform(app.url);
    env = { STORE_URL, STORE_KEYS_FILE: join(app.folder, 'keys.json') };
  });
  afterAll(async () => {
    await teams.close();
    await app.close();
  });

  test('an account that is added is there for its manager at the next word, and gone for a former one', async () => {
    const camille = teams.chat('camille', 'private');
    const login = ['--login', 'TECH_1_BESIDE00000000@cpro.fr'];
    const added = await ownProcess(
      env,
      ...['account', 'add', ...login, '--siret', '21340172201787', '--name', 'Commune de Sète'],
      ...['--manager', teams.idOf('camille'), '--json'],
    );
    expect(JSON.parse(added.out)).toMatchObject({ name: 'Commune de Sète' });
    await camille.say('comptes');
    expect(camille.card().texts.join('\n')).toContain('Commune de Sète');

    await ownProcess(env, 'account', 'set', ...login, '--manager', teams.idOf('leila'));
    await camille.say('comptes');
    expect(camille.card().texts.join('\n')).not.toContain('Commune de Sète');
  });

  test('the password in use is given to the program that asks for it, alone', async () => {
    const { login } = await app.account(teams.idOf('camille'));
    const { code, out, err } = await ownProcess(env, 'credential', 'show', '--login', login);
    expect({ code, out, err }).toEqual({ code: 0, out: 'goZckgkKevikl\n', err: '' });
    expect(JSON.parse((await ownProcess(env, 'journal', 'verify', '--json')).out)).toMatchObject({
      whole: true,
    });
  });
});

test('every mistake is one line in French, and exit code 1', async () => {
  for (const [line, ...words] of [
    [/^STORE_KEYS_FILE manque : /, 'account', 'list'],
    [/^il manque l’option --login <login> ; /, 'account', 'show'],
    [/^il manque une valeur à l’option --login <login> ; /, 'account', 'show', '--login'],
    [/^l’option --password n’existe pas ; /, 'account', 'list', '--password=canary'],
    [/^la commande nothing n’existe pas ; /, 'nothing'],
    [/^il manque <fichier> ; /, 'backup'],
    [/^il y a un mot de trop ; /, 'journal', 'verify', 'canary'],
  ] as [RegExp, ...string[]][]) {
    const { code, out, err } = await ownProcess({}, ...words);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(line);
    expect(err).toMatch(/^[^\n]+\n$/);
    expect(err).not.toContain('canary');
  }
});

test('help is in French, and no mistake', async () => {
  const { code, out, err } = await ownProcess({}, 'help', 'account');
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^Usage : npm run admin -- account <commande>\n/);
  expect(out).not.toMatch(/Options:|Commands:|display help/);
});

test('help of a command in two words is its own page, and of none is a mistake', async () => {
  const { out } = await ownProcess({}, 'help', 'account', 'add');
  expect(out).toMatch(/^Usage : npm run admin -- account add \[options\]\n/);
  expect(await ownProcess({}, 'help', 'account', 'nothing')).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^la commande nothing n’existe pas ; /),
  });
});

test('the version is that of package.json', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(await ownProcess({}, '--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test.each([
  ['whoever reads standard output stops early', '| true'],
  ['whoever reads both outputs stops early', '2>&1 | true'],
])('a command of which %s ends, and says nothing of it', async (_what, ending) => {
  const entry = join(process.cwd(), 'dist/build/src/admin.js');
  // Long enough for more than one write, and on standard error where no command is given.
  const pipe = promisify(execFile)('sh', ['-c', `node ${entry} ${ending}; node ${entry} help ${ending}`], {
    cwd: ROOT,
    env: { PATH: process.env.PATH },
  });
  expect((await pipe).stdout).toBe('');
});
