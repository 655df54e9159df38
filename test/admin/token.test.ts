import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { KnownTokens, Tokens } from '../../src/consumers/tokens.ts';
import { ADD, Admin, drivers, ID, LOGIN } from './shell.ts';

describe.each(Object.keys(drivers))('tokens of programs, on %s', (driver) => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin(driver);
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
  });
  const create = (...more: string[]) => ['token', 'create', '--name', 'odoo', '--login', LOGIN, ...more];

  test('are shown once, and listed without their text', async () => {
    const { id, token, ...rest } = (await admin.asks(...create('--from', '10.0.0.0/8'))) as Record<
      string,
      unknown
    >;
    expect(token).toMatch(/^chorus_[a-z0-9]{12}_[\w-]{43}$/);
    expect(rest).toMatchObject({ name: 'odoo', accounts: [ID], from: ['10.0.0.0/8'] });
    const listed = await admin.asks('token', 'list');
    expect(listed).toMatchObject([{ id, name: 'odoo', reads: 0 }]);
    expect(JSON.stringify(listed)).not.toMatch(/hash|chorus_/);
    const [entry] = (await admin.asks('journal', 'show', '--limit', '1')) as unknown[];
    expect(entry).toMatchObject({ what: `tokenCreated ${id} odoo`, account: ID });
  });

  test('are revoked one by one, or all of them, and said in the journal', async () => {
    const first = (await admin.asks(...create())) as { id: string };
    await admin.asks(...create());
    expect(await admin.asks('token', 'revoke', '--id', first.id)).toEqual({ revoked: [first.id] });
    expect(await admin.types('token', 'revoke', '--all')).toMatchObject({ code: 1, out: '' });
    const { revoked } = (await admin.asks('token', 'revoke', '--all', '--yes')) as { revoked: string[] };
    expect(revoked).toHaveLength(1);
    expect(await admin.asks('token', 'list')).toEqual([]);
    expect((await admin.types('token', 'revoke', '--id', first.id)).err).toMatch(/^--id : aucun jeton/);
  });

  test.each([
    [['--name', ' '], /^--name/],
    [['--from', '10.0.0.0/99'], /^--from/],
    [['--from', 'partout'], /^--from/],
    [['--expires', '2020-01-01'], /^--expires/],
    [['--expires', 'demain'], /^--expires/],
    [['--login', 'TECH_1_NOBODY@cpro.fr'], /^--login/],
  ])('are refused with one line for %j, and none is made', async (wrong, line) => {
    const { code, out, err } = await admin.types(...create(...wrong));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(line);
    expect(await admin.asks('token', 'list')).toEqual([]);
  });

  test('work for the program that has them', async () => {
    const { token } = (await admin.asks(...create())) as { token: string };
    await admin.looks(async ({ store }) => {
      const known = new KnownTokens(new Tokens(store));
      await known.refresh();
      expect(known.find(token)).toMatchObject({ accounts: [ID] });
    });
  });
});

describe('destinations', () => {
  let admin: Admin;
  beforeEach(async () => {
    admin = new Admin('LMDB');
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
  });

  test('a webhook is added with a new signing key, which is shown once, and removed', async () => {
    const added = (await admin.asks(
      ...['destination', 'add', '--login', LOGIN, '--webhook', 'https://odoo.example.fr/hook'],
    )) as { id: string; secret: string };
    expect(added.secret).toMatch(/^whsec_/);
    const listed = JSON.stringify(await admin.asks('destination', 'list', '--login', LOGIN));
    expect(listed).toContain(added.id);
    expect(listed).not.toContain(added.secret);
    expect((await admin.types('destination', 'remove', '--id', added.id)).code).toBe(0);
    expect(await admin.asks('destination', 'list', '--login', LOGIN)).toEqual([]);
  });

  test.each([
    ['no kind', [], /^donnez --webhook/],
    ['clear text', ['--webhook', 'http://odoo.example.fr/'], /^--webhook/],
    ['a metadata service', ['--webhook', 'https://169.254.169.254/'], /^--webhook/],
    ['Pastell without its secret', ['--pastell', 'https://pastell.example.fr'], /^--secret-file/],
  ])('%s is refused with one line', async (_, options, line) => {
    const { code, err } = await admin.types('destination', 'add', '--login', LOGIN, ...options);
    expect(code).toBe(1);
    expect(err).toMatch(line);
  });

  test('Pastell’s secret comes from a file, and an entity that is no number is refused', async () => {
    const file = join(admin.folder, 'pastell');
    writeFileSync(file, 's3cret\n', { mode: 0o600 });
    const pastell = ['destination', 'add', '--login', LOGIN, '--pastell', 'https://pastell.example.fr'];
    const right = [...pastell, '--connector', '7', '--user', 'bot', '--secret-file', file];
    expect(await admin.asks(...right, '--entity', '3')).toMatchObject({ kind: 'pastell', entity: 3 });
    expect((await admin.types(...right, '--entity', 'x')).err).toMatch(/^--entity/);
    expect(JSON.stringify(await admin.asks('destination', 'list', '--login', LOGIN))).not.toContain('s3cret');
  });
});
