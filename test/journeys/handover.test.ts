import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../until.ts';
import { type Chat, type Platform, reads } from './platform.ts';
import { platforms } from './platforms.ts';
import type { TestApp } from './test-app.ts';

const PUBLIC_URL = 'https://bot.example';
const DONE = "Je l'ai reporté";
const TAKE = 'Retirer le mot de passe';

describe.each(platforms)('on %s', (_, open) => {
  let app: TestApp;
  let platform: Platform;

  beforeAll(async () => {
    ({ app, platform } = await open({ publicUrl: PUBLIC_URL, isHandoverOn: true }));
  });
  afterAll(async () => {
    await platform.close();
    await app.close();
  });

  /** Whoever is to enter the password in their application stands at the last step, with a password of their own. */
  async function atTheLastStep(who: string): Promise<{ chat: Chat; password: string }> {
    const account = await app.account(platform.idOf(who));
    const chat = platform.chat(who, 'private');
    await chat.say('réinitialiser');
    for (let step = 1; step < 5; step++) await chat.press("C'est fait");
    const portal = await app.askPortal(account);
    expect(typeof (await chat.open("Mettre à l'abri"))).not.toBe('string');
    await chat.submit({ password: portal.password });
    await untilRead(chat, 'Soumettre la demande');
    await portal.submit();
    await chat.press("C'est fait");
    await chat.press("J'ai reçu l'e-mail");
    await untilRead(chat, 'La connexion a été établie');
    await chat.press('Étape suivante');
    return { chat, password: portal.password };
  }

  const untilRead = (chat: Chat, sentence: string) =>
    until(() => chat.cards().some((card) => reads(card, sentence)));

  /** The newest link that was sent, on the address where the bot listens. */
  function newestLink(): string {
    const links = platform.sent().match(/https:\/\/bot\.example\/retrait\/[\w-]+/g) ?? [];
    return (links.at(-1) ?? '').replace(PUBLIC_URL, app.url);
  }

  async function take(link: string): Promise<Response> {
    const page = await fetch(link);
    const nonce = /name="nonce" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    const cookie = page.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
    const headers = { cookie, accept: 'application/json', origin: PUBLIC_URL };
    return fetch(link, { method: 'POST', headers, body: new URLSearchParams({ nonce }) });
  }

  test('whoever typed the password takes it at the last step, by a link in their own conversation, and reads that it was taken', async () => {
    const { chat, password } = await atTheLastStep('claire');
    const report = chat.card();
    expect(reads(report, "Vous n'avez plus le mot de passe sous la main ?")).toBe(true);

    await chat.press(TAKE);
    await untilRead(chat, 'vous attend sur une page privée');
    expect(platform.everyone()).not.toContain('/retrait/');
    expect(await (await take(newestLink())).json()).toEqual({ password });
    await untilRead(chat, 'a été retiré par le lien que je vous ai donné');

    // The password itself was never in a chat, nor in the log; the link works once.
    expect(platform.sent()).not.toContain(password);
    expect(app.logged).not.toContain(password);
    expect((await fetch(newestLink())).status).toBe(410);
    await chat.pressOld(report, DONE);
    expect(chat.cards().map(({ title }) => title)).toContain('Réinitialisation terminée');
  });

  test('once the last step is over, a link that was not used gives nothing', async () => {
    const { chat, password } = await atTheLastStep('hugo');
    const report = chat.card();
    await chat.press(TAKE);
    await untilRead(chat, 'vous attend sur une page privée');
    const link = newestLink();
    await chat.pressOld(report, DONE);

    const answer = await take(link);
    expect(answer.status).not.toBe(200);
    expect(await answer.text()).not.toContain(password);
  });
});
