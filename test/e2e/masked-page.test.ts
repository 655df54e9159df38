import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../demo/browser.ts';
import { linkIn } from '../slack/page.ts';
import { ACCOUNT, openTestbed, type Testbed, until } from '../slack/testbed.ts';
import { walkToPassword } from '../slack/walk.ts';

const PASSWORD = 'aBcd1234eFgh';

let browser: Browser;
let testbed: Testbed;
let link: string;

beforeAll(async () => {
  browser = await launchBrowser();
  testbed = await openTestbed({ publicUrl: true });
  const card = await walkToPassword(testbed);
  await testbed.manager.click("Mettre à l'abri", card);
  const { view } = await until(() => testbed.slack.views[0]);
  link = linkIn(view);
});

afterAll(async () => {
  await testbed.close();
  await browser.close();
});

test.each([
  ['on a desktop', 1200, 800],
  ['on a phone', 360, 740],
])('%s everything can be read and reached without scrolling sideways', async (_where, width, height) => {
  const page = await browser.newPage({ viewport: { width, height } });
  await page.goto(link);
  expect(await page.getByLabel('Nouveau mot de passe').getAttribute('type')).toBe('password');
  const [main, button] = [page.locator('main'), page.getByRole('button', { name: 'Valider' })];
  expect((await main.boundingBox())?.width).toBeLessThanOrEqual(width);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  expect((await button.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  await page.close();
});

test('without a script, a mistake is corrected and the password kept, and the way back leads nowhere', async () => {
  const page = await browser.newPage({
    viewport: { width: 360, height: 740 },
    javaScriptEnabled: false,
    locale: 'fr-FR',
  });
  await page.goto(link);
  await page.getByLabel('Nouveau mot de passe').fill(`"${PASSWORD}"`);
  await page.getByRole('button', { name: 'Valider' }).click();
  expect(await page.getByRole('alert').textContent()).toContain('guillemets autour');
  expect(await page.content()).not.toContain(PASSWORD);

  await page.getByLabel('sans les guillemets').check();
  await page.getByRole('button', { name: 'Valider' }).click();
  expect(await page.getByRole('status').textContent()).toContain('Le mot de passe est à l’abri');
  expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe(PASSWORD);

  await page.goto(link);
  expect(await page.getByRole('heading').textContent()).toBe('Ce lien n’est plus valable');
  await page.close();
});
