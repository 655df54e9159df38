import { describe, expect, test } from '@jest/globals';
import { hasInvisible } from '../../src/invisible.ts';
import { Journal } from '../../src/store/journal.ts';
import { ADD, Admin, drivers, ID, LOGIN, MANAGER } from './shell.ts';

const INVISIBLE = [
  '\u001b[2J',
  '\r',
  '\n',
  '\u0000',
  '\u009b',
  '\u2028',
  '\u202e',
  '\u2066',
  '\u200b',
  '\ufeff',
];
const CHANNEL = ['channel', 'add', '--login', LOGIN];
const TEAMS = ['--service-url', 'https://smba.trafficmanager.net/emea/'];

async function withAccount(): Promise<Admin> {
  const admin = new Admin('LMDB');
  await admin.types('keys', 'generate');
  await admin.types(...ADD);
  return admin;
}

describe('what is invisible', () => {
  test.each<[string, (typed: string) => string[]]>([
    ['--name', (typed) => ['account', 'set', '--login', LOGIN, '--name', `Commune${typed}de Sète`]],
    ['--login', (typed) => [...ADD, '--login', `TECH_1${typed}_X@cpro.fr`]],
    ['--manager', (typed) => ['account', 'set', '--login', LOGIN, '--manager', `${MANAGER}${typed}x`]],
    ['--deputy', (typed) => ['account', 'set', '--login', LOGIN, '--deputy', `teams:t${typed}:x`]],
    ['--slack-channel', (typed) => [...CHANNEL, '--slack-channel', `C0${typed}1`]],
    ['--slack-team', (typed) => [...CHANNEL, '--slack-channel', 'C01', '--slack-team', `T${typed}1`]],
    ['--teams-conversation', (typed) => [...CHANNEL, ...TEAMS, '--teams-conversation', `19:${typed}x@y`]],
  ])(
    'is refused in %s, in one line that repeats nothing of it, and nothing changes',
    async (option, words) => {
      const admin = await withAccount();
      const before = await admin.asks('account', 'list');
      for (const typed of INVISIBLE) {
        const { code, out, err } = await admin.types(...words(typed));
        expect({ code, out }).toEqual({ code: 1, out: '' });
        expect(err).toMatch(new RegExp(`^${option} : il s’y trouve un caractère invisible .+$`));
        expect(hasInvisible(err)).toBe(false);
      }
      expect(await admin.asks('account', 'list')).toEqual(before);
    },
  );

  test('around what is typed is taken off', async () => {
    const admin = await withAccount();
    const set = ['account', 'set', '--login', ` ${LOGIN}\n`, '--name', ' Sète\n'];
    expect(await admin.asks(...set)).toMatchObject({ name: 'Sète', login: LOGIN });
  });
});

test('an identifier with a space within is refused', async () => {
  const admin = await withAccount();
  const { code, err } = await admin.types(...CHANNEL, '--slack-channel', 'C01 C02');
  expect([code, err]).toEqual([1, expect.stringMatching(/^--slack-channel : recopiez l’identifiant /)]);
});

describe.each(Object.keys(drivers))('what the store holds, on %s,', (driver) => {
  test('is obeyed by no terminal, whoever wrote it there; JSON means the same', async () => {
    const admin = new Admin(driver);
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
    const hostile = `x${INVISIBLE.join('y')}\u{e0041}\ud800z`;
    await admin.looks(async ({ accounts, store, sealer }) => {
      const address = { channel: hostile };
      await accounts.change(ID, (account) => ({
        ...account,
        structure: hostile,
        deputy: `slack:${hostile}:x`,
        channels: [{ platform: 'slack', private: false, address }],
      }));
      const entry = {
        at: admin.now,
        who: hostile,
        what: `accountChanged ${hostile}`,
        account: ID,
        from: hostile,
      };
      await new Journal(store, sealer).append(entry);
    });
    for (const words of [
      ['account', 'list'],
      ['account', 'show', '--login', LOGIN],
      ['channel', 'list'],
      ['journal', 'show'],
      ['account', 'remove', '--login', LOGIN],
      ['account', 'set', '--login', LOGIN, '--alert', '3'],
      ['doctor'],
    ]) {
      const { out, err } = await admin.types(...words);
      const lines = `${out}\n${err}`.split('\n');
      expect([words, lines.filter(hasInvisible)]).toEqual([words, []]);
      if (['list', 'show'].includes(words[1] ?? ''))
        expect([words, out + err]).toEqual([words, expect.stringContaining('\\u202e')]);
    }
    expect(await admin.asks('account', 'list')).toMatchObject([{ name: hostile }]);
  });
});
