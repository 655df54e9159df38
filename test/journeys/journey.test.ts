import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/store/accounts.ts';
import type { TestHouse } from './house.ts';
import { type Hand, type Platform, reads, type SeenForm } from './platform.ts';
import { platforms } from './platforms.ts';

const CONNECTED = 'La connexion a été établie : les paramètres de connexion sont corrects.';
const UNAVAILABLE = { kind: 'status', status: 503 } as const;
const HOUR = 3_600_000;

describe.each(platforms)('on %s', (name, open) => {
  let house: TestHouse;
  let platform: Platform;
  let people = 0;

  beforeAll(async () => {
    ({ house, platform } = await open());
  }, 30_000);

  afterAll(async () => {
    await platform.close();
    await house.close();
  });

  /** A manager of one account, alone with the bot. */
  async function manager(
    more: Partial<Account> = {},
  ): Promise<{ who: string; account: Account; hand: Hand }> {
    const who = `manager-${++people}`;
    const account = await house.account(platform.idOf(who), more);
    return { who, account, hand: platform.hand(who, 'private') };
  }

  /** Walks to the card that shows the new password, with « C'est fait ». */
  async function walkToPassword(hand: Hand): Promise<void> {
    await hand.say('réinitialiser');
    for (let step = 1; step < 5; step++) await hand.press("C'est fait");
    expect(hand.card().texts.join('\n')).toContain('Copier le nouveau mot de passe');
  }

  async function form(hand: Hand, button: string): Promise<SeenForm> {
    const opened = await hand.open(button);
    if (typeof opened === 'string') throw new Error(`no form, but: ${opened}`);
    return opened;
  }

  /** The card, once it says so: what the bot draws by itself comes a moment after the answer. */
  async function until(hand: Hand, sentence: string, withinMs = 10_000): Promise<void> {
    for (const end = Date.now() + withinMs; !hand.cards().some((card) => reads(card, sentence)); ) {
      if (Date.now() > end) throw new Error(`never read: ${sentence}; but: ${hand.card().texts.join(' / ')}`);
      await sleep(20);
    }
  }

  const current = async (account: Account) => (await house.credentials.current(account.id))?.secret.reveal();
  const pending = async (account: Account) => (await house.credentials.pending(account.id))?.secret.reveal();

  test('a password is renewed in ten clicks, typing nothing but the password, which nobody ever sees again', async () => {
    const { account, hand } = await manager();
    const old = await current(account);
    await hand.say('réinitialiser');
    let clicks = 0;
    const press = async (label: string) => {
      clicks += 1;
      expect(await hand.press(label)).toBeUndefined();
    };

    expect(hand.card().title).toBe('Se connecter au portail');
    expect(reads(hand.card(), 'Accéder au domaine')).toBe(true);
    await press("C'est fait");
    expect(hand.card().texts.join('\n')).toContain("Ouvrir l'application Compte technique");
    await press("C'est fait");
    expect(reads(hand.card(), "Réinitialisation du mot de passe d'un compte technique")).toBe(true);
    expect(reads(hand.card(), 'Désactiver un compte technique')).toBe(true);
    await press("C'est fait");
    expect(reads(hand.card(), account.siret)).toBe(true);
    expect(reads(hand.card(), account.login)).toBe(true);
    await press("C'est fait");

    const portal = await house.askPortal(account);
    clicks += 1;
    const opened = await form(hand, "Mettre à l'abri");
    expect(opened.values['Date exp. Mot de passe']).toMatch(/^\d{2}\/\d{2}\/\d{4} 02:00:00$/);
    clicks += 1;
    expect(await hand.submit({ password: portal.password })).toContain("à l'abri");
    expect(await pending(account)).toBe(portal.password);
    expect(await current(account)).toBe(old);

    await until(hand, 'Soumettre la demande');
    await portal.submit();
    await press("C'est fait");
    expect(
      reads(hand.card(), '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.'),
    ).toBe(true);
    await press("J'ai reçu l'e-mail");
    await until(hand, CONNECTED);
    expect(reads(hand.card(), account.structure)).toBe(true);
    await press('Étape suivante');
    expect(reads(hand.card(), 'Configuration des échanges Chorus Pro')).toBe(true);
    await press('Terminer');
    expect(hand.card().title).toBe('Réinitialisation terminée');

    expect(clicks).toBeLessThanOrEqual(14);
    expect(await current(account)).toBe(portal.password);
    expect(await pending(account)).toBeUndefined();
    expect((await house.credentials.previous(account.id))?.secret.reveal()).toBe(old);
    expect((await house.accounts.find(account.id))?.expiry?.estimated).toBe(true);

    const { password } = portal;
    expect(platform.sent()).not.toContain(password);
    expect(platform.sent()).not.toContain(Buffer.from(password).toString('base64'));
    expect(house.logged).not.toContain(password);
    for (const file of await readdir(join(house.folder, 'store'))) {
      expect((await readFile(join(house.folder, 'store', file))).includes(password)).toBe(false);
    }
  });

  test('a password that was only noted is entered after the e-mail, and tested at once', async () => {
    const { account, hand } = await manager();
    await walkToPassword(hand);
    const portal = await house.askPortal(account);
    await hand.press("C'est fait");
    await portal.submit();
    await hand.press("C'est fait");
    await hand.press("J'ai reçu l'e-mail");
    await form(hand, 'Saisir un nouveau mot de passe');
    expect(await hand.submit({ password: portal.password, expiry: '18/04/2027 02:00:00' })).toContain(
      CONNECTED,
    );
    await until(hand, CONNECTED);
    expect(await current(account)).toBe(portal.password);
    const renewed = await house.accounts.find(account.id);
    expect(renewed?.expiry).toEqual({ at: '2027-04-18T00:00:00.000Z', estimated: false });
  });

  test('« Pas encore » tells where to look, and waits', async () => {
    const { hand } = await manager();
    await walkToPassword(hand);
    await hand.press("C'est fait");
    await hand.press("C'est fait");
    await hand.press('Pas encore');
    expect(hand.card().texts.join('\n')).toContain("Attendre l'e-mail");
    expect(reads(hand.card(), 'Liste des comptes techniques')).toBe(true);
  });

  test('each mistake in the form has its own sentence, and the form stays open with what was typed', async () => {
    const { account, hand } = await manager();
    await walkToPassword(hand);
    await form(hand, "Mettre à l'abri");
    const mistakes: readonly [string, string][] = [
      ['   ', 'vide'],
      ['mot de passé', 'espace'],
      ['goZckgképevikl', 'accent'],
      ['goZckg🔑Kkevikl', 'emoji'],
      ['goZckg\u0007Kkevikl', 'caractère de contrôle'],
      ['x'.repeat(10_000), 'trop long'],
      [account.login, 'identifiant'],
      ['[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.', "titre de l'e-mail"],
    ];
    const sentences = new Set<string>();
    for (const [typed, told] of mistakes) {
      const again = await hand.submit({ password: typed, expiry: '18/04/2027 02:00:00' });
      if (typeof again === 'string') throw new Error(`the form closed: ${again}`);
      expect(again.texts.join('\n')).toContain(told);
      expect(again.values['Date exp. Mot de passe']).toBe('18/04/2027 02:00:00');
      sentences.add(again.texts.join('\n'));
    }
    expect(sentences.size).toBe(mistakes.length);
    expect(await pending(account)).toBeUndefined();
    expect(platform.sent()).not.toContain('goZckgképevikl');
  });

  test.each([
    ['', "Indiquez la date d'expiration"],
    ['18 avril 2027', 'ne se lit pas'],
    ['2027-04-18', 'ne se lit pas'],
    ['18/04/2019 02:00:00', 'déjà passée'],
    ['18/04/2046 02:00:00', 'trop lointaine'],
  ])(
    'the date « %s » has its own sentence, and what was typed is still there, unseen',
    async (expiry, told) => {
      const { account, hand } = await manager();
      await walkToPassword(hand);
      await form(hand, "Mettre à l'abri");
      const again = await hand.submit({ password: 'Typed0nce:Only', expiry });
      if (typeof again === 'string') throw new Error(`the form closed: ${again}`);
      expect(again.texts.join('\n')).toContain(told);
      expect(platform.sent()).not.toContain('Typed0nce:Only');
      await hand.submit({ password: '', expiry: '18/04/2027 02:00:00' });
      expect(await pending(account)).toBe('Typed0nce:Only');
    },
  );

  test('the old password again is told apart, and spaces around the new one are cut off and said', async () => {
    const { account, hand } = await manager();
    await walkToPassword(hand);
    await form(hand, "Mettre à l'abri");
    const again = await hand.submit({ password: (await current(account)) ?? '' });
    expect(typeof again === 'string' ? again : again.texts.join('\n')).toContain(
      "C'est l'ancien mot de passe",
    );
    expect(await hand.submit({ password: ' \tnEw:Pa55word\n' })).toContain(
      'ont été retirés au début ou à la fin',
    );
    expect(await pending(account)).toBe('nEw:Pa55word');
  });

  test('a refused password stays sealed, and a lost one leads back to the first step', async () => {
    const { account, hand } = await manager();
    await walkToPassword(hand);
    await hand.press("C'est fait");
    await hand.press("C'est fait");
    await hand.press("J'ai reçu l'e-mail");
    await form(hand, 'Saisir un nouveau mot de passe');
    await hand.submit({ password: 'neverAccepted1' });
    await until(hand, 'Chorus Pro a refusé');
    expect(await pending(account)).toBe('neverAccepted1');
    expect(await current(account)).toBe('goZckgkKevikl');
    await hand.press("J'ai perdu le mot de passe");
    expect(hand.card().texts.join('\n')).toContain('Se connecter au portail');
    expect(await pending(account)).toBe('neverAccepted1');
  });

  test('while Chorus Pro is down the password stays pending, and is accepted by itself when it is back', async () => {
    const { account, hand } = await manager();
    await walkToPassword(hand);
    const portal = await house.askPortal(account);
    await form(hand, "Mettre à l'abri");
    await hand.submit({ password: portal.password });
    await portal.submit();
    await until(hand, 'Soumettre la demande');
    await hand.press("C'est fait");
    house.simulator.behave({ forced: { rattachements: UNAVAILABLE, destinataire: UNAVAILABLE } });
    try {
      await hand.press("J'ai reçu l'e-mail");
      await until(hand, "Rien n'est perdu");
      expect(hand.card().texts.join('\n')).toContain('en panne ou en maintenance');
      expect(await pending(account)).toBe(portal.password);
      expect(await current(account)).toBe('goZckgkKevikl');
    } finally {
      house.simulator.behave({ forced: {} });
    }
    house.skip(61_000);
    await until(hand, CONNECTED);
    await until(hand, 'Chorus Pro accepte le nouveau mot de passe');
    expect(await current(account)).toBe(portal.password);
  }, 20_000);

  test('the wrong PISTE application is told apart from the wrong password', async () => {
    const { hand } = await manager();
    await walkToPassword(hand);
    await hand.press("C'est fait");
    await hand.press("C'est fait");
    await hand.press("J'ai reçu l'e-mail");
    await form(hand, 'Saisir un nouveau mot de passe');
    await hand.submit({ password: 'anotherPass1' });
    await until(hand, 'le compte technique');
    expect(hand.card().buttons.map(({ label }) => label)).toContain('Tester à nouveau');
  });

  test('a click that is delivered five times has one effect', async () => {
    const { hand } = await manager();
    await hand.say('réinitialiser');
    await hand.press("C'est fait", { deliveries: 5 });
    await hand.press("C'est fait", { deliveries: 5 });
    expect(hand.card().texts.join('\n')).toContain('Étape 3 sur 10');
  });

  test('a message that is delivered five times is answered once', async () => {
    const { hand } = await manager();
    await hand.say('bonjour', 5);
    expect(hand.cards()).toHaveLength(1);
  });

  test('a form that is delivered five times keeps one password', async () => {
    const { account, hand } = await manager();
    await walkToPassword(hand);
    await form(hand, "Mettre à l'abri");
    await hand.submit({ password: 'onlyOnce:1234' }, 5);
    const slots = await house.credentials.slots(account.id);
    expect(slots.pending?.version).toBe(2);
    expect(slots.setAside).toEqual([]);
  });

  test('an old card that is clicked shows where the reset stands, and changes nothing', async () => {
    const { hand } = await manager();
    await hand.say('réinitialiser');
    const old = hand.card();
    await hand.press("C'est fait");
    await hand.press("C'est fait");
    await hand.pressOld(old, "C'est fait");
    expect(hand.card().texts.join('\n')).toContain('Étape 3 sur 10');
  });

  test('a reset goes on after a restart, from another device, where it stood', async () => {
    const { who, hand } = await manager();
    await walkToPassword(hand);
    await house.stop();
    await house.start();
    const phone = platform.hand(who, 'private');
    await phone.say('réinitialiser');
    expect(phone.card().texts.join('\n')).toContain('Copier le nouveau mot de passe');
    await phone.press('Étape précédente');
    expect(phone.card().texts.join('\n')).toContain('Étape 4 sur 10');
  });

  test('somebody else sees no account, and no more of this one than of one that does not exist', async () => {
    const { account } = await manager();
    const stranger = platform.hand(`stranger-${++people}`, 'private');
    await stranger.say('comptes');
    expect(reads(stranger.card(), 'Aucun compte technique ne vous est confié')).toBe(true);
    await stranger.say(`réinitialiser ${account.login}`);
    const real = stranger.card().texts;
    await stranger.say('réinitialiser TECH_1_NOSUCHACCOUNT0@cpro.fr');
    expect(stranger.card().texts).toEqual(real);
    expect(real.join('\n')).not.toContain(account.structure);
  });

  test('the deputy is told who holds the reset and since when, and does not get it', async () => {
    const deputy = `deputy-${++people}`;
    const { who, hand } = await manager({ deputy: platform.idOf(deputy) });
    await hand.say('réinitialiser');
    const other = platform.hand(deputy, 'private');
    await other.say('réinitialiser');
    expect(reads(other.card(), who)).toBe(true);
    expect(reads(other.card(), 'depuis le')).toBe(true);
    expect(other.card().texts.join('\n')).not.toContain('Étape');
  });

  test('a manager who is named meanwhile goes on where the former one stood, who sees nothing any more', async () => {
    const { account, hand } = await manager();
    await hand.say('réinitialiser');
    await hand.press("C'est fait");
    const successor = `manager-${++people}`;
    await house.accounts.change(account.id, (a) => ({ ...a, manager: platform.idOf(successor) }));
    const next = platform.hand(successor, 'private');
    await next.say('réinitialiser');
    expect(next.card().texts.join('\n')).toContain('Étape 2 sur 10');
    await next.press("C'est fait");
    expect(next.card().texts.join('\n')).toContain('Étape 3 sur 10');
    expect(await hand.press("C'est fait")).toContain('Aucun compte technique de ce nom ne vous est confié');
  });

  test('in a channel only the manager’s clicks act; anyone else is refused, and nobody else sees it', async () => {
    const { who } = await manager();
    const here = platform.hand(who, 'channel');
    await here.say('réinitialiser');
    const before = here.card();
    expect(before.texts.join('\n')).toContain('Étape 1 sur 10');
    const colleague = platform.hand(`colleague-${++people}`, 'channel');
    expect(await colleague.press("C'est fait")).toContain(
      'Aucun compte technique de ce nom ne vous est confié',
    );
    expect(here.card().title).toBe(before.title);
    await here.press("C'est fait");
    await until(colleague, 'Étape 2 sur 10');
  });

  test('commands are understood with or without accents, in either language and any case', async () => {
    const { who, hand } = await manager();
    for (const hello of ['Bonjour !', 'SALUT', 'hello']) {
      await hand.say(hello);
      expect(hand.card().title).toBe(`Bonjour ${who}`);
    }
    for (const command of ['reinitialiser', 'RÉINITIALISER', 'Reset']) {
      await hand.say(command);
      expect(hand.card().texts.join('\n')).toContain('Étape 1 sur 10');
    }
    await hand.say('settings');
    expect(hand.card().title).toBe('Configuration des échanges Chorus Pro');
    await hand.say('Aïde');
    expect(hand.card().title).toBe('Ce que je sais faire');
    await hand.say('quelle heure est-il ?');
    expect(reads(hand.card(), "Je n'ai pas compris")).toBe(true);
  });

  test('somebody whose client is in English reads English, with the portal’s words as they are on the screen', async () => {
    const { who } = await manager();
    const hand = platform.hand(who, 'private', 'en');
    await hand.say('reset');
    expect(hand.card().texts.join('\n')).toContain('Step 1 of 10');
    expect(reads(hand.card(), 'Raccordements')).toBe(true);
  });

  test('when it is installed the bot greets, once', async () => {
    const { who } = await manager();
    // Nobody installs anything in a private conversation of Slack's.
    const hand = platform.hand(who, name === 'Slack' ? 'channel' : 'private');
    const before = hand.cards().length;
    await hand.install();
    expect(hand.cards()).toHaveLength(before + 1);
    expect(hand.card().title).toBe('Bienvenue');
  });

  test('a password typed into the chat is never repeated: it is burned, and the way back is offered', async () => {
    const { hand } = await manager();
    await hand.say('goZckgkBurned7');
    expect(reads(hand.card(), 'Supprimez votre message')).toBe(true);
    expect(hand.card().buttons.map(({ label }) => label)).toContain('Commencer la réinitialisation');
    expect(platform.sent()).not.toContain('goZckgkBurned7');
    expect(house.logged).not.toContain('goZckgkBurned7');
  });

  test('two days of silence bring a warning, and three the end, which can be begun again', async () => {
    const { hand } = await manager();
    await hand.say('réinitialiser');
    house.skip(48 * HOUR + 1_000);
    await until(hand, 'attend depuis deux jours');
    house.skip(24 * HOUR);
    await until(hand, "s'est arrêtée");
    await hand.say('réinitialiser');
    expect(hand.card().texts.join('\n')).toContain('Étape 1 sur 10');
  }, 20_000);

  test('abandoning says what is kept, and nothing that was sealed is thrown away', async () => {
    const { account, hand } = await manager();
    await walkToPassword(hand);
    await form(hand, "Mettre à l'abri");
    await hand.submit({ password: 'keptAnyway:12' });
    await until(hand, 'Soumettre la demande');
    await hand.press('Abandonner');
    expect(hand.card().title).toBe('Réinitialisation abandonnée');
    expect(await pending(account)).toBe('keptAnyway:12');
  });

  describe('the configuration card', () => {
    test('shows dots and since when, and lets a new password be entered only after a conclusive test', async () => {
      const { account, hand } = await manager();
      await hand.say('configuration');
      expect(reads(hand.card(), '••••••••')).toBe(true);
      expect(reads(hand.card(), 'tenu depuis le')).toBe(true);
      const entry = 'Saisir un nouveau mot de passe';
      // Greyed in Teams, left out in Slack, which cannot grey a button.
      expect(hand.card().buttons).not.toContainEqual({ label: entry, enabled: true });
      const greyed = hand.card();

      await hand.press('Test de connexion');
      await until(hand, CONNECTED);
      expect(reads(hand.card(), 'Structures définies dans Chorus Pro')).toBe(true);
      expect(hand.card().buttons).toContainEqual({ label: entry, enabled: true });
      expect(greyed.title).toBe(hand.card().title);

      const portal = await house.askPortal(account);
      await portal.submit();
      await form(hand, entry);
      expect(await hand.submit({ password: portal.password })).toContain(CONNECTED);
      expect(await current(account)).toBe(portal.password);

      await hand.say('configuration');
      await hand.press('Test de connexion');
      await until(hand, CONNECTED);
      house.skip(10 * 60_000 + 1);
      await expect(hand.open(entry)).resolves.toContain('test de connexion concluant');
    });

    test('changes the alert between 1 and 14 months', async () => {
      const { account, hand } = await manager();
      await hand.say('configuration');
      await hand.press("Enregistrer l'alerte", { chosen: { alertMonths: '3' } });
      expect(reads(hand.card(), '3 mois')).toBe(true);
      expect((await house.accounts.find(account.id))?.alertMonths).toBe(3);
      expect(await hand.press("Enregistrer l'alerte", { chosen: { alertMonths: '15' } })).toContain(
        "n'a plus cours",
      );
    });

    test('a date that somebody has read on the portal is an estimate no longer', async () => {
      const expiry = { at: new Date(Date.now() + 30 * 24 * HOUR).toISOString(), estimated: true };
      const { account, hand } = await manager({ expiry });
      await hand.say('configuration');
      expect(reads(hand.card(), '(estimée)')).toBe(true);
      await form(hand, "Corriger la date d'expiration");
      await hand.submit({ expiry: '18/04/2027 02:00:00' });
      await until(hand, '18 avril 2027');
      expect((await house.accounts.find(account.id))?.expiry).toEqual({
        at: '2027-04-18T00:00:00.000Z',
        estimated: false,
      });
    });
  });
});
