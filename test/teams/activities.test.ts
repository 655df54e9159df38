import { describe, expect, test } from '@jest/globals';
import {
  type Activity,
  activityShape,
  addsTheBot,
  answerToClick,
  answerToOpening,
  answerToTask,
  cardActivity,
  outOfThread,
  personOf,
  placeOf,
  tenantOf,
  textOf,
} from '../../src/bot/teams/activities.ts';
import type { AdaptiveCard } from '../../src/cards/adaptive-card.ts';
import { LIMITS } from '../../src/http.ts';
import { teamsProblems } from '../cards/adaptive-check.ts';
import { CARD, FORM } from '../channels/recording.ts';

const SENT = {
  type: 'message',
  id: 'm1',
  text: 'comptes',
  locale: 'fr-FR',
  channelId: 'msteams',
  serviceUrl: 'https://smba.trafficmanager.net/emea/',
  replyToId: 'm0',
  from: { id: '29:Claire', name: 'Claire', aadObjectId: 'C-1' },
  recipient: { id: '28:bot' },
  conversation: { id: 'a:1', conversationType: 'personal', isGroup: false, tenantId: 'T-1' },
  channelData: { tenant: { id: 't-1' } },
};
const activity = (change: object = {}): Activity => activityShape.parse({ ...SENT, ...change });

describe('the shape of an activity', () => {
  test('takes one in which all that may be missing is missing, or null', () => {
    const { type, channelId, serviceUrl, recipient } = SENT;
    const least = { type, channelId, serviceUrl, recipient, from: { id: 'x' }, conversation: { id: 'a' } };
    const nothing = { id: null, text: null, locale: null, replyToId: null, channelData: null, value: null };
    const nobody = { from: { id: 'x', name: null, aadObjectId: null } };
    const nowhere = { conversation: { id: 'a', conversationType: null, isGroup: null, tenantId: null } };
    expect(activityShape.safeParse(least).success).toBe(true);
    expect(activityShape.safeParse({ ...least, ...nothing, ...nobody, ...nowhere }).success).toBe(true);
    const tenantless = { channelData: { tenant: null }, membersAdded: null, action: null, name: null };
    expect(activityShape.safeParse({ ...least, ...tenantless }).success).toBe(true);
  });

  test.each([
    ['an id of 501 characters', { id: 'x'.repeat(501) }],
    ['an empty id', { from: { id: '' } }],
    ['an id with a character that no id has', { conversation: { id: 'a\u0000b' } }],
    ['a service address that is longer than any', { serviceUrl: `https://x/${'x'.repeat(500)}` }],
    ['nobody it comes from', { from: null }],
  ])('refuses %s', (_what, change) => {
    expect(activityShape.safeParse({ ...SENT, ...change }).success).toBe(false);
  });

  test('takes the longest id', () => {
    expect(activity({ id: 'x'.repeat(500) }).id).toHaveLength(500);
  });
});

describe('the tenant', () => {
  test('is the one that an activity names, once or twice, in lower case', () => {
    expect(tenantOf(activity())).toBe('t-1');
    expect(tenantOf(activity({ channelData: null }))).toBe('t-1');
    expect(tenantOf(activity({ conversation: { id: 'a' } }))).toBe('t-1');
  });

  test('is none where it names none, and unknown where it names two', () => {
    expect(tenantOf(activity({ channelData: {}, conversation: { id: 'a' } }))).toBe('none');
    expect(tenantOf(activity({ channelData: { tenant: { id: 't-2' } } }))).toBeUndefined();
  });
});

describe('a person', () => {
  test('has an id by their directory, in lower case, and the name and language that Teams shows', () => {
    expect(personOf(activity(), 't-1')).toEqual({ id: 'teams:t-1:c-1', name: 'Claire', language: 'fr' });
  });

  test('who is in no directory is known by their id in Teams', () => {
    expect(personOf(activity({ from: { id: '29:X' }, locale: 'en-GB' }), 't')).toEqual({
      id: 'teams:t:29:x',
      name: '',
      language: 'en',
    });
  });

  test('is called by what of their name can be seen, on one line', () => {
    const name = `Cl\u202eaire\n\u0007${'x'.repeat(300)}`;
    expect(personOf(activity({ from: { id: 'x', name } }), 't').name).toBe(`Claire ${'x'.repeat(193)}`);
  });
});

describe('a place', () => {
  const where = (conversation: object) =>
    placeOf(activity({ conversation: { id: 'a:1', ...conversation } }), 'https://x/');

  test('holds what is needed to write there again', () => {
    expect(where({ conversationType: 'personal' })).toEqual({
      platform: 'teams',
      private: true,
      address: { serviceUrl: 'https://x/', conversation: 'a:1', bot: '28:bot' },
    });
  });

  test.each([
    ['a personal chat', true, { conversationType: 'personal' }],
    ['a personal chat that says it is no group', true, { conversationType: 'personal', isGroup: false }],
    ['a personal chat that says it is a group', false, { conversationType: 'personal', isGroup: true }],
    ['a group chat', false, { conversationType: 'groupChat', isGroup: true }],
    ['a group chat that does not say it is a group', false, { conversationType: 'groupChat' }],
    ['a channel', false, { conversationType: 'channel', isGroup: true }],
    ['a channel that does not say it is a group', false, { conversationType: 'channel' }],
    ['a conversation of no type', false, {}],
    ['a conversation of no type that is no group', false, { isGroup: false }],
    ['a conversation of another type', false, { conversationType: 'Personal' }],
  ])('%s is private: %s', (_what, isPrivate, conversation) => {
    expect(where(conversation).private).toBe(isPrivate);
  });

  test('is the channel, where it was a thread of it', () => {
    const thread = where({ id: '19:c@thread.tacv2;messageid=17;messageid=18' });
    expect(outOfThread(thread).address).toEqual({ ...thread.address, conversation: '19:c@thread.tacv2' });
    expect(outOfThread(where({})).address).toEqual(where({}).address);
  });
});

describe('that the bot was added', () => {
  test.each([
    ['it is installed', true, { type: 'installationUpdate', action: 'add' }],
    ['its app is upgraded', false, { type: 'installationUpdate', action: 'add-upgrade' }],
    ['it is removed', false, { type: 'installationUpdate', action: 'remove' }],
    ['nothing is said', false, { type: 'installationUpdate' }],
    [
      'it becomes a member',
      true,
      { type: 'conversationUpdate', membersAdded: [{ id: 'x' }, { id: '28:bot' }] },
    ],
    ['somebody else becomes a member', false, { type: 'conversationUpdate', membersAdded: [{ id: 'x' }] }],
    ['a channel is renamed', false, { type: 'conversationUpdate' }],
  ])('where %s: %s', (_what, isAdded, change) => {
    expect(addsTheBot(activity(change))).toBe(isAdded);
  });
});

describe('what was typed', () => {
  test.each([
    ['<at>Chorus Pro</at> comptes', 'comptes'],
    ['<at id="0">Chorus\nPro</at>&nbsp;comptes', 'comptes'],
    ['comptes <at>A</at><at id="1">B</at> aide', 'comptes    aide'],
    ['comptes&nbsp;', 'comptes'],
    ['<div>aide</div>', 'aide'],
    ['<p>aide<br/></p>', 'aide'],
    ['comptes\u200b', 'comptes'],
    ['<attention> a < b </attention>', '<attention> a < b </attention>'],
    ['<at>nobody', '<at>nobody'],
    ['nobody</at> <at>x</at>', 'nobody</at>'],
  ])('%j means %j', (text, means) => {
    expect(textOf(activity({ text }))).toBe(means);
  });

  test('is nothing where there is no text', () => {
    expect(textOf(activity({ text: undefined }))).toBe('');
  });

  test('is read to its 10,000th character', () => {
    expect(textOf(activity({ text: 'x'.repeat(10_001) }))).toHaveLength(10_000);
  });

  // To look for the end of each of these again took minutes.
  test.each(['<at>', '<at ', '<at></at>', '</at>', '<', '&nbsp;', '<p', '\u200b', ' '])(
    'is read at once, though it is all %j',
    (part) => {
      const text = part.repeat(LIMITS.bodyBytes / part.length);
      const started = performance.now();
      textOf(activity({ text }));
      expect(performance.now() - started).toBeLessThan(2_000);
    },
  );
});

describe('what Teams is sent', () => {
  test('is a card in the conversation, from the bot where it is known who that is', () => {
    const place = placeOf(activity(), 'https://x/');
    const sent = cardActivity(place, CARD);
    expect(sent).toMatchObject({
      type: 'message',
      channelId: 'msteams',
      serviceUrl: 'https://x/',
      from: { id: '28:bot' },
      conversation: { id: 'a:1' },
      summary: CARD.title,
      attachments: [
        { contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard' } },
      ],
    });
    const { bot: _bot, ...address } = place.address;
    expect(cardActivity({ ...place, address }, CARD)).not.toHaveProperty('from');
  });

  test('as the answer to a click is a card, or a text for one person', () => {
    expect(answerToClick({ kind: 'card', card: CARD })).toMatchObject({
      status: 200,
      body: {
        statusCode: 200,
        type: 'application/vnd.microsoft.card.adaptive',
        value: { type: 'AdaptiveCard' },
      },
    });
    expect(answerToClick({ kind: 'refusal', text: 'Non.' })).toEqual({
      status: 200,
      body: { statusCode: 200, type: 'application/vnd.microsoft.activity.message', value: 'Non.' },
    });
  });

  test('as the answer to a form is a dialog with it, or a last word', () => {
    expect(answerToTask({ kind: 'form', form: FORM })).toMatchObject({
      status: 200,
      body: { task: { type: 'continue', value: { title: FORM.title, height: 'medium', width: 'medium' } } },
    });
    expect(answerToTask({ kind: 'notice', text: 'Gardé.' })).toEqual({
      status: 200,
      body: { task: { type: 'message', value: 'Gardé.' } },
    });
  });

  test('a refusal to open a dialog is a dialog with the sentence and « Fermer »', () => {
    const text = 'Cette réinitialisation a avancé.';
    const opened = answerToOpening({ kind: 'refusal', text }, 'fr');
    expect(opened).toMatchObject({
      status: 200,
      body: { task: { type: 'continue', value: { title: 'Rien à saisir pour le moment' } } },
    });
    const { content } = (opened.body as { task: { value: { card: { content: AdaptiveCard } } } }).task.value
      .card;
    expect(teamsProblems(content)).toEqual([]);
    expect(JSON.stringify(content.body)).toContain(text);
    expect(content.actions.map(({ title }) => title)).toEqual(['Fermer']);
    expect(answerToOpening({ kind: 'form', form: FORM }, 'fr')).toEqual(
      answerToTask({ kind: 'form', form: FORM }),
    );
  });
});
