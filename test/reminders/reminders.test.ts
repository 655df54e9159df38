import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { PlaceGone, TryLater } from '../../src/bot/channel.ts';
import type { ReminderRecord } from '../../src/bot/reminders/plan.ts';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import type { Account } from '../../src/store/accounts.ts';
import { paris } from '../paris.ts';
import {
  ALIX,
  CAMILLE,
  DENIS,
  DRIVERS,
  privately,
  read,
  removeFolders,
  SECOND_TEAM,
  TEAM,
  World,
} from './world.ts';

// 2027: 12 January is a Tuesday. Of an expiry on Thursday 18 March, the thresholds fall on these mornings.
const START = '12/01/2027 12:00:00';
const EXPIRES = '18/03/2027 02:00:00';
const D60 = '15/01/2027 09:00:00'; // Sunday 17: Friday before
const D30 = '16/02/2027 09:00:00';
const D15 = '03/03/2027 09:00:00';
const D7 = '11/03/2027 09:00:00';
const D3 = '15/03/2027 09:00:00';
const D1 = '17/03/2027 09:00:00';
const D0 = '18/03/2027 09:00:00';
const AFTER = '19/03/2027 09:00:00';

describe.each(Object.keys(DRIVERS))('reminders on %s', (driver) => {
  let world: World;
  const open = async (start = START) => {
    world = await World.open(driver, start);
    return world;
  };
  const titles = (to: string) => world.teams.titles(to).filter((title) => !title.startsWith('Suivi'));
  afterEach(() => world.close());
  afterAll(removeFolders);

  describe('when', () => {
    test('each threshold is told once, on its morning and not before', async () => {
      await open();
      await world.account(EXPIRES);
      await world.meet(CAMILLE);
      const counts: number[] = [];
      for (const morning of [D60, D30, D15, D7, D3, D1, D0, AFTER]) {
        await world.at(morning.replace('09:00', '08:59'));
        counts.push(titles(CAMILLE).length);
        await world.at(morning);
        await world.at(morning.replace('09:00', '17:30'));
        counts.push(titles(CAMILLE).length);
      }
      expect(counts).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8]);
      expect(titles(CAMILLE)).toEqual([
        'Le mot de passe Chorus Pro expire dans 62 jours',
        'Le mot de passe Chorus Pro expire dans 30 jours',
        'Le mot de passe Chorus Pro expire dans 15 jours',
        'Le mot de passe Chorus Pro expire dans 7 jours',
        'Le mot de passe Chorus Pro expire dans 3 jours',
        'Le mot de passe Chorus Pro expire demain',
        "Le mot de passe Chorus Pro a expiré aujourd'hui à 2 h 00",
        'Mot de passe Chorus Pro expiré depuis 1 jour',
      ]);
    });

    test('on its last day a password is said to have expired once its hour is past, and not before', async () => {
      await open('17/03/2027 12:00:00');
      await world.account(EXPIRES);
      await world.account('18/03/2027 18:00:00', { manager: DENIS, deputy: ALIX });
      await world.meet(CAMILLE, DENIS);
      await world.at(D0);
      const [past, today] = [world.teams.shown(CAMILLE).at(-1), world.teams.shown(DENIS).at(-1)];
      // Denis is the deputy of the first.
      expect(read(today as never)).toMatch(/expiré aujourd'hui à 2 h 00.*\n.*expire aujourd'hui/);
      expect(past?.title).toBe("Le mot de passe Chorus Pro a expiré aujourd'hui à 2 h 00");
      expect(read(past as never)).toContain('est sans doute arrêté');
    });

    test('after the expiry every working day brings one, until the password is renewed', async () => {
      await open('17/03/2027 12:00:00');
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      for (const day of ['18', '19', '20', '21', '22', '23']) await world.at(`${day}/03/2027 10:00:00`);
      expect(titles(CAMILLE).slice(1)).toEqual([
        'Mot de passe Chorus Pro expiré depuis 1 jour',
        'Mot de passe Chorus Pro expiré depuis 4 jours',
        'Mot de passe Chorus Pro expiré depuis 5 jours',
      ]);
      await world.renew(account, '17/05/2028 02:00:00');
      await world.at('24/03/2027 10:00:00');
      await world.at('25/03/2027 10:00:00');
      expect(titles(CAMILLE)).toHaveLength(4);
    });

    test('« Alerte actualisation » comes its months after the last update', async () => {
      await open();
      await world.account('12/03/2028 02:00:00', { lastUpdated: paris(START).toISOString(), alertMonths: 2 });
      await world.meet(CAMILLE);
      await world.at('11/03/2027 09:00:00');
      expect(titles(CAMILLE)).toEqual([]);
      await world.at('12/03/2027 09:00:00');
      expect(read(world.teams.shown(CAMILLE)[0] as never)).toMatch(
        /^Alerte actualisation.*\n.*12 janvier 2027 : c'est le moment/,
      );
    });

    test('of a suspended account nobody is told anything; once it is resumed, what is true by then', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE, DENIS);
      const suspendedAt = paris(START).toISOString();
      await world.accounts.change(account.id, (before) => ({ ...before, suspendedAt }));
      for (const morning of [D60, D30, D7]) await world.at(morning);
      expect([...titles(CAMILLE), ...titles(DENIS)]).toEqual([]);
      await world.accounts.change(account.id, ({ suspendedAt: _, ...before }) => before);
      await world.tick();
      expect(titles(CAMILLE)).toEqual(['Le mot de passe Chorus Pro expire dans 7 jours']);
    });

    test('an account may have thresholds of its own', async () => {
      await open();
      await world.account(EXPIRES, { thresholds: [10, 2] });
      await world.meet(CAMILLE);
      for (const morning of [D60, D30, '08/03/2027 09:00:00', D7, '16/03/2027 09:00:00', D1])
        await world.at(morning);
      expect(titles(CAMILLE)).toEqual([
        'Le mot de passe Chorus Pro expire dans 10 jours',
        'Le mot de passe Chorus Pro expire dans 2 jours',
      ]);
    });

    test('an account that is added when no morning is left before its expiry is told of at once', async () => {
      await open('17/03/2027 12:00:00');
      await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.tick();
      expect(titles(CAMILLE)).toEqual(['Le mot de passe Chorus Pro expire demain']);
    });

    test('a date that is corrected brings what is due by it, and no more what is not', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.at(D60);
      const at = paris('20/01/2027 02:00:00').toISOString();
      await world.correct(account, at);
      await world.at('16/01/2027 10:00:00');
      expect(titles(CAMILLE).at(-1)).toBe('Le mot de passe Chorus Pro expire dans 4 jours');
      await world.accounts.change(account.id, (a) => ({
        ...a,
        expiry: { at: paris('20/06/2027').toISOString(), estimated: false },
      }));
      await world.at('19/01/2027 10:00:00');
      expect(titles(CAMILLE)).toHaveLength(2);
      expect(world.teams.shown(CAMILLE).at(-1)?.title).toBe(
        'Le mot de passe Chorus Pro expire dans 152 jours',
      );
    });

    test('a date that is corrected by a day repeats nothing', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.at(D15);
      await world.accounts.change(account.id, (a) => ({
        ...a,
        expiry: { at: paris('19/03/2027 02:00:00').toISOString(), estimated: false },
      }));
      await world.at('05/03/2027 10:00:00');
      expect(titles(CAMILLE)).toHaveLength(1);
      await world.at('12/03/2027 09:00:00');
      expect(titles(CAMILLE)).toHaveLength(2);
    });

    test('an estimated date says so, and can be corrected from the card', async () => {
      await open();
      await world.account(EXPIRES, { expiry: { at: paris(EXPIRES).toISOString(), estimated: true } });
      await world.meet(CAMILLE);
      await world.at(D60);
      const [card] = world.teams.shown(CAMILLE);
      expect(read(card as never)).toContain('Cette date est une estimation. Lisez la vraie sur le portail');
      expect(card?.actions.map(({ label }) => label)).toContain("Corriger la date d'expiration");
    });

    test('on a digest an estimated date is said to be one, and how to correct it, to whoever can', async () => {
      await open();
      const expiry = { at: paris(EXPIRES).toISOString(), estimated: true };
      await world.account(EXPIRES, { expiry, channels: [TEAM] });
      await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE);
      await world.at(D60);
      const asked = /Commune 1.*\(estimée\).*Lisez la vraie sur le portail.*configuration/s;
      expect(read(world.teams.shown(CAMILLE)[0] as never)).toMatch(asked);
      expect(read(world.teams.shown('team')[0] as never)).not.toMatch(asked);
    });

    test('three days of outage are caught up with one message for each account, the most urgent', async () => {
      await open();
      await world.account(EXPIRES);
      await world.account('17/03/2027 02:00:00', { manager: DENIS });
      await world.meet(CAMILLE, DENIS);
      await world.at('14/03/2027 09:00:00');
      const before = [titles(CAMILLE).length, titles(DENIS).length];
      await world.at('18/03/2027 11:00:00');
      expect([titles(CAMILLE).length, titles(DENIS).length].map((n, i) => n - (before[i] ?? 0))).toEqual([
        1, 1,
      ]);
      expect(read(world.teams.shown(DENIS).at(-1) as never)).toMatch(
        /^2 mots de passe Chorus Pro à réinitialiser/,
      );
    });
  });

  describe('to whom', () => {
    test('the deputy is told from 7 days on, the administrators from 1 day on, a team every time', async () => {
      await open();
      await world.account(EXPIRES, { channels: [TEAM, SECOND_TEAM] });
      await world.meet(CAMILLE, DENIS, ALIX);
      const told: string[] = [];
      for (const morning of [D60, D30, D15, D7, D3, D1, D0, AFTER]) {
        const before = [CAMILLE, DENIS, ALIX, 'team'].map((to) => titles(to).length);
        await world.at(morning);
        const more = [CAMILLE, DENIS, ALIX, 'team'].map((to, i) => titles(to).length - (before[i] ?? 0));
        told.push(more.join(''));
      }
      expect(told).toEqual(['1001', '1001', '1001', '1101', '1101', '1111', '1111', '1111']);
      expect(world.slack.titles('C2')).toHaveLength(8);
    });

    test('each reads what they can do: the manager begins, the team sees who must, an administrator only reads', async () => {
      await open('16/03/2027 12:00:00');
      await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE, DENIS, ALIX);
      await world.at(D1);
      const labels = (to: string) => world.teams.shown(to)[0]?.actions.map(({ label }) => label);
      expect(labels(CAMILLE)).toEqual(['Commencer la réinitialisation']);
      expect(labels(DENIS)).toEqual(['Commencer la réinitialisation']);
      expect(labels('team')).toEqual(['Commencer la réinitialisation']);
      expect(labels(ALIX)).toEqual([]);
      for (const to of ['team', ALIX]) {
        expect(read(world.teams.shown(to)[0] as never)).toContain(
          'À faire par Camille Roy, gestionnaire principal. Denis Petit, suppléant, peut le faire aussi.',
        );
      }
    });

    test('a manager who is an administrator, and in whose place a deputy stands twice, is told once', async () => {
      await open('16/03/2027 12:00:00');
      await world.account(EXPIRES, { manager: ALIX, deputy: ALIX });
      await world.meet(ALIX);
      await world.at(D1);
      expect(titles(ALIX)).toHaveLength(1);
      expect(world.teams.shown(ALIX)[0]?.actions).toHaveLength(1);
    });

    test('of a manager who has never spoken to the bot the team and the administrators are told', async () => {
      await open();
      await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(ALIX);
      await world.at(D60);
      for (const to of ['team', ALIX])
        expect(read(world.teams.shown(to)[0] as never)).toContain(
          "Je n'ai pas pu prévenir en privé le gestionnaire principal",
        );
      await world.at(D60.replace('09:00', '18:00'));
      expect([titles('team').length, titles(ALIX).length]).toEqual([1, 1]);
    });

    test('such a manager is told as soon as they speak to the bot', async () => {
      await open();
      await world.account(EXPIRES);
      await world.at(D60);
      await world.meet(CAMILLE);
      await world.at('15/01/2027 14:20:00');
      expect(titles(CAMILLE)).toEqual(['Le mot de passe Chorus Pro expire dans 62 jours']);
    });

    test('somebody with no account is not remembered, until they have one and speak to the bot', async () => {
      await open();
      const kept = async () => {
        const keys: string[] = [];
        for await (const key of world.store.keys('place/')) keys.push(key);
        return keys;
      };
      await world.meet(CAMILLE, 'teams:tenant:stranger');
      expect(await kept()).toEqual([]);
      await world.account(EXPIRES);
      await world.meet(CAMILLE, 'teams:tenant:stranger', ALIX);
      expect((await kept()).sort()).toEqual([ALIX, CAMILLE].map((id) => `place/${id}`).sort());
    });

    test('what is written in another language is told in it', async () => {
      await open();
      await world.account(EXPIRES);
      const person = { id: CAMILLE, name: 'Camille', language: 'en' as const };
      world.reminders.knownPeople.spokeTo({ person, place: privately(CAMILLE), correlation: 'c' });
      await world.reminders.settled();
      await world.at(D60);
      expect(titles(CAMILLE)).toEqual(['The Chorus Pro password expires in 62 days']);
    });
  });

  describe('without noise', () => {
    test('a fresh card folds the one before it', async () => {
      await open();
      await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE);
      await world.at(D60);
      await world.at(D30);
      for (const to of [CAMILLE, 'team'])
        expect(world.teams.shown(to).map(({ title, actions }) => [title, actions.length > 0])).toEqual([
          ['Rappel Chorus Pro', false],
          ['Le mot de passe Chorus Pro expire dans 30 jours', true],
        ]);
    });

    test('several accounts that are due in one place come as one digest, on both platforms', async () => {
      await open();
      const channels = [TEAM, SECOND_TEAM];
      for (let i = 0; i < 3; i++) await world.account(EXPIRES, { channels });
      await world.account('18/03/2028', { channels });
      await world.meet(CAMILLE);
      await world.at(D60);
      expect(titles('team')).toEqual(['3 mots de passe Chorus Pro à réinitialiser']);
      expect(world.slack.titles('C2')).toEqual(['3 mots de passe Chorus Pro à réinitialiser']);
      expect(titles(CAMILLE)).toEqual(['3 mots de passe Chorus Pro à réinitialiser']);
      expect(world.teams.shown('team')[0]?.actions).toEqual([]);
      expect(world.teams.shown(CAMILLE)[0]?.actions.map(({ label }) => label)).toEqual([
        'Commencer la réinitialisation',
        'Reporter le rappel',
      ]);
    });

    test('a digest is cut where a card would become too long, and names every account once', async () => {
      await open();
      for (let i = 0; i < 60; i++) await world.account(EXPIRES, { channels: [TEAM] });
      await world.at(D60);
      expect(titles('team').map((title) => Number.parseInt(title, 10))).toEqual([25, 25, 10]);
      const text = world.teams.shown('team').map(read).join('\n');
      for (let i = 1; i <= 60; i++) expect(text.split(`Commune ${i} :`)).toHaveLength(2);
    });

    test('once renewed the card says by whom, and the team is told once', async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE);
      await world.at(D60);
      await world.at('20/01/2027 14:00:00');
      await world.renew(account, '16/03/2028 02:00:00');
      await world.tick();
      await world.at('22/01/2027 09:00:00');
      const [card, line, ...more] = world.teams.shown('team');
      expect(read(card as never)).toContain(
        'Réinitialisé par Camille Roy le 20 janvier 2027, prochaine expiration le 16 mars 2028 (estimée).',
      );
      expect(read(line as never)).toContain(
        '✅ Commune 1 : Camille Roy a réinitialisé le mot de passe. Prochaine expiration le 16 mars 2028',
      );
      expect(more).toEqual([]);
      expect(world.teams.shown(CAMILLE).map(({ title }) => title)).toEqual([
        'Mot de passe Chorus Pro réinitialisé',
      ]);
    });

    test('the card of a renewal stays when the next expiry comes near', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.at(D60);
      await world.renew(account, '16/03/2028 02:00:00');
      await world.tick();
      await world.at('14/01/2028 09:00:00');
      expect(world.teams.shown(CAMILLE).map(({ title }) => title)).toEqual([
        'Mot de passe Chorus Pro réinitialisé',
        'Le mot de passe Chorus Pro expire dans 62 jours',
      ]);
    });

    test('a team that no longer wants reminders reads nothing more: its card is closed', async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM, SECOND_TEAM] });
      await world.at(D60);
      await world.accounts.change(account.id, (before) => ({ ...before, channels: [SECOND_TEAM] }));
      await world.renew(account, '16/03/2028 02:00:00');
      await world.tick();
      expect(world.teams.shown('team').map(({ title }) => title)).toEqual(["Cette carte n'est plus valable"]);
      expect(world.slack.titles('C2')).toHaveLength(2);
    });

    test('a renewal of which nobody had been reminded is not told', async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE);
      await world.renew(account, '16/03/2028 02:00:00');
      await world.tick();
      expect([...titles('team'), ...titles(CAMILLE)]).toEqual([]);
    });

    test('on a digest the accounts that are renewed are marked, one after the other', async () => {
      await open();
      const first = await world.account(EXPIRES, { channels: [TEAM] });
      const second = await world.account(EXPIRES, { channels: [TEAM] });
      await world.at(D60);
      await world.renew(first, '16/03/2028');
      await world.tick();
      expect(read(world.teams.shown('team')[0] as never)).toMatch(
        /^1 mot de passe Chorus Pro à réinitialiser\n.*Commune 1.*✅ réinitialisé par Camille Roy.*\n.*Commune 2.*62 jours/,
      );
      await world.renew(second, '16/03/2028');
      await world.tick();
      expect(world.teams.shown('team')[0]?.title).toBe('Mot de passe Chorus Pro réinitialisé');
      expect(titles('team')).toHaveLength(3);
    });

    test('while a reset runs the card says who leads it, and is left alone where the reset lives on it', async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE);
      await world.at(D60);
      const { reset } = begin('r', 'signIn', world.now);
      const holder = { id: CAMILLE, name: 'Camille Roy', language: 'fr' as const };
      const posted = world.teams.message(CAMILLE, titles(CAMILLE)[0] ?? '');
      await world.resets.save(account.id, { reset, holder, place: privately(CAMILLE), posted }, 0);
      await world.accounts.lookAgain(account.id);
      await world.tick();
      expect(read(world.teams.shown('team')[0] as never)).toContain(
        'Camille Roy mène la réinitialisation depuis',
      );
      expect(world.teams.messages.get(posted.message)?.cards).toHaveLength(1);
      await world.at(D30);
      expect(world.teams.messages.get(posted.message)?.cards).toHaveLength(1);
    });

    test('an administrator reads the same on a digest once one of its accounts is renewed', async () => {
      await open('16/03/2027 12:00:00');
      const first = await world.account(EXPIRES);
      await world.account(EXPIRES);
      await world.meet(CAMILLE, ALIX);
      await world.at(D1);
      await world.renew(first, '16/03/2028 02:00:00');
      await world.tick();
      const [card] = world.teams.shown(ALIX);
      expect(read(card as never)).toMatch(
        /✅ réinitialisé par Camille Roy.*\n.*Commune 2.*À faire par Camille Roy/,
      );
      expect(card?.actions).toEqual([]);
    });

    test('an administrator who manages one account of a digest begins it from there', async () => {
      await open('16/03/2027 12:00:00');
      await world.account(EXPIRES);
      const theirs = await world.account(EXPIRES, { manager: ALIX });
      await world.meet(CAMILLE, ALIX);
      await world.at(D1);
      const digest = () => world.teams.shown(ALIX)[0];
      expect(digest()?.actions.map(({ label }) => label)).toEqual(['Commencer la réinitialisation']);
      expect(read(digest() as never)).toMatch(/Commune 1.*À faire par Camille Roy.*\n.*Commune 2[^À]*$/);
      await world.renew(theirs, '16/03/2028 02:00:00');
      await world.tick();
      expect(digest()?.actions).toEqual([]);
    });

    test('a digest on which the reset of one account lives is left alone by what happens to the others', async () => {
      await open();
      const [first, second, third] = [
        await world.account(EXPIRES),
        await world.account(EXPIRES),
        await world.account(EXPIRES),
      ];
      await world.meet(CAMILLE);
      await world.at(D60);
      const { reset } = begin('r', 'signIn', world.now);
      const holder = { id: CAMILLE, name: 'Camille Roy', language: 'fr' as const };
      const posted = world.teams.message(CAMILLE, '3 mots de passe Chorus Pro à réinitialiser');
      await world.resets.save(first.id, { reset, holder, place: privately(CAMILLE), posted }, 0);
      const drawn = () => world.teams.messages.get(posted.message)?.cards.length;
      const expiry = { at: paris('19/03/2027 02:00:00').toISOString(), estimated: false };
      await world.accounts.change(second.id, (account) => ({ ...account, expiry }));
      await world.tick();
      expect(drawn()).toBe(1);
      await world.renew(second, '16/03/2028 02:00:00');
      await world.tick();
      expect(drawn()).toBe(1);
      await world.accounts.remove(third.id);
      await world.tick();
      expect(drawn()).toBe(1);
      await world.at(D30);
      expect(drawn()).toBe(1);
    });

    test('an account that is removed leaves the others of its digest where they are', async () => {
      await open();
      const first = await world.account(EXPIRES, { channels: [TEAM] });
      await world.account(EXPIRES, { channels: [TEAM] });
      await world.at(D60);
      await world.accounts.remove(first.id);
      await world.tick();
      expect(read(world.teams.shown('team')[0] as never)).toMatch(
        /^1 mot de passe Chorus Pro à réinitialiser\n.*Commune 2/,
      );
    });

    test('an account that is removed leaves cards that say so, and nothing in the agenda', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.at(D60);
      await world.accounts.remove(account.id);
      await world.tick();
      expect(read(world.teams.shown(CAMILLE)[0] as never)).toContain("n'est plus suivi");
      expect(await world.accounts.looks([account.id])).toEqual([undefined]);
      expect(await world.store.read(`reminder/${account.id}`)).toBeUndefined();
    });
  });

  describe('« Reporter le rappel »', () => {
    const TITLE = 'Le mot de passe Chorus Pro expire dans 30 jours';
    const given = async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE, DENIS);
      await world.at(D30);
      return account;
    };

    test.each([
      ['tomorrow', '17/02/2027 09:00:00'],
      ['monday', '22/02/2027 09:00:00'],
      ['week', '23/02/2027 09:00:00'],
    ])('%s comes at 9:00, once, to whoever asked and to nobody else', async (until, morning) => {
      const account = await given();
      const answer = await world.snooze(CAMILLE, account, until, TITLE);
      expect(answer).toMatchObject({ kind: 'card' });
      await world.at(morning.replace('09:00', '08:59'));
      expect(titles(CAMILLE)).toHaveLength(1);
      await world.at(morning);
      await world.at(morning.replace('09:00', '19:00'));
      expect(titles(CAMILLE)).toHaveLength(2);
      expect(titles('team')).toHaveLength(1);
    });

    test('the card says until when, and still lets one begin', async () => {
      const account = await given();
      const answer = await world.snooze(CAMILLE, account, 'monday', TITLE);
      const card = answer.kind === 'card' ? answer.card : undefined;
      expect(read(card as never)).toContain('Je vous le rappellerai le 22 février 2027');
      expect(card?.actions.map(({ label }) => label)).toEqual(['Commencer la réinitialisation']);
    });

    test('a threshold within it waits for its end, and comes as one message', async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE);
      await world.at('01/03/2027 10:00:00');
      await world.snooze(CAMILLE, account, 'monday', 'Le mot de passe Chorus Pro expire dans 17 jours');
      await world.at(D15);
      expect([titles(CAMILLE).length, titles('team').length]).toEqual([1, 2]);
      await world.at('08/03/2027 09:00:00');
      expect(titles(CAMILLE)).toHaveLength(2);
      expect(titles('team')).toHaveLength(2);
    });

    test('it never reaches past the expiry', async () => {
      await open('12/03/2027 12:00:00');
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.at(D3);
      const [card] = world.teams.shown(CAMILLE);
      const choice = card?.body.find((block) => block.kind === 'choice');
      expect(choice).toMatchObject({ options: [{ value: 'tomorrow' }] });
      const answer = await world.snooze(CAMILLE, account, 'week', card?.title ?? '');
      expect(answer.kind).toBe('refusal');
      await world.at(D1);
      expect(titles(CAMILLE)).toHaveLength(2);
    });

    test('of a digest it holds for all of its accounts, and for nobody else', async () => {
      await open('16/03/2027 12:00:00');
      const account = await world.account('26/03/2027 02:00:00');
      const others = ['25/03/2027 02:00:00', '31/03/2027 02:00:00'];
      for (const expires of others) await world.account(expires, { thresholds: [12, 6] });
      await world.meet(CAMILLE);
      await world.at('19/03/2027 09:00:00');
      const DIGEST = '3 mots de passe Chorus Pro à réinitialiser';
      expect(titles(CAMILLE)).toEqual([DIGEST]);
      const [shown] = world.teams.shown(CAMILLE);
      // Thursday 25 at 2:00 comes before the end of the week.
      expect(shown?.body.find(({ kind }) => kind === 'choice')).toMatchObject({
        options: [{ value: 'monday' }],
      });
      expect((await world.snooze(CAMILLE, account, 'week', DIGEST)).kind).toBe('refusal');
      const answer = await world.snooze(CAMILLE, account, 'monday', DIGEST);
      const card = answer.kind === 'card' ? answer.card : undefined;
      expect(read(card as never)).toMatch(/^3 mots.*Je vous le rappellerai le 22 mars 2027/s);
      expect(card?.actions.map(({ label }) => label)).toEqual(['Commencer la réinitialisation']);
      await world.at('22/03/2027 08:59:00');
      expect(titles(CAMILLE)).toHaveLength(1);
      await world.at('22/03/2027 09:00:00');
      expect(titles(CAMILLE)).toEqual([DIGEST, DIGEST]);
    });

    test('of a digest it leaves alone the accounts that others must renew', async () => {
      await open('16/03/2027 12:00:00');
      const theirs = await world.account('18/03/2027 18:00:00', { manager: ALIX });
      const other = await world.account('18/03/2027 18:00:00');
      await world.meet(CAMILLE, ALIX);
      await world.at(D1);
      const DIGEST = '2 mots de passe Chorus Pro à réinitialiser';
      expect((await world.snooze(ALIX, theirs, 'tomorrow', DIGEST)).kind).toBe('card');
      const untils = await Promise.all(
        [theirs, other].map(async ({ id }) => {
          const found = await world.store.read<ReminderRecord>(`reminder/${id}`);
          return found?.value.told[ALIX]?.snoozedUntil;
        }),
      );
      expect(untils).toEqual([paris(D0).toISOString(), undefined]);
    });

    test('it does not reach past an expiry that is corrected to an earlier date', async () => {
      const account = await given();
      await world.snooze(CAMILLE, account, 'week', TITLE);
      const at = paris('19/02/2027 02:00:00').toISOString();
      await world.correct(account, at);
      await world.at('16/02/2027 10:00:00');
      expect(titles(CAMILLE).slice(1)).toEqual(['Le mot de passe Chorus Pro expire dans 3 jours']);
    });

    test('it stands where the corrected expiry comes after it', async () => {
      const account = await given();
      await world.snooze(CAMILLE, account, 'monday', TITLE);
      const at = paris('10/03/2027 02:00:00').toISOString();
      await world.correct(account, at);
      await world.at('17/02/2027 10:00:00');
      expect(titles(CAMILLE)).toHaveLength(1);
      await world.at('22/02/2027 09:00:00');
      expect(titles(CAMILLE)).toHaveLength(2);
    });

    test('a stranger, and somebody who may not act, is refused as if there were no account', async () => {
      const account = await given();
      await world.meet(ALIX);
      world.teams.messages.set('fake', {
        to: ALIX,
        at: world.now,
        cards: [{ title: 'x', body: [], actions: [] }],
      });
      const answer = await world.snooze(ALIX, account, 'monday', 'x');
      expect(answer).toEqual({ kind: 'refusal', text: expect.stringContaining('Aucun compte technique') });
    });

    test('a refused password breaks the peace', async () => {
      const account = await given();
      await world.snooze(CAMILLE, account, 'week', TITLE);
      const at = paris('17/02/2027 04:00:00').toISOString();
      await world.checks.save(account.id, { testedAt: at, refused: { version: 1, at } }, 0);
      await world.accounts.lookAgain(account.id);
      await world.at('17/02/2027 04:01:00');
      expect(titles(CAMILLE).at(-1)).toBe('Mot de passe Chorus Pro refusé au test quotidien');
    });
  });

  describe('early warnings', () => {
    const TOMORROW = 'Le mot de passe Chorus Pro expire demain';
    const REFUSED = 'Mot de passe Chorus Pro refusé au test quotidien';
    /** The daily test has found what somebody forgot to put in use. */
    const waits = async ({ id }: Account, clock: string) => {
      const since = paris(clock).toISOString();
      await world.checks.save(id, { testedAt: since, waiting: { version: 4, since } }, 0);
      await world.accounts.lookAgain(id);
      await world.at(clock);
    };
    /** The daily test has found the password in use refused. */
    const isRefused = async ({ id }: Account, clock: string) => {
      const at = paris(clock).toISOString();
      await world.checks.change(id, () => ({ testedAt: at, refused: { version: 1, at } }));
      await world.accounts.lookAgain(id);
      await world.at(clock);
    };
    /** Somebody has tested the connection, and it works. */
    const works = async ({ id }: Account, clock: string) => {
      const conclusiveTest = paris(clock).toISOString();
      await world.accounts.change(id, (account) => ({ ...account, conclusiveTest }));
      await world.at(clock);
    };

    test('a refusal before the date is told at once to everybody but a team, once', async () => {
      await open();
      const account = await world.account('18/03/2028', { channels: [TEAM] });
      await world.meet(CAMILLE, DENIS, ALIX);
      const at = paris('20/01/2027 04:00:00').toISOString();
      await world.checks.save(account.id, { testedAt: at, refused: { version: 1, at } }, 0);
      await world.accounts.lookAgain(account.id);
      await world.at('20/01/2027 04:00:03');
      await world.at('22/01/2027 09:00:00');
      for (const to of [CAMILLE, DENIS, ALIX])
        expect(titles(to)).toEqual(['Mot de passe Chorus Pro refusé au test quotidien']);
      expect(titles('team')).toEqual([]);
    });

    test('a test that succeeded since makes it a thing of the past', async () => {
      await open();
      const account = await world.account('18/03/2028');
      await world.meet(CAMILLE);
      const at = paris('20/01/2027 04:00:00').toISOString();
      await world.checks.save(account.id, { testedAt: at, refused: { version: 1, at } }, 0);
      const conclusiveTest = paris('20/01/2027 08:00:00').toISOString();
      await world.accounts.change(account.id, (a) => ({ ...a, conclusiveTest }));
      await world.at('20/01/2027 09:00:00');
      expect(titles(CAMILLE)).toEqual([]);
    });

    test('a refusal that is over is told to nobody any more, and no card goes on with it', async () => {
      await open();
      const account = await world.account('18/03/2028', { channels: [TEAM] });
      await world.meet(CAMILLE, DENIS);
      await isRefused(account, '20/01/2027 04:00:00');
      await works(account, '20/01/2027 08:00:00');
      for (const to of [CAMILLE, DENIS]) {
        expect(world.teams.shown(to).map(({ title, actions }) => [title, actions])).toEqual([
          ['Mot de passe Chorus Pro à nouveau accepté', []],
        ]);
        expect(read(world.teams.shown(to)[0] as never)).toContain('Prochaine expiration le 18 mars 2028');
      }
      await world.accounts.change(account.id, (a) => ({ ...a, channels: [TEAM, SECOND_TEAM] }));
      await world.meet(ALIX);
      await world.at('22/02/2027 10:00:00');
      expect([titles(ALIX), world.slack.titles('C2')]).toEqual([[], []]);
      await isRefused(account, '23/02/2027 04:00:00');
      for (const to of [CAMILLE, ALIX]) expect(titles(to).at(-1)).toBe(REFUSED);
      expect(titles('team')).toEqual([]);
    });

    test('once a refusal is over, the card of a threshold that was told with it goes on', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.at(D30);
      await isRefused(account, '17/02/2027 04:00:00');
      await works(account, '18/02/2027 08:00:00');
      expect(titles(CAMILLE)).toHaveLength(2);
      const card = world.teams.shown(CAMILLE).at(-1);
      expect(card?.title).toBe('Le mot de passe Chorus Pro expire dans 28 jours');
      expect(card?.actions.map(({ label }) => label)).toEqual(['Commencer la réinitialisation']);
      expect(read(card as never)).not.toContain('refusé');
      await world.at(D15);
      expect(titles(CAMILLE)).toHaveLength(3);
    });

    test('on a digest of refusals those that are over are marked', async () => {
      await open();
      const first = await world.account('18/03/2028');
      const second = await world.account('18/03/2028');
      await world.meet(CAMILLE);
      const at = paris('20/01/2027 04:00:00').toISOString();
      for (const { id } of [first, second]) {
        await world.checks.save(id, { testedAt: at, refused: { version: 1, at } }, 0);
        await world.accounts.lookAgain(id);
      }
      await world.at('20/01/2027 04:00:03');
      await works(first, '20/01/2027 08:00:00');
      const digest = () => read(world.teams.shown(CAMILLE)[0] as never);
      expect(digest()).toMatch(
        /^1 mot de passe Chorus Pro à réinitialiser\n.*Commune 1.*✅ à nouveau accepté.*\n.*Commune 2.*refusé/,
      );
      await works(second, '20/01/2027 09:00:00');
      expect(digest()).toMatch(/^Mot de passe Chorus Pro à nouveau accepté/);
      expect(titles(CAMILLE)).toHaveLength(1);
    });

    test('past its expiry an account is no longer said to be refused before it', async () => {
      await open('15/03/2027 12:00:00');
      const account = await world.account('20/03/2027 02:00:00', { thresholds: [60] });
      await world.meet(CAMILLE);
      await isRefused(account, '16/03/2027 04:00:00');
      await world.at('20/03/2027 10:00:00');
      await world.meet(ALIX);
      await world.at('20/03/2027 10:01:00');
      expect(titles(ALIX)).toEqual(["Le mot de passe Chorus Pro a expiré aujourd'hui à 2 h 00"]);
    });

    test('an account that is removed and added again is not refused', async () => {
      await open();
      const account = await world.account('18/03/2028');
      await world.meet(CAMILLE);
      await isRefused(account, '20/01/2027 04:00:00');
      await world.accounts.remove(account.id);
      await world.tick();
      expect(await world.checks.find(account.id)).toBeUndefined();
      await world.checks.save(
        account.id,
        { testedAt: '', refused: { version: 1, at: world.now.toISOString() } },
        0,
      );
      world.setClock('20/01/2027 05:00:00');
      await world.accounts.add({ ...account, addedAt: world.now.toISOString() });
      await world.at('20/01/2027 05:00:01');
      expect(titles(CAMILLE)).toHaveLength(1);
    });

    test('an account that is removed and at once added again is not said to be accepted either', async () => {
      await open();
      const account = await world.account('18/03/2028');
      await world.meet(CAMILLE);
      await isRefused(account, '20/01/2027 04:00:00');
      await world.accounts.remove(account.id);
      world.setClock('20/01/2027 05:00:00');
      await world.accounts.add({ ...account, addedAt: world.now.toISOString() });
      await world.tick();
      expect(world.teams.shown(CAMILLE).map(({ title }) => title)).toEqual([
        'Le mot de passe Chorus Pro expire dans 423 jours',
      ]);
    });

    test('a password that waits is told to its manager alone, once', async () => {
      await open();
      const account = await world.account('18/03/2028', { channels: [TEAM] });
      await world.meet(CAMILLE, DENIS, ALIX);
      const since = paris('13/01/2027 10:00:00').toISOString();
      await world.checks.save(account.id, { testedAt: since, waiting: { version: 4, since } }, 0);
      await world.accounts.lookAgain(account.id);
      await world.at('15/01/2027 04:00:00');
      await world.at('16/01/2027 04:00:00');
      expect([CAMILLE, DENIS, ALIX, 'team'].map((to) => titles(to).length)).toEqual([1, 0, 0, 0]);
    });

    test('a password that waits is told when all of the calendar is delivered, which it takes from nobody', async () => {
      await open('16/03/2027 12:00:00');
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE, DENIS, ALIX);
      world.teams.refuse = (to) => (to === CAMILLE ? undefined : new Error('500'));
      await world.at(D1);
      await waits(account, '17/03/2027 09:00:30');
      expect(titles(CAMILLE)).toEqual([TOMORROW]);
      world.teams.refuse = () => undefined;
      await world.at('17/03/2027 09:01:00');
      for (const to of [DENIS, ALIX, 'team']) expect(titles(to)).toEqual([TOMORROW]);
      expect(titles(CAMILLE)).toEqual([
        TOMORROW,
        'Un nouveau mot de passe est gardé, mais pas encore en service',
      ]);
    });

    test('a password that waits leaves « Reporter le rappel » its morning', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.at(D30);
      await world.snooze(CAMILLE, account, 'monday', 'Le mot de passe Chorus Pro expire dans 30 jours');
      await waits(account, '17/02/2027 04:00:00');
      await world.at('22/02/2027 09:00:00');
      expect(titles(CAMILLE).slice(1)).toEqual([
        'Le mot de passe Chorus Pro expire dans 24 jours',
        'Un nouveau mot de passe est gardé, mais pas encore en service',
      ]);
    });

    test('a password that waits, of which nobody could be told before a threshold, is told after it', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      world.teams.refuse = () => new Error('500');
      await waits(account, '16/02/2027 08:59:30');
      await world.at(D30);
      world.teams.refuse = () => undefined;
      await world.at('16/02/2027 09:01:00');
      expect(titles(CAMILLE)).toEqual([
        'Le mot de passe Chorus Pro expire dans 30 jours',
        'Un nouveau mot de passe est gardé, mais pas encore en service',
      ]);
    });

    test('a refusal reaches those who could not be told of it before a threshold, and nobody else again', async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE, DENIS, ALIX);
      world.teams.refuse = (to) => (to === DENIS || to === 'team' ? new Error('500') : undefined);
      await isRefused(account, '16/02/2027 08:59:30');
      world.teams.refuse = () => undefined;
      await world.at('16/02/2027 09:01:00');
      await world.at(D15);
      expect([CAMILLE, DENIS, ALIX, 'team'].map((to) => titles(to).length)).toEqual([3, 1, 1, 2]);
      const denis = () => read(world.teams.shown(DENIS)[0] as never);
      expect(denis()).toContain('test quotidien du mot de passe en service a échoué');
      await works(account, '04/03/2027 10:00:00');
      expect(denis()).not.toContain('test quotidien du mot de passe en service a échoué');
    });
  });

  describe('whatever fails', () => {
    test('a failed delivery is tried again with growing pauses, and stops nobody else', async () => {
      await open();
      await world.account(EXPIRES, { channels: [TEAM] });
      await world.account(EXPIRES, { manager: DENIS });
      await world.meet(CAMILLE, DENIS);
      world.teams.refuse = (to) => (to === CAMILLE ? new Error('500') : undefined);
      await world.at(D60);
      expect([titles(DENIS).length, titles('team').length]).toEqual([1, 1]);
      const tries: string[] = [];
      for (let minute = 1; minute < 400; minute++) {
        const before = world.teams.attempts.length;
        const [hour, rest] = [9 + Math.floor(minute / 60), minute % 60];
        await world.at(`15/01/2027 ${String(hour).padStart(2, '0')}:${String(rest).padStart(2, '0')}:00`);
        if (world.teams.attempts.length > before) tries.push(`${hour}:${String(rest).padStart(2, '0')}`);
      }
      expect(tries).toEqual(['9:01', '9:06', '9:21', '10:21', '14:21']);
      world.teams.refuse = () => undefined;
      await world.at('15/01/2027 18:21:00');
      await world.at('15/01/2027 22:21:00');
      expect([titles(CAMILLE).length, titles(DENIS).length, titles('team').length]).toEqual([1, 1, 1]);
    });

    test('a reminder that could not be delivered gives way to the next one', async () => {
      await open();
      await world.account(EXPIRES);
      await world.meet(CAMILLE);
      world.teams.refuse = () => new Error('500');
      await world.at(D60);
      await world.at('14/02/2027 10:00:00');
      world.teams.refuse = () => undefined;
      await world.at(D30);
      expect(titles(CAMILLE)).toEqual(['Le mot de passe Chorus Pro expire dans 30 jours']);
    });

    test('Retry-After is obeyed, and the others are delivered meanwhile', async () => {
      await open();
      await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE);
      world.teams.refuse = (to) => (to === CAMILLE ? new TryLater(7 * 60_000) : undefined);
      await world.at(D60);
      world.teams.refuse = () => undefined;
      await world.at('15/01/2027 09:06:59');
      expect([titles(CAMILLE).length, titles('team').length]).toEqual([0, 1]);
      await world.at('15/01/2027 09:07:00');
      expect(titles(CAMILLE)).toHaveLength(1);
    });

    test('a conversation that is gone is told to the administrators, given up, and stops nobody else', async () => {
      await open();
      const first = await world.account(EXPIRES, { channels: [TEAM, SECOND_TEAM] });
      const second = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE, ALIX);
      world.teams.refuse = (to) => (to === 'team' ? new PlaceGone('404') : undefined);
      await world.at(D60);
      expect(titles(CAMILLE)).toHaveLength(1);
      expect(world.slack.titles('C2')).toHaveLength(1);
      expect(titles(ALIX)).toEqual(['Une conversation ne reçoit plus de rappels']);
      expect(read(world.teams.shown(ALIX)[0] as never)).toContain('Commune 1, Commune 2');
      expect((await world.accounts.find(first.id))?.channels).toEqual([SECOND_TEAM]);
      expect((await world.accounts.find(second.id))?.channels).toBeUndefined();
      const tries = world.teams.attempts.filter((to) => to === 'team').length;
      await world.at(D30);
      expect(world.teams.attempts.filter((to) => to === 'team')).toHaveLength(tries);
    });

    test('while no administrator can be told of it, it is not given up', async () => {
      await open();
      const account = await world.account(EXPIRES, { channels: [TEAM] });
      await world.meet(CAMILLE, ALIX);
      world.teams.refuse = (to) =>
        to === 'team' ? new PlaceGone('404') : to === ALIX ? new Error('500') : undefined;
      await world.at(D60);
      expect((await world.accounts.find(account.id))?.channels).toEqual([TEAM]);
      world.teams.refuse = (to) => (to === 'team' ? new PlaceGone('404') : undefined);
      await world.at('15/01/2027 09:01:00');
      expect((await world.accounts.find(account.id))?.channels).toBeUndefined();
      expect(titles(ALIX)).toHaveLength(1);
    });

    test('a person who has removed the bot is unreached, and is told again when they come back', async () => {
      await open();
      await world.account(EXPIRES);
      await world.meet(CAMILLE, ALIX);
      world.teams.refuse = (to) => (to === CAMILLE ? new PlaceGone('403') : undefined);
      await world.at(D60);
      expect(read(world.teams.shown(ALIX)[0] as never)).toContain("Je n'ai pas pu prévenir en privé");
      world.teams.refuse = () => undefined;
      await world.meet(CAMILLE);
      await world.at('15/01/2027 09:00:30');
      expect(titles(CAMILLE)).toHaveLength(1);
    });

    test('they are told again also by a replica that had met them, where another has lost them', async () => {
      await open();
      await world.account(EXPIRES);
      await world.meet(CAMILLE);
      world.teams.refuse = (to) => (to === CAMILLE ? new PlaceGone('403') : undefined);
      await world.at(D60, [await world.replica()]);
      world.teams.refuse = () => undefined;
      await world.meet(CAMILLE);
      await world.at('15/01/2027 09:05:00');
      expect(titles(CAMILLE)).toHaveLength(1);
    });

    test('a person whom the bot has never met is written to first, where the platform allows it', async () => {
      await open();
      world.teams.privately = privately;
      await world.account(EXPIRES);
      await world.at(D60);
      expect(titles(CAMILLE)).toEqual(['Le mot de passe Chorus Pro expire dans 62 jours']);
      expect(titles(ALIX)).toEqual([]);
    });

    test('a person whom the bot has never met and cannot write to is unreached, and is tried no more', async () => {
      await open();
      world.teams.privately = privately;
      await world.account(EXPIRES);
      world.teams.refuse = (to) => (to === CAMILLE ? new PlaceGone('403') : undefined);
      await world.at(D60);
      await world.at(D30);
      expect(world.teams.attempts.filter((to) => to === CAMILLE)).toHaveLength(1);
      expect(world.teams.shown(ALIX).map(read).join()).toContain("Je n'ai pas pu prévenir en privé");
      world.teams.refuse = () => undefined;
      await world.meet(CAMILLE);
      await world.at('16/02/2027 11:00:00');
      expect(titles(CAMILLE)).toEqual(['Le mot de passe Chorus Pro expire dans 30 jours']);
    });

    test('an account that cannot be read stops no other', async () => {
      await open();
      await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.store.write('account/broken', { id: 'broken', login: 'broken' }, 0);
      await world.accounts.lookAgain('broken');
      await world.at(D60);
      expect(titles(CAMILLE)).toHaveLength(1);
      expect(world.logged.join('')).toContain('account.unreadable');
    });
  });

  describe('several replicas', () => {
    test('tell everybody once between them', async () => {
      await open();
      for (let i = 0; i < 30; i++) await world.account(EXPIRES, { manager: `teams:t:m${i}`, deputy: DENIS });
      const managers = Array.from({ length: 30 }, (_, i) => `teams:t:m${i}` as const);
      await world.meet(...managers);
      const replicas = [world.reminders, await world.replica(), await world.replica()];
      await world.at(D60, replicas);
      expect(managers.map((to) => titles(to).length)).toEqual(managers.map(() => 1));
    });

    test('go on where one has died, when its claims have run out', async () => {
      await open();
      await world.account(EXPIRES);
      await world.meet(CAMILLE);
      const leaseMs = 600_000;
      const dead = await world.replica({ budgetMs: 60_000, patienceMs: 600_000, leaseMs });
      const { sending, goOn } = world.standStill();
      const dying = world.at(D60, [dead]);
      const died = await sending;
      goOn();
      await world.reminders.tick();
      expect(titles(CAMILLE)).toEqual([]);
      await world.ageClaims(leaseMs);
      await world.reminders.tick();
      expect(titles(CAMILLE)).toHaveLength(1);
      died(new Error('killed'));
      await dying.catch(() => undefined);
      expect(titles(CAMILLE)).toHaveLength(1);
    });

    test('what one tick has no time for is done by the next', async () => {
      await open();
      for (let i = 0; i < 5; i++) await world.account(EXPIRES, { manager: `teams:t:m${i}`, deputy: DENIS });
      const managers = Array.from({ length: 5 }, (_, i) => `teams:t:m${i}` as const);
      await world.meet(...managers);
      const hurried = await world.replica({ budgetMs: 0, patienceMs: 1_000, leaseMs: 2_000 });
      await world.at(D60, [hurried]);
      expect(world.teams.messages.size).toBe(0);
      await world.tick();
      expect(managers.map((to) => titles(to).length)).toEqual([1, 1, 1, 1, 1]);
    });
  });

  describe('the agenda', () => {
    test('is rebuilt from the accounts where it was lost', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.meet(CAMILLE);
      await world.tick();
      await world.accounts.lookLater([{ id: account.id, at: undefined }]);
      await world.at('14/01/2027 10:00:00');
      expect(await world.accounts.looks([account.id])).toEqual([paris(D60)]);
      expect(world.logged.join('')).toContain('agenda.mended');
    });

    test('is rebuilt at once and by one replica where it was lost for thousands of accounts', async () => {
      await open();
      const { id: _, ...account } = await world.account(EXPIRES);
      const ids = await world.accountsOutsideTheAgenda(12_000, account);
      const replicas = [world.reminders, await world.replica(), await world.replica()];
      await Promise.all(replicas.map((each) => each.tick()));
      await Promise.all(replicas.map((each) => each.settled()));
      const looks = await world.accounts.looks(ids);
      expect(looks.filter((at) => at?.getTime() !== paris(D60).getTime())).toEqual([]);
      expect(world.logged.filter((line) => line.includes('agenda.lost'))).toHaveLength(1);
    });

    test('is not taken for lost where a few accounts are missing', async () => {
      await open();
      const accounts = await Promise.all(Array.from({ length: 10 }, () => world.account(EXPIRES)));
      await world.tick();
      await world.accounts.lookLater([{ id: accounts[3]?.id ?? '', at: undefined }]);
      await world.at('14/01/2027 10:00:00');
      await world.reminders.settled();
      expect(world.logged.join('')).toContain('agenda.mended');
      expect(world.logged.join('')).not.toContain('agenda.lost');
    });

    test('keeps what an account is moved to while it is being mended', async () => {
      await open();
      const { id } = await world.account(EXPIRES);
      await world.tick();
      await world.accounts.lookLater([{ id, at: undefined }]);
      const readMany = world.store.readMany.bind(world.store);
      world.store.readMany = async <T>(keys: readonly string[]) => {
        const found = await readMany<T>(keys);
        await world.accounts.lookAgain(id);
        return found;
      };
      world.setClock('14/01/2027 10:00:00');
      await world.reminders.tick();
      const [at] = await world.accounts.looks([id]);
      expect(at?.getTime()).toBeLessThan(world.now.getTime());
    });

    test('is mended where an instant in it is too late, and left alone where it is right', async () => {
      await open();
      const account = await world.account(EXPIRES);
      await world.account(EXPIRES);
      await world.tick();
      await world.accounts.lookLater([{ id: account.id, at: paris('01/01/2030') }]);
      await world.at('14/01/2027 10:00:00');
      expect(await world.accounts.looks([account.id])).toEqual([paris(D60)]);
      expect(world.logged.filter((line) => line.includes('agenda.mended'))).toEqual([
        expect.stringContaining('"count":1'),
      ]);
    });

    test('has no instant for an account without a known expiry', async () => {
      await open();
      await world.accounts.add({
        login: 'TECH_X',
        siret: '21590350100017',
        structure: 'X',
        manager: CAMILLE,
        alertMonths: 12,
        addedAt: world.now.toISOString(),
      });
      await world.tick();
      expect(await world.accounts.looks(['tech_x'])).toEqual([undefined]);
    });
  });

  test('the accounts are counted for an alert: what expires soon, and what nobody has begun to renew', async () => {
    const gauges = async () => {
      const { text } = await world.metrics.expose('private');
      const lines = [...text.matchAll(/^chorus_bot_accounts(\S*) (\d+)$/gm)];
      return Object.fromEntries(lines.map(([, name, value]) => [name, Number(value)]));
    };
    await open();
    expect(await gauges()).toEqual({});
    const led = await world.account('19/01/2027 02:00:00');
    await world.account('12/01/2027 20:00:00', { manager: DENIS });
    await world.account('30/01/2027', { manager: DENIS });
    await world.account('11/01/2027', { manager: DENIS });
    await world.account('18/03/2028', { manager: DENIS });
    const suspended = await world.account('13/01/2027', { manager: DENIS });
    await world.accounts.change(suspended.id, (account) => ({
      ...account,
      suspendedAt: world.now.toISOString(),
    }));
    const { reset } = begin('r', 'signIn', world.now);
    const place = { platform: 'teams', private: true, address: { conversation: 'c' } } as const;
    const holder = { id: CAMILLE, name: 'Camille', language: 'fr' } as const;
    await world.resets.save(led.id, { reset, holder, place }, 0);
    await world.tick();
    expect(await gauges()).toEqual({
      '': 6,
      _suspended: 1,
      _without_expiry: 0,
      _expired: 1,
      _refused: 0,
      '_expiring{within_days="1"}': 1,
      '_expiring{within_days="7"}': 2,
      '_expiring{within_days="30"}': 3,
      '_expiring_without_action{within_days="1"}': 1,
      '_expiring_without_action{within_days="7"}': 1,
      '_expiring_without_action{within_days="30"}': 2,
    });
  });

  describe('the monthly line', () => {
    test('comes on the first working morning of a month, once, with the next expiry', async () => {
      await open();
      await world.account(EXPIRES);
      await world.account('18/02/2028', { manager: DENIS });
      await world.meet(ALIX, CAMILLE, DENIS);
      await world.tick();
      const other = await world.replica();
      await other.tick();
      for (const morning of [
        '29/01/2027 10:00:00',
        '01/02/2027 08:59:00',
        '01/02/2027 09:00:00',
        '02/02/2027 09:00:00',
      ])
        await world.at(morning, [world.reminders, other]);
      expect(world.teams.shown(ALIX).map(read)).toEqual([
        'Suivi des mots de passe Chorus Pro\n2 comptes suivis, prochaine expiration le 18 mars 2027.',
      ]);
    });

    test('counts those that have expired apart', async () => {
      await open();
      await world.account('11/01/2027');
      await world.account('18/02/2028');
      await world.meet(ALIX);
      await world.tick();
      await world.at('01/02/2027 09:00:00');
      expect(world.teams.shown(ALIX).map(read)).toContain(
        'Suivi des mots de passe Chorus Pro\n2 comptes suivis, prochaine expiration le 18 février 2028. 1 mot de passe expiré, à réinitialiser.',
      );
    });
  });
});
