import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../demo/browser.ts';

let browser: Browser;
let address: string;
beforeAll(async () => {
  browser = await launchBrowser();
  address = `file://${execFileSync('node', ['dist/build/demo/gallery/gallery.js'], { encoding: 'utf8' }).trim()}`;
});
afterAll(() => browser.close());

test.each([1300, 390])('on a screen of %d pixels the gallery draws each card, whole', async (width) => {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  await page.goto(address);
  const samples = await page.locator('article').count();
  expect(samples).toBeGreaterThan(90);
  expect(await page.locator('.card').count()).toBe(2 * samples);
  expect(await page.locator('.slack').count()).toBe(2 * samples);
  expect(await page.locator('.slack-unknown').allTextContents()).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  await page.close();
});
