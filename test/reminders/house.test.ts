import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatPortalDate } from '../../src/chorus/expiry.ts';
import type { TestHouse } from '../journeys/house.ts';
import { type Hand, type Platform, reads } from '../journeys/platform.ts';
import { platforms } from '../journeys/platforms.ts';

const DAY = 24 * 60 * 60_000;

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries++) {
    if (tries === 300) throw new Error('it did not happen');
    await sleep(50);
  }
}

const titles = (hand: Hand) => hand.cards().map(({ title }) => title);
const labels = (hand: Hand) => hand.card().buttons.map(({ label }) => label);

/** The whole bot over HTTP, on its own tick. */
describe.each(platforms)('in the whole house, on %s', (name, open) => {
  let house: TestHouse;
  let platform: Platform;

  beforeAll(async () => {
    ({ house, platform } = await open());
  }, 30_000);
  afterAll(async () => {
    await platform.close();
    await house.close();
  });

  test('a manager who has written to the bot is told what it could not tell them before', async () => {
    const who = 'silent until now';
    // Added when no morning was left: told of as soon as the bot can write to its manager.
    const soon = new Date(Date.now() + DAY / 24);
    await house.account(platform.idOf(who), { expiry: { at: soon.toISOString(), estimated: true } });
    const hand = platform.hand(who, 'private');
    await hand.say('bonjour');
    await until(() => titles(hand).some((title) => title.includes('expire')));
  }, 60_000);

  test('a reminder reaches its manager in private, is put off, corrected, and becomes the reset', async () => {
    const who = 'reminded';
    const hand = platform.hand(who, 'private');
    await hand.say('bonjour');
    await until(() => hand.cards().length > 0);
    // Added when no morning is left: told of at once.
    const soon = new Date(Date.now() + DAY / 24);
    const account = await house.account(platform.idOf(who), {
      expiry: { at: soon.toISOString(), estimated: true },
    });
    await until(() => titles(hand).some((title) => title.includes('expire')));
    expect(reads(hand.card(), 'Cette date est une')).toBe(true);
    expect(labels(hand)).toEqual(['Commencer la réinitialisation', "Corriger la date d'expiration"]);

    const far = formatPortalDate(new Date(Date.now() + 40 * DAY));
    await hand.open("Corriger la date d'expiration");
    await hand.submit({ expiry: far });
    await until(() => !reads(hand.card(), 'Cette date est une'));
    expect((await house.accounts.find(account.id))?.expiry?.estimated).toBe(false);
    expect(labels(hand)).toEqual(['Commencer la réinitialisation', 'Me le rappeler']);

    expect(await hand.press('Me le rappeler')).toBeUndefined();
    await until(() => reads(hand.card(), 'Je vous le rappellerai le'));

    await hand.press('Commencer la réinitialisation');
    await until(() => hand.card().title === 'Se connecter au portail');
    expect(titles(hand).filter((title) => title.includes('expire'))).toEqual([]);
    // What the tick draws from now on leaves the reset's card alone.
    await sleep(3_500);
    expect(hand.card().title).toBe('Se connecter au portail');
  }, 60_000);

  test('the tick tells when it last ended, and what became of the reminders', async () => {
    const metrics = async () => (await fetch(`${house.url}/metrics`)).text();
    const lastTick = async () =>
      Number(/^chorus_bot_last_tick_timestamp_seconds (\S+)/m.exec(await metrics())?.[1]);
    const before = await lastTick();
    await sleep(3_500);
    expect(await lastTick()).toBeGreaterThan(before);
    expect(Math.abs((await lastTick()) - Date.now() / 1000)).toBeLessThan(10);
    expect(await metrics()).toMatch(/^chorus_bot_reminders_total\{platform="\w+",outcome="sent"\} [1-9]/m);
  });

  test('a manager who has never written to the bot is written to first', async () => {
    await platform.hand('somebody of the same tenant', 'channel').say('bonjour');
    const who = 'stranger to the bot';
    const hand = platform.hand(who, 'private');
    const expiry = { at: new Date(Date.now() - DAY).toISOString(), estimated: false };
    await house.account(platform.idOf(who), { expiry });
    await until(() => hand.cards().length > 0);
    expect(titles(hand)).toEqual(['Mot de passe Chorus Pro expiré depuis 1 jour']);
    await hand.press('Commencer la réinitialisation');
    await until(() => hand.card().title === 'Se connecter au portail');
  }, 60_000);

  test('« rappels ici » has a channel told, where a stranger’s click is refused', async () => {
    const who = 'subscriber';
    const soon = new Date(Date.now() + 40 * DAY);
    const expiry = { at: soon.toISOString(), estimated: false };
    const account = await house.account(platform.idOf(who), { expiry, structure: 'Commune des Rappels' });
    await platform.hand(who, 'channel').say('rappels ici');
    await until(() => platform.sent().includes('arriveront aussi dans cette conversation'));
    const [place] = (await house.accounts.find(account.id))?.channels ?? [];
    expect(place).toMatchObject({ private: false });
    expect(JSON.stringify(place)).not.toMatch(/messageid|thread"/);
    // Overdue now, and so due at once.
    await house.accounts.change(account.id, (a) => ({
      ...a,
      expiry: { at: new Date(Date.now() - 9 * DAY).toISOString(), estimated: false },
    }));
    // There, and to its manager in private.
    const title = 'Mot de passe Chorus Pro expiré depuis 9 jours';
    await until(() => titles(platform.hand(who, 'private')).at(-1) === title);
    if (name === 'Slack') {
      const stranger = platform.hand('stranger', 'channel');
      await until(() => titles(stranger).at(-1) === title);
      expect(await stranger.press('Commencer la réinitialisation')).toContain('Aucun compte technique');
    } else {
      const isThere = (line: string) => line.includes(`"id":"${place?.address.conversation}"`);
      await until(() =>
        platform
          .sent()
          .split('\n')
          .some((line) => isThere(line) && line.includes(title)),
      );
    }
  }, 60_000);
});
