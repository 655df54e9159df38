import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fr } from '../../src/cards/messages.ts';
import { anyCharacter } from '../any-character.ts';
import { APP, BOT, TEAM } from '../slack/fake-slack.ts';
import { linkIn, visit } from '../slack/page.ts';
import { signed } from '../slack/person.ts';
import { openTestbed, type Testbed } from '../slack/testbed.ts';
import { Bot } from './bot.ts';
import { canaryOf, hitsIn, newMark } from './canary.ts';
import { TeamsConnector } from './teams-connector.ts';
import { tell, volume } from './volume.ts';

const RUNS = volume(200, 10_000);
/** In all that is written, typed or pressed, and so in no line of the log. */
const MARK = newMark();
const PASSWORD = canaryOf(MARK, 1);
const LOGINS = ['TECH_1_SAUBIN00000000@cpro.fr', 'TECH_1_SAUBIN00000001@cpro.fr'] as const;
const DATE = '18/04/2027 02:00:00';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

let bot: Bot;
let connector: TeamsConnector;
/** A masked page's address, and the cookie and nonce with which its form is believed. */
let page: { path: string; cookie: string; nonce: string; carried: string };
const sent = new Map<string, number>();
let crashes = 0;

beforeAll(async () => {
  bot = await Bot.start(new Map(LOGINS.map((login) => [login, PASSWORD])));
  connector = await TeamsConnector.start();
  await bot.addAccount(LOGINS[0], bot.teams.idOf('claire'));
  await bot.addAccount(LOGINS[1], bot.slack.idOf('claire'));
  const chat = bot.slack.chat('claire', 'private');
  await chat.say('réinitialiser');
  for (let step = 0; step < 2; step++) await chat.press(fr.buttons.done);
  await chat.open(fr.buttons.keepSafe);
  const link = linkIn(bot.slack.slack.views.at(-1)?.view ?? {});
  const { cookie, nonce, carried } = await visit(link);
  page = { path: new URL(link).pathname, cookie, nonce, carried };
}, 30_000);

afterEach(async () => {
  await bot.order('settle');
  expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${bot.url}/readyz`)).status).toBe(200);
  // An unhandled rejection would have ended the process.
  expect(bot.printed.split('\n').filter((line) => FAILURE.test(line))).toEqual([]);
  expect(hitsIn(bot.printed, MARK)).toEqual([]);
});

afterAll(async () => {
  await bot.close();
  await connector.close();
  tell('wild', { ...Object.fromEntries(sent), 'answers of 500 and more': crashes });
});

/** What the bot logs of an error of its own. */
const FAILURE = /"(http\.failed|turn\.failed|background\.failed|unhandled)"/;

test('whatever comes to /api/messages, it is answered', async () => {
  const { url } = connector;
  const data = { account: LOGINS[0].toLowerCase(), reset: randomUUID(), revision: 1, alertMonths: '3' };
  const invoke = (name: string, value: Json) => ({ type: 'invoke', name, replyToId: 'm1', value });
  const shapes: Json[] = [
    { type: 'message', text: `<at>Chorus Pro</at> mot de passe ${MARK}` },
    { type: 'message', text: `réinitialiser ${LOGINS[0]}` },
    { type: 'conversationUpdate', membersAdded: [{ id: '28:bot' }] },
    { type: 'installationUpdate', action: 'add' },
    ...['begin', 'done', 'snooze', 'saveAlert', 'configuration', MARK].map((verb) =>
      invoke('adaptiveCard/action', { action: { type: 'Action.Execute', verb, data } }),
    ),
    invoke('task/fetch', { data: { ...data, form: 'password' } }),
    invoke('task/submit', { data: { ...data, form: 'password', password: PASSWORD, keepAs: 'typed' } }),
    invoke('task/submit', { data: { ...data, form: 'expiry', expiry: DATE } }),
  ].map((own) => ({
    id: randomUUID(),
    channelId: 'msteams',
    serviceUrl: url,
    locale: 'fr-FR',
    from: { id: '29:claire', name: 'claire', aadObjectId: 'claire' },
    recipient: { id: '28:bot' },
    conversation: { id: 'a:claire', conversationType: 'personal', isGroup: false },
    channelData: { tenant: { id: bot.teams.idOf('').split(':')[1] ?? '' } },
    ...own,
  }));
  await tryAll('to /api/messages', mutated(shapes), (body) => {
    const headers = { 'content-type': 'application/json' };
    return { method: 'POST', path: '/api/messages', headers, body: written(body) };
  });
});

test('whatever comes to /slack/events with a right signature, it is answered', async () => {
  const user = bot.slack.idOf('claire').split(':')[2] ?? '';
  const { slack } = bot.slack;
  const data = JSON.stringify({ account: LOGINS[1].toLowerCase(), reset: randomUUID(), revision: 1 });
  const message = { channel: `D0${user}`, to: user, ts: '', text: '', blocks: [], edits: 0 };
  const who = { team: { id: TEAM }, user: { id: user, team_id: TEAM }, api_app_id: APP, trigger_id: 't1' };
  const event = (of: Json) => ({
    type: 'event_callback',
    team_id: TEAM,
    event_id: `Ev${randomUUID()}`,
    event: of,
    authorizations: [{ team_id: TEAM, user_id: BOT }],
  });
  const typed = { password: { password: { value: PASSWORD } }, expiry: { expiry: { value: DATE } } };
  const metadata = { v: 1, form: 'password', data: JSON.parse(data), language: 'fr', channel: `D0${user}` };
  const shapes: Json[] = [
    { type: 'url_verification', challenge: 'c-42', token: 'x' },
    event({ type: 'message', channel_type: 'im', channel: `D0${user}`, user, text: MARK, ts: '1.1' }),
    event({ type: 'app_mention', channel: 'C0COMPTA', user, text: `<@${BOT}> ${MARK}`, ts: '1.1' }),
    event({ type: 'member_joined_channel', channel: 'C0COMPTA', user: BOT, inviter: user }),
    event({ type: 'app_home_opened', user, channel: `D0${user}`, tab: 'home' }),
    {
      command: '/chorus',
      text: MARK,
      team_id: TEAM,
      user_id: user,
      channel_id: `D0${user}`,
      trigger_id: 't1',
      response_url: slack.responseUrl(message, user),
    },
    ...['begin', 'done', 'form:password', 'form:expiry', MARK].map((action_id) => ({
      type: 'block_actions',
      ...who,
      container: { type: 'message', message_ts: '1.1', channel_id: `D0${user}`, is_ephemeral: false },
      channel: { id: `D0${user}` },
      response_url: slack.responseUrl(message, user),
      actions: [{ type: 'button', action_id, value: data, action_ts: '1.1' }],
      state: { values: { b0: { alertMonths: { selected_option: { value: '3' } } } } },
    })),
    {
      type: 'view_submission',
      ...who,
      view: {
        id: 'V1',
        callback_id: 'password',
        private_metadata: JSON.stringify(metadata),
        state: { values: typed },
      },
    },
  ];
  await tryAll('to /slack/events', fc.tuple(mutated(shapes), fc.boolean()), ([payload, asForm]) => {
    const json = written(payload);
    const body = asForm ? new URLSearchParams({ payload: json }).toString() : json;
    const type = asForm ? 'application/x-www-form-urlencoded' : 'application/json';
    return {
      method: 'POST',
      path: '/slack/events',
      headers: { 'content-type': type, ...signed(body) },
      body,
    };
  });
});

test('whatever comes to the masked page, it is answered', async () => {
  const shapes: Json[] = [
    { nonce: page.nonce, carried: page.carried, password: `${PASSWORD}é` },
    { nonce: page.nonce, carried: page.carried, password: PASSWORD, expiry: 'demain' },
    { nonce: 'x', password: PASSWORD, expiry: DATE },
  ];
  const link = fc.oneof(
    { weight: 4, arbitrary: fc.constant(page.path) },
    wildPath.map((end) => `/saisie/${end}`),
  );
  const how = fc.tuple(mutated(shapes), link, fc.constantFrom('GET', 'POST'), fc.constantFrom(...TYPES));
  await tryAll('to the masked page', how, ([fields, path, method, type]) => {
    const isForm = type === TYPES[0] && typeof fields === 'object' && fields !== null;
    const body = isForm ? formOf(fields) : written(fields);
    return { method, path, headers: { 'content-type': type, cookie: page.cookie }, body };
  });
});

describe('where workspaces install the bot themselves', () => {
  let testbed: Testbed;
  beforeAll(async () => {
    testbed = await openTestbed({ oauth: true });
  });
  afterAll(() => testbed.close());

  test('whatever comes to the pages for that, it is answered, and nothing is installed', async () => {
    const before = [...testbed.slack.oauth.tokens.keys()];
    // What a browser has that has begun: a state that is signed, and its cookie.
    const { headers } = await fetch(`${testbed.botUrl}/slack/install`);
    const cookie = headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const state = cookie.slice(cookie.indexOf('=') + 1);
    const shapes: Json[] = [
      { code: 'c-42', state },
      { code: 'c-42', state: `${state}x` },
      { error: 'access_denied', state },
    ];
    const cookies = fc.oneof(
      fc.constantFrom(cookie, '', `${cookie}; ${cookie}x`, 'slack-app-oauth-state', '=', ';;;'),
      fc.stringMatching(/^[ -~]{0,40}$/).map((value) => `slack-app-oauth-state=${value}`),
    );
    const path = fc.constantFrom('/slack/oauth_redirect', '/slack/install');
    const method = fc.constantFrom('GET', 'HEAD', 'POST', 'OPTIONS');
    const how = fc.tuple(mutated(shapes), wildPath, path, method, cookies, fc.boolean());
    // 502 is the page's own word where Slack, once asked, does not know the code.
    await tryAll(
      'to the install pages',
      how,
      ([fields, end, where, verb, sentCookie, isOurs]) => {
        const query = isOurs ? `?${formOf(fields)}`.slice(0, 8_000) : end;
        return { method: verb, path: `${where}${query}`, headers: { cookie: sentCookie.trim() }, body: '' };
      },
      { url: testbed.botUrl, known: [502] },
    );
    expect(testbed.logged.filter((line) => FAILURE.test(line))).toEqual([]);
    expect([...testbed.slack.oauth.tokens.keys()]).toEqual(before);
  });
});

test('whatever comes to any other address, it is answered', async () => {
  const known = [
    '/healthz',
    '/readyz',
    '/metrics',
    '/api/messages',
    '/slack/events',
    '/pictures/1.png',
    '/saisie',
    '/',
  ];
  const path = fc.oneof(
    fc.constantFrom(...known),
    fc.tuple(fc.constantFrom(...known), wildPath).map(([start, end]) => `${start}${end}`),
    wildPath.map((end) => `/${end}`),
  );
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND');
  const name = fc.constantFrom(
    'accept',
    'authorization',
    'cookie',
    'host',
    'if-none-match',
    'range',
    'x-forwarded-for',
    'te',
  );
  const headers = fc.dictionary(
    name,
    fc.stringMatching(/^[ -~]{0,40}$/).map((value) => value.trim()),
    { maxKeys: 3 },
  );
  const type = fc.constantFrom(...TYPES);
  const how = fc.tuple(method, path, headers, type, wildValue);
  await tryAll('to other addresses', how, ([verb, where, more, contentType, value]) => {
    const body = ['GET', 'HEAD'].includes(verb) ? '' : `${MARK}${written(value)}`;
    return { method: verb, path: where, headers: { ...more, 'content-type': contentType }, body };
  });
});

const TYPES = [
  'application/x-www-form-urlencoded',
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  ';',
] as const;

const wildPath = fc.oneof(
  fc.constantFrom(
    '%00',
    '%',
    '%ff%fe',
    '../../etc/passwd',
    '..%2f..%2f',
    '//x',
    '?a=1&a=2',
    '__proto__',
    'x'.repeat(8_000),
  ),
  fc.stringMatching(/^[!-~]{0,30}$/),
);

/** What stands where something else was expected. No address of anybody's: the bot would go there. */
const wildValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, false, 0, -1, 1e308, 2 ** 53, '', [], {}),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
    '\ud800',
    '\u202e',
    '{{x}}',
    '👩‍👩‍👧‍👦'.repeat(500),
  ),
  fc.constantFrom('x'.repeat(70_000), 'é'.repeat(30_000), '9'.repeat(400)),
  // Written as so many lists in each other.
  fc.constantFrom('nested 10', 'nested 1000', 'nested 100000'),
  fc.string({ unit: anyCharacter, maxLength: 40 }),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

/** As JSON. What is nested deeply is written by hand: `JSON.stringify` would give up. */
function written(value: Json): string {
  return JSON.stringify(value).replace(/"nested (\d+)"/g, (_, depth: string) => {
    return '['.repeat(Number(depth)) + ']'.repeat(Number(depth));
  });
}

/** As the fields of a form; what is no object has none. */
function formOf(fields: Json): string {
  const pairs = Object.entries(fields ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(pairs).toString();
}

/** One of the real shapes, with some of it missing, doubled, or something else in its place. */
function mutated(shapes: readonly Json[]): fc.Arbitrary<Json> {
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('remove' as const, 'replace' as const, 'add' as const, 'wrap' as const),
    name: fc.constantFrom(
      '__proto__',
      'constructor',
      'id',
      'data',
      'value',
      'password',
      '',
      'x'.repeat(5_000),
    ),
    value: wildValue,
  });
  return fc.tuple(fc.constantFrom(...shapes), fc.array(change, { maxLength: 4 })).map(([shape, changes]) =>
    changes.reduce<Json>((body, { at, how, name, value }) => {
      const copy = structuredClone(body);
      const places = placesIn(copy);
      const place = places[at % Math.max(1, places.length)];
      if (place === undefined) return value;
      const { holder, key } = place;
      const old = holder[key] ?? null;
      if (how === 'remove') delete holder[key];
      else if (how === 'replace') holder[key] = value;
      else if (how === 'wrap') holder[key] = [old];
      else
        Object.defineProperty(holder, name, { value, enumerable: true, configurable: true, writable: true });
      return copy;
    }, shape),
  );
}

/** Every property of every object in it, as something that can be changed. */
function placesIn(value: Json): { holder: { [name: string]: Json }; key: string }[] {
  const places: { holder: { [name: string]: Json }; key: string }[] = [];
  const waiting: Json[] = [value];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    const holder = next as { [name: string]: Json };
    for (const key of Object.keys(holder)) {
      places.push({ holder, key });
      waiting.push(holder[key] ?? null);
    }
  }
  return places;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

async function tryAll<Case>(
  what: string,
  cases: fc.Arbitrary<Case>,
  make: (one: Case) => Sent,
  // 501 is Teams' own word for an invoke that nobody implements.
  { url, known }: { url: string; known: readonly number[] } = { url: bot.url, known: [501] },
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(cases, async (one) => {
      const status = await statusOf(url, make(one));
      sent.set(what, (sent.get(what) ?? 0) + 1);
      expect(status).toBeGreaterThanOrEqual(CUT_OFF);
      if (known.includes(status)) return;
      if (status >= 500) crashes += 1;
      expect(status).toBeLessThan(500);
    }),
    // The small volume is the same each time; the full one is another.
    { numRuns: RUNS, ...volume<{ seed?: number }>({ seed: 1 }, {}) },
  );
}

/** Cut off in the middle, as what is too long is; Node itself sends a body with its answer to a HEAD without a host. */
const CUT_OFF = 0;
const CUTS = ['ECONNRESET', 'EPIPE', 'HPE_CLOSED_CONNECTION'];

/** A connection of its own, so that what happens to it is due to this request. A crash is found by the next one. */
function statusOf(url: string, { method, path, headers, body }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(url);
    const call = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      text(answer).then(() => resolve(answer.statusCode ?? 0), reject);
    });
    call.on('error', (error: NodeJS.ErrnoException) =>
      CUTS.includes(error.code ?? '') ? resolve(CUT_OFF) : reject(error),
    );
    call.end(body);
  });
}
