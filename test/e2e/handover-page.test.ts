import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from '../../demo/browser.ts';
import { HandoverWorld, PASSWORD } from '../password/handover-world.ts';

let browser: Browser;
let opened: HandoverWorld;
let context: BrowserContext;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  opened = await HandoverWorld.open();
});
afterEach(async () => {
  await context.close();
  await opened.close();
});

async function visit(options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
  context = await browser.newContext({ locale: 'fr-FR', ...options });
  const page = await context.newPage();
  await page.goto(await opened.link());
  return page;
}

const textOf = (page: Page) => page.getByLabel('Mot de passe').inputValue();
const typeOf = (page: Page) => page.getByLabel('Mot de passe').getAttribute('type');

test('« Afficher » shows the password, hides it again, and « Terminé » takes it off the page', async () => {
  const page = await visit();
  expect(await textOf(page)).toBe('');
  await page.getByRole('button', { name: 'Afficher' }).click();
  await page.getByRole('button', { name: 'Masquer' }).waitFor();
  expect([await typeOf(page), await textOf(page)]).toEqual(['text', PASSWORD]);
  await page.getByRole('button', { name: 'Masquer' }).click();
  expect(await typeOf(page)).toBe('password');
  await page.getByRole('button', { name: 'Afficher' }).click();
  expect(await typeOf(page)).toBe('text');
  await page.getByRole('button', { name: 'Terminé' }).click();
  expect(await textOf(page)).toBe('');
  expect(await page.getByRole('status').textContent()).toContain('n’est plus sur cette page');
  expect(await page.content()).not.toContain(PASSWORD);
  expect(await opened.handedOver()).toHaveLength(1);
});

test('it is masked again after a minute, and gone after five', async () => {
  context = await browser.newContext({ locale: 'fr-FR' });
  const page = await context.newPage();
  await page.clock.install({ time: opened.world.now });
  await page.goto(await opened.link());
  await page.getByRole('button', { name: 'Afficher' }).click();
  await page.getByRole('button', { name: 'Masquer' }).waitFor();
  await page.clock.runFor(61_000);
  expect([await typeOf(page), await textOf(page)]).toEqual(['password', PASSWORD]);
  await page.clock.runFor(240_000);
  expect(await textOf(page)).toBe('');
  expect(await page.getByRole('status').textContent()).toContain('cinq minutes');
});

test('« Copier » puts it on the clipboard without showing it', async () => {
  const page = await visit({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByRole('button', { name: 'Copier' }).click();
  await page.getByText('Le mot de passe est copié').waitFor();
  expect(await typeOf(page)).toBe('password');
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(PASSWORD);
});

test('by keyboard alone', async () => {
  const page = await visit();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Masquer' }).waitFor();
  expect(await textOf(page)).toBe(PASSWORD);
});

test('without a script, « Afficher » answers with a page that shows it', async () => {
  const page = await visit({ javaScriptEnabled: false });
  expect(await page.getByRole('button').allTextContents()).toEqual(['Afficher']);
  await page.getByRole('button', { name: 'Afficher' }).click();
  expect(await textOf(page)).toBe(PASSWORD);
});

test('on a phone, nothing has to be scrolled sideways', async () => {
  const page = await visit({ viewport: { width: 360, height: 740 } });
  await page.getByRole('button', { name: 'Afficher' }).click();
  await page.getByRole('button', { name: 'Masquer' }).waitFor();
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  const box = await page.getByRole('button', { name: 'Copier' }).boundingBox();
  expect(box?.height).toBeGreaterThanOrEqual(44);
});

test('a link that is over says so, and where to go', async () => {
  const page = await visit();
  const address = page.url();
  await page.getByRole('button', { name: 'Afficher' }).click();
  await page.getByRole('button', { name: 'Masquer' }).waitFor();
  await page.goto(address);
  expect(await page.getByRole('status').textContent()).toContain('Ce lien n’est plus valable');
});
