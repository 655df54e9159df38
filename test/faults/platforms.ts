import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import { fr } from '../../src/cards/messages.ts';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import type { PersonId, Platform } from '../../src/person.ts';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { Journal } from '../../src/store/journal.ts';
import { Resets } from '../../src/store/resets.ts';
import type { Chat } from '../journeys/platform.ts';
import { SIGNING } from '../signing-keys.ts';
import { until } from '../until.ts';
import type { Failure } from './forwarder.ts';
import { Testbed } from './testbed.ts';
import { FULL, tell } from './volume.ts';

/** Of each kind of failure, so many people at once, so many times. */
const PEOPLE = FULL ? 50 : 3;
const BATCHES = FULL ? 20 : 1;
/** So many managers with six actions each, every action delivered so often. */
const REPEATING = FULL ? 167 : 3;
const MOST_DELIVERIES = 100;

const answers =
  (status: number, body: object = {}, headers: Record<string, string> = {}): Failure =>
  (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const FAILURES: Readonly<Record<Platform, Readonly<Record<string, Failure>>>> = {
  teams: {
    busy: answers(429, {}, { 'retry-after': '1' }),
    broken: answers(500),
    silent: () => undefined,
    gone: answers(404, { error: { code: 'ConversationNotFound' } }),
  },
  slack: {
    busy: answers(429, { ok: false, error: 'ratelimited' }, { 'retry-after': '1' }),
    broken: answers(500),
    silent: () => undefined,
    gone: answers(200, { ok: false, error: 'channel_not_found' }),
  },
};

/** What is tried on either platform. */
export function tryPlatform(name: Platform): void {
  let testbed: Testbed;
  beforeAll(async () => {
    testbed = await Testbed.open(name);
  }, 30_000);
  afterAll(() => testbed.close());

  test('a delivery that is repeated over three replicas has one effect', async () => {
    const seen = { actions: 0, deliveries: 0, doubled: 0 };
    const many = () => {
      const deliveries = randomInt(2, FULL ? MOST_DELIVERIES + 1 : 20);
      seen.actions += 1;
      seen.deliveries += deliveries;
      return deliveries;
    };
    for (let i = 0; i < REPEATING; i++) {
      const who = `repeating${i}`;
      const account = await testbed.account(who);
      const chat = testbed.platform.chat(who, 'private');
      await chat.say('réinitialiser', many());
      await testbed.settled();
      if (chat.cards().length !== 1) seen.doubled += 1;
      // Steps 2 to 4 are on one card.
      for (const step of ['Étapes 2 à 4', 'Étape 5']) {
        await chat.press(fr.buttons.done, { deliveries: many() });
        await testbed.settled();
        if (!reads(chat, `${step} sur`)) seen.doubled += 1;
      }
      await chat.open(fr.buttons.keepSafe);
      await chat.submit({ password: 'second' }, many());
      await testbed.settled();
      const { pending, setAside } = await testbed.credentials.slots(account.id);
      if (pending?.version !== 2 || setAside.length > 0) seen.doubled += 1;
      const entries = await new Journal(testbed.store, SIGNING).entries({ limit: 20 });
      const mine = entries.filter((entry) => entry.account === account.id).map(({ what }) => what);
      if (mine.sort().join() !== 'passwordKept,resetStarted') seen.doubled += 1;
    }
    tell(
      `${name}-repeated`,
      `${seen.actions} actions in ${seen.deliveries} deliveries over 3 replicas, ${seen.doubled} with another effect than one`,
      seen,
    );
    expect(seen.doubled).toBe(0);
  }, 3_600_000);

  test('a verdict that could not be shown is shown once the platform answers again', async () => {
    const kinds = Object.entries(FAILURES[name]);
    const seen = { verdicts: 0, failures: 0, shown: 0, tested: 0 };
    for (let batch = 1; batch <= BATCHES; batch++) {
      // A testbed of its own: the platform keeps everything that it was ever sent.
      const own = await Testbed.open(name);
      try {
        const { people, shown, tested } = await tryVerdicts(own, kinds);
        seen.verdicts += people;
        seen.shown += shown;
        seen.tested += tested;
        seen.failures += own.network.failed;
      } finally {
        await own.close();
      }
    }
    tell(
      name,
      `${kinds.length} failures × ${PEOPLE * BATCHES} verdicts, ${seen.failures} calls failed, ${seen.shown} of ${seen.verdicts} verdicts shown, ${seen.tested} passwords in use`,
      { kinds: kinds.map(([kind]) => kind), ...seen },
    );
    expect([seen.shown, seen.tested]).toEqual([seen.verdicts, seen.verdicts]);
    expect(seen.failures).toBeGreaterThan(0);
  }, 3_600_000);
}

/** So many people for each kind of failure have said that their e-mail came, and nothing could be drawn for a while. */
async function tryVerdicts(
  testbed: Testbed,
  kinds: readonly (readonly [string, Failure])[],
): Promise<{ people: number; shown: number; tested: number }> {
  const people = kinds.flatMap(([kind]) => Array.from({ length: PEOPLE }, (_, i) => `${kind}x${i}`));
  const chats = await Promise.all(people.map((who) => awaitingEmail(testbed, who)));
  const failed = new Set<string>();
  testbed.network.fails = (asked) => {
    const [who, kind] = (isDrawing(asked) && /([a-z]+)x\d+/.exec(asked.toLowerCase())) || [];
    const failure = kinds.find(([each]) => each === kind)?.[1];
    if (who !== undefined && failure !== undefined) failed.add(who);
    return failure;
  };
  const pressed = Promise.all(chats.map((chat) => chat.press(fr.buttons.emailCame)));
  // Every verdict has come, and nothing could be drawn for anybody.
  const records = new Resets<ResetRecord>(testbed.store);
  await until(async () => {
    const resets = await records.findMany(people.map(accountId));
    return failed.size === people.length && resets.every((found) => found?.value.reset.step === 'accepted');
  });
  testbed.network.fails = () => undefined;
  await pressed;
  // What is left over is drawn at the next look, for which nobody need wait here.
  testbed.skip(30_000);
  const isShown = (chat: Chat) => chat.cards().some(({ title }) => title.endsWith(fr.test.accepted.title));
  await until(() => chats.every(isShown)).catch(() => undefined);
  const shown = chats.filter(isShown).length;
  await testbed.settled();
  let tested = 0;
  for (const who of people) {
    const { current, pending } = await testbed.credentials.slots(accountId(who));
    if (current?.version === 2 && pending === undefined) tested += 1;
  }
  return { people: people.length, shown, tested };
}

/** Whether a call puts a card somewhere; all that Teams is sent does. */
function isDrawing(asked: string): boolean {
  return !asked.startsWith('/api/') || asked.startsWith('/api/chat.');
}

function reads(chat: Chat, words: string): boolean {
  return chat.card().texts.join('\n').includes(words);
}

/** A manager whose new password is kept, and whom the bot has asked for the e-mail. */
async function awaitingEmail(testbed: Testbed, who: string): Promise<Chat> {
  const account = await testbed.account(who);
  const expiry = { at: new Date().toISOString(), estimated: false };
  const about = { heldBy: who, heldSince: new Date(), expiry };
  const { version } = await testbed.credentials.keep(account.id, new Secret('second'), about);
  const { reset } = begin(randomUUID(), 'signIn', new Date());
  const record: ResetRecord = {
    reset: { ...reset, step: 'awaitEmail', submitted: true, kept: version },
    holder: { id: account.manager as PersonId, name: who, language: 'fr' },
    place: { platform: 'teams', private: true, address: {} },
  };
  await new Resets<ResetRecord>(testbed.store).save(account.id, record, 0);
  const chat = testbed.platform.chat(who, 'private');
  await chat.say('réinitialiser');
  return chat;
}
