import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { Person, Place } from '../../src/bot/channel.ts';
import type { ActionData } from '../../src/cards/card.ts';
import { fr } from '../../src/cards/messages.ts';
import { SUPPORT_FORM } from '../../src/cards/verdict-cards.ts';
import { Secret } from '../../src/secret.ts';
import { FORMS as EVERY_FORM, VERBS as EVERY_VERB } from '../verbs.ts';
import { ALIX, CAMILLE, openForTests, privately, type ResetWorld } from './reset-world.ts';

const TEAM: Place = { platform: 'teams', private: false, address: { conversation: 'team' } };
const EVE: Person = { id: 'teams:t:eve', name: 'Eve', language: 'fr' };
const VERBS = [...EVERY_VERB, 'formerVerb'];
const FORMS = [...EVERY_FORM, 'formerForm'];
const SAID = [
  ...['bonjour', 'aide', 'comptes', 'réinitialiser', 'configuration', 'rappels ici', 'rappels stop'],
  ...['quelle heure est-il', 'goZckgk7Kevikl!'],
];

let world: ResetWorld;
let deliveries = 0;

openForTests((opened) => {
  world = opened;
});

test('what strangers try is every verb and every form that the conversation knows', () => {
  const code = readFileSync('src/bot/conversation.ts', 'utf8');
  const casesIn = (from: string, to: string) =>
    [...code.slice(code.indexOf(from), code.indexOf(to)).matchAll(/case '(\w+)':/g)].map(([, name]) => name);
  expect(casesIn('async #click(', 'async #open(').sort()).toEqual([...EVERY_VERB].sort());
  expect([...casesIn('async #open(', 'async #submit('), SUPPORT_FORM].sort()).toEqual([...EVERY_FORM].sort());
});

async function say(
  person: Person,
  text: string,
  place: Place,
  delivery = `d-${++deliveries}`,
): Promise<number> {
  let cards = 0;
  const turn = { person, place, correlation: 'c', text, delivery };
  await world.bot.conversation.said(turn, async (answered) => {
    cards += answered.length;
  });
  return cards;
}

async function settled(): Promise<void> {
  await world.bot.settled();
  await world.bot.reminders.settled();
}

describe.each([
  ['in private', privately(EVE)],
  ['in a channel', TEAM],
])('somebody without any right, %s,', (_where, place) => {
  test.each(['the account', 'one that does not exist'])(
    'changes nothing in the store and asks Chorus Pro nothing about %s',
    async (which) => {
      await world.holdsPassword('in use');
      const { conversation } = world.bot;
      await conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
      const about = await world.cardData();
      await settled();
      [world.changes, world.shown, world.drawn] = [[], [], []];
      const account = which === 'the account' ? world.id : 'nobody_knows@cpro.fr';
      const data: ActionData = { ...about, account, alertMonths: 3, until: 'tomorrow', submission: 's' };
      const turn = { person: EVE, place, correlation: 'c', data };
      const clicked = { place, message: 'a card' };
      for (const verb of VERBS) await conversation.clicked({ ...turn, verb, clicked });
      for (const form of FORMS) {
        await conversation.opened({ ...turn, form, clicked });
        const lines = { expiry: '18/04/2028 02:00:00' };
        await conversation.submitted({ ...turn, form, lines }, new Secret('Nouveau_mot2passe'));
      }
      for (const text of SAID)
        for (const named of ['', ` ${account}`]) expect(await say(EVE, text + named, place)).toBe(1);
      await settled();
      expect(world.changes).toEqual([]);
      expect(world.asked).toEqual([]);
      expect(world.shown).toEqual([]);
      if (!place.private) expect(world.drawn).toEqual([]);
    },
  );
});

test('however many strangers write, the store keeps nothing of them', async () => {
  for (let i = 0; i < 500; i++) {
    const person: Person = { id: `teams:t:stranger-${i}`, name: `${i}`, language: 'fr' };
    expect(await say(person, 'bonjour', privately(person))).toBe(1);
  }
  await settled();
  expect(world.changes).toEqual([]);
});

test('a stranger’s message that is delivered again is answered once', async () => {
  expect(await say(EVE, 'bonjour', privately(EVE), 'the same')).toBe(1);
  expect(await say(EVE, 'bonjour', privately(EVE), 'the same')).toBe(0);
  expect(world.changes).toEqual([]);
});

test('a stranger’s message whose answer could not be delivered is answered when it comes again', async () => {
  const turn = { person: EVE, place: privately(EVE), correlation: 'c', text: 'bonjour', delivery: 'lost' };
  const failure = new Error('500');
  const failing = world.bot.conversation.said(turn, () => Promise.reject(failure));
  await expect(failing).rejects.toBe(failure);
  expect(await say(EVE, 'bonjour', privately(EVE), 'lost')).toBe(1);
});

describe('the bot remembers where it can write', () => {
  test.each([
    ['who manages an account', CAMILLE],
    ['who is an administrator', ALIX],
  ])('to somebody %s', async (_who, person) => {
    await say(person, 'bonjour', privately(person));
    await settled();
    const place = await world.store.read(`place/${person.id}`);
    expect(place?.value).toEqual({ name: person.name, language: 'fr', place: privately(person) });
  });

  test('to somebody who managed an account once', async () => {
    await world.accounts.change(world.id, (account) => ({ ...account, manager: EVE.id }));
    await world.accounts.change(world.id, (account) => ({ ...account, manager: CAMILLE.id }));
    const former: Person = { ...EVE, name: 'Eve Autrefois' };
    await say(former, 'bonjour', privately(EVE));
    await settled();
    expect((await world.store.read(`place/${EVE.id}`))?.value).toMatchObject({ name: 'Eve Autrefois' });
  });

  test('to somebody as soon as they manage an account, also if they have just written as a stranger', async () => {
    const leila: Person = { id: 'teams:t:leila', name: 'Leila', language: 'fr' };
    await say(leila, 'bonjour', privately(leila));
    await settled();
    expect(await world.store.read(`place/${leila.id}`)).toBeUndefined();
    await world.accounts.change(world.id, (account) => ({ ...account, deputy: leila.id }));
    await say(leila, 'bonjour', privately(leila));
    await settled();
    expect(await world.store.read(`place/${leila.id}`)).toBeDefined();
  });
});

test('a conversation is greeted once, also when the bot is added again after it was updated', async () => {
  const greet = async (bot = world.bot) => {
    let title: string | undefined;
    const turn = {
      person: EVE,
      place: privately(EVE),
      correlation: 'c',
      text: '',
      delivery: 'welcome a:eve',
    };
    await bot.conversation.welcomed(turn, async ([card]) => {
      title = card?.title;
    });
    return title;
  };
  expect(await greet()).toBe(fr.conversation.welcome);
  expect(await greet()).toBeUndefined();
  expect(await greet(world.openReplica())).toBeUndefined();
});
