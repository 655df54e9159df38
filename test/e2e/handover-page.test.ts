import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import axe from 'axe-core';
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
/** What a screen reader says by itself. */
const told = (page: Page) => page.getByRole('status').textContent();

async function show(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Afficher' }).click();
  await page.getByRole('button', { name: 'Masquer' }).waitFor();
}

test('« Afficher » shows the password, hides it again, and « Terminé » takes it off the page', async () => {
  const page = await visit();
  expect(await textOf(page)).toBe('');
  await show(page);
  expect([await typeOf(page), await textOf(page)]).toEqual(['text', PASSWORD]);
  expect(await told(page)).toContain('Le mot de passe est affiché');
  await page.getByRole('button', { name: 'Masquer' }).click();
  expect(await typeOf(page)).toBe('password');
  await page.getByRole('button', { name: 'Afficher' }).click();
  expect(await typeOf(page)).toBe('text');
  await page.getByRole('button', { name: 'Terminé' }).click();
  expect(await textOf(page)).toBe('');
  expect(await told(page)).toContain('n’est plus sur cette page');
  expect(await page.content()).not.toContain(PASSWORD);
  // The script's own variable.
  expect(await page.evaluate('password')).toBeUndefined();
  expect(await opened.handedOver()).toHaveLength(1);
});

test('it is masked again after a minute, and gone after five', async () => {
  context = await browser.newContext({ locale: 'fr-FR' });
  const page = await context.newPage();
  await page.clock.install({ time: opened.world.now });
  await page.goto(await opened.link());
  await show(page);
  await page.clock.runFor(61_000);
  expect([await typeOf(page), await textOf(page)]).toEqual(['password', PASSWORD]);
  expect(await told(page)).toContain('de nouveau masqué');
  await show(page);
  expect([await typeOf(page), await textOf(page)]).toEqual(['text', PASSWORD]);
  expect(await opened.handedOver()).toHaveLength(1);
  await page.clock.runFor(240_000);
  expect(await textOf(page)).toBe('');
  expect(await told(page)).toContain('cinq minutes');
});

test('« Copier » puts it on the clipboard without showing it', async () => {
  const page = await visit({ permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByRole('button', { name: 'Copier' }).click();
  await page.getByText('Le mot de passe est copié').waitFor();
  expect(await typeOf(page)).toBe('password');
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(PASSWORD);
});

test('by keyboard alone, from the field to « Terminé »', async () => {
  const page = await visit({ permissions: ['clipboard-read', 'clipboard-write'] });
  const tabTo = async (name: string) => {
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe(name);
  };
  await page.keyboard.press('Tab');
  expect(await page.evaluate('document.activeElement.id')).toBe('password');
  await tabTo('Afficher');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Masquer' }).waitFor();
  expect(await textOf(page)).toBe(PASSWORD);
  await tabTo('Copier');
  await page.keyboard.press('Space');
  await page.getByText('Le mot de passe est copié').waitFor();
  await tabTo('Terminé');
  await page.keyboard.press('Enter');
  expect(await textOf(page)).toBe('');
  expect(await page.evaluate('document.activeElement.textContent')).toContain('n’est plus sur cette page');
});

test('without a script, « Afficher » answers with a page that shows it', async () => {
  const page = await visit({ javaScriptEnabled: false });
  expect(await page.getByRole('button').allTextContents()).toEqual(['Afficher']);
  await page.getByRole('button', { name: 'Afficher' }).click();
  expect(await textOf(page)).toBe(PASSWORD);
});

test('on a phone, nothing has to be scrolled sideways', async () => {
  const page = await visit({ viewport: { width: 360, height: 740 } });
  await show(page);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  const box = await page.getByRole('button', { name: 'Copier' }).boundingBox();
  expect(box?.height).toBeGreaterThanOrEqual(44);
});

test('a link that is over says so, and where to go', async () => {
  const page = await visit();
  const address = page.url();
  await show(page);
  await page.goto(address);
  expect(await told(page)).toContain('Ce lien n’est plus valable');
});

const DEVICES = {
  desktop: { viewport: { width: 1280, height: 900 } },
  phone: { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true },
};

describe.each(Object.entries(DEVICES))('on a %s, axe finds nothing, in light and dark,', (_, device) => {
  test('before the password is taken, while it is shown, and when the link is over', async () => {
    const page = await visit(device);
    expect(await violations(page)).toEqual([]);
    await show(page);
    expect(await violations(page)).toEqual([]);
    await page.reload();
    expect(await told(page)).toContain('Ce lien n’est plus valable');
    expect(await violations(page)).toEqual([]);
  });

  test('where no script runs', async () => {
    const page = await visit({ ...device, javaScriptEnabled: false });
    await page.getByRole('button', { name: 'Afficher' }).click();
    expect(await textOf(page)).toBe(PASSWORD);
    // axe is a script itself: it looks at the same text elsewhere.
    const elsewhere = await browser.newContext({ locale: 'fr-FR', ...device });
    const copy = await elsewhere.newPage();
    await copy.setContent(await page.content());
    expect(await violations(copy)).toEqual([]);
    await elsewhere.close();
  });
});

test('what previews links asks first, gets nothing and spoils nothing', async () => {
  const link = await opened.link();
  const agents = [
    'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
    'Slack-ImgProxy (+https://api.slack.com/robots)',
    'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com',
    'Mozilla/5.0 (compatible; MicrosoftPreview/2.0; +https://aka.ms/MicrosoftPreview)',
    'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  ];
  for (const agent of agents)
    for (const asked of [['--head'], ['--get'], ['--request', 'OPTIONS'], ['--data', 'x=1']]) {
      const { stdout } = await promisify(execFile)('curl', [
        '--silent',
        '--user-agent',
        agent,
        ...asked,
        link,
      ]);
      expect(stdout).not.toContain(PASSWORD);
    }
  // One that runs scripts, and presses nothing.
  context = await browser.newContext({ userAgent: agents[3] ?? '' });
  const robot = await context.newPage();
  await robot.goto(link);
  expect(await robot.content()).not.toContain(PASSWORD);
  await context.close();
  expect(await opened.handedOver()).toEqual([]);

  context = await browser.newContext({ locale: 'fr-FR' });
  const page = await context.newPage();
  await page.goto(link);
  await show(page);
  expect(await textOf(page)).toBe(PASSWORD);
});

/** What axe has against the page as it stands, and against its colours in the dark. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found: string[] = [];
  for (const [colorScheme, only] of [
    ['light', '{}'],
    ['dark', "{ runOnly: ['color-contrast'] }"],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    const { passes, violations } = (await page.evaluate(`axe.run(document, ${only})`)) as axe.AxeResults;
    expect(passes.map(({ id }) => id)).toContain('color-contrast');
    for (const { id, nodes } of violations)
      found.push(`${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  }
  return found;
}
