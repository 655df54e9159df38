import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CAMILLE, HandoverWorld, PASSWORD } from './handover-world.ts';

let opened: HandoverWorld;
beforeEach(async () => {
  opened = await HandoverWorld.open();
});
afterEach(() => opened.close());

const ROBOTS = [
  'Slackbot-LinkExpanding 1.0',
  'SkypeUriPreview Preview/0.5',
  'facebookexternalhit/1.1',
  'curl/8',
];

interface Page {
  readonly status: number;
  readonly text: string;
  readonly cookie: string;
  readonly nonce: string;
  readonly headers: Headers;
}

async function visit(link: string, headers: Record<string, string> = {}): Promise<Page> {
  const answer = await fetch(link, { headers });
  const text = await answer.text();
  return {
    status: answer.status,
    text,
    headers: answer.headers,
    cookie: answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '',
    nonce: /name="nonce" value="([^"]+)"/.exec(text)?.[1] ?? '',
  };
}

function press(link: string, page: Page, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(link, {
    method: 'POST',
    headers: { cookie: page.cookie, ...headers },
    body: new URLSearchParams({ nonce: page.nonce }),
  });
}

const JSON_ONLY = { accept: 'application/json' };

describe('the page', () => {
  test('names structure and login, has no password in it, and no GET uses the link up', async () => {
    const link = await opened.link();
    for (const agent of [...ROBOTS, ...ROBOTS]) {
      const page = await visit(link, { 'user-agent': agent });
      expect(page.status).toBe(200);
      expect(page.text).not.toContain(PASSWORD.slice(0, 4));
      expect(page.text).toContain('Commune de Sète');
      expect(page.text).toContain('TECH_1_AB12CD34EF56GH@cpro.fr');
    }
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200);
    const given = await press(link, await visit(link), JSON_ONLY);
    expect(await given.json()).toEqual({ password: PASSWORD });
  });

  test('is kept by no browser, framed nowhere, and runs its own script only', async () => {
    const { headers } = await visit(await opened.link());
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/,
    );
    expect(headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
  });

  test('without a script answers with a page that shows the password, escaped', async () => {
    const link = await opened.link();
    const shown = await press(link, await visit(link));
    expect(shown.headers.get('content-security-policy')).toMatch(/^default-src 'none'/);
    expect(shown.headers.get('cache-control')).toBe('no-store');
    expect(await shown.text()).toContain('value="H9-{7&amp;:k|cOE|+;N"');
  });

  test('speaks the person’s language', async () => {
    const { text } = await visit(await opened.link({ ...CAMILLE, language: 'en' }));
    expect(text).toContain('<html lang="en">');
    expect(text).toContain('<h1>Take the password</h1>');
  });
});

describe('a press', () => {
  test('is in the journal, and told to the person', async () => {
    const link = await opened.link();
    await press(link, await visit(link), JSON_ONLY);
    expect(await opened.handedOver()).toEqual([`${CAMILLE.id} passwordHandedOver version 1`]);
    expect(opened.told).toEqual(['TECH_1_AB12CD34EF56GH@cpro.fr']);
  });

  test('gives nothing where the journal cannot be written; another link gives it', async () => {
    const link = await opened.link();
    const page = await visit(link);
    opened.world.failing = /^journal\//;
    const failed = await press(link, page);
    expect(failed.status).toBe(503);
    expect(await failed.text()).not.toContain(PASSWORD.slice(0, 4));
    opened.world.failing = undefined;
    expect(await opened.handedOver()).toEqual([]);
    const another = await opened.link();
    expect(await (await press(another, await visit(another), JSON_ONLY)).json()).toEqual({
      password: PASSWORD,
    });
  });

  test('gives nothing where the store fails between the journal and the answer, and the link is over', async () => {
    const link = await opened.link();
    const page = await visit(link);
    opened.world.failing = /^handover-links$/;
    const failed = await press(link, page, JSON_ONLY);
    expect([failed.status, await failed.text()]).toEqual([503, expect.not.stringContaining(PASSWORD)]);
    opened.world.failing = undefined;
    expect((await press(link, page, JSON_ONLY)).status).toBe(410);
    // What was written down before is there, and another link gives the password.
    expect(await opened.handedOver()).toHaveLength(1);
    const another = await opened.link();
    expect((await press(another, await visit(another), JSON_ONLY)).status).toBe(200);
    expect(await opened.handedOver()).toHaveLength(2);
  });

  test('of ten at once, each in a browser of its own, gives the password once', async () => {
    const link = await opened.link();
    const pages = await Promise.all(Array.from({ length: 10 }, () => visit(link)));
    expect(new Set(pages.map(({ cookie }) => cookie)).size).toBe(10);
    const answers = await Promise.all(pages.map((page) => press(link, page, JSON_ONLY)));
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts.filter((text) => text.includes(PASSWORD))).toHaveLength(1);
    expect(await opened.handedOver()).toHaveLength(1);
  });

  test('of six links at once gives it three times', async () => {
    const links = await Promise.all(Array.from({ length: 6 }, () => opened.link()));
    const pages = await Promise.all(links.map((link) => visit(link)));
    const answers = await Promise.all(
      links.map((link, index) => press(link, pages[index] as Page, JSON_ONLY)),
    );
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts.filter((text) => text.includes(PASSWORD))).toHaveLength(3);
    expect(await opened.handedOver()).toHaveLength(3);
  });

  test('counts for nothing where the journal cannot be written, however often', async () => {
    for (let times = 0; times < 4; times += 1) {
      const link = await opened.link();
      const page = await visit(link);
      opened.world.failing = /^journal\//;
      expect((await press(link, page, JSON_ONLY)).status).toBe(503);
      opened.world.failing = undefined;
    }
    const link = await opened.link();
    expect((await press(link, await visit(link), JSON_ONLY)).status).toBe(200);
  });

  test.each([
    ['from another site', { origin: 'https://evil.example' }],
    ['that a browser says is another site’s', { 'sec-fetch-site': 'cross-site' }],
    ['without the page’s cookie', { cookie: '' }],
    ['with another page’s cookie', { cookie: 'handover=AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('%s gives nothing, and uses nothing up', async (_, headers) => {
    const link = await opened.link();
    const page = await visit(link);
    expect((await press(link, page, headers)).status).toBe(403);
    expect(await (await press(link, page, JSON_ONLY)).json()).toEqual({ password: PASSWORD });
  });
});

describe('a link ends', () => {
  const refused = async (link: string, page: Page) => {
    const pressed = await press(link, page);
    const text = await pressed.text();
    expect(text).not.toContain(PASSWORD.slice(0, 4));
    const seen = await visit(link);
    expect(seen.status).toBe(pressed.status);
    return [pressed.status, /<p role="status">([^<]+)/.exec(text)?.[1]];
  };

  test('after five minutes', async () => {
    const link = await opened.link();
    const page = await visit(link);
    opened.world.now = new Date(opened.world.now.getTime() + 5 * 60_000);
    expect(await refused(link, page)).toEqual([410, expect.stringContaining('cinq minutes')]);
  });

  test('when the account is given to somebody else', async () => {
    const link = await opened.link();
    const page = await visit(link);
    await opened.world.accounts.change(opened.account, (account) => ({
      ...account,
      manager: 'teams:t:someone',
    }));
    expect(await refused(link, page)).toEqual([403, expect.stringContaining('la personne qui l')]);
  });

  test('when somebody else leads the reset, when it ends, and when another begins', async () => {
    const link = await opened.link();
    const page = await visit(link);
    opened.state = { resetId: 'reset-1', person: 'teams:t:deputy', version: 1 };
    expect((await refused(link, page))[0]).toBe(403);
    opened.state = undefined;
    expect((await refused(link, page))[0]).toBe(410);
    opened.state = { resetId: 'reset-2', person: CAMILLE.id, version: 1 };
    expect((await refused(link, page))[0]).toBe(410);
  });

  test('when a newer password is in use', async () => {
    const link = await opened.link();
    const page = await visit(link);
    await opened.world.use(opened.account, 'newer');
    expect((await refused(link, page))[0]).toBe(410);
  });
});

describe('nobody else is offered a link', () => {
  test('the deputy, a stranger, and whoever typed another version', async () => {
    for (const id of ['teams:t:deputy', 'slack:T1:U1'] as const)
      expect(await opened.handover.offer({ ...CAMILLE, id }, opened.account)).toBe('notYours');
    opened.state = { resetId: 'reset-1', person: CAMILLE.id, version: 2 };
    expect(await opened.handover.offer(CAMILLE, opened.account)).toBe('over');
  });

  test('and whoever typed it only for 24 hours, and three times', async () => {
    for (let times = 3; times > 0; times--) {
      const link = await opened.link();
      await press(link, await visit(link), JSON_ONLY);
    }
    expect(await opened.handover.offer(CAMILLE, opened.account)).toBe('tooOften');
    opened.state = { resetId: 'reset-2', person: CAMILLE.id, version: 1 };
    expect(await opened.handover.offer(CAMILLE, opened.account)).toMatchObject({ url: expect.any(String) });
    opened.world.now = new Date(opened.world.now.getTime() + 24 * 3_600_000);
    expect(await opened.handover.offer(CAMILLE, opened.account)).toBe('tooLate');
  });
});
