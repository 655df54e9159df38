import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Place, Said } from '../../src/bot/channel.ts';
import { readCommand } from '../../src/bot/commands.ts';
import { Subscriptions } from '../../src/bot/reminders/subscriptions.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import type { PersonId } from '../../src/person.ts';
import type { Account } from '../../src/store/accounts.ts';
import { Journal } from '../../src/store/journal.ts';
import { SIGNING } from '../signing-keys.ts';
import { ALIX, CAMILLE, DENIS, privately, read, removeFolders, TEAM, World } from './world.ts';

const BY_CAMILLE = { ...TEAM, subscribedBy: CAMILLE };

let world: World;
let subscriptions: Subscriptions;
let account: Account;

beforeEach(async () => {
  world = await World.open('LMDB', '12/01/2027 12:00:00');
  account = await world.account('18/03/2027');
  subscriptions = new Subscriptions({
    accounts: world.accounts,
    journal: new Journal(world.store, SIGNING),
    administrators: world.administrators,
    channels: new Map([
      [
        'teams',
        {
          platform: 'teams' as const,
          show: world.teams.show,
          replace: world.teams.replace,
          outOfThread: (place: Place) => ({
            ...place,
            address: { conversation: place.address.conversation?.split(';')[0] ?? '' },
          }),
        },
      ],
    ]),
    messages: { fr, en },
    now: () => world.now,
  });
});
afterEach(() => world.close());
afterAll(removeFolders);

/** What the bot answers to what somebody writes in a conversation. */
async function say(person: PersonId, text: string, place: Place = TEAM): Promise<string> {
  const command = readCommand(text);
  expect(command?.command).toBe('reminders');
  const turn: Said = {
    person: { id: person, name: 'x', language: 'fr' },
    place,
    correlation: 'c',
    text,
    delivery: 'd',
  };
  const cards = await subscriptions.change(turn, command?.rest ?? '');
  return cards.map(read).join('\n');
}

const channels = async (id = account.id) => (await world.accounts.find(id))?.channels;

describe('« rappels ici »', () => {
  test.each<[PersonId, string]>([
    [CAMILLE, 'rappels ici'],
    [CAMILLE, 'Rappels ici !'],
    [CAMILLE, '/chorus rappels'],
    [DENIS, 'reminders here'],
    [ALIX, 'rappels ici TECH_1'],
  ])('said by %s as %j has the conversation told', async (person, text) => {
    expect(await say(person, text)).toMatch(/Commune 1$/);
    expect(await channels()).toEqual([{ ...TEAM, subscribedBy: person }]);
  });

  test('said twice, or in a thread, adds the conversation once', async () => {
    await say(CAMILLE, 'rappels ici');
    await say(CAMILLE, 'rappels ici', { ...TEAM, address: { conversation: 'team;messageid=1' } });
    expect(await channels()).toEqual([BY_CAMILLE]);
  });

  test('takes all the accounts of whoever says it, or the one that is named', async () => {
    const second = await world.account('18/03/2027');
    await say(CAMILLE, 'rappels ici Commune 2');
    expect([await channels(), await channels(second.id)]).toEqual([undefined, [BY_CAMILLE]]);
    await say(CAMILLE, 'rappels ici');
    expect([await channels(), await channels(second.id)]).toEqual([[BY_CAMILLE], [BY_CAMILLE]]);
  });

  test('said by a stranger changes nothing, and tells nothing', async () => {
    expect(await say('teams:t:stranger', 'rappels ici')).not.toContain('TECH');
    expect(await say('teams:t:stranger', 'rappels ici TECH_1')).not.toContain('Commune');
    expect(await channels()).toBeUndefined();
  });

  test('said by an administrator must name the account', async () => {
    expect(await say(ALIX, 'rappels ici')).toContain('Précisez le compte');
    expect(await channels()).toBeUndefined();
  });

  test('said in private, or where the bot does not take part, changes nothing and says where it would', async () => {
    const answer = await say(CAMILLE, 'rappels ici', privately(CAMILLE));
    expect(answer).toContain('sans rien faire');
    expect(answer).toContain("invitez-m'y d'abord");
    expect(await channels()).toBeUndefined();
  });

  test('brings a reminder that is still open to the conversation at once', async () => {
    await world.meet(CAMILLE);
    await world.at('16/02/2027 09:00:00');
    await say(CAMILLE, 'rappels ici');
    await world.tick();
    expect(world.teams.titles('team')).toEqual(['Le mot de passe Chorus Pro expire dans 30 jours']);
  });
});

test('« rappels stop » takes the conversation off again, and leaves the others', async () => {
  const other: Place = { ...TEAM, address: { conversation: 'other' } };
  await say(CAMILLE, 'rappels ici');
  await say(CAMILLE, 'rappels ici', other);
  expect(await say(CAMILLE, 'rappels stop')).toContain("n'arriveront plus");
  expect(await channels()).toEqual([{ ...other, subscribedBy: CAMILLE }]);
});

test('who asked for it is in the journal', async () => {
  await say(CAMILLE, 'rappels ici');
  await say(DENIS, 'rappels stop');
  const entries = await new Journal(world.store, SIGNING).entries({ limit: 9 });
  expect(entries.map(({ who, what }) => [who, what])).toEqual([
    [DENIS, 'remindersStopped'],
    [CAMILLE, 'remindersHere'],
  ]);
});
