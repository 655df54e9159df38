import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { portalTime } from '../../../demo/chorus/pages.ts';
import { COLLEAGUE, demoSeed, MAIN_ACCOUNT, MANAGER, PISTE } from '../../../demo/chorus/seed.ts';
import { type Simulator, startSimulator } from '../../../demo/chorus/simulator.ts';
import { expiryOf, newPassword } from '../../../demo/chorus/state.ts';
import { call, RATTACHEMENTS } from './caller.ts';
import { shownPassword, Visitor } from './visitor.ts';

const CONFIRMATION = '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.';
const ONLY_THE_MANAGER =
  'Seul le gestionnaire principal de la structure est habilité à réinitialiser le mot de passe de l&#39;utilisateur technique.';

let simulator: Simulator;
let visitor: Visitor;
let now: Date;

beforeEach(async () => {
  now = new Date('2025-06-02T08:00:00Z');
  simulator = await startSimulator({ ...demoSeed(now), piste: PISTE, now: () => now });
  visitor = new Visitor(simulator.portalUrl);
});
afterEach(() => simulator.close());

const accepts = async (password: string | undefined) =>
  (await call(simulator, RATTACHEMENTS, { ...MAIN_ACCOUNT, password: password ?? '' })).status === 200;
const mailbox = async () => (await visitor.go('/messagerie')).text;

describe('signing in', () => {
  test('takes the password and then the code from the mailbox', async () => {
    expect((await visitor.signIn(MANAGER)).text).toContain('Les domaines Chorus Pro');
  });

  test('with a wrong password sends no code', async () => {
    const page = await visitor.send('/portail/connexion', {
      identifiant: MANAGER.email,
      motDePasse: 'wrong',
    });
    expect(page.text).toContain('Identifiant ou mot de passe incorrect.');
    expect(await mailbox()).toContain('Aucun message');
  });

  test('with a wrong code goes no further', async () => {
    await visitor.send('/portail/connexion', { identifiant: MANAGER.email, motDePasse: MANAGER.password });
    expect((await visitor.send('/portail/code', { code: 'wrong' })).text).toContain('pas le bon');
    expect((await visitor.go('/portail/accueil')).path).toBe('/portail/connexion');
  });

  test.each([
    '/portail',
    '/portail/accueil',
    '/portail/raccordements',
    '/portail/compte-technique',
    '/portail/demande-soumise',
  ])('comes before %s', async (path) => {
    expect((await visitor.go(path)).path).toBe('/portail/connexion');
  });

  test('ends with « Se déconnecter »', async () => {
    await visitor.signIn(MANAGER);
    await visitor.send('/portail/deconnexion', {});
    expect((await visitor.go('/portail/accueil')).path).toBe('/portail/connexion');
  });
});

describe('the pages', () => {
  test('all say in French that this is a simulator, and are never cached', async () => {
    await visitor.signIn(MANAGER);
    const paths = [
      '/portail/connexion',
      '/portail/accueil',
      '/portail/compte-technique',
      '/messagerie',
      '/lost',
    ];
    for (const path of paths) {
      const { text, cacheControl } = await visitor.go(path);
      expect(text).toContain('<html lang="fr">');
      expect(text).toContain("Simulateur — ceci n'est pas Chorus Pro");
      expect(cacheControl).toBe('no-store');
    }
  });

  test('offer the six choices of the seed, in its order', async () => {
    await visitor.signIn(MANAGER);
    const { text } = await visitor.go('/portail/compte-technique');
    expect([...text.matchAll(/<option[^>]*>([^<]*)</g)].map(([, name]) => name)).toEqual([
      '-- Aucun --',
      'Activer un compte technique',
      'Changer l&#39;email du contact d&#39;un compte technique',
      'Création d&#39;un compte technique',
      'Désactiver un compte technique',
      'Réinitialisation du mot de passe d&#39;un compte technique',
    ]);
  });

  test('show the list of the technical accounts with its columns and the times of Paris', async () => {
    await visitor.signIn(MANAGER);
    const { text } = await visitor.fill({ siret: MAIN_ACCOUNT.siret });
    expect([...text.matchAll(/<th scope[^>]*>([^<]*)</g)].map(([, name]) => name)).toEqual([
      'ID d&#39;utilisateur',
      'État',
      'Compte',
      'Date exp. Mot de passe',
      'Contact',
      'Création',
      'Modification',
    ]);
    expect([...text.matchAll(/<td[^>]*>([^<]*)</g)].map(([, value]) => value)).toEqual([
      MAIN_ACCOUNT.login,
      'ACTIF',
      MAIN_ACCOUNT.siret,
      '22/06/2025 02:00:00',
      MANAGER.email,
      '02/06/2022 10:00:00',
      '28/04/2024 10:00:00',
    ]);
  });

  test('say that another type of request is not simulated', async () => {
    await visitor.signIn(MANAGER);
    const page = await visitor.fill({ type: 'Activer un compte technique', siret: MAIN_ACCOUNT.siret });
    expect(page.text).toContain('n&#39;est pas simulé');
    expect(page.text).not.toContain('Raison sociale');
  });
});

describe('a password that is shown', () => {
  const form = { siret: MAIN_ACCOUNT.siret, login: MAIN_ACCOUNT.login };
  beforeEach(() => visitor.signIn(MANAGER));

  test('changes nothing without Soumettre', async () => {
    const shown = shownPassword(await visitor.fill(form));
    await visitor.go('/portail/accueil');
    expect(await accepts(shown)).toBe(false);
    expect(await accepts(MAIN_ACCOUNT.password)).toBe(true);
    expect(await mailbox()).not.toContain(CONFIRMATION);
  });

  test('is never shown again: the next request shows another', async () => {
    const first = shownPassword(await visitor.fill(form));
    const second = shownPassword(await visitor.fill(form));
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(second).not.toBe(first);
  });

  test('replaces the old one at once with Soumettre, and is on no later page', async () => {
    const page = await visitor.fill(form);
    const shown = shownPassword(page) ?? '';
    const submitted = await visitor.submit(page);
    expect(submitted.text).toContain('Votre demande a été soumise.');
    expect(submitted.text).not.toContain(shown);
    expect(await accepts(MAIN_ACCOUNT.password)).toBe(false);
    expect(await accepts(shown)).toBe(true);
  });

  test('is valid for 420 days, as the list then says', async () => {
    now = new Date('2025-06-03T08:06:46Z');
    const { text } = await visitor.submit(await visitor.fill(form));
    expect(text).toContain('28/07/2026 02:00:00');
    expect(text).toContain('03/06/2025 10:06:46');
  });

  test('cannot be submitted twice, nor after the page was left, nor after another was shown', async () => {
    const left = await visitor.fill(form);
    await visitor.go('/portail/raccordements');
    expect((await visitor.submit(left)).text).toContain('rien n&#39;a été changé');

    const older = await visitor.fill(form);
    const newer = await visitor.fill(form);
    expect((await visitor.submit(older)).text).toContain('rien n&#39;a été changé');
    expect(await accepts(MAIN_ACCOUNT.password)).toBe(true);

    await visitor.submit(newer);
    expect((await visitor.submit(newer)).text).toContain('rien n&#39;a été changé');
    expect(await accepts(shownPassword(newer))).toBe(true);
  });

  test('is confirmed by an e-mail after a while, and taken by the API from then on', async () => {
    simulator.behave({ emailDelayMs: 60_000 });
    const page = await visitor.fill(form);
    await visitor.submit(page);
    expect(await mailbox()).not.toContain(CONFIRMATION);
    expect(await accepts(MAIN_ACCOUNT.password)).toBe(false);
    expect(await accepts(shownPassword(page))).toBe(false);

    now = new Date(now.getTime() + 60_000);
    expect(await mailbox()).toContain(CONFIRMATION);
    expect(await accepts(shownPassword(page))).toBe(true);
  });

  test('can take longer than its e-mail to become active', async () => {
    simulator.behave({ activationDelayMs: 1_800_000 });
    const page = await visitor.fill(form);
    await visitor.submit(page);
    expect(await mailbox()).toContain(CONFIRMATION);
    expect(await accepts(shownPassword(page))).toBe(false);
    now = new Date(now.getTime() + 1_800_000);
    expect(await accepts(shownPassword(page))).toBe(true);
  });

  test('is in no e-mail', async () => {
    const page = await visitor.fill(form);
    await visitor.submit(page);
    const mail = /href="([^"]+)">\[Chorus Pro\] Réinitialisation/.exec(await mailbox())?.[1];
    const { text } = await visitor.go(mail ?? '');
    expect(text).toContain(MAIN_ACCOUNT.login);
    expect(text).not.toContain(shownPassword(page));
  });
});

describe('somebody who is not the gestionnaire principal', () => {
  test('sees the structure, and is refused', async () => {
    await visitor.signIn(COLLEAGUE);
    const page = await visitor.fill({ siret: MAIN_ACCOUNT.siret, login: MAIN_ACCOUNT.login });
    expect(page.text).toContain(ONLY_THE_MANAGER);
    expect(page.text).not.toContain(MAIN_ACCOUNT.login);
    expect(shownPassword(page)).toBeUndefined();
    expect((await visitor.submit(page)).text).toContain('rien n&#39;a été changé');
    expect(await accepts(MAIN_ACCOUNT.password)).toBe(true);
  });

  test('does not see the structures of others', async () => {
    await visitor.signIn(COLLEAGUE);
    const { text } = await visitor.fill({ siret: '26719999000016', login: 'TECH_1_SAUBIN71CCAS01@cpro.fr' });
    expect(text).not.toContain('CCAS');
  });
});

describe('the rules and the seed', () => {
  test('reproduce the row of the first seed', () => {
    const modified = new Date('2022-02-22T09:06:46+01:00');
    expect(portalTime(modified)).toBe('22/02/2022 09:06:46');
    expect(portalTime(expiryOf(modified))).toBe('18/04/2023 02:00:00');
  });

  test('make passwords like the public samples', () => {
    const made = Array.from({ length: 500 }, newPassword);
    for (const password of made) expect(password).toMatch(/^(?=.*[a-z])(?=.*[A-Z])[!-~]{12,16}$/);
    expect(made.some((password) => password.includes(':'))).toBe(true);
    expect(made.some((password) => /^[A-Za-z]+$/.test(password))).toBe(true);
  });

  test('name structures with valid SIRETs and accounts with logins of the documented form', () => {
    const { structures, accounts } = demoSeed(now);
    for (const { siret } of structures) {
      const digits = [...siret].map((digit, index) => Number(digit) * (index % 2 ? 1 : 2));
      expect(digits).toHaveLength(14);
      expect(digits.reduce((sum, digit) => sum + (digit > 9 ? digit - 9 : digit), 0) % 10).toBe(0);
    }
    for (const { login } of accounts) expect(login).toMatch(/^TECH_1_[A-Z0-9]{14}@cpro\.fr$/);
  });
});

describe('the ways into the portal', () => {
  test('by the PIGP nobody is asked for a second factor: « Chorus Pro », then « Se connecter »', async () => {
    const arrived = await visitor.send('/pigp', { identifiant: MANAGER.email, motDePasse: MANAGER.password });
    expect(arrived.text).toContain('>Chorus Pro</a>');
    const signedOut = await visitor.go('/portail/connexion');
    expect(signedOut.text).toContain('Se connecter');
    expect(signedOut.text).not.toContain('motDePasse');
    expect((await visitor.send('/portail/connexion/pigp', {})).path).toBe('/portail/accueil');
  });

  test.each(['application', 'key'] as const)(
    'of several second factors one is chosen: %s',
    async (facteur) => {
      simulator.behave({ secondFactors: ['email', 'application', 'key'] });
      const asked = await visitor.send('/portail/connexion', {
        identifiant: MANAGER.email,
        motDePasse: MANAGER.password,
      });
      expect(asked.path).toBe('/portail/second-facteur');
      const own = await visitor.send('/portail/second-facteur', { facteur });
      const code = /(?:<code>|value=")(\d{6})/.exec(own.text)?.[1] ?? '';
      expect((await visitor.send('/portail/code', { code })).path).toBe('/portail/accueil');
      expect((await visitor.go('/messagerie')).text).not.toContain('Votre code');
    },
  );

  test('a mailed code may have expired when it arrives: signing in again gives another', async () => {
    simulator.behave({ expiredCodes: 1 });
    expect((await visitor.signIn(MANAGER)).text).toContain('pas le bon');
    expect((await visitor.signIn(MANAGER)).path).toBe('/portail/accueil');
  });

  test('the menu Domaines leads to Raccordements too', async () => {
    await visitor.signIn(MANAGER);
    expect((await visitor.go('/portail/domaines')).text).toContain('href="/portail/raccordements"');
  });

  test('the confirmation may go to the address Contact, and until Soumettre the table shows the old date', async () => {
    simulator.behave({ confirmationTo: 'contact' });
    await visitor.signIn(MANAGER);
    const [account] = demoSeed(now).accounts;
    const page = await visitor.fill({ siret: MAIN_ACCOUNT.siret, login: MAIN_ACCOUNT.login });
    expect(page.text).toContain('Choisir la structure');
    expect(page.text).toContain(portalTime(account?.expires ?? now).slice(0, 10));
    const submitted = await visitor.submit(page);
    expect(submitted.text).not.toContain(portalTime(account?.expires ?? now).slice(0, 10));
    expect((await visitor.go('/messagerie')).text).toMatch(/Réinitialisation.*À helene\.gauthier@/s);
  });
});
