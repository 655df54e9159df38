import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { until } from '../until.ts';
import type { Chat, Platform, SeenForm } from './platform.ts';
import { platforms } from './platforms.ts';
import { OLD_PASSWORD, type TestApp } from './test-app.ts';

const PUBLIC_URL = 'https://bot.example';
const MARK = 'Qualification';
/** Every login here is one of production. */
const WRONG_LOGIN = "C'est l'identifiant d'un compte de production";

describe.each(platforms)('a bot in qualification, on %s', (name, open) => {
  let app: TestApp;
  let platform: Platform;

  beforeAll(async () => {
    ({ app, platform } = await open({ environment: 'sandbox', publicUrl: PUBLIC_URL, isHandoverOn: true }));
  });
  afterAll(async () => {
    await platform.close();
    await app.close();
  });

  const isMarked = ({ texts }: Pick<SeenForm, 'texts'>) => texts.join('\n').includes(MARK);

  async function openForm(chat: Chat, label: string): Promise<SeenForm> {
    const form = await chat.open(label);
    if (typeof form === 'string') throw new Error(`no form, but: ${form}`);
    return form;
  }

  const untilRead = (chat: Chat, sentence: string) =>
    until(() => chat.cards().some(({ texts }) => texts.join('\n').includes(sentence)));

  const linkTo = (path: string) =>
    (platform.sent().match(new RegExp(`${PUBLIC_URL}/${path}/[\\w-]+`, 'g')) ?? [])
      .at(-1)
      ?.replace(PUBLIC_URL, app.url);

  test('says so on every card, form and page, and warns of a login of production before any test', async () => {
    const account = await app.account(platform.idOf('claire'));
    const chat = platform.chat('claire', 'private');
    const warned = () => chat.card().texts.join('\n').replaceAll('’', "'").includes(WRONG_LOGIN);

    await chat.install();
    await chat.say('bonjour');
    await chat.say('comptes');
    await chat.say('configuration');
    expect(warned()).toBe(true);
    await chat.say('réinitialiser');
    for (let step = 1; step < 3; step++) {
      expect(warned()).toBe(true);
      await chat.press("C'est fait");
    }
    const portal = await app.askPortal(account);
    expect(isMarked(await openForm(chat, "Mettre à l'abri"))).toBe(true);
    if (name === 'Slack') {
      const page = await (await fetch(linkTo('saisie') ?? '')).text();
      expect(page).toContain('type="password"');
      expect(page).toContain(MARK);
    }
    // A form that comes back, then its last word.
    const again = await chat.submit({ password: account.login });
    expect(typeof again === 'string' ? again : isMarked(again)).toBe(true);
    expect(await chat.submit({ password: portal.password })).toContain(MARK);
    await portal.submit();
    await chat.press("C'est fait");
    await chat.press("J'ai reçu l'e-mail");
    await untilRead(chat, 'La connexion a été établie');
    await chat.press('Étape suivante');
    await chat.press('Retirer le mot de passe');
    await untilRead(chat, 'vous attend sur une page privée');
    const page = await (await fetch(linkTo('retrait') ?? '')).text();
    expect(page).toContain('Retirer le mot de passe');
    expect(page).toContain(MARK);
    await app.settled();

    const cards = chat.cards();
    expect(cards.length).toBeGreaterThan(4);
    expect(cards.filter((card) => !isMarked(card))).toEqual([]);
    // Once each, whoever drew the card last.
    expect(cards.filter(({ texts }) => texts.filter((text) => text.endsWith(MARK)).length !== 1)).toEqual([]);
  });

  test('a refused test has its details for support behind a button, and nothing secret in them', async () => {
    await app.account(platform.idOf('denise'));
    const chat = platform.chat('denise', 'private');
    app.simulator.behave({
      forced: {
        rattachements: { kind: 'business', codeRetour: 20003, libelle: `Verrouillé : ${OLD_PASSWORD}` },
      },
    });
    try {
      await chat.say('configuration');
      await chat.press('Test de connexion');
      await untilRead(chat, '20003');
    } finally {
      app.simulator.behave({ forced: {} });
    }
    expect(chat.card().texts.join('\n')).not.toMatch(/codeRetour| ms,|refusedInWords/);
    const details = await chat.open('Détails pour le support');
    const read = typeof details === 'string' ? details : details.texts.join('\n');
    for (const part of [
      'refusedInWords',
      'HTTP 200',
      'codeRetour 20003',
      'Verrouillé : [secret]',
      ' ms',
      'sandbox',
    ])
      expect(read).toContain(part);
    expect(read).toContain(MARK);
    expect(platform.sent() + app.logged).not.toContain(OLD_PASSWORD);
  });
});
