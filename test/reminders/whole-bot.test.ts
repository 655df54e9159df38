import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { formatPortalDate } from '../../src/chorus/expiry.ts';
import { asTyped } from '../as-typed.ts';
import { type Chat, type Platform, reads } from '../journeys/platform.ts';
import { platforms } from '../journeys/platforms.ts';
import type { TestApp } from '../journeys/test-app.ts';
import { until } from '../until.ts';

const DAY = 24 * 60 * 60_000;

const titles = (chat: Chat) => chat.cards().map(({ title }) => title);
const labels = (chat: Chat) => chat.card().buttons.map(({ label }) => label);

/** The whole bot over HTTP, on its own tick. */
describe.each(platforms)('with the whole bot, on %s', (name, open) => {
  let app: TestApp;
  let platform: Platform;

  beforeAll(async () => {
    ({ app, platform } = await open());
  });
  afterAll(async () => {
    await platform.close();
    await app.close();
  });

  test('a manager who has written to the bot is told what it could not tell them before', async () => {
    const who = 'silent until now';
    // Added when no morning was left: told of as soon as the bot can write to its manager.
    const soon = new Date(Date.now() + DAY / 24);
    await app.account(platform.idOf(who), { expiry: { at: soon.toISOString(), estimated: true } });
    const chat = platform.chat(who, 'private');
    await chat.say('bonjour');
    await until(() => titles(chat).some((title) => title.includes('expire')));
  });

  test('a reminder reaches its manager in private, is put off, corrected, and becomes the reset', async () => {
    const who = 'reminded';
    const chat = platform.chat(who, 'private');
    await chat.say('bonjour');
    await until(() => chat.cards().length > 0);
    // Added when no morning is left: told of at once.
    const soon = new Date(Date.now() + DAY / 24);
    const account = await app.account(platform.idOf(who), {
      expiry: { at: soon.toISOString(), estimated: true },
    });
    await until(() => titles(chat).some((title) => title.includes('expire')));
    expect(reads(chat.card(), 'Cette date est une')).toBe(true);
    expect(labels(chat)).toEqual(['Commencer la réinitialisation', "Corriger la date d'expiration"]);

    const far = formatPortalDate(new Date(Date.now() + 40 * DAY));
    await chat.open("Corriger la date d'expiration");
    await chat.submit({ expiry: far });
    await until(() => !reads(chat.card(), 'Cette date est une'));
    expect((await app.accounts.find(account.id))?.expiry?.estimated).toBe(false);
    expect(labels(chat)).toEqual(['Commencer la réinitialisation', 'Reporter le rappel']);

    expect(await chat.press('Reporter le rappel')).toBeUndefined();
    await until(() => reads(chat.card(), 'Je vous le rappellerai le'));

    await chat.press('Commencer la réinitialisation');
    await until(() => chat.card().title === 'Se connecter au portail');
    expect(titles(chat).filter((title) => title.includes('expire'))).toEqual([]);
    // What the tick draws from now on leaves the reset's card alone.
    await app.ticked();
    expect(chat.card().title).toBe('Se connecter au portail');
  });

  test('the tick tells when it last ended, and what became of the reminders', async () => {
    const metrics = async () => (await fetch(`${app.url}/metrics`)).text();
    const asked = Date.now();
    await app.ticked();
    expect(await app.lastTick()).toBeGreaterThan(asked);
    expect(await app.lastTick()).toBeLessThanOrEqual(Date.now());
    expect(await metrics()).toMatch(/^chorus_bot_reminders_total\{platform="\w+",outcome="sent"\} [1-9]/m);
  });

  test('a manager who has never written to the bot is written to first', async () => {
    await platform.chat('somebody of the same tenant', 'channel').say('bonjour');
    const who = 'stranger to the bot';
    const chat = platform.chat(who, 'private');
    const expiry = { at: new Date(Date.now() - DAY).toISOString(), estimated: false };
    await app.account(platform.idOf(who), { expiry });
    await until(() => chat.cards().length > 0);
    expect(titles(chat)).toEqual(['Mot de passe Chorus Pro expiré depuis 1 jour']);
    await chat.press('Commencer la réinitialisation');
    await until(() => chat.card().title === 'Se connecter au portail');
  });

  test('« rappels ici » has a channel told, where a stranger’s click is refused', async () => {
    const who = 'subscriber';
    const soon = new Date(Date.now() + 40 * DAY);
    const expiry = { at: soon.toISOString(), estimated: false };
    const account = await app.account(platform.idOf(who), { expiry, structure: 'Commune des Rappels' });
    await platform.chat(who, 'channel').say('rappels ici');
    await until(() => platform.sent().includes('arriveront aussi dans cette conversation'));
    const [place] = (await app.accounts.find(account.id))?.channels ?? [];
    expect(place).toMatchObject({ private: false });
    expect(JSON.stringify(place)).not.toMatch(/messageid|thread"/);
    // Overdue now, and so due at once.
    await app.accounts.change(account.id, (a) => ({
      ...a,
      expiry: { at: new Date(Date.now() - 9 * DAY).toISOString(), estimated: false },
    }));
    // There, and to its manager in private.
    const title = 'Mot de passe Chorus Pro expiré depuis 9 jours';
    await until(() => titles(platform.chat(who, 'private')).at(-1) === title);
    if (name === 'Slack') {
      const stranger = platform.chat('stranger', 'channel');
      await until(() => titles(stranger).at(-1) === title);
      expect(await stranger.press('Commencer la réinitialisation')).toContain('Aucun compte technique');
    } else {
      const isThere = (line: string) => line.includes(`"id":"${place?.address.conversation}"`);
      await until(() =>
        platform
          .sent()
          .split('\n')
          .some((line) => isThere(line) && asTyped(line).includes(title)),
      );
    }
  });
});
