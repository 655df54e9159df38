import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import type { PicturedStep } from '../../src/cards/walk-cards.ts';
import { launchBrowser } from '../browser.ts';
import { type Html, html } from '../chorus/html.ts';
import { RESET } from '../chorus/pages.ts';
import { PISTE } from '../chorus/seed.ts';
import { startSimulator } from '../chorus/simulator.ts';
import type { Seed } from '../chorus/state.ts';

/** Where the pictures are written, from the root of the project. */
const FOLDER = 'pictures';
/** In CSS pixels. Narrow, since a card on a phone shows the pictures at half of it. */
const WIDTH = 600;
/** A card shows a picture as large as it is, where there is room: its letters as large as the card's own. */
const SCALE = 0.85;
/** What is kept above the part of a page that matters, in CSS pixels. */
const MARGIN = 14;

/** Always the same, so that pictures taken again differ only where the pages do. */
const NOW = new Date('2026-01-15T09:12:00Z');

const YOU = { name: 'Vous', email: 'vous@votre-structure.example', password: 'exemple' };
const STRUCTURE = { siret: '12345678900012', name: 'Votre structure', manager: YOU.email };
const ACCOUNT = 'TECH_1_VOTRECOMPTE@cpro.fr';
/** Nobody should take what a picture shows for their own. */
const EXAMPLE: Seed = {
  people: [YOU],
  structures: [STRUCTURE],
  accounts: [
    {
      login: ACCOUNT,
      siret: STRUCTURE.siret,
      password: YOU.password,
      state: 'ACTIF',
      created: NOW,
      modified: NOW,
      expires: NOW,
    },
  ],
};
const EXAMPLE_PASSWORD = 'UnSimpleExemple';

/** The caption stands below what matters, over the rest of the page. In CSS pixels. */
const CAPTION_HEIGHT = 30;

/** What turns a page into a picture: closer together, and with what is drawn over it. */
const STYLE = `
body { padding-top: 1.5rem; font-family: "Liberation Sans", Arial, sans-serif; }
.banner, header, .audiences, section:not(.secret) { display: none; }
main { padding-top: .75rem; }
nav { padding: 0 .5rem; }
h1 { font-size: 1.5rem; margin-bottom: .5rem; }
.cards { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: .75rem; margin: 0; }
.cards:has(> :only-child) { grid-template-columns: 1fr; }
.cards li { padding: .75rem; }
.cards p { margin-bottom: .5rem; font-size: .8125rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.cards a { align-self: start; }
label, button { margin-top: .75rem; }
.secret { margin: 1.25rem 0 0; border-color: var(--line); }
.options { max-width: 40rem; margin: 2px 0 0; padding: .25rem 0; list-style: none; border: 1px solid #3a3a3a; }
.options li { padding: .2rem 1rem; }
.frame { position: absolute; border: 3px solid #e1000f; border-radius: 4px; }
.frame b { position: absolute; top: -.875rem; right: -.625rem; width: 1.6rem; border-radius: 50%;
  font-size: 1rem; line-height: 1.6rem; text-align: center; color: #fff; background: #e1000f; }
.caption { position: absolute; inset-inline: 0; margin: 0; padding: 0 1rem 1rem 0; background: #fff;
  font-size: .875rem; line-height: ${CAPTION_HEIGHT}px; text-align: right; color: #666; }
`;

interface Shot {
  /** The first and the last thing to be seen. */
  readonly from: Locator;
  readonly to: Locator;
  /** What to look at, with its number in the card's list of things to do where it has one. */
  readonly framed: readonly (readonly [what: Locator, step?: number])[];
}

/** Writes the picture of one step, across the whole width of the page. */
async function shoot(page: Page, step: PicturedStep, { from, to, framed }: Shot): Promise<void> {
  await page.addStyleTag({ content: STYLE });
  const first = await boxOf(from);
  const last = await boxOf(to);
  const top = first.y - MARGIN;
  const bottom = last.y + last.height + CAPTION_HEIGHT;

  const drawn = [html`<p class="drawn caption" style="top: ${bottom - CAPTION_HEIGHT}px">Illustration</p>`];
  for (const [what, number] of framed) {
    const { x, y, width, height } = await boxOf(what);
    const style = `left: ${x - 6}px; top: ${y - 4}px; width: ${width + 12}px; height: ${height + 8}px`;
    drawn.push(
      html`<div class="drawn frame" style="${style}">${number !== undefined && html`<b>${number}</b>`}</div>`,
    );
  }
  await insert(page, 'body', html`${drawn}`);
  await page.screenshot({
    path: join(FOLDER, `${step}.png`),
    clip: { x: 0, y: top, width: WIDTH, height: bottom - top },
  });
  await page.evaluate(`document.querySelectorAll('.drawn').forEach((one) => one.remove())`);
}

async function boxOf(locator: Locator) {
  const box = await locator.boundingBox();
  if (box === null) throw new Error(`${locator} is not to be seen`);
  return box;
}

/** Puts markup at the end of an element, or after it. */
async function insert(page: Page, selector: string, { text }: Html, where = 'beforeend'): Promise<void> {
  const call = [where, text].map((argument) => JSON.stringify(argument)).join();
  await page.evaluate(`document.querySelector('${selector}').insertAdjacentHTML(${call})`);
}

/** Walks through the portal as the cards say, and takes a picture of each step. */
async function walk(page: Page, portal: string, mailbox: string): Promise<void> {
  await page.goto(portal);
  await page.getByLabel('Identifiant').fill(YOU.email);
  await page.getByLabel('Mot de passe').fill(YOU.password);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.getByLabel('Code reçu par e-mail').fill(await codeIn(await page.context().newPage(), mailbox));
  await page.getByRole('button', { name: 'Valider' }).click();

  const domain = page.getByRole('listitem').filter({ hasText: 'Raccordements' });
  await shoot(page, 'signIn', {
    from: page.getByText('ACCUEIL'),
    to: domain,
    framed: [[page.getByText('ACCUEIL'), 3], [domain, 4], [domain.getByRole('link')]],
  });

  await domain.getByRole('link').click();
  const application = page.getByRole('listitem').filter({ hasText: 'Compte technique' });
  await shoot(page, 'openApplication', {
    from: page.locator('.trail'),
    to: application,
    framed: [[application.getByRole('link')]],
  });

  await application.getByRole('link').click();
  const type = page.getByLabel('Type de demande');
  // A list that is open is drawn by the system, outside of the page.
  const options = await type.locator('option').allTextContents();
  const list = html`<ul class="options">${options.map((option) => html`<li>${option}</li>`)}</ul>`;
  await insert(page, '#type', list, 'afterend');
  await shoot(page, 'requestType', {
    from: page.getByText('Type de demande'),
    to: page.locator('.options'),
    framed: [[page.getByRole('listitem').filter({ hasText: RESET })]],
  });

  await type.selectOption(RESET);
  await page.getByLabel('Structure').selectOption(STRUCTURE.siret);
  const account = page.getByLabel('Compte technique');
  await account.selectOption(ACCOUNT);
  await page.locator('output').waitFor();
  await page.evaluate(`document.querySelector('output').textContent = '${EXAMPLE_PASSWORD}'`);
  const submit = page.getByRole('button', { name: 'Soumettre' });
  await shoot(page, 'selectAccount', {
    from: page.getByText('Type de demande'),
    to: account,
    framed: [
      [page.getByLabel('Structure'), 1],
      [account, 2],
    ],
  });
  await shoot(page, 'copyPassword', {
    from: page.locator('.secret'),
    to: submit,
    framed: [[page.locator('output')]],
  });
  await shoot(page, 'submitRequest', {
    from: page.locator('.secret'),
    to: submit,
    framed: [[submit]],
  });

  await submit.click();
  await page.goto(mailbox);
  const mail = page.getByRole('listitem').filter({ hasText: 'Réinitialisation' });
  await shoot(page, 'awaitEmail', {
    from: page.getByRole('heading'),
    to: page.locator('.mails'),
    framed: [[mail]],
  });
}

/** The code of the second factor, from the newest message. */
async function codeIn(page: Page, mailbox: string): Promise<string> {
  await page.goto(mailbox);
  await page.getByRole('link', { name: 'Votre code' }).click();
  const text = await page.getByText('Votre code est').textContent();
  await page.close();
  return text?.replace(/\D/g, '') ?? '';
}

await mkdir(FOLDER, { recursive: true });
const simulator = await startSimulator({ ...EXAMPLE, piste: PISTE, now: () => NOW });
const browser = await launchBrowser();
try {
  const viewport = { width: WIDTH, height: 1600 };
  const context = await browser.newContext({ viewport, deviceScaleFactor: SCALE, locale: 'fr-FR' });
  await walk(await context.newPage(), simulator.portalUrl, simulator.mailboxUrl);
} finally {
  await browser.close();
  await simulator.close();
}
