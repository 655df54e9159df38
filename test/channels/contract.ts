import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Channel,
  type Conversation,
  MessageGone,
  type Place,
  PlaceGone,
  TryLater,
} from '../../src/bot/channel.ts';
import type { Chat, Platform, SeenForm } from '../journeys/platform.ts';
import { CARD, CHANGED, FORM, Recording } from './recording.ts';
import { otherShapes } from './shapes.ts';

/** A platform, and a channel that translates between it and a conversation. */
export interface Side {
  readonly platform: Platform;
  readonly channel: Channel;
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/** What one platform can do and another cannot. */
export interface Abilities {
  /** Its forms have masked fields. */
  readonly masks: boolean;
  /** It can change a form that was submitted and is still open. */
  readonly redraws: boolean;
}

const CANARY = 'aBcd1234eFgh';

/** What every channel promises to the conversation behind it, and to the code that calls it. */
export function channelContract(
  name: string,
  open: (conversation: Conversation) => Promise<Side>,
  { masks, redraws }: Abilities,
): void {
  describe(`the channel of ${name}`, () => {
    const conversation = new Recording();
    const { heard } = conversation;
    let side: Side;
    let platform: Platform;
    let channel: Channel;

    beforeEach(async () => {
      conversation.forget();
      side = await open(conversation);
      ({ platform, channel } = side);
    });
    afterEach(() => side.close());

    /** Somebody alone with the bot, before a card with buttons. */
    async function alone(): Promise<Chat> {
      const chat = platform.chat('claire', 'private');
      await chat.say('bonjour');
      return chat;
    }

    /** Somebody in the channel, before a card with buttons that everybody sees. */
    async function amongOthers(): Promise<Chat> {
      const chat = platform.chat('claire', 'channel');
      await chat.say('bonjour');
      await channel.show(placeOfLast(), CARD);
      return chat;
    }

    async function formOf(chat: Chat): Promise<SeenForm> {
      const form = await chat.open('Saisir');
      if (typeof form === 'string') throw new Error(`no form, but: ${form}`);
      return form;
    }

    const person = (who: string, language = 'fr') => ({ id: platform.idOf(who), name: who, language });
    /** As a store gives back what was put there before a restart. */
    const kept = <T>(data: T): T => JSON.parse(JSON.stringify(data));
    const placeOfLast = (): Place => kept(heard.said.at(-1)?.place) as Place;

    describe('tells the conversation', () => {
      test('what somebody says, once, with who, where and in which language', async () => {
        await platform.chat('claire', 'private').say('mes comptes & le reste');
        await platform.chat('hugo', 'channel', 'en').say('my accounts');
        expect(heard.said).toMatchObject([
          { person: person('claire'), place: { private: true }, text: 'mes comptes & le reste' },
          { person: person('hugo', 'en'), place: { private: false }, text: 'my accounts' },
        ]);
        for (const { place } of heard.said) expect(place.platform).toBe(channel.platform);
        expect(conversation.count).toBe(2);
      });

      test('the name of a person on one line, with nothing invisible in it', async () => {
        const name = ' Cl\u202eai\u200bre\n\u001b[31mDurand\u0000 ';
        await platform.chat('claire', 'private', 'fr', name).say('bonjour');
        expect(heard.said).toMatchObject([{ person: { ...person('claire'), name: 'Claire [31mDurand' } }]);
      });

      test('what is pressed, with its data, what was chosen beside it, and the card', async () => {
        const chat = await alone();
        await chat.press('Continuer', { chosen: { alertMonths: '3' } });
        expect(heard.clicked).toMatchObject([
          {
            person: person('claire'),
            place: { private: true },
            verb: 'done',
            data: { account: 'tech_1', revision: 7, alertMonths: '3' },
          },
        ]);
        const { clicked } = heard.clicked[0] ?? {};
        if (clicked === undefined) throw new Error('it does not say what was clicked');
        await channel.replace(kept(clicked), CHANGED);
        expect(chat.cards().map(({ title }) => title)).toEqual([CHANGED.title]);
      });

      test('which form is asked for, from which card, and whether it will mask what is typed', async () => {
        const chat = await amongOthers();
        await chat.open('Saisir');
        expect(heard.opened).toMatchObject([
          {
            person: person('claire'),
            place: { private: false },
            form: 'password',
            data: { account: 'tech_1', reset: 'r1' },
          },
        ]);
        expect(heard.opened[0]?.unmasked === true).toBe(!masks);
        expect(heard.opened[0]?.clicked?.message).toEqual(expect.stringMatching(/./));
      });

      test('what is submitted, with the data of its form, the password apart', async () => {
        const chat = await amongOthers();
        await chat.open('Saisir');
        await chat.submit({ password: ` ${CANARY} `, expiry: '19/04/2027 02:00:00' });
        expect(heard.submitted).toMatchObject([
          {
            person: person('claire'),
            place: { private: false },
            form: 'password',
            data: FORM.data,
            lines: { expiry: '19/04/2027 02:00:00', keepAs: '' },
          },
        ]);
        expect(conversation.passwords).toEqual([` ${CANARY} `]);
        expect(JSON.stringify(heard.submitted)).not.toContain(CANARY);
      });

      test('an empty field as an empty password', async () => {
        const chat = await alone();
        await chat.open('Saisir');
        await chat.submit({ password: '' });
        expect(conversation.passwords).toEqual(['']);
        expect(heard.submitted[0]?.lines).toEqual({ expiry: '18/04/2027', keepAs: '' });
      });

      test('that it was added to a channel, under one name however often it is told', async () => {
        const chat = platform.chat('claire', 'channel');
        await chat.install();
        await chat.install();
        expect(new Set(heard.welcomed.map(({ delivery }) => delivery)).size).toBe(1);
        expect(heard.welcomed[0]).toMatchObject({ person: person('claire'), place: { private: false } });
        expect(chat.cards().map(({ title }) => title)).toEqual([CARD.title]);
      });

      test('each turn under a correlation of its own', async () => {
        const chat = await alone();
        await chat.press('Continuer');
        await chat.press('Continuer');
        await chat.open('Saisir');
        await chat.submit({ password: CANARY });
        const turns = Object.values(heard).flat();
        expect(turns).toHaveLength(5);
        expect(new Set(turns.map(({ correlation }) => correlation)).size).toBe(5);
      });
    });

    test.each(['private', 'channel'] as const)(
      'what is delivered again (%s) has one name, and one answer',
      async (where) => {
        const chat = platform.chat('claire', where);
        await chat.say('bonjour', 3);
        expect(new Set(heard.said.map(({ delivery }) => delivery)).size).toBe(1);
        await chat.say('bonjour');
        expect(new Set(heard.said.map(({ delivery }) => delivery)).size).toBe(2);
        expect(chat.cards()).toHaveLength(2);
      },
    );

    describe('answers', () => {
      test('with every card, in order, where it was spoken to', async () => {
        conversation.answers.said = async () => [CARD, CHANGED];
        const chat = await alone();
        expect(chat.cards().map(({ title }) => title)).toEqual([CARD.title, CHANGED.title]);
        expect(platform.channel()).toEqual([]);
      });

      test('a refusal to the person who clicked, and to nobody else', async () => {
        const refusal = 'Ce compte ne vous est pas confié.';
        const chat = await amongOthers();
        const seen = platform.everyone();
        conversation.answers.clicked = async () => ({ kind: 'refusal', text: refusal });
        conversation.answers.opened = async () => ({ kind: 'refusal', text: refusal });
        expect(await chat.press('Continuer')).toBe(refusal);
        expect(await chat.open('Saisir')).toBe(refusal);
        expect(seen).toContain(CARD.title);
        expect(platform.everyone()).toBe(seen);
      });

      test('with a form in which nothing of the password ever stands', async () => {
        const chat = await alone();
        expect(await formOf(chat)).toMatchObject({ title: FORM.title, values: { Date: '18/04/2027' } });
      });

      test('a submission with what is wrong in the form, which stays open with what was typed', async () => {
        const chat = await alone();
        await chat.open('Saisir');
        conversation.answers.submitted = async ({ lines }) => ({
          kind: 'form',
          form: {
            ...FORM,
            error: 'Rien ne va.',
            fields: FORM.fields.map((field) =>
              field.kind === 'line'
                ? { ...field, value: lines.expiry ?? '', error: 'Cette date est passée.' }
                : { ...field, error: 'Il manque un signe.' },
            ),
          },
        });
        const again = await chat.submit({ password: CANARY, expiry: '01/01/2020' });
        if (typeof again === 'string') throw new Error(`the form was closed: ${again}`);
        expect(again.values).toEqual({ Date: '01/01/2020' });
        expect(again.texts.join('\n')).toContain('Cette date est passée.');
        expect(again.texts.join('\n')).toContain('Il manque un signe.');
        expect(JSON.stringify(again)).not.toContain(CANARY);

        conversation.answers = {};
        expect(await chat.submit({ password: CANARY, expiry: '01/01/2030' })).toContain("C'est gardé.");
        expect(heard.submitted.map(({ lines }) => lines.expiry)).toEqual(['01/01/2020', '01/01/2030']);
      });

      test(`a submission with a last word${redraws ? ', and then with the one that follows it' : ''}`, async () => {
        const chat = await alone();
        await chat.open('Saisir');
        const later = Promise.resolve({ kind: 'notice', title: 'Verdict', text: 'Accepté.' } as const);
        conversation.answers.submitted = async () => ({
          kind: 'notice',
          title: 'Test',
          text: 'Test en cours…',
          later,
        });
        expect(await chat.submit({ password: CANARY })).toContain(redraws ? 'Accepté.' : 'Test en cours…');
      });
    });

    describe('lets the bot write by itself', () => {
      test('to a place that was kept as data', async () => {
        const chat = await alone();
        const posted = await channel.show(placeOfLast(), CHANGED);
        expect(chat.card().title).toBe(CHANGED.title);
        await channel.replace(kept(posted), CARD);
        expect(chat.cards().map(({ title }) => title)).toEqual([CARD.title, CARD.title]);
      });

      test('in a thread, or out of it', async () => {
        const chat = platform.chat('claire', 'thread');
        await chat.say('bonjour');
        const place = placeOfLast();
        const outside = channel.outOfThread?.(place) ?? place;
        await channel.show(place, CHANGED);
        expect(platform.channel()).toEqual([]);
        expect(chat.card().title).toBe(CHANGED.title);
        const posted = await channel.show(outside, CHANGED);
        await channel.replace(posted, CARD);
        expect(platform.channel().map(({ title }) => title)).toEqual([CARD.title]);
        expect(channel.outOfThread?.(outside)).toEqual(outside);
      });

      test('and says so where the message or the conversation is gone', async () => {
        await amongOthers();
        const place = channel.outOfThread?.(placeOfLast()) ?? placeOfLast();
        const posted = await channel.show(place, CARD);
        platform.deleteMessages();
        await expect(channel.replace(posted, CHANGED)).rejects.toThrow(MessageGone);
        platform.removeBot();
        await expect(channel.show(place, CARD)).rejects.toThrow(PlaceGone);
      });

      test('and says for how long, where the platform asks for patience', async () => {
        const chat = await alone();
        const posted = await channel.show(placeOfLast(), CARD);
        platform.busy(30);
        await expect(channel.show(placeOfLast(), CARD)).rejects.toMatchObject({ retryAfterMs: 30_000 });
        await expect(channel.replace(posted, CHANGED)).rejects.toThrow(TryLater);
        // Given up, and not made behind the caller's back.
        expect(chat.cards().map(({ title }) => title)).toEqual([CARD.title, CARD.title]);
      });
    });

    test('an answer waits for as long as the platform asks, and comes', async () => {
      platform.busy(1);
      const started = performance.now();
      const chat = await alone();
      expect(chat.cards()).toHaveLength(1);
      expect(performance.now() - started).toBeGreaterThan(990);
    });

    test('somebody who is not served reaches nothing', async () => {
      await amongOthers();
      const seen = platform.everyone();
      conversation.forget();
      for (const [, chat] of platform.strangers()) {
        await Promise.allSettled([chat.say('bonjour'), chat.press('Continuer'), chat.open('Saisir')]);
      }
      expect(conversation.count).toBe(0);
      expect(platform.everyone()).toBe(seen);
      const { length } = side.logged.filter((line) => line.includes('notServed'));
      expect(length).toBe(3 * platform.strangers().length);
    });

    test('a payload of another shape is answered, logged without its content, and harms nothing', async () => {
      const chat = await amongOthers();
      await chat.say(CANARY);
      await chat.press('Continuer', { chosen: { alertMonths: '3' } });
      await chat.open('Saisir');
      await chat.submit({ password: CANARY });
      expect(JSON.stringify(platform.delivered)).toContain(CANARY);
      const shapes = platform.delivered.flatMap((payload) => [...otherShapes(payload)]);
      expect(shapes.length).toBeGreaterThan(200);
      const statuses = await Promise.all(shapes.map((shape) => platform.deliver(shape)));
      expect(statuses).not.toContain(500);
      expect(side.logged.join('')).not.toContain(CANARY);

      conversation.forget();
      await chat.say('toujours là ?');
      expect(heard.said.map(({ text }) => text)).toEqual(['toujours là ?']);
    });

    test('what the conversation throws is logged without its message, and the next turn is answered', async () => {
      const chat = await alone();
      await chat.open('Saisir');
      const fail = async () => {
        throw new Error(`broken by ${CANARY}`);
      };
      conversation.answers = { said: fail, clicked: fail, opened: fail, submitted: fail };
      const { length } = side.logged;
      await Promise.allSettled([chat.say('bonjour'), chat.submit({ password: CANARY })]);
      await Promise.allSettled([chat.press('Continuer'), chat.open('Saisir')]);
      expect(conversation.count).toBe(6);
      expect(side.logged.slice(length).filter((line) => line.includes('failed'))).toHaveLength(4);

      conversation.answers = {
        submitted: async () => ({ kind: 'notice', title: 'Test', text: 'Test en cours…', later: fail() }),
      };
      await chat.open('Saisir');
      await chat.submit({ password: CANARY });
      expect(side.logged.join('')).not.toContain(CANARY);

      conversation.answers = {};
      await chat.say('toujours là ?');
      expect(chat.card().title).toBe(CARD.title);
      expect(heard.said.at(-1)?.text).toBe('toujours là ?');
    });

    test('a password that was typed stands in no log line, and in nothing that the bot sends', async () => {
      const chat = await alone();
      for (const answer of [
        async () => ({ kind: 'notice', title: 'Saisie', text: "C'est gardé." }) as const,
        async () => ({ kind: 'form', form: { ...FORM, error: 'Rien ne va.' } }) as const,
      ]) {
        await chat.open('Saisir');
        conversation.answers.submitted = answer;
        await chat.submit({ password: CANARY });
      }
      expect(conversation.passwords).toEqual([CANARY, CANARY]);
      expect(side.logged.join('')).not.toContain(CANARY);
      expect(platform.sent()).not.toContain(CANARY);
    });
  });
}
