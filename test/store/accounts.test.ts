import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Accounts, accountId } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { type Operation, type Store, StoreUnavailable } from '../../src/store/store.ts';
import { isSiret, structureIdKind } from '../../src/store/structure-id.ts';
import { anyCharacter } from '../any-character.ts';

const folder = mkdtempSync(join(tmpdir(), 'accounts-'));
let store: Store;
let accounts: Accounts;

beforeAll(async () => {
  store = await openStore(`lmdb:${folder}`);
  accounts = new Accounts(store);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

const sample = {
  siret: '21590350100017',
  structure: 'Ville de Lille',
  manager: 'teams:t:camille',
  alertMonths: 12,
  addedAt: '2025-01-05T12:00:00.000Z',
};

async function idsOf(person: string): Promise<string[]> {
  return (await accounts.ofPerson(person)).map(({ id }) => id);
}

describe('accounts', () => {
  test('are listed once each, also where the store tells a key twice', async () => {
    const keys = async function* (prefix: string) {
      yield* store.keys(prefix);
      yield* store.keys(prefix);
    };
    const twice = { keys, read: (key: string) => store.read(key) } as unknown as Store;
    await accounts.add({ ...sample, login: 'listed@cpro.fr' });
    const listed: string[] = [];
    for await (const { id } of new Accounts(twice).all()) listed.push(id);
    expect(listed.filter((id) => id === 'listed@cpro.fr')).toHaveLength(1);
  });

  test('an account is found by its login, however it is written', async () => {
    expect(await accounts.add({ ...sample, login: 'TECH_1_Found@cpro.fr' })).toBe(true);
    expect(await accounts.find(accountId('tech_1_FOUND@cpro.fr'))).toEqual({
      ...sample,
      login: 'TECH_1_Found@cpro.fr',
      id: 'tech_1_found@cpro.fr',
    });
    expect(await accounts.find('tech_1_other@cpro.fr')).toBeUndefined();
  });

  test('an id is the id of itself, whatever it was made of', () => {
    for (const login of ['TECH_1@CPRO.FR', ' tech_1@cpro.fr\u00a0', 'ＴＥＣＨ＿１＠ｃｐｒｏ．ｆｒ'])
      expect(accountId(login)).toBe('tech_1@cpro.fr');
    expect(accountId('TECH_İ')).not.toBe(accountId('TECH_I'));
    const anything = fc.string({ unit: anyCharacter, maxLength: 40 });
    fc.assert(fc.property(anything, (login) => accountId(accountId(login)) === accountId(login)));
    // What lower case takes apart is composed again.
    expect(accountId('\u03aa\u0301')).toBe(accountId(accountId('\u03aa\u0301')));
  });

  test('the same login is not added twice', async () => {
    expect(await accounts.add({ ...sample, login: 'twice@cpro.fr' })).toBe(true);
    for (const login of ['TWICE@cpro.fr', 'ｔｗｉｃｅ@cpro.fr'])
      expect(await accounts.add({ ...sample, login, structure: 'Another' })).toBe(false);
    expect((await accounts.find('twice@cpro.fr'))?.structure).toBe('Ville de Lille');
  });

  test.each([
    ['a login with a colon', { login: 'a:b' }],
    ['a login with a space', { login: 'a b' }],
    ['a SIRET of thirteen digits', { siret: '2159035010001' }],
    ['an alert of 0 months', { alertMonths: 0 }],
    ['an alert of 15 months', { alertMonths: 15 }],
    ['a date in another format', { expiry: { at: '18/04/2026', estimated: false } }],
  ])('%s is refused', async (_, wrong) => {
    await expect(accounts.add({ ...sample, login: 'wrong@cpro.fr', ...wrong })).rejects.toThrow();
    expect(await accounts.find('wrong@cpro.fr')).toBeUndefined();
  });

  test('an account keeps its login for ever', async () => {
    await accounts.add({ ...sample, login: 'lasting@cpro.fr' });
    const renamed = accounts.change('lasting@cpro.fr', (account) => ({ ...account, login: 'other@cpro.fr' }));
    await expect(renamed).rejects.toThrow();
    expect((await accounts.find('lasting@cpro.fr'))?.login).toBe('lasting@cpro.fr');
  });

  test('a person has the accounts they manage or stand in for, and no other', async () => {
    await accounts.add({ ...sample, login: 'b@cpro.fr', manager: 'slack:t:ana' });
    await accounts.add({ ...sample, login: 'a@cpro.fr', manager: 'slack:t:bo', deputy: 'slack:t:ana' });
    await accounts.add({ ...sample, login: 'c@cpro.fr', manager: 'slack:t:bo' });
    expect(await idsOf('slack:t:ana')).toEqual(['a@cpro.fr', 'b@cpro.fr']);
    expect(await idsOf('slack:t:bo')).toEqual(['a@cpro.fr', 'c@cpro.fr']);
    expect(await idsOf('slack:t:nobody')).toEqual([]);
    // What a person is asked for costs what they have, and nothing more.
    expect((await store.read('person/slack:t:ana'))?.value).toEqual(['b@cpro.fr', 'a@cpro.fr']);
    expect(await store.read('person/undefined')).toBeUndefined();
  });

  test('a manager who is replaced loses the account, and has it again when named again', async () => {
    await accounts.add({ ...sample, login: 'handed@cpro.fr', manager: 'slack:t:old' });
    await accounts.change('handed@cpro.fr', (account) => ({ ...account, manager: 'slack:t:new' }));
    expect(await idsOf('slack:t:old')).toEqual([]);
    expect(await idsOf('slack:t:new')).toEqual(['handed@cpro.fr']);
    await accounts.change('handed@cpro.fr', (account) => ({ ...account, manager: 'slack:t:old' }));
    expect(await idsOf('slack:t:old')).toEqual(['handed@cpro.fr']);
  });

  test('of changes at once, none is lost', async () => {
    await accounts.add({ ...sample, login: 'busy@cpro.fr', alertMonths: 1 });
    await Promise.all(
      Array.from({ length: 10 }, () =>
        accounts.change('busy@cpro.fr', (account) => ({ ...account, alertMonths: account.alertMonths + 1 })),
      ),
    );
    expect((await accounts.find('busy@cpro.fr'))?.alertMonths).toBe(11);
  });

  test('of accounts added at once for one person, none is missing', async () => {
    const logins = Array.from(
      { length: 12 },
      (_, index) => `crowd_${String(index).padStart(2, '0')}@cpro.fr`,
    );
    await Promise.all(logins.map((login) => accounts.add({ ...sample, login, manager: 'slack:t:crowd' })));
    expect(await idsOf('slack:t:crowd')).toEqual(logins);
  });

  test('an account that is removed is gone, for its people as well', async () => {
    await accounts.add({ ...sample, login: 'gone@cpro.fr', manager: 'slack:t:gone' });
    expect(await accounts.remove(accountId('GONE@cpro.fr'))).toBe(true);
    expect(await accounts.remove('gone@cpro.fr')).toBe(false);
    expect(await accounts.find('gone@cpro.fr')).toBeUndefined();
    expect(await idsOf('slack:t:gone')).toEqual([]);
    expect(await accounts.change('gone@cpro.fr', (account) => account)).toBeUndefined();
  });

  test('all accounts can be listed', async () => {
    const seen: string[] = [];
    for await (const { id } of accounts.all()) seen.push(id);
    expect(seen).toContain('busy@cpro.fr');
    expect(seen).not.toContain('gone@cpro.fr');
  });

  test('an account that is added, changed or removed, by any process, is looked at at once', async () => {
    const later = new Date('2030-01-01T00:00:00Z');
    const looked = async () => {
      const due = (await accounts.due(new Date('2020-01-01'), 999)).includes('looked@cpro.fr');
      await accounts.lookLater([{ id: 'looked@cpro.fr', at: later }]);
      return due;
    };
    const elsewhere = new Accounts(store);
    await elsewhere.add({ ...sample, login: 'Looked@cpro.fr' });
    expect(await looked()).toBe(true);
    expect(await looked()).toBe(false);
    await elsewhere.change('looked@cpro.fr', (account) => ({ ...account, alertMonths: 3 }));
    expect(await looked()).toBe(true);
    await elsewhere.remove('looked@cpro.fr');
    expect(await looked()).toBe(true);
  });

  test('an account is written in one call with all that follows from it, in an order that a crash may cut off anywhere', async () => {
    await accounts.add({ ...sample, login: 'whole@cpro.fr', manager: 'slack:t:whole' });
    const calls: string[][] = [];
    const counted = {
      read: (key: string) => store.read(key),
      readMany: (keys: string[]) => store.readMany(keys),
      apply: (operations: readonly Operation[]) => {
        calls.push(operations.map((each) => `${each.type} ${each.type === 'schedule' ? each.id : each.key}`));
        return store.apply(operations);
      },
    };
    await new Accounts(counted as unknown as Store).change('whole@cpro.fr', (account) => ({
      ...account,
      deputy: 'slack:t:deputy',
    }));
    const look = 'schedule whole@cpro.fr';
    expect(calls).toEqual([['write person/slack:t:deputy', look, 'write account/whole@cpro.fr', look]]);
  });

  test('somebody may stand in for themselves', async () => {
    const both = { manager: 'slack:t:both', deputy: 'slack:t:both' };
    expect(await accounts.add({ ...sample, login: 'both@cpro.fr', ...both })).toBe(true);
    expect(await idsOf('slack:t:both')).toEqual(['both@cpro.fr']);
  });

  test('a change while somebody looks is not lost with the look', async () => {
    await accounts.add({ ...sample, login: 'raced@cpro.fr' });
    const [from] = await accounts.looks(['raced@cpro.fr']);
    await accounts.change('raced@cpro.fr', (account) => ({ ...account, alertMonths: 3 }));
    const at = new Date('2030-01-01T00:00:00Z');
    await accounts.lookLater([{ id: 'raced@cpro.fr', at, from: from ?? at }]);
    expect(await accounts.due(new Date('2020-01-01'), 999)).toContain('raced@cpro.fr');
  });

  test('many are found at once, and one that is not readable does not hide the others', async () => {
    await store.write('account/odder@cpro.fr', { id: 'odder@cpro.fr' }, 0);
    const found = await accounts.findMany(['busy@cpro.fr', 'none@cpro.fr', 'odder@cpro.fr']);
    expect(found).toEqual([
      expect.objectContaining({ id: 'busy@cpro.fr' }),
      undefined,
      expect.any(StoreUnavailable),
    ]);
    await store.remove('account/odder@cpro.fr', 1);
  });

  test('a record that is not an account is refused, not believed', async () => {
    await store.write(
      'account/odd@cpro.fr',
      { ...sample, id: 'odd@cpro.fr', login: 'odd@cpro.fr', alertMonths: 99 },
      0,
    );
    await expect(accounts.find('odd@cpro.fr')).rejects.toThrow(StoreUnavailable);
    await store.remove('account/odd@cpro.fr', 1);
  });
});

describe('a SIRET', () => {
  test.each([
    ['21590350100017', true],
    ['73282932000074', true],
    ['73282932000075', false],
    ['37282932000074', false],
    ['7328293200007', false],
    ['732829320000745', false],
    ['732829320000740', false],
    ['0073282932000074', false],
    ['7328293200007A', false],
    ['732 829 320 00074', false],
    ['', false],
  ])('%s is right: %s', (siret, right) => {
    expect(isSiret(siret)).toBe(right);
  });

  test.each([
    ['00000000013456', 'siret'],
    ['0123456001', 'ridet'],
    ['0123456.001', 'ridet'],
    ['A12345', 'tahiti'],
    ['A12345-001', 'tahiti'],
    ['FR12345678901', 'vat'],
    ['DE123456789', 'vat'],
    ['CHCOMMUNEDEGENEV', 'other'],
    ['7328293200007', undefined],
    ['732829320', undefined],
    ['732829320000745', undefined],
    ['', undefined],
  ])('%s is named as %s', (id, kind) => {
    expect(structureIdKind(id)).toBe(kind);
  });

  test('of an establishment of La Poste follows La Poste’s own rule', () => {
    expect(isSiret('35600000000048')).toBe(true);
    expect(isSiret('35600000049837')).toBe(true);
    expect(isSiret('35600000049838')).toBe(false);
  });
});
