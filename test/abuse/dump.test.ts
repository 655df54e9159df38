import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeProtectedHeader } from 'jose';
import { PISTE } from '../../demo/chorus/seed.ts';
import { fr } from '../../src/cards/messages.ts';
import { readSealingKeys } from '../../src/store/keys.ts';
import { type Binding, SealBroken, Sealer } from '../../src/store/seal.ts';
import { TOKENS } from '../slack/fake-slack.ts';
import { linkIn, send, visit } from '../slack/page.ts';
import { until } from '../slack/testbed.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import { Bot } from './bot.ts';
import { canaryOf, hitsIn, newMark } from './canary.ts';
import { onTheDisk } from './disk.ts';
import { tell } from './volume.ts';

const MARK = newMark();
const LOGINS = ['TECH_1_SAUBIN00000000@cpro.fr', 'TECH_1_SAUBIN00000001@cpro.fr'];

let bytes = 0;
let seals = 0;
let keysTried = 0;
let hadFromThem = 0;
afterAll(() => tell('dump', { bytes, seals, 'wrong keys tried': keysTried, 'secrets had': hadFromThem }));

describe.each(['LMDB', 'Redis'])('whoever steals what %s has on its disk', (kept) => {
  let server: RedisServer | undefined;
  let bot: Bot;
  let link = '';
  let stolen: Buffer;

  beforeAll(async () => {
    if (kept === 'Redis') server = await RedisServer.start(...DURABLE, '--rdbcompression', 'no');
    bot = await Bot.start(new Map(LOGINS.map((login) => [login, canaryOf(MARK, 1)])), server?.url);
    for (const [index, name] of (['teams', 'slack'] as const).entries()) {
      await bot.addAccount(LOGINS[index] ?? '', bot[name].idOf('claire'));
      const chat = bot[name].chat('claire', 'private');
      // A current password, a pending one, and one that another has replaced.
      await chat.say('réinitialiser');
      for (let step = 0; step < 4; step++) await chat.press(fr.buttons.done);
      await chat.press(fr.buttons.emailCame);
      await chat.open(fr.buttons.enterPassword);
      await chat.submit({ password: canaryOf(MARK, 1) });
      await until(() => chat.card().title === fr.test.accepted.title);
      await chat.press(fr.buttons.next);
      await chat.press(fr.buttons.reported);
      await chat.say('réinitialiser');
      for (let step = 0; step < 2; step++) await chat.press(fr.buttons.done);
      for (const number of [2, 3]) {
        await chat.open(number === 2 ? fr.buttons.keepSafe : fr.buttons.replaceKept);
        await chat.submit({ password: canaryOf(MARK, number) });
        await until(() => chat.card().title === fr.walk.submitRequest.title);
        await chat.press(fr.buttons.back);
        await until(() => chat.card().title === fr.walk.copyPassword.title);
      }
    }
    // And a draft, on a masked page: the page carries it, and the store has nothing of it.
    await bot.slack.chat('claire', 'private').open(fr.buttons.replaceKept);
    link = linkIn(bot.slack.slack.views.at(-1)?.view ?? {});
    await send(link, await visit(link), { password: `${canaryOf(MARK, 4)}é` });
    await bot.order('settle');
    stolen = await onTheDisk(bot, server);
    bytes += stolen.length;
  }, 60_000);
  afterAll(async () => {
    await bot.close();
    await server?.stop();
  });

  test('has accounts, people and the sealed texts of all these passwords', () => {
    for (const login of LOGINS) expect(hitsIn(stolen, login.toLowerCase()).length).toBeGreaterThan(0);
    const purposes = sealedIn(stolen).map((sealed) => decodeProtectedHeader(sealed).purpose);
    expect(purposes.length).toBeGreaterThanOrEqual(6);
    expect(new Set(purposes)).toEqual(new Set(['credential']));
  });

  test('has no password, no token, no signing secret and no key, as it is or encoded', async () => {
    const keys = await readSealingKeys(join(bot.folder, 'keys.json'));
    const secrets = [
      MARK,
      PISTE.clientSecret,
      TOKENS.bot,
      TOKENS.signingSecret,
      link.split('/').at(-1) ?? '',
      ...keys.map((key) => Buffer.from(key.bytes).toString('base64url')),
    ];
    const within = [stolen, decoded(stolen)];
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(10);
      const hits = within.flatMap((place) => hitsIn(place, secret));
      hadFromThem += hits.length;
      expect(hits).toEqual([]);
    }
    for (const { bytes: key } of keys)
      expect(within.some((place) => place.includes(Buffer.from(key)))).toBe(false);
  });

  test('finds what is encoded, where it is there', () => {
    const hidden = Buffer.from(JSON.stringify({ text: canaryOf(MARK, 1) })).toString('base64');
    expect(hitsIn(decoded(Buffer.from(`{"x":"${hidden}"}`)), MARK).length).toBeGreaterThan(0);
  });

  test('opens nothing without the right key', async () => {
    const right = new Sealer(await readSealingKeys(join(bot.folder, 'keys.json')));
    for (const sealed of sealedIn(stolen)) {
      seals += 1;
      const { kid = '', ...header } = decodeProtectedHeader(sealed);
      const binding = header as unknown as Binding;
      expect((await right.open(sealed, binding)).reveal()).toContain(MARK);
      const guesses = [
        Buffer.alloc(32),
        Buffer.alloc(32, 0xff),
        Buffer.from(String(kid)).subarray(0, 32),
        ...Array.from({ length: 20 }, () => randomBytes(32)),
      ];
      for (const guess of guesses) {
        keysTried += 1;
        const sealer = new Sealer([{ kid: String(kid), bytes: guess }]);
        const outcome = await sealer.open(sealed, binding).catch((error: unknown) => error);
        if (!(outcome instanceof SealBroken)) hadFromThem += 1;
        expect(outcome).toBeInstanceOf(SealBroken);
      }
    }
  });
});

/** Every compact JWE in these bytes, once. */
function sealedIn(place: Buffer): string[] {
  return [...new Set(place.toString('latin1').match(/eyJ[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]{22}/g))];
}

/** All that could be base64 in these bytes, decoded. */
function decoded(place: Buffer): Buffer {
  const texts = place.toString('latin1').match(/[\w+/-]{12,}/g) ?? [];
  // Where it begins may not be where it was taken to begin.
  return Buffer.concat(
    texts.flatMap((text) => [0, 1, 2, 3].map((from) => Buffer.from(text.slice(from), 'base64'))),
  );
}
