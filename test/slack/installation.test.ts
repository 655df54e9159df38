import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { MAIN_ACCOUNT } from '../../demo/chorus/seed.ts';
import { fr } from '../../src/cards/messages.ts';
import { accountId } from '../../src/store/accounts.ts';
import { Installations } from '../../src/store/installations.ts';
import { Journal } from '../../src/store/journal.ts';
import { SIGNING } from '../signing-keys.ts';
import { Breakable } from './breakable.ts';
import { APP, BOT, TEAM } from './fake-slack.ts';
import type { Workspace } from './fake-slack-oauth.ts';
import { type SlackPerson, wordsOf } from './person.ts';
import { ACCOUNT, openTestbed, type Testbed, until } from './testbed.ts';
import { walkToPassword } from './walk.ts';

const TIMERS = [
  'nextTick',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'performance',
] as const;

const ONE: Workspace = { team: 'T0ONE' };
const TWO: Workspace = { team: 'T0TWO' };
const ORGANISATION = { enterprise: 'E0METRO', isOrgWide: true } as const;

let testbed: Testbed;
beforeEach(async () => {
  testbed = await openTestbed({ oauth: true, allowed: ['T0ONE', 'T0TWO', 'E0METRO'] });
});
afterEach(() => testbed.close());

interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** A browser without a memory of its own: what it sends is written down at each step. */
async function visit(url: string, headers: Record<string, string> = {}): Promise<Page> {
  const answer = await fetch(url, { headers, redirect: 'manual' });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** From the bot's page through Slack's consent: where Slack leads back to, and the cookie that the bot has set. */
async function consent(where: Workspace | undefined): Promise<{ back: string; cookie: string }> {
  testbed.slack.oauth.chosen = where;
  const page = await visit(`${testbed.botUrl}/slack/install`);
  const link = /href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const cookie = page.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  const { headers } = await visit(link);
  return { back: headers.get('location') ?? '', cookie };
}

async function authorizeLink(): Promise<string> {
  const page = await visit(`${testbed.botUrl}/slack/install`);
  return /href="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? '';
}

async function install(where: Workspace | undefined): Promise<Page> {
  const { back, cookie } = await consent(where);
  return visit(back, { cookie });
}

/** Slack tells that the bot was removed; `late` says it of an installation that stands. */
async function uninstall({ team, enterprise, isOrgWide = false }: Workspace, late = false): Promise<void> {
  if (!late) testbed.slack.oauth.uninstall((isOrgWide ? enterprise : team) ?? '');
  const authorizations = [
    { team_id: team, enterprise_id: enterprise ?? null, is_enterprise_install: isOrgWide, user_id: BOT },
  ];
  const event = { type: 'app_uninstalled' };
  const body = { type: 'event_callback', api_app_id: APP, team_id: team, event_id: 'Ev', authorizations };
  await testbed.deliver('event', { ...body, event_id: `Ev${Math.random()}`, event });
  await testbed.app.settled();
}

/** Where the cards were posted since, by the token that posted them. */
const postedIn = () =>
  testbed.slack.calls.filter(({ method }) => method === 'chat.postMessage').map(({ where }) => where?.team);

const journal = async () =>
  (await new Journal(testbed.store, SIGNING).entries({ limit: 20 })).map(({ who, what }) => `${who} ${what}`);

/** The tokens that Slack gave, as far as they can be read in what is kept: in the records, and in the bytes on the disk. */
async function tokensInStore(): Promise<string[]> {
  const kept: Buffer[] = [];
  for await (const key of testbed.store.keys(''))
    kept.push(Buffer.from(JSON.stringify(await testbed.store.read(key))));
  const folder = join(dirname(testbed.keysFile), 'store');
  for (const file of await readdir(folder)) kept.push(await readFile(join(folder, file)));
  expect(Buffer.concat(kept).includes('slack-installation/T0ONE')).toBe(true);
  return [...testbed.slack.oauth.tokens.keys()].filter((token) =>
    kept.some((bytes) => bytes.includes(token)),
  );
}

async function asks(person: SlackPerson): Promise<void> {
  await person.write('bonjour');
  await testbed.app.settled();
}

describe('a workspace', () => {
  test('is answered with its own token, and with none once it has removed the bot', async () => {
    const claire = testbed.person({ id: 'U0SAME', name: 'Claire' }, ONE);
    const hugo = testbed.person({ id: 'U0SAME', name: 'Hugo' }, TWO);
    await asks(claire);
    expect(testbed.slack.calls).toEqual([]);

    for (const where of [ONE, TWO]) expect(await install(where)).toMatchObject({ status: 200 });
    await asks(claire);
    await asks(hugo);
    expect(postedIn()).toEqual(['T0ONE', 'T0TWO']);
    expect(
      testbed.slack.in(claire.direct).map(({ blocks }) => /Claire|Hugo/.exec(wordsOf(blocks))?.[0]),
    ).toEqual(['Claire', 'Hugo']);
    expect(await tokensInStore()).toEqual([]);

    await uninstall(TWO);
    await asks(hugo);
    await asks(claire);
    expect(postedIn()).toEqual(['T0ONE', 'T0TWO', 'T0ONE']);
    expect(await journal()).toEqual([
      'bot slackRemoved T0TWO',
      'slack:T0TWO:U0ADMIN slackInstalled T0TWO',
      'slack:T0ONE:U0ADMIN slackInstalled T0ONE',
    ]);
    expect(JSON.stringify(testbed.logged)).not.toMatch(/xoxb|xoxe/);
  });

  test('walks on with a reset, its modal and its Home by its own token', async () => {
    await install(ONE);
    await install(TWO);
    const hugo = testbed.person({ id: 'U0HUGO', name: 'Hugo' }, TWO);
    await testbed.accounts.change(accountId(MAIN_ACCOUNT.login), (a) => ({
      ...a,
      manager: 'slack:T0TWO:U0HUGO',
    }));
    testbed.slack.calls.length = 0;
    await hugo.openHome();
    await hugo.write('réinitialiser');
    const card = await until(() => testbed.slack.in(hugo.direct)[0]);
    for (const dots of [4, 5]) {
      await hugo.click("C'est fait", card);
      await until(() => wordsOf(card.blocks).includes(`${'●'.repeat(dots)}○`));
    }
    await hugo.click("Mettre à l'abri", card);
    const modal = await until(() => testbed.slack.views[0]);
    await hugo.submit(modal, { password: 'aBcd1234eFgh' });
    await testbed.app.settled();
    const methods = new Set(testbed.slack.calls.map(({ method }) => method));
    expect([...methods]).toEqual(
      expect.arrayContaining(['views.publish', 'chat.postMessage', 'chat.update', 'views.open']),
    );
    expect(new Set(testbed.slack.calls.map(({ where }) => where?.team))).toEqual(new Set(['T0TWO']));
  });

  test('that is not served may not install: its token goes back to Slack, and the person reads why', async () => {
    const page = await install({ team: 'T0ELSE' });
    expect(page.status).toBe(403);
    expect(page.text).toContain('ne sert pas votre espace (T0ELSE)');
    expect(testbed.slack.calls.map(({ method }) => method)).toContain('auth.revoke');
    expect([...testbed.slack.oauth.tokens.values()]).not.toContainEqual({ team: 'T0ELSE' });
    await asks(testbed.person({ id: 'U0ELSE', name: 'Autre' }, { team: 'T0ELSE' }));
    expect(testbed.slack.messages).toEqual([]);
    expect(await testbed.store.read('slack-installation/T0ELSE')).toBeUndefined();
    expect(await journal()).toEqual([]);
  });

  test('that is not served any more keeps what works: its token may be the one that Slack has given again', async () => {
    await install(ONE);
    const { tokens } = testbed.slack.oauth;
    const before = new Set(tokens.keys());
    testbed.allowed.delete('T0ONE');
    const page = await install(ONE);
    expect(page.status).toBe(403);
    expect(page.text).not.toContain('rendu à Slack');
    expect(testbed.slack.calls.map(({ method }) => method)).not.toContain('auth.revoke');
    for (const token of before) expect(tokens.has(token)).toBe(true);
    expect(await journal()).toHaveLength(1);
  });

  test('whose refusal Slack cannot take the token back for reads that nothing was kept, and no more', async () => {
    testbed.slack.answer('auth.revoke', { ok: false, error: 'no_such_word_yet' }, 1);
    const page = await install({ team: 'T0ELSE' });
    expect(page.status).toBe(403);
    expect(page.text).toContain('je n’ai rien gardé. La personne');
    expect(testbed.logged.join('')).toContain('slack.notRevoked');
  });

  test('that gives a person’s token and a webhook besides has neither kept; a refusal gives back all of it', async () => {
    testbed.slack.oauth.givesMore = true;
    await install(ONE);
    const kept = await new Installations(testbed.store, testbed.sealer).find('T0ONE');
    expect(kept?.secret.reveal()).toMatch(/xoxb-/);
    expect(kept?.secret.reveal()).not.toMatch(/xoxp-|webhook-secret/);
    await install({ team: 'T0ELSE' });
    expect([...testbed.slack.oauth.tokens.values()]).not.toContainEqual({ team: 'T0ELSE' });
    const revoked = testbed.slack.calls.filter(({ method }) => method === 'auth.revoke');
    expect(revoked).toHaveLength(2);
    const link = await authorizeLink();
    expect(new URL(link).searchParams.get('user_scope') ?? '').toBe('');
  });

  test.each<[string, object, number, object]>([
    ['429', { ok: false, error: 'ratelimited' }, 429, { 'retry-after': '600' }],
    ['a word that nobody knows', { ok: false, error: 'no_such_word_yet' }, 200, {}],
    ['missing_scope', { ok: false, error: 'missing_scope' }, 200, {}],
  ])(
    'whose tokens are said to be revoked, while Slack answers %s to whether they are, stays',
    async (_what, body, status, headers) => {
      const claire = testbed.person({ id: 'U0CLAIRE', name: 'Claire' }, ONE);
      await install(ONE);
      testbed.slack.answer('auth.test', body, Number.POSITIVE_INFINITY, { status, headers: { ...headers } });
      await uninstall(ONE, true);
      await asks(claire);
      expect(postedIn()).toEqual(['T0ONE']);
      expect(testbed.logged.join('')).toContain('slack.notAsked');
    },
  );

  test('that installs anew just before Slack tells of the removal stays', async () => {
    const claire = testbed.person({ id: 'U0CLAIRE', name: 'Claire' }, ONE);
    await install(ONE);
    await install(ONE);
    await uninstall(ONE, true);
    await asks(claire);
    expect(postedIn()).toEqual(['T0ONE']);
  });

  test('may take the tokens back without removing the bot, and give others; those of people are not ours', async () => {
    const revoked = (tokens: object) => ({
      type: 'event_callback',
      team_id: 'T0ONE',
      event_id: `Ev${Math.random()}`,
      event: { type: 'tokens_revoked', tokens },
    });
    const claire = testbed.person({ id: 'U0CLAIRE', name: 'Claire' }, ONE);
    await install(ONE);
    await asks(claire);
    await testbed.deliver('event', revoked({ oauth: ['U0SOMEONE'] }));
    await testbed.app.settled();
    expect(await journal()).toHaveLength(1);
    testbed.slack.oauth.uninstall('T0ONE');
    await testbed.deliver('event', revoked({ bot: [BOT] }));
    await until(async () => (await journal())[0] === 'bot slackRemoved T0ONE');
    await install(ONE);
    await asks(claire);
    expect(postedIn()).toEqual(['T0ONE', 'T0ONE']);
  });

  test('whose tokens expire is served with renewed ones, which are sealed too', async () => {
    testbed.slack.oauth.rotates = true;
    testbed.slack.oauth.firstLife = 60;
    await install(ONE);
    const [first = ''] = [...testbed.slack.oauth.tokens].find(([, { team }]) => team === 'T0ONE') ?? [];
    // It is renewed once, and what renewed it works no more.
    const claire = testbed.person({ id: 'U0CLAIRE', name: 'Claire' }, ONE);
    await Promise.all([asks(claire), asks(claire), asks(claire)]);
    testbed.slack.oauth.tokens.delete(first);
    await asks(claire);
    expect(postedIn()).toEqual(['T0ONE', 'T0ONE', 'T0ONE', 'T0ONE']);
    expect(testbed.slack.calls.filter(({ fields }) => fields.grant_type === 'refresh_token')).toHaveLength(1);
    expect(await tokensInStore()).toEqual([]);
  });
});

describe('an organisation', () => {
  const LEFT: Workspace = { team: 'T0LEFT', ...ORGANISATION };
  const RIGHT: Workspace = { team: 'T0RIGHT', ...ORGANISATION };

  test('installs for all of its workspaces at once, and removes from all', async () => {
    const [claire, hugo] = [LEFT, RIGHT].map((where, i) =>
      testbed.person({ id: `U0GRID${i}`, name: 'Grid', enterprise: 'E0METRO' }, where),
    ) as [SlackPerson, SlackPerson];
    expect((await install(LEFT)).text).toContain('Métropole E0METRO');
    await asks(claire);
    await hugo.command('D0GRID1', 'aide');
    await testbed.app.settled();
    // The organisation's one token is told in which workspace it speaks.
    const posts = testbed.slack.calls.filter(({ method }) => method === 'chat.postMessage');
    expect(posts.map(({ fields, where }) => [fields.team_id, where?.enterprise])).toEqual([
      ['T0LEFT', 'E0METRO'],
      ['T0RIGHT', 'E0METRO'],
    ]);
    await uninstall(LEFT);
    await asks(hugo);
    expect(postedIn()).toHaveLength(2);
    expect((await journal())[0]).toBe('bot slackRemoved E0METRO');
  });

  test('does not vouch for a workspace that Slack calls another organisation’s', async () => {
    await install(LEFT);
    await install({ team: 'T0ONE', enterprise: 'E0OTHER' });
    const before = testbed.slack.calls.length;
    const stranger = (where: Workspace) =>
      testbed.person({ id: 'U0CLAIRE', name: 'Claire', enterprise: 'E0METRO' }, where);
    await asks(stranger({ team: 'T0ONE', ...ORGANISATION }));
    await asks(stranger({ team: 'T0ONE', enterprise: 'E0METRO' }));
    await asks(stranger({ team: 'T0LEFT' }));
    await asks(stranger({ team: 'T0LEFT', enterprise: 'E0OTHER' }));
    expect(testbed.slack.calls.slice(before)).toEqual([]);
    expect(testbed.logged.filter((line) => line.includes('slack.notServed'))).toHaveLength(4);
  });
});

describe('Slack’s way back to the bot is believed', () => {
  /** Nothing was asked of Slack, and nothing is kept. */
  async function expectRefused(page: Page): Promise<void> {
    expect(page.status).toBe(400);
    expect(page.text).toContain('Le bot n’est pas installé');
    expect(testbed.slack.calls).toEqual([]);
    expect(await journal()).toEqual([]);
  }

  test('only in the browser that has begun', async () => {
    const { back, cookie } = await consent(ONE);
    const others = await consent(ONE);
    await expectRefused(await visit(back));
    await expectRefused(await visit(back, { cookie: others.cookie }));
    expect((await visit(back, { cookie })).status).toBe(200);
  });

  test('only with the bot’s own signature', async () => {
    const { back } = await consent(ONE);
    const url = new URL(back);
    const [head = '', body = ''] = url.searchParams.get('state')?.split('.') ?? [];
    const none = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    for (const state of [`${head}.${body}.${'A'.repeat(43)}`, `${none}.${body}.`, 'anything']) {
      url.searchParams.set('state', state);
      await expectRefused(await visit(url.href, { cookie: `slack-app-oauth-state=${state}` }));
    }
  });

  test.each([
    ['for ten minutes', 9 * 60_000, 200],
    ['for ten minutes, and no longer', 10 * 60_000 + 2_000, 400],
  ])('%s', async (_how, passed, status) => {
    const { back, cookie } = await consent(ONE);
    // The clock alone: what waits for something goes on waiting in real time.
    jest.useFakeTimers({ now: Date.now() + passed, doNotFake: [...TIMERS] });
    try {
      expect(await visit(back, { cookie })).toMatchObject({ status });
    } finally {
      jest.useRealTimers();
    }
    expect(await journal()).toHaveLength(status === 200 ? 1 : 0);
  });

  test('not where the person has refused', async () => {
    await expectRefused(await install(undefined));
  });

  test('and where Slack does not know the code, the person may try again', async () => {
    testbed.slack.answer('oauth.v2.access', { ok: false, error: 'invalid_code' });
    const page = await install(ONE);
    expect(page.status).toBe(502);
    expect(page.text).toContain('Recommencez');
  });

  test('once: whoever comes back with the same state, at the same moment or later, is refused', async () => {
    const { back, cookie } = await consent(ONE);
    const [one, other] = await Promise.all([visit(back, { cookie }), visit(back, { cookie })]);
    expect([one.status, other.status].sort()).toEqual([200, 400]);
    expect((await visit(back, { cookie })).status).toBe(400);
    expect(testbed.slack.calls.filter(({ method }) => method === 'oauth.v2.access')).toHaveLength(1);
    expect(await journal()).toHaveLength(1);
  });

  test.each(['?code=1234', '?code=1234&state=', ''])(
    'with a state: without one (« %s »), as Slack’s own pages lead back, they begin on the bot’s page',
    async (query) => {
      const page = await visit(`${testbed.botUrl}/slack/oauth_redirect${query}`);
      expect(page.status).toBe(302);
      expect(page.headers.get('location')).toBe(`${testbed.botUrl}/slack/install`);
      expect(testbed.slack.calls).toEqual([]);
    },
  );
});

test('the pages run no script, are kept by no browser, and speak the visitor’s language', async () => {
  const page = await visit(`${testbed.botUrl}/slack/install`, { 'accept-language': 'en-GB,en;q=0.9' });
  expect(page.text).toContain('<html lang="en">');
  expect(page.text).toContain('Continue to Slack');
  expect(page.text).not.toMatch(/<script|<img|src=/);
  expect(page.headers.get('set-cookie')).toMatch(/; Secure; HttpOnly; Path=\/; Max-Age=600$/);
  const last = await install(ONE);
  expect(last.text).toContain('<html lang="fr">');
  for (const { headers } of [page, last]) {
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; /);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  }
});

test('a store that cannot give the token of a workspace costs nobody what they typed in the modal (P6)', async () => {
  const breakable = new Breakable();
  await testbed.close();
  testbed = await openTestbed({ oauth: true, around: (store) => breakable.over(store) });
  await install({ team: TEAM });
  const card = await walkToPassword(testbed);
  await testbed.manager.click("Mettre à l'abri", card);
  const modal = await until(() => testbed.slack.views[0]);
  breakable.only = 'slack-installation';
  breakable.broken = true;
  await testbed.manager.submit(modal, { password: 'aBcd1234eFgh' });
  expect(modal.errors.password).toBe(fr.slack.notReached);
  breakable.broken = false;
  await testbed.manager.submit(modal, { password: 'aBcd1234eFgh' });
  expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
});
