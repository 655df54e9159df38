import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Account } from '../../src/store/accounts.ts';
import { until } from '../until.ts';
import { type Chat, type Platform, reads } from './platform.ts';
import { platforms } from './platforms.ts';
import { SIRET, type TestApp } from './test-app.ts';
import { DURING, IDLE, type Meaning, type TypedLine } from './typed-lines.ts';

const TITLES: Partial<Record<Meaning, string>> = {
  accounts: 'Vos comptes techniques',
  help: 'Ce que je sais faire',
  hello: 'Bonjour',
  configuration: 'Configuration des échanges Chorus Pro',
  notYours: 'Quel compte ?',
  password: "Ce mot de passe n'est plus sûr",
  unknown: 'Ce que je sais faire',
};
const RESUME = 'Reprendre la réinitialisation';
const ANOTHER = 'En demander un autre';
const SPACED = '217 199 991 00019';

// biome-ignore lint/suspicious/noExplicitAny: what a platform delivers
type Json = any;

test('the list is long, and names both platforms', () => {
  expect(IDLE.length + DURING.length).toBeGreaterThan(200);
  expect([...IDLE, ...DURING].filter(({ teams }) => teams !== undefined).length).toBeGreaterThan(30);
  expect([...IDLE, ...DURING].filter(({ slack }) => slack !== undefined).length).toBeGreaterThan(20);
});

describe.each(platforms)('what people type on %s', (name, open) => {
  let app: TestApp;
  let platform: Platform;
  beforeAll(async () => {
    ({ app, platform } = await open());
  });
  afterAll(async () => {
    await app.close();
    await platform.close();
  });

  const here = (lines: readonly TypedLine[]) =>
    lines.filter(
      (line) => line.text !== undefined || (name === 'Teams' ? line.teams : line.slack) !== undefined,
    );

  /** Somebody with one account; `type` delivers a line as the platform writes it, and gives the titles that are new. */
  async function somebody(
    who: string,
  ): Promise<{ chat: Chat; account: Account; type: (line: TypedLine) => Promise<void> }> {
    const account = await app.account(platform.idOf(who));
    const chat = platform.chat(who, 'private');
    await chat.say('bonjour');
    const written = platform.delivered.at(-1) as Json;
    let lines = 0;
    const type = async (line: TypedLine) => {
      const raw = line.text ?? (name === 'Teams' ? line.teams : line.slack) ?? '';
      const text = raw
        .replaceAll('LOGIN', account.login)
        .replaceAll('SIRET', SIRET)
        .replaceAll('SPACED', SPACED);
      lines += 1;
      await platform.deliver(
        name === 'Teams' ? inTeams(written, line, text, lines) : inSlack(written, line, text, lines),
      );
    };
    return { chat, account, type };
  }

  test('is understood where no reset runs', async () => {
    const { chat, type } = await somebody('idle');
    const wrong: string[] = [];
    for (const line of here(IDLE)) {
      const before = chat.cards().length;
      await type(line);
      const cards = chat.cards().slice(before);
      const { title = 'nothing', buttons = [] } = cards.at(-1) ?? {};
      const isRight =
        line.means === 'nothing'
          ? cards.length === 0
          : line.means === 'reset'
            ? title === 'Se connecter au portail'
            : title.startsWith(TITLES[line.means] ?? '?') &&
              (line.means !== 'unknown' || reads(chat.card(), "Je n'ai pas compris"));
      if (!isRight || cards.length > 1) wrong.push(`${JSON.stringify(line)} gave ${cards.length} ${title}`);
      if (buttons.some(({ label }) => label === RESUME))
        wrong.push(`${JSON.stringify(line)} offers to resume`);
      if (title === 'Se connecter au portail') {
        await chat.press('Où en suis-je ?');
        await chat.press('Arrêter la réinitialisation');
        await chat.press('Arrêter');
      }
    }
    expect(wrong).toEqual([]);
  }, 200_000);

  test.each(['Se connecter au portail', "Attendre l'e-mail de confirmation"])(
    'shows the card again during a reset, and moves it nowhere: %s',
    async (step) => {
      const { chat, account, type } = await somebody(step.startsWith('Se') ? 'beginning' : 'waiting');
      await chat.say('réinitialiser');
      for (let clicks = 0; clicks < 10 && chat.card().title !== step; clicks++)
        await chat.press("C'est fait");
      expect(chat.card().title).toBe(step);
      const stands = (await app.resets.load(account.id))?.value.reset;
      const wrong: string[] = [];
      for (const line of here(DURING)) {
        const before = chat.cards().length;
        await type(line);
        const cards = chat.cards().slice(before);
        const { title = 'nothing', buttons = [] } = cards.at(-1) ?? {};
        const isOfStep = line.means === 'step' || line.means === 'reset';
        const isRight = isOfStep ? title === step : title.startsWith(TITLES[line.means] ?? '?');
        // Once the portal has shown a password, one that was typed here leads to another one.
        const leadsOn = buttons.some(({ label }) => label === RESUME || label === ANOTHER);
        if (!isRight || cards.length !== 1 || (!isOfStep && !leadsOn))
          wrong.push(
            `${JSON.stringify(line)} gave ${title} with ${buttons.map(({ label }) => label).join(', ')}`,
          );
      }
      expect(wrong).toEqual([]);
      expect((await app.resets.load(account.id))?.value.reset).toEqual(stands);
      // One card is alive, and those above it say where it is.
      await until(() => chat.cards().filter(({ title }) => title === step).length === 1);
      expect(chat.cards().some((card) => reads(card, 'La suite est plus bas.'))).toBe(true);
    },
    200_000,
  );
});

function inTeams(written: Json, { teamsType, attachments }: TypedLine, text: string, n: number): object {
  return {
    ...written,
    id: `typed-${n}`,
    timestamp: `2027-03-01T08:00:00.${n}Z`,
    type: teamsType ?? 'message',
    text,
    ...(attachments === undefined ? {} : { attachments }),
  };
}

function inSlack(written: Json, { slackSubtype, more = {} }: TypedLine, text: string, n: number): object {
  const { event, ...payload } = written.payload;
  const said = { ...event, text, ts: `1700000000.${n}`, ...more };
  const subtyped = slackSubtype === undefined ? said : { ...said, subtype: slackSubtype };
  const { user: _user, text: _text, ...changed } = subtyped;
  const isChange = slackSubtype === 'message_changed' || slackSubtype === 'message_deleted';
  const sent = isChange ? { ...changed, message: said } : subtyped;
  return { ...written, payload: { ...payload, event_id: `${written.payload.event_id}${n}`, event: sent } };
}
