import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { launchBrowser } from '../../demo/browser.ts';
import { until } from '../until.ts';
import { Demo } from './demo.ts';

const CONNECTED = 'La connexion a été établie : les paramètres de connexion sont corrects.';
const EMAIL = '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.';
const SHOTS = 'dist/screenshots';

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(SHOTS, { recursive: true });
  [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await demo.stop();
});

async function chat(person: string, where: string, size = { width: 1280, height: 900 }): Promise<Page> {
  const page = await browser.newPage({ viewport: size, locale: 'fr-FR' });
  // No verdict: what never comes is named before jest ends the test.
  page.setDefaultTimeout(100_000);
  await page.goto(`${demo.address}/#${person}/${where}`);
  return page;
}

const lastCard = (page: Page): Locator => page.getByTestId('card').last();

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel('Écrire un message').fill(text);
  await page.keyboard.press('Enter');
}

/** Presses a button of the newest card, and waits until that card says so. */
async function press(page: Page, button: string, then: string): Promise<void> {
  await lastCard(page).getByRole('button', { name: button, exact: true }).click();
  await lastCard(page).getByText(then).first().waitFor();
}

describe('a newcomer, with nothing but a browser', () => {
  let page: Page;
  let portal: Page;
  let application: Page;
  let password = '';

  test('says « bonjour », becomes the gestionnaire principal, and is walked to the portal', async () => {
    page = await chat('claire', 'personal');
    await say(page, 'bonjour');
    await lastCard(page).getByText('Bonjour Claire Martin').waitFor();
    await say(page, 'réinitialiser');
    await lastCard(page).getByText('Se connecter au portail').first().waitFor();
    await press(page, 'C’est fait', 'Remplir le formulaire Compte technique');
    await press(page, 'C’est fait', 'Copier le nouveau mot de passe');
    await page.screenshot({ path: `${SHOTS}/copy-password.png` });
  });

  test('does on the portal what the cards have said, and sees the new password there, once', async () => {
    portal = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'fr-FR' });
    const link = page.getByRole('link', { name: 'Portail Chorus Pro' });
    await portal.goto((await link.getAttribute('href')) ?? '');
    // The simulator tells who may sign in; the manager is the first.
    await portal.getByLabel('Identifiant').fill('helene.gauthier@saint-aubin-sur-loire.example');
    await portal.getByLabel('Mot de passe', { exact: true }).fill('Loire-2025');
    await portal.getByRole('button', { name: 'Se connecter' }).click();
    const mailbox = await browser.newPage();
    await mailbox.goto(
      (await page.getByRole('link', { name: 'Boîte aux lettres' }).getAttribute('href')) ?? '',
    );
    await mailbox
      .getByRole('link', { name: /Votre code/ })
      .first()
      .click();
    const code = /\b\d{6}\b/.exec((await mailbox.locator('main').textContent()) ?? '')?.[0] ?? '';
    await portal.getByLabel('Code reçu par e-mail').fill(code);
    await portal.getByRole('button', { name: 'Valider' }).click();
    await portal.getByRole('link', { name: 'Accéder au domaine Raccordements' }).click();
    await portal.getByRole('link', { name: 'Accéder à Compte technique' }).click();
    await portal
      .getByLabel('Type de demande')
      .selectOption("Réinitialisation du mot de passe d'un compte technique");
    await portal.getByLabel('Structure').selectOption('21719999100019');
    await portal
      .getByLabel('Compte technique', { exact: false })
      .last()
      .selectOption('TECH_1_SAUBIN71MAIRIE@cpro.fr');
    password = ((await portal.getByLabel('Mot de passe', { exact: true }).textContent()) ?? '').trim();
    expect(password.length).toBeGreaterThanOrEqual(12);
    await portal.screenshot({ path: `${SHOTS}/portal.png` });
  });

  test('puts it away in a masked, private form', async () => {
    await lastCard(page).getByRole('button', { name: 'Mettre à l’abri' }).click();
    const dialog = page.getByRole('dialog');
    const field = dialog.getByLabel('Nouveau mot de passe');
    await field.fill('pass é');
    await dialog.getByRole('button', { name: 'Valider' }).click();
    await dialog.getByText('espace').first().waitFor();
    expect(await field.getAttribute('type')).toBe('password');
    await field.fill(password);
    await page.screenshot({ path: `${SHOTS}/private-form.png` });
    await dialog.getByRole('button', { name: 'Valider' }).click();
    await dialog.getByText('est à l’abri').waitFor();
    await dialog
      .getByRole('button', { name: /Fermer/ })
      .last()
      .click();
    await lastCard(page).getByText('Soumettre la demande').first().waitFor();
  });

  test('submits, waits for the e-mail, and reads that the connection works', async () => {
    await lastCard(page).getByText('laissez l’écran ouvert').waitFor();
    application = await browser.newPage({ locale: 'fr-FR' });
    const screen = await page.getByRole('link', { name: 'e.magnus' }).getAttribute('href');
    await application.goto(screen ?? '');
    const entry = application.getByRole('button', { name: 'Saisir un nouveau mot de passe' });
    expect(await entry.isDisabled()).toBe(true);
    await application.getByRole('button', { name: 'Test de connexion' }).click();
    await application.getByText(CONNECTED).waitFor();
    expect(await entry.isDisabled()).toBe(false);
    await portal.getByRole('button', { name: 'Soumettre' }).click();
    await press(page, 'C’est fait', 'Attendre l’e-mail');
    const mailbox = await browser.newPage();
    const url = (await page.getByRole('link', { name: 'Boîte aux lettres' }).getAttribute('href')) ?? '';
    await until(async () => {
      await mailbox.goto(url);
      return (await mailbox.getByRole('link', { name: EMAIL }).count()) === 1;
    });
    await press(page, 'J’ai reçu l’e-mail', CONNECTED);
    await lastCard(page).getByText('Commune de Saint-Aubin-sur-Loire').first().waitFor();
    await page.screenshot({ path: `${SHOTS}/connected.png` });
    await press(page, 'Étape suivante', 'Configuration des échanges Chorus Pro');
    await lastCard(page).getByText('programme l’a lu').first().waitFor();
    await page.screenshot({ path: `${SHOTS}/report.png` });
  });

  test('takes the password back by a private page, and enters it in e.magnus', async () => {
    const report = lastCard(page);
    await report.getByRole('button', { name: 'Retirer le mot de passe' }).click();
    const open = lastCard(page).getByText('Ouvrir la page');
    const [taking] = await Promise.all([page.context().waitForEvent('page'), open.click()]);
    await taking.getByRole('button', { name: 'Afficher' }).click();
    await taking.getByRole('button', { name: 'Masquer' }).waitFor();
    const taken = await taking.getByLabel('Mot de passe').inputValue();
    expect(taken === password).toBe(true);
    await taking.close();

    await application.getByRole('button', { name: 'Saisir un nouveau mot de passe' }).click();
    const dialog = application.getByRole('dialog');
    await dialog.getByLabel('Nouveau mot de passe').fill(taken);
    await application.screenshot({ path: `${SHOTS}/application.png`, fullPage: true });
    await dialog.getByRole('button', { name: 'Valider' }).click();
    await application.getByRole('button', { name: 'Test de connexion' }).click();
    await application.getByText(CONNECTED).waitFor();
    expect((await application.content()).includes(password)).toBe(false);

    const card = page.getByTestId('card').filter({ hasText: 'Reporter dans votre application' });
    await card.getByText('Il a été retiré par la page privée').waitFor();
    await card.getByRole('button', { name: 'Je l’ai reporté' }).click();
    await page.getByText('Réinitialisation terminée').first().waitFor();
  });

  test('finds the password nowhere: not in the page, not in the log of activities, not in what the demo printed', async () => {
    const log = await (await fetch(`${demo.address}/api/log`)).text();
    expect(log.includes('task/submit')).toBe(true);
    expect(log.includes(password)).toBe(false);
    expect((await page.content()).includes(password)).toBe(false);
    expect(demo.printed).not.toContain(password);
  });

  test('tests the connection from the configuration card, whose password button is greyed until then', async () => {
    await say(page, 'configuration');
    const entry = lastCard(page).getByRole('button', { name: 'Saisir un nouveau mot de passe' });
    await entry.waitFor();
    expect(await entry.isDisabled()).toBe(true);
    await press(page, 'Test de connexion', CONNECTED);
    expect(await entry.isDisabled()).toBe(false);
    await page.screenshot({ path: `${SHOTS}/configuration.png` });
  });
});

test('a colleague in the channel reads that the manager was answered in private, and nothing of the reset', async () => {
  const manager = await chat('claire', 'channel');
  await say(manager, 'réinitialiser');
  await lastCard(manager).getByText('dans notre conversation privée').first().waitFor();
  const colleague = await chat('ines', 'channel');
  await lastCard(colleague).getByText('dans notre conversation privée').first().waitFor();
  await colleague.screenshot({ path: `${SHOTS}/channel.png` });
  expect(await colleague.getByTestId('card').getByText('Se connecter au portail').count()).toBe(0);
  const alone = await chat('claire', 'personal');
  await alone.getByTestId('card').getByText('Étape').last().waitFor();
});

test('what is written before the page is connected is not lost: the box opens when it is', async () => {
  const page = await browser.newPage({ locale: 'fr-FR' });
  let connect: () => void = () => undefined;
  const written = new Promise<void>((resolve) => {
    connect = resolve;
  });
  await page.route('**/api/setup', async (route) => {
    await written;
    await route.continue();
  });
  await page.goto(`${demo.address}/#ines/personal`);
  await page.getByLabel('Écrire un message').waitFor();
  expect(await page.getByLabel('Écrire un message').isDisabled()).toBe(true);
  // It waits until the box is open.
  const saying = say(page, 'bonjour');
  connect();
  await saying;
  await lastCard(page).getByText('Bonjour Inès').first().waitFor();
});

test('on a phone the cards fit: nothing has to be scrolled sideways', async () => {
  const phone = await chat('claire', 'personal', { width: 390, height: 844 });
  await lastCard(phone).waitFor();
  const width = await phone.evaluate('document.documentElement.scrollWidth');
  expect(width).toBeLessThanOrEqual(390);
  await phone.screenshot({ path: `${SHOTS}/phone.png` });
});
