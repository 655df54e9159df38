import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MessageGone, type Place, TryLater } from '../../src/bot/channel.ts';
import { publicId } from '../../src/bot/rights.ts';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import type { PersonId } from '../../src/person.ts';
import type { Account } from '../../src/store/accounts.ts';
import { paris } from '../paris.ts';
import { ALIX, CAMILLE, DENIS, privately, read, removeFolders, TEAM, World } from './world.ts';

const CLOSED = "Cette carte n'est plus valable";
const EXPIRES = '18/03/2027';
const D60 = '17/01/2027 09:00:00';
const OTHER_TEAM: Place = { ...TEAM, address: { conversation: 'other team' } };
const EVE: PersonId = 'teams:t:eve';

let world: World;

beforeEach(async () => {
  world = await World.open('LMDB', '12/01/2027 12:00:00');
});
afterEach(() => world.close());
afterAll(removeFolders);

const shown = (to: string) => world.teams.shown(to).map(({ title }) => title);
const all = (to: string) => JSON.stringify(world.teams.shown(to));
/** How often each message was drawn, its posting included. */
const drawings = (to: string) =>
  [...world.teams.messages.values()].filter((each) => each.to === to).map(({ cards }) => cards.length);

/** An administrator makes Denis the manager, and there is no deputy any more. */
async function handOver({ id }: Account): Promise<void> {
  await world.accounts.change(id, ({ deputy: _, ...account }) => ({ ...account, manager: DENIS }));
}

/** Denis leads a reset since now. */
async function denisBegins({ id }: Account): Promise<void> {
  const holder = { id: DENIS, name: 'Denis Petit', language: 'fr' as const };
  const reset = begin('r', 'signIn', world.now).reset;
  await world.resets.save(id, { reset, holder, place: privately(DENIS) }, 0);
  await world.accounts.lookAgain(id);
}

describe('a former gestionnaire principal', () => {
  test('reads that the card they were shown is closed, once, and nothing of what comes after', async () => {
    const account = await world.account(EXPIRES);
    await world.meet(CAMILLE, DENIS);
    await world.at(D60);
    await handOver(account);
    await world.tick();
    expect(shown(CAMILLE)).toEqual([CLOSED]);
    expect(all(CAMILLE)).not.toMatch(/Commune|TECH|Denis|2159/);
    const before = drawings(CAMILLE);

    await denisBegins(account);
    await world.tick();
    await world.correct(account, paris('20/03/2027').toISOString());
    await world.tick();
    await world.renew(account, '16/03/2028');
    await world.tick();
    expect(drawings(CAMILLE)).toEqual(before);
    expect(shown(DENIS).at(-1)).toBe('Mot de passe Chorus Pro réinitialisé');
  });

  test('keeps what is theirs on a digest, and reads no more of the account that is not', async () => {
    const [first, second] = [await world.account(EXPIRES), await world.account(EXPIRES)];
    await world.meet(CAMILLE);
    await world.at(D60);
    expect(shown(CAMILLE)).toEqual(['2 mots de passe Chorus Pro à réinitialiser']);
    await handOver(first);
    await world.tick();
    const [card] = world.teams.shown(CAMILLE);
    expect(card?.title).toBe('1 mot de passe Chorus Pro à réinitialiser');
    expect(read(card as never)).not.toContain('Commune 1');
    await handOver(second);
    await world.tick();
    expect(shown(CAMILLE)).toEqual([CLOSED]);
  });

  test('who becomes the deputy, or is an administrator, goes on being told', async () => {
    const accounts = [await world.account(EXPIRES), await world.account('17/03/2027', { manager: ALIX })];
    await world.meet(CAMILLE, ALIX);
    await world.at(D60);
    for (const { id } of accounts)
      await world.accounts.change(id, (before) => ({ ...before, manager: DENIS, deputy: CAMILLE }));
    await world.tick();
    for (const to of [CAMILLE, ALIX]) {
      expect(shown(to).length).toBeGreaterThan(0);
      expect(shown(to)).not.toContain(CLOSED);
    }
  });

  test('is closed as soon as the platform takes it, and is not written to again and again meanwhile', async () => {
    const account = await world.account(EXPIRES);
    await world.meet(CAMILLE);
    await world.at(D60);
    const { replace } = world.teams;
    let attempts = 0;
    world.teams.replace = async () => {
      attempts += 1;
      throw new TryLater(7 * 60_000);
    };
    await handOver(account);
    await world.tick();
    await world.tick();
    expect(attempts).toBe(1);
    world.teams.replace = replace;
    await world.at('17/01/2027 09:06:59');
    expect(shown(CAMILLE)).not.toEqual([CLOSED]);
    await world.at('17/01/2027 09:07:00');
    expect(shown(CAMILLE)).toEqual([CLOSED]);
  });

  test('of whom a card cannot be changed any more is left alone', async () => {
    const account = await world.account(EXPIRES);
    await world.meet(CAMILLE);
    await world.at(D60);
    let attempts = 0;
    world.teams.replace = async () => {
      attempts += 1;
      throw new MessageGone('404');
    };
    await handOver(account);
    await world.tick();
    await world.at('18/01/2027 09:00:00');
    expect(attempts).toBe(1);
    expect(shown(CAMILLE)).toHaveLength(1);
  });

  test('has nothing sent to the team they subscribed where the right is lost between the look and the sending', async () => {
    const account = await world.account(EXPIRES, { channels: [{ ...TEAM, subscribedBy: CAMILLE }] });
    await world.meet(CAMILLE);
    const { show } = world.teams;
    // Their own message goes out first, and the account is handed over meanwhile.
    world.teams.show = async function (this: typeof world.teams, place, card) {
      if (place.address.conversation === CAMILLE) await handOver(account);
      return show.call(this, place, card);
    };
    await world.at(D60);
    expect(world.teams.titles(CAMILLE)).toHaveLength(1);
    expect(shown(CAMILLE)).toEqual([CLOSED]);
    expect(world.teams.titles('team')).toEqual([]);
  });
});

describe('the card of a reset', () => {
  const leads = async ({ id }: Account) => {
    const holder = { id: CAMILLE, name: 'Camille Roy', language: 'fr' as const };
    const posted = await world.teams.show(privately(CAMILLE), {
      title: 'Étape 1',
      body: [],
      actions: [],
    });
    const reset = begin('r', 'signIn', world.now).reset;
    await world.resets.save(id, { reset, holder, place: privately(CAMILLE), posted }, 0);
  };

  test('is closed, once, when whoever leads it has lost the right', async () => {
    const account = await world.account('18/03/2028');
    await leads(account);
    await handOver(account);
    await world.tick();
    expect(shown(CAMILLE)).toEqual([CLOSED]);
    expect((await world.resets.load(account.id))?.value).not.toHaveProperty('posted');
    await world.accounts.lookAgain(account.id);
    await world.tick();
    expect(drawings(CAMILLE)).toEqual([2]);
  });

  test('is left alone while they have it', async () => {
    const account = await world.account('18/03/2028');
    await leads(account);
    await world.accounts.lookAgain(account.id);
    await world.tick();
    expect(shown(CAMILLE)).toEqual(['Étape 1']);
  });

  test('that the platform does not take is closed later', async () => {
    const account = await world.account('18/03/2028');
    await leads(account);
    const { replace } = world.teams;
    let attempts = 0;
    world.teams.replace = async () => {
      attempts += 1;
      throw new Error('500');
    };
    await handOver(account);
    await world.tick();
    expect(attempts).toBe(1);
    world.teams.replace = replace;
    await world.at('12/01/2027 12:01:00');
    expect(shown(CAMILLE)).toEqual([CLOSED]);
  });
});

describe('a conversation that was subscribed', () => {
  const subscribed = (by: string) => ({ ...TEAM, subscribedBy: by });

  test('by somebody who has lost the right is told nothing more, and its card is closed once', async () => {
    const account = await world.account(EXPIRES, { channels: [subscribed(CAMILLE)] });
    await world.at(D60);
    expect(shown('team')).toHaveLength(1);
    await handOver(account);
    await world.tick();
    await world.renew(account, '16/03/2028');
    await world.at('17/01/2028 09:00:00');
    expect(shown('team')).toEqual([CLOSED]);
    expect(drawings('team')).toEqual([2]);
  });

  test.each([
    ['a present deputy', DENIS],
    ['an administrator', ALIX],
    ['the command line', 'shell'],
  ])('by %s goes on being told', async (_by, by) => {
    const account = await world.account(EXPIRES, { channels: [subscribed(by)] });
    await world.at(D60);
    await world.accounts.change(account.id, (before) => ({ ...before, manager: EVE }));
    await world.tick();
    expect(shown('team')).toEqual(['Le mot de passe Chorus Pro expire dans 60 jours']);
  });

  test('before it was written down by whom goes on being told', async () => {
    await world.account(EXPIRES, { channels: [TEAM] });
    await world.at(D60);
    expect(shown('team')).toHaveLength(1);
  });

  test('reads the structure, the deadline and who leads, and neither login, SIRET nor state', async () => {
    const account = await world.account(EXPIRES, { channels: [TEAM] });
    const second = await world.account(EXPIRES, { channels: [OTHER_TEAM] });
    await world.account(EXPIRES, { channels: [OTHER_TEAM] });
    await world.meet(CAMILLE, ALIX);
    await world.at(D60);
    await denisBegins(account);
    await denisBegins(second);
    const at = world.now.toISOString();
    for (const { id } of [account, second]) {
      await world.checks.change(id, () => ({ testedAt: at, refused: { version: 1, at } }));
      await world.accounts.lookAgain(id);
    }
    await world.tick();
    for (const to of ['team', 'other team']) {
      expect(all(to)).toMatch(/Commune/);
      expect(all(to)).not.toMatch(/TECH|tech_|21590350100017|refus/i);
      expect(world.teams.titles(to)).toHaveLength(1);
    }
    expect(all('team')).toMatch(/Denis Petit.*mène/);
    expect(all('team')).toContain(publicId(account.id));
    expect(all(CAMILLE)).toMatch(/refusé/);
    await world.renew(account, '16/03/2028');
    await world.tick();
    expect(all('team')).toMatch(/Camille Roy a réinitialisé/);
    expect(all('team')).not.toMatch(/TECH|tech_|21590350100017|refus/i);
  });

  test('is told of a deadline that falls due together with a refusal, as a deadline', async () => {
    const account = await world.account(EXPIRES, { channels: [TEAM] });
    const at = paris('17/01/2027 04:00:00').toISOString();
    await world.checks.save(account.id, { testedAt: at, refused: { version: 1, at } }, 0);
    await world.accounts.lookAgain(account.id);
    await world.at(D60);
    expect(shown('team')).toEqual(['Le mot de passe Chorus Pro expire dans 60 jours']);
    await world.at('16/02/2027 09:00:00');
    expect(world.teams.titles('team')).toHaveLength(2);
  });
});
