import { beforeEach, expect, test } from '@jest/globals';
import type { Person, Place } from '../../src/bot/channel.ts';
import { fr } from '../../src/cards/messages.ts';
import { Secret } from '../../src/secret.ts';
import { CAMILLE, openForTests, type ResetWorld } from './reset-world.ts';

// Between the look at the right and the write, an administrator names somebody else.
const NEXT: Person = { id: 'teams:t:next', name: 'Next', language: 'fr' };
const TEAM: Place = { platform: 'teams', private: false, address: { conversation: 'team' } };

let world: ResetWorld;

openForTests((opened) => {
  world = opened;
});
beforeEach(async () => {
  world.beforeAccountSave = () => world.accounts.change(world.id, (a) => ({ ...a, manager: NEXT.id }));
});

async function journalled(): Promise<string[]> {
  const entries = await world.journal.entries({ limit: 1_000 });
  return entries.filter(({ account }) => account === world.id).map(({ what }) => what);
}

test('a former manager saves no alert', async () => {
  const { conversation } = world.bot;
  const answer = await conversation.clicked(
    world.clicks(CAMILLE, 'saveAlert', { account: world.id, alertMonths: 3 }),
  );
  expect(answer).toEqual({ kind: 'refusal', text: fr.conversation.notYours });
  expect(await world.account()).toMatchObject({ manager: NEXT.id, alertMonths: 12 });
  expect(await journalled()).toEqual([]);
});

test('a former manager corrects no date', async () => {
  const answer = await world.bot.conversation.submitted(
    world.submits(CAMILLE, 'expiry', { account: world.id }),
    new Secret(''),
  );
  expect(answer).toMatchObject({ kind: 'notice', text: fr.conversation.notYours });
  expect((await world.account()).expiry).toBeUndefined();
  expect(await journalled()).toEqual([]);
});

test('a former manager subscribes no channel', async () => {
  const said = { person: CAMILLE, place: TEAM, correlation: 'c', text: 'rappels ici', delivery: world.id };
  const answered: string[] = [];
  await world.bot.conversation.said(said, async (cards) => void answered.push(JSON.stringify(cards)));
  expect(answered).toEqual([expect.stringContaining(fr.conversation.notYours)]);
  expect((await world.account()).channels).toBeUndefined();
  expect(await journalled()).toEqual([]);
});
