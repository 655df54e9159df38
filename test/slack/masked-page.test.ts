import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAIN_ACCOUNT } from '../../demo/chorus/seed.ts';
import { Breakable } from './breakable.ts';
import { linkIn, send, visit } from './page.ts';
import { ACCOUNT, openTestbed, type Testbed, until } from './testbed.ts';
import { walkToPassword } from './walk.ts';

let testbed: Testbed;
let link: string;
beforeEach(async () => {
  testbed = await openTestbed({ publicUrl: true });
  const card = await walkToPassword(testbed);
  await testbed.manager.click("Mettre à l'abri", card);
  const modal = await until(() => testbed.slack.views[0]);
  link = linkIn(modal.view);
});
afterEach(() => testbed.close());

const kept = async () => (await testbed.credentials.pending(ACCOUNT))?.secret.reveal();

test('the page masks the password, and keeps it as the modal would', async () => {
  const page = await visit(link);
  expect(page.status).toBe(200);
  expect(page.text).toContain('type="password"');
  expect(page.text).toContain('<html lang="fr">');
  expect(page.text).not.toContain('<script');
  expect(page.text).not.toContain('Slack ne masque pas');
  const done = await send(link, page, { password: ' aBcd1234eFgh ' });
  expect(done.text).toContain('Le mot de passe est à l’abri');
  expect(await kept()).toBe('aBcd1234eFgh');
  expect(JSON.stringify([testbed.logged, testbed.slack.messages, testbed.slack.calls])).not.toContain(
    'aBcd1234eFgh',
  );
});

test('no browser may keep it, frame it, run anything in it or tell where it came from', async () => {
  const { headers } = await visit(link);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(
    /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'/,
  );
  expect(headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict$/);
});

test('what is unusual is asked about at the field, and what was typed is kept without being shown', async () => {
  const page = await visit(link);
  const again = await send(link, page, { password: 'aBcd1234éFgh' });
  expect(again.status).toBe(422);
  expect(again.text).toContain('role="alert"');
  expect(again.text).toContain('aria-describedby="password-hint password-error"');
  expect(again.text).toContain('inhabituel, vérifiez');
  expect(again.text).not.toContain('aBcd1234éFgh');
  expect(await kept()).toBeUndefined();
  await send(link, again, { password: '' });
  expect(await kept()).toBe('aBcd1234éFgh');
});

test.each([
  [{}, '"aBcd1234eFgh"'],
  [{ keepAs: 'withoutQuotes' }, 'aBcd1234eFgh'],
])('quotes are asked about, and what was chosen is kept: %j', async (chosen, password) => {
  const page = await visit(link);
  const again = await send(link, page, { password: '"aBcd1234eFgh"' });
  expect(again.text).toContain('<fieldset');
  expect(again.text).toMatch(/value="typed" checked/);
  await send(link, again, { password: '', ...chosen });
  expect(await kept()).toBe(password);
});

test('a password that is itself at fault leaves the field empty, and nothing to be kept', async () => {
  const page = await visit(link);
  const again = await send(link, page, { password: MAIN_ACCOUNT.siret });
  expect(again.text).toContain('le SIRET de la structure');
  expect(again.text).not.toContain('Déjà saisi');
  expect((await send(link, again, { password: '' })).text).toContain('Le mot de passe est vide');
  expect(await kept()).toBeUndefined();
});

test('somebody who reads English reads the page in English', async () => {
  await testbed.close();
  testbed = await openTestbed({ publicUrl: true, locale: 'en-GB' });
  const card = await walkToPassword(testbed, 'Done');
  await testbed.manager.click('Keep it safe', card);
  const modal = await until(() => testbed.slack.views[0]);
  link = linkIn(modal.view);
  const { text } = await visit(link);
  expect(text).toContain('<html lang="en">');
  expect(text).toContain('<title>Keep it safe</title>');
});

test('what was typed is never read as markup', async () => {
  const page = await visit(link);
  const { text } = await send(link, page, { password: '"><img src=x>é' });
  expect(text).toContain('inhabituel');
  expect(text).not.toContain('<img');
});

describe('the link', () => {
  test('works once', async () => {
    const page = await visit(link);
    await send(link, page, { password: 'aBcd1234eFgh' });
    expect((await visit(link)).status).toBe(410);
    expect((await send(link, page, { password: 'another12345' })).status).toBe(410);
    expect(await kept()).toBe('aBcd1234eFgh');
  });

  test('works for five minutes', async () => {
    const later = new Date(Date.now() + 5 * 60_000 + 1);
    testbed.skipTo(later);
    const over = await visit(link, { 'accept-language': 'en-GB,en;q=0.9' });
    expect(over.status).toBe(410);
    expect(over.text).toContain('This link is out of date');
  });

  test('is for the present step of the reset only', async () => {
    const page = await visit(link);
    const [card] = testbed.slack.in(testbed.manager.direct);
    await testbed.manager.click("C'est fait", card);
    await until(() => JSON.stringify(card?.blocks).includes('Soumettre la demande'));
    expect((await visit(link)).text).toContain('ce formulaire n’est plus valable');
    expect((await send(link, page, { password: 'aBcd1234eFgh' })).text).toContain('plus valable');
    expect(await kept()).toBeUndefined();
  });

  test('is for somebody who may reset this account, still', async () => {
    const page = await visit(link);
    await testbed.accounts.change(ACCOUNT, (a) => ({ ...a, manager: 'slack:T0MAIRIE:U0OTHER' }));
    expect((await send(link, page, { password: 'aBcd1234eFgh' })).text).toContain('Aucun compte technique');
    expect(await kept()).toBeUndefined();
  });

  test('cannot be guessed, and is kept nowhere as it is', async () => {
    const token = link.split('/').at(-1) ?? '';
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    for await (const key of testbed.store.keys('')) {
      expect(key).not.toContain(token);
      expect(JSON.stringify(await testbed.store.read(key))).not.toContain(token);
    }
    expect((await visit(link.replace(token, 'A'.repeat(43)))).status).toBe(410);
  });

  test('that nobody used is cleared away when others are given', async () => {
    const links = async () => {
      let count = 0;
      for await (const _ of testbed.store.keys('masked-link/')) count += 1;
      return count;
    };
    expect(await links()).toBe(1);
    testbed.skipTo(new Date(Date.now() + 6 * 60_000));
    const [card] = testbed.slack.in(testbed.manager.direct);
    await testbed.manager.click("Mettre à l'abri", card);
    await until(() => testbed.slack.views[1]);
    expect(await links()).toBe(1);
  });
});

describe('a submission is not believed', () => {
  test.each([
    ['without the cookie', { cookie: '' }],
    ['with the cookie of another page', { cookie: 'nonce=AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('%s', async (_how, headers) => {
    const page = await visit(link);
    const answer = await send(link, page, { password: 'aBcd1234eFgh' }, headers);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain('n’a pas pu être vérifié');
    expect(await kept()).toBeUndefined();
  });

  test('without the nonce of the form', async () => {
    const page = await visit(link);
    expect((await send(link, page, { password: 'aBcd1234eFgh', nonce: '' })).status).toBe(403);
  });
});

test('the modal and the page are one form: the same password again changes nothing, and another one is kept too', async () => {
  const [modal] = testbed.slack.views;
  const page = await visit(link);
  if (modal === undefined) throw new Error('no modal is open');
  await testbed.manager.submit(modal, { password: 'fromTheModal1' });
  expect((await send(link, page, { password: 'fromThePage12' })).text).toContain('à l’abri');
  expect(await kept()).toBe('fromThePage12');
  const { setAside } = await testbed.credentials.slots(ACCOUNT);
  expect(setAside.map(({ version }) => version)).toEqual([1]);
});

describe('while the store does not answer', () => {
  const breakable = new Breakable();
  beforeEach(async () => {
    await testbed.close();
    testbed = await openTestbed({ publicUrl: true, around: (store) => breakable.over(store) });
    const card = await walkToPassword(testbed);
    await testbed.manager.click("Mettre à l'abri", card);
    link = linkIn((await until(() => testbed.slack.views[0])).view);
  });
  afterEach(() => {
    breakable.broken = false;
    breakable.only = '';
  });

  test.each([
    ['at all', '', 503],
    ['once the link was found', 'account', 422],
    ['to tell whether the link still holds', 'masked-link', 503],
  ])('%s, the form comes back with what was typed, and then it is kept (P6)', async (_when, only, status) => {
    const page = await visit(link);
    breakable.only = only;
    breakable.broken = true;
    const again = await send(link, page, { password: 'aBcd1234eFgh' });
    expect(again.status).toBe(status);
    expect(again.text).toContain('n’a pas pu être enregistré');
    expect(again.text).toContain('Déjà saisi');
    expect(again.text).not.toContain('aBcd1234eFgh');
    breakable.broken = false;
    expect(await kept()).toBeUndefined();
    await send(link, again, { password: '' });
    expect(await kept()).toBe('aBcd1234eFgh');
  });

  test('the link opens a page that says so', async () => {
    breakable.broken = true;
    const { status, text } = await visit(link);
    expect(status).toBe(503);
    expect(text).toContain('L’espace où je garde les mots de passe ne répond pas');
    breakable.broken = false;
    expect((await visit(link)).status).toBe(200);
  });
});

test('a form that was made for another link is not believed', async () => {
  const page = await visit(link);
  await testbed.manager.click("Mettre à l'abri", testbed.slack.in(testbed.manager.direct)[0]);
  const other = linkIn((await until(() => testbed.slack.views[1])).view);
  const { cookie, nonce } = await visit(other);
  const answer = await send(other, { ...page, cookie, nonce }, { password: 'aBcd1234eFgh' });
  expect(answer.status).toBe(403);
  expect(await kept()).toBeUndefined();
});

test('what is far too long gets a page, not a line of JSON', async () => {
  const page = await visit(link);
  const answer = await send(link, page, { password: 'x'.repeat(200_000) });
  expect(answer.status).toBe(413);
  expect(answer.text).toContain('<html lang="fr">');
});
