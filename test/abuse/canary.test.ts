import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Behaviour } from '../../demo/chorus/behaviour.ts';
import { fr } from '../../src/cards/messages.ts';
import { Secret } from '../../src/secret.ts';
import type { Account } from '../../src/store/accounts.ts';
import { Journal } from '../../src/store/journal.ts';
import { readSealingKeys } from '../../src/store/keys.ts';
import { Sealer } from '../../src/store/seal.ts';
import { TestAttempts } from '../../src/store/test-attempts.ts';
import type { Chat, Platform } from '../journeys/platform.ts';
import { linkIn, send, visit } from '../slack/page.ts';
import { signed } from '../slack/person.ts';
import { until } from '../slack/testbed.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { Bot } from './bot.ts';
import { canaryOf, formsOf, hitsIn, newMark } from './canary.ts';
import { onTheDisk } from './disk.ts';
import { tell, volume } from './volume.ts';

/** In every password, and nowhere else. */
const MARK = newMark();
/** In every person's name: where this is not found, a search for the other says nothing. */
const PLANTED = newMark().toLowerCase();
const ROUNDS = volume(1, 10);

/** One person who types one password, and what becomes of it. */
interface Scene {
  readonly bot: Bot;
  readonly chat: Chat;
  readonly account: Account;
  /** Chorus Pro accepts it. */
  readonly password: string;
  /** Stops and continues the store's server. */
  readonly server: RedisServer | undefined;
}

const scenes: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  'lost with the process in the middle of its test': async ({ bot, chat, account, password }) => {
    await walkToEntry(chat);
    bot.simulator.behave({ forced: { rattachements: { kind: 'slow', ms: 5_000 } } });
    const submitting = chat.submit({ password }).catch(() => undefined);
    await until(async () => (await bot.credentials.slots(account.id)).pending);
    await bot.restart();
    await submitting;
    bot.simulator.behave({ forced: {} });
    expect((await bot.credentials.pending(account.id))?.secret.reveal()).toBe(password);
  },
  accepted: async ({ bot, chat, account, password }) => {
    await walkToEntry(chat);
    await chat.submit({ password: `\t${password} \n` });
    await until(async () => (await bot.credentials.slots(account.id)).current);
    expect((await bot.credentials.current(account.id))?.secret.reveal()).toBe(password);
  },
  'kept before it is used, and abandoned': async ({ chat, password }) => {
    await walk(chat, 2);
    await chat.open(fr.buttons.keepSafe);
    expect(await chat.submit({ password })).toBe(fr.form.keptNotice(false));
    for (const label of [fr.buttons.whereAmI, fr.buttons.abandon, fr.buttons.stop]) await chat.press(label);
  },
  'delivered five times': async ({ bot, chat, account, password }) => {
    await walk(chat, 2);
    await chat.open(fr.buttons.keepSafe);
    await chat.submit({ password }, 5);
    expect((await bot.credentials.slots(account.id)).pending?.version).toBe(1);
  },
  refused: async ({ chat, password }) => {
    await walkToEntry(chat);
    await chat.submit({ password: `${password}x` });
    await until(() => chat.card().title === fr.test.refused.title);
  },
  'without a verdict, whatever Chorus Pro answers': async ({ bot, chat, account, password }) => {
    await walkToEntry(chat);
    bot.simulator.behave({ forced: forcedTo({ kind: 'trickle' }) });
    await chat.submit({ password });
    for (const kind of ['garbage', 'reset', 'invalid', 'oversized', 'redirect', 'echo', 'status'] as const) {
      bot.simulator.behave({ forced: forcedTo(OUTAGES[kind]) });
      // Some of these answers count, and five a day are all: as on another day.
      await new TestAttempts(bot.store, () => new Date()).forget(account.id);
      await until(
        () => offers(chat, fr.buttons.retry),
        () => `${kind}: ${JSON.stringify(chat.card())}`,
      );
      await chat.press(fr.buttons.retry);
    }
    bot.simulator.behave({ forced: {} });
    expect((await bot.credentials.pending(account.id))?.secret.reveal()).toBe(password);
  },
  'wrong in each way that a form can be': async ({ chat, password }) => {
    await walk(chat, 2);
    await chat.open(fr.buttons.keepSafe);
    const wrong = [
      'é',
      '🔑',
      '\u0007',
      ' z',
      password.repeat(400),
      '[Chorus Pro] Réinitialisation du mot de passe',
    ];
    for (const bad of wrong) {
      const again = await chat.submit({ password: password + bad });
      expect(again).toMatchObject({ title: fr.form.keepTitle });
    }
  },
  'shown again as a sealed draft, and then kept': async ({ bot, chat, account, password }) => {
    await walk(chat, 2);
    await chat.open(fr.buttons.keepSafe);
    expect(await chat.submit({ password: `${password}é` })).toMatchObject({ title: fr.form.keepTitle });
    await chat.submit({ password: '' });
    expect((await bot.credentials.pending(account.id))?.secret.reveal()).toBe(`${password}é`);
  },
  'typed while the store does not answer': async ({ chat, password, server }) => {
    await walk(chat, 2);
    await chat.open(fr.buttons.keepSafe);
    await server?.signal('SIGSTOP');
    const said = await chat.submit({ password });
    await server?.signal('SIGCONT');
    if (server !== undefined) expect(said).toMatchObject({ title: fr.form.keepTitle });
  },
  'typed where the conversation crashes': async ({ bot, chat, account, password }) => {
    await walk(chat, 2);
    await chat.open(fr.buttons.keepSafe);
    const key = `reset/${account.id}`;
    const before = (await bot.store.read(key))?.version ?? 0;
    await bot.store.write(key, { reset: null }, before);
    expect(JSON.stringify(await chat.submit({ password }))).toContain(fr.form.failed);
    await bot.store.remove(key, before + 1);
  },
  'in use, and tested from the configuration card': async ({ bot, chat, account, password }) => {
    const about = {
      heldBy: 'x',
      heldSince: new Date(),
      expiry: { at: new Date().toISOString(), estimated: true },
    };
    const { version } = await bot.credentials.keep(account.id, new Secret(password), about);
    await bot.credentials.promote(account.id, version, new Date());
    await chat.say('configuration');
    await chat.press(fr.buttons.testConnection);
    await until(() => offers(chat, fr.buttons.enterPassword));
    await chat.open(fr.buttons.enterPassword);
    expect(await chat.submit({ password })).toMatchObject({ title: fr.form.title });
  },
  'typed into the chat by mistake': async ({ chat, password }) => {
    for (const text of [password, `mon mot de passe : ${password}`, `réinitialiser ${password}`])
      await chat.say(text);
    expect(chat.cards().map(({ title }) => title)).toContain(fr.conversation.burnedTitle);
  },
};

const OUTAGES = {
  garbage: { kind: 'garbage' },
  reset: { kind: 'reset' },
  invalid: { kind: 'invalid-token', reason: 'unknown' },
  oversized: { kind: 'oversized', bytes: 8_000_000 },
  redirect: { kind: 'redirect', location: 'http://127.0.0.1:1/' },
  echo: { kind: 'not-subscribed', body: 'echo' },
  status: { kind: 'status', status: 503 },
} as const satisfies Record<string, NonNullable<Behaviour['forced']['token']>>;

function forcedTo(answer: NonNullable<Behaviour['forced']['token']>): Behaviour['forced'] {
  return { rattachements: answer, destinataire: answer };
}

function offers(chat: Chat, label: string): boolean {
  return chat.card().buttons.some((button) => button.enabled && button.label === label);
}

async function walk(chat: Chat, steps: number): Promise<void> {
  await chat.say('réinitialiser');
  for (let step = 0; step < steps; step++) await chat.press(fr.buttons.done);
}

/** To the form whose password is tested at once. */
async function walkToEntry(chat: Chat): Promise<void> {
  await walk(chat, 4);
  await chat.press(fr.buttons.emailCame);
  await chat.open(fr.buttons.enterPassword);
}

test('a mark is found in each of its forms', () => {
  for (const form of formsOf(MARK)) {
    expect(hitsIn(Buffer.concat([Buffer.alloc(99, 'Z'), form, Buffer.alloc(9)]), MARK)).toHaveLength(1);
  }
  const carriers = [`login:${MARK}.`, `log:${MARK}!`, `lo:${MARK}?`];
  for (const text of carriers) expect(hitsIn(Buffer.from(text).toString('base64'), MARK)).toHaveLength(1);
  const json = JSON.stringify({ password: JSON.stringify(canaryOf(MARK, 1)) });
  for (const text of [json, encodeURIComponent(json)]) expect(hitsIn(text, MARK)).toHaveLength(1);
  expect(hitsIn(PLANTED, MARK)).toEqual([]);
});

let typed = 0;
let searched = 0;
let found = 0;
afterAll(() => tell('canary', { 'passwords typed': typed, 'bytes searched': searched, found }));

describe.each(['LMDB', 'Redis'])('a canary password, kept in %s', (kept) => {
  let server: RedisServer | undefined;
  let bot: Bot;
  const answers: string[] = [];
  const logins = Array.from(
    { length: 2 * ROUNDS * Object.keys(scenes).length + 1 },
    (_, i) => `TECH_1_SAUBIN${String(i).padStart(8, '0')}@cpro.fr`,
  );
  let taken = 0;

  beforeAll(async () => {
    // What is compressed cannot be searched.
    if (kept === 'Redis') server = await RedisServer.start(...DURABLE, '--rdbcompression', 'no');
    bot = await Bot.start(new Map(logins.map((login, i) => [login, canaryOf(MARK, i)])), server?.url);
  }, 30_000);
  afterAll(async () => {
    await bot.close();
    await server?.stop();
  });

  describe.each(['teams', 'slack'] as const)('on %s', (name) => {
    test.each(Object.entries(scenes))(
      '%s',
      async (_what, play) => {
        for (let round = 0; round < ROUNDS; round++) {
          const number = taken++;
          const platform: Platform = bot[name];
          const who = `${PLANTED}${number}`;
          const account = await bot.addAccount(logins[number] ?? '', platform.idOf(who));
          const password = canaryOf(MARK, number);
          await play({ bot, chat: platform.chat(who, 'private'), account, password, server });
          typed += 1;
        }
      },
      120_000,
    );
  });

  test('typed on the masked page of the bot itself, wrongly and rightly', async () => {
    const number = taken++;
    const who = `${PLANTED}${number}`;
    const account = await bot.addAccount(logins[number] ?? '', bot.slack.idOf(who));
    const chat = bot.slack.chat(who, 'private');
    await walk(chat, 2);
    await chat.open(fr.buttons.keepSafe);
    const link = linkIn(bot.slack.slack.views.at(-1)?.view);
    const password = canaryOf(MARK, number);
    const page = await visit(link);
    const wrong = [
      await send(link, page, { password }, { cookie: '' }),
      await send(link, page, { password: `${password} z` }),
      await send(link, page, { password: password.repeat(5_000) }),
    ];
    expect(wrong.map(({ status }) => status)).toEqual([403, 422, 413]);
    const again = await send(link, await visit(link), { password: `${password}é` });
    const done = await send(link, again, { password: '' });
    expect((await bot.credentials.pending(account.id))?.secret.reveal()).toBe(`${password}é`);
    answers.push(...[page, ...wrong, again, done].map(({ text }) => text));
    typed += 1;
  });

  test('sent to every route in every wrong way', async () => {
    const password = canaryOf(MARK, 0);
    const json = JSON.stringify({ type: 'invoke', password, value: { data: { password } } });
    const bodies = [json, json.slice(0, -3), password, `password=${encodeURIComponent(password)}`];
    const routes = [
      '/api/messages',
      '/slack/events',
      `/saisie/${MARK}`,
      '/healthz',
      `/${MARK}`,
      `/metrics?p=${MARK}`,
    ];
    for (const route of routes) {
      for (const body of bodies) {
        for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
          const answer = await fetch(bot.url + route, {
            method: 'POST',
            headers: {
              'content-type': type,
              cookie: `nonce=${MARK}`,
              authorization: `Bearer ${MARK}`,
              ...signed(body),
            },
            body,
          });
          answers.push(await answer.text(), JSON.stringify([...answer.headers]));
          expect(answer.status).toBeLessThan(500);
        }
      }
      const answer = await fetch(bot.url + route, { headers: { authorization: `Bearer ${MARK}` } });
      answers.push(await answer.text(), JSON.stringify([...answer.headers]));
    }
    const broken = await fetch(`${bot.url}/api/messages?${MARK}`, {
      method: 'POST',
      body: MARK.repeat(100_000),
    }).catch(() => undefined);
    answers.push(broken === undefined ? '' : await broken.text());
  });

  /** Nothing of a password in there, where what was planted is. */
  function searchIn(place: Buffer | string, planted = PLANTED): void {
    searched += place.length;
    expect(hitsIn(place, planted).length).toBeGreaterThan(0);
    const hits = hitsIn(place, MARK);
    found += hits.length;
    expect(hits).toEqual([]);
  }

  test('is in no line of the log, and in nothing that was printed', () => {
    expect(bot.printed).toContain('"event":"reset.step"');
    searchIn(bot.printed);
  });

  test('is on no card and in no answer', () => {
    searchIn(bot.teams.sent());
    searchIn(bot.slack.sent());
    expect(answers.length).toBeGreaterThan(100);
    searchIn(answers.join('\n'), 'Bad Request');
  });

  test('is in no metric', async () => {
    searchIn(await (await fetch(`${bot.url}/metrics`)).text(), 'chorus_bot_connection_tests_total');
  });

  test('is not in the journal, which is whole', async () => {
    const keys = await readSealingKeys(join(bot.folder, 'keys.json'));
    const journal = new Journal(bot.store, new Sealer(keys));
    expect(await journal.verify()).toMatchObject({ whole: true });
    searchIn(JSON.stringify(await journal.entries({ limit: 100_000 })));
  });

  test('is not in what lies on the disk', async () => {
    searchIn(await onTheDisk(bot, server));
  });

  test('is not in Node’s diagnostic report', async () => {
    searchIn(await readFile(await bot.order('report')), 'bot-process.ts');
  });

  test('is not in the heap of the process any more', async () => {
    await bot.order('settle');
    searchIn(await readFile(await bot.order('snapshot')));
  }, 60_000);
});
