import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Locator, type Page } from 'playwright-core';
import type { PicturedStep } from '../../src/cards/reset-cards.ts';
import { type Html, html } from '../chorus/html.ts';
import { RESET } from '../chorus/pages.ts';
import { PISTE } from '../chorus/seed.ts';
import { startSimulator } from '../chorus/simulator.ts';
import type { Seed } from '../chorus/state.ts';

/** Where the pictures are written, from the root of the project. */
const FOLDER = 'pictures';
/** Narrow and enlarged, in CSS pixels: a card on a phone shows the picture at little more than half of this. */
const WIDTH = 600;
const SCALE = 1.4;
/** What is kept around the part of a page that matters. */
const MARGIN = 18;

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

/** What turns a page into a picture: closer together, with what is drawn over it. */
const STYLE = `
main { padding-top: 1.25rem; }
.menu a { padding-inline: .75rem; }
h1 { font-size: 1.5rem; margin-bottom: .75rem; }
label { margin-top: .75rem; }
.cards { grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: 0; }
.cards li { padding: .875rem; }
.cards p { font-size: .875rem; line-height: 1.35; }
.secret { margin-top: 1rem; border-color: var(--line); }
section:not(.secret) { display: none; }
button { margin-top: 1rem; }
.options { max-width: 40rem; margin: 2px 0 0; padding: .25rem 0; list-style: none; border: 1px solid #3a3a3a; }
.options li { padding: .2rem 1rem; }
.drawn { position: absolute; border: 3px solid #e1000f; border-radius: 4px; }
.drawn b { position: absolute; top: -1rem; left: -1rem; width: 1.6rem; border-radius: 50%;
  font: bold 1rem/1.6rem "Liberation Sans", Arial, sans-serif; text-align: center; color: #fff; background: #e1000f; }
.drawn.caption { padding: 0 .375rem; border: 0; font-size: .75rem; color: #666; background: #fffc; }
`;

interface Shot {
  /** The first and the last thing to be seen. */
  readonly from: Locator;
  readonly to: Locator;
  /** What to look at, in this order; several are numbered. */
  readonly framed: readonly Locator[];
}

/** Writes the picture of one step, across the whole width of the page. */
async function shoot(page: Page, step: PicturedStep, { from, to, framed }: Shot): Promise<void> {
  await page.addStyleTag({ content: STYLE });
  const top = (await boxOf(from)).y - MARGIN;
  const last = await boxOf(to);
  const clip = { x: 0, y: top, width: WIDTH, height: last.y + last.height + MARGIN - top };

  const frames = (await Promise.all(framed.map(boxOf))).map(({ x, y, width, height }, index) => {
    const style = `left: ${x - 6}px; top: ${y - 4}px; width: ${width + 12}px; height: ${height + 8}px`;
    return html`<div class="drawn" style="${style}">${framed.length > 1 && html`<b>${index + 1}</b>`}</div>`;
  });
  const corner = `right: 6px; top: ${clip.y + clip.height - 24}px`;
  await insert(page, 'body', html`${frames}<div class="drawn caption" style="${corner}">Illustration</div>`);
  await page.screenshot({ path: join(FOLDER, `${step}.png`), clip });
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
    framed: [page.getByText('ACCUEIL'), domain, domain.getByRole('link')],
  });

  await domain.getByRole('link').click();
  const application = page.getByRole('listitem').filter({ hasText: 'Compte technique' });
  await shoot(page, 'openApplication', {
    from: page.locator('.trail'),
    to: application,
    framed: [application.getByRole('link')],
  });

  await application.getByRole('link').click();
  const type = page.getByLabel('Type de demande');
  // A list that is open is drawn by the system, outside of the page.
  const options = await type.locator('option').allInnerTexts();
  const list = html`<ul class="options">${options.map((option) => html`<li>${option}</li>`)}</ul>`;
  await insert(page, '#type', list, 'afterend');
  await shoot(page, 'requestType', {
    from: page.getByText('Type de demande'),
    to: page.locator('.options'),
    framed: [page.getByRole('listitem').filter({ hasText: RESET })],
  });

  await type.selectOption(RESET);
  await page.getByLabel('Structure').selectOption(STRUCTURE.siret);
  const account = page.getByLabel('Compte technique', { exact: false });
  await account.selectOption(ACCOUNT);
  await page.locator('output').evaluate(`(output) => { output.textContent = '${EXAMPLE_PASSWORD}'; }`);
  const submit = page.getByRole('button', { name: 'Soumettre' });
  await shoot(page, 'selectAccount', {
    from: page.getByText('Type de demande'),
    to: account,
    framed: [page.getByLabel('Structure'), account],
  });
  await shoot(page, 'copyPassword', {
    from: page.locator('label[for=compte]'),
    to: submit,
    framed: [page.locator('output')],
  });
  await shoot(page, 'submitRequest', {
    from: page.locator('label[for=compte]'),
    to: submit,
    framed: [submit],
  });

  await submit.click();
  await page.goto(mailbox);
  const mail = page.getByRole('listitem').filter({ hasText: 'Réinitialisation' });
  await shoot(page, 'awaitEmail', {
    from: page.locator('header'),
    to: page.locator('.mails'),
    framed: [mail],
  });
}

/** The code of the second factor, from the newest message. */
async function codeIn(page: Page, mailbox: string): Promise<string> {
  await page.goto(mailbox);
  await page.getByRole('link', { name: 'Votre code' }).click();
  const text = await page.getByText('Votre code est').innerText();
  await page.close();
  return text.replace(/\D/g, '');
}

await mkdir(FOLDER, { recursive: true });
const simulator = await startSimulator({ ...EXAMPLE, piste: PISTE, now: () => NOW });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
try {
  const viewport = { width: WIDTH, height: 1600 };
  const page = await browser.newPage({ viewport, deviceScaleFactor: SCALE, locale: 'fr-FR' });
  await walk(page, simulator.portalUrl, simulator.mailboxUrl);
} finally {
  await browser.close();
  await simulator.close();
}
