import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Application, startApplication } from '../../demo/application/server.ts';
import { Secret } from '../../src/secret.ts';
import type { Account } from '../../src/store/accounts.ts';
import { until } from '../until.ts';
import { type Chat, type Platform, reads, type Seen } from './platform.ts';
import { platforms } from './platforms.ts';
import { OLD_PASSWORD, type TestApp } from './test-app.ts';

const PUBLIC_URL = 'https://bot.example';
const DONE = 'Je l’ai reporté';
const CONNECTED = 'La connexion a été établie : les paramètres de connexion sont corrects.';
const QUESTION = 'Le mot de passe est-il reporté ?';
const TAKE = 'Retirer le mot de passe';

describe.each(platforms)('on %s', (_, open) => {
  let app: TestApp;
  let platform: Platform;

  beforeAll(async () => {
    ({ app, platform } = await open({
      publicUrl: PUBLIC_URL,
      isHandoverOn: true,
      api: { isBesideMetrics: true },
    }));
  });
  afterAll(async () => {
    await platform.close();
    await app.close();
  });

  /** Whoever is to enter the password in their application stands at the last step, with a password of their own. */
  async function atTheLastStep(
    who: string,
    { beforeSubmit = async (_account: Account) => undefined as unknown } = {},
  ): Promise<{ chat: Chat; password: string }> {
    const account = await app.account(platform.idOf(who));
    const chat = chatOf(who);
    await chat.say('réinitialiser');
    for (let step = 1; step < 3; step++) await chat.press("C'est fait");
    const portal = await app.askPortal(account);
    expect(reads(chat.card(), 'Notez-le aussi')).toBe(false);
    const form = await chat.open("Mettre à l'abri");
    expect(typeof form !== 'string' && !reads(form, 'Notez-le aussi')).toBe(true);
    await chat.submit({ password: portal.password });
    await untilRead(chat, 'Soumettre la demande');
    await beforeSubmit(account);
    await portal.submit();
    await chat.press("C'est fait");
    await chat.press("J'ai reçu l'e-mail");
    await untilRead(chat, 'La connexion a été établie');
    await chat.press('Étape suivante');
    return { chat, password: portal.password };
  }

  const chatOf = (who: string) => platform.chat(who, 'private');

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
    expect(report.buttons).toContainEqual({ label: TAKE, enabled: true });

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

  test('an account that is given to somebody else ends the link, and they read who can help them', async () => {
    let meant: Account | undefined;
    const { chat, password } = await atTheLastStep('lea', {
      beforeSubmit: async (account) => {
        meant = account;
      },
    });
    if (meant === undefined) throw new Error('there is no account');
    await chat.press(TAKE);
    await untilRead(chat, 'vous attend sur une page privée');
    const link = newestLink();
    await app.accounts.change(meant.id, (account) => ({ ...account, manager: platform.idOf('noa') }));
    const answer = await take(link);
    expect([answer.status, await answer.text()]).toEqual([403, expect.not.stringContaining(password)]);

    const next = chatOf('noa');
    await next.say('réinitialiser');
    expect(reads(next.card(), 'Étape 10 sur 10')).toBe(true);
    expect(reads(next.card(), "demandez-le à l'administrateur du bot")).toBe(true);
    expect(next.card().buttons.map(({ label }) => label)).not.toContain(TAKE);
    expect((await take(link)).status).toBe(403);
  });

  /** The applications that use this account: one in which people enter the password, one that reads it by itself. */
  async function applicationOf({ id, login }: Account): Promise<Application> {
    const { text } = await app.tokens.create({ name: 'programme', accounts: [id] }, new Date());
    const reading = { apiUrl: app.apiUrl, token: new Secret(text), pauseMs: 100 };
    const password = new Secret(OLD_PASSWORD);
    return startApplication({ chorus: app.chorus, login, password, updated: new Date(), reading });
  }

  test('the password ends in the application: a person enters it in e.magnus, and a program has read it by itself', async () => {
    let application: Application | undefined;
    let meant: Account | undefined;
    const press = (path: string, fields: Record<string, string> = {}) =>
      fetch(`${application?.url}${path}`, { method: 'POST', body: new URLSearchParams(fields) });
    const { chat, password } = await atTheLastStep('chloe', {
      beforeSubmit: async (account) => {
        expect(
          reads(chatOf('chloe').card(), "effectuez le Test de connexion et laissez l'écran ouvert"),
        ).toBe(true);
        meant = account;
        application = await applicationOf(account);
        expect(await (await press('/test')).text()).toContain(CONNECTED);
      },
    });
    if (application === undefined || meant === undefined) throw new Error('there is no application');
    const { entered, read, versionRead } = application;
    const version = (await app.credentials.current(meant.id))?.kept.version;

    // Nobody has done anything for the program, and step 10 says so.
    await until(() => versionRead() === version);
    expect(read.verdict).toMatchObject({ outcome: 'accepted' });
    await untilRead(chat, "programme l'a lu, la dernière fois le");

    await chat.press(TAKE);
    await untilRead(chat, 'vous attend sur une page privée');
    const { password: taken } = (await (await take(newestLink())).json()) as { password: string };
    expect(taken).toBe(password);
    const screen = await (await fetch(`${application.url}/?saisie=1`)).text();
    expect(screen).toContain('Saisie du mot de passe');
    await press('/mot-de-passe', { nouveau: taken });
    expect(await (await press('/test')).text()).toContain(CONNECTED);
    expect(entered.verdict).toMatchObject({ outcome: 'accepted' });
    const report = chat.cards().find(({ title }) => title === 'Reporter dans votre application');
    await untilRead(chat, 'Il a été retiré par la page privée le');
    await chat.pressOld(report as Seen, DONE);
    await application.close();
    expect(app.logged).not.toContain(password);
  });

  test('three days later whoever has taken nothing is asked once, and reads what to do', async () => {
    const { chat } = await atTheLastStep('ines');
    await chat.press(DONE);
    const asked = () => chat.cards().filter(({ title }) => title === QUESTION);
    app.skip(72 * 60 * 60_000);
    await until(() => asked().length === 1);
    await chat.press('Non, pas encore');
    await untilRead(chat, "C'est le mot de passe que le portail a affiché.");
    expect(reads(chat.card(), 'Configuration des échanges Chorus Pro')).toBe(true);
    app.skip(72 * 60 * 60_000);
    await app.ticked();
    expect(asked()).toHaveLength(1);
    // Who has taken it is asked nothing.
    expect(
      chatOf('chloe')
        .cards()
        .map(({ title }) => title),
    ).not.toContain(QUESTION);
  });
});
