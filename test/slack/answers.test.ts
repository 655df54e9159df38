import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fr } from '../../src/cards/messages.ts';
import type { Message } from './fake-slack.ts';
import { type SlackPerson, wordsOf } from './person.ts';
import { ACCOUNT, CHANNEL, openTestbed, type Testbed, until } from './testbed.ts';
import { onThePortal, stopReset, walkToPassword } from './walk.ts';

// What Slack answers to the bot, and what a person reads every time. Each person here is somebody of their own.

/** Nothing can be posted there. */
const PLACE = [
  'restricted_action_read_only_channel',
  'restricted_action',
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'user_not_in_channel',
  'user_disabled',
  'cannot_dm_bot',
  'team_access_not_granted',
  'account_inactive',
  'messages_tab_disabled',
];
const MESSAGE = ['cant_update_message', 'message_not_found', 'edit_window_closed', 'block_mismatch'];
const TRANSIENT = [
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
];
/** The bot is not allowed to, or Slack has a new word. */
const OTHER = ['missing_scope', 'no_such_word_yet'];

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed();
});
afterAll(() => testbed.close());

let people = 0;
function somebody(): SlackPerson {
  people += 1;
  return testbed.person({ id: `U0P${people}`, name: `Personne ${people}` });
}

/** Somebody in a channel of their own, where the bot takes part. */
function inChannel(): { person: SlackPerson; channel: string } {
  const person = somebody();
  const channel = `C0P${people}`;
  testbed.slack.channels.set(channel, { id: channel });
  return { person, channel };
}

/** All at once, since each waits for Slack's pause; what is wrong with one names it. */
async function forEach<T>(all: readonly T[], check: (one: T) => Promise<void>): Promise<void> {
  await Promise.all(all.map(check));
}

const refusal = (error: string) => ({ ok: false, error });
const always = Number.POSITIVE_INFINITY;
const asked = (method: string, channel: string) =>
  testbed.slack.calls.filter(({ method: called, fields }) => called === method && fields.channel === channel);
const seenIn = ({ id }: SlackPerson, channel: string) =>
  testbed.slack.seenBy(id).filter((message) => message.channel === channel);
const loggedWith = (word: string) => testbed.logged.filter((line) => line.includes(word));

describe('an answer to one person in a channel', () => {
  test.each([...PLACE, ...OTHER])(
    'that Slack refuses with %s is read in their own conversation',
    async (error) => {
      const { person, channel } = inChannel();
      testbed.slack.answer('chat.postEphemeral', refusal(error), always, { channel });
      await person.mention(channel, 'aide');
      const read = await until(() => testbed.slack.in(person.direct)[0]);
      expect(wordsOf(read.blocks)).toContain('Ce que je sais faire');
      expect(asked('chat.postEphemeral', channel)).toHaveLength(1);
      expect(loggedWith(error)).not.toEqual([]);
    },
  );

  test('that Slack does not take for the moment, for whatever reason, is tried again', async () => {
    await forEach(TRANSIENT, async (error) => {
      const { person, channel } = inChannel();
      testbed.slack.answer('chat.postEphemeral', refusal(error), 2, { channel });
      await person.mention(channel, 'aide');
      await until(() => seenIn(person, channel)[0]);
      expect([error, testbed.slack.in(person.direct)]).toEqual([error, []]);
      expect([error, asked('chat.postEphemeral', channel).length]).toEqual([error, 3]);
    });
  });
});

describe('an answer by the address that came with a command', () => {
  test.each<[string, number, object | string]>([
    ['200 used_url', 200, refusal('used_url')],
    ['200 expired_url', 200, refusal('expired_url')],
    ['200 and a new word', 200, refusal('no_such_word_yet')],
    ['404', 404, refusal('used_url')],
    ['403', 403, 'forbidden'],
    ['410', 410, ''],
  ])(
    'to which Slack says %s is read in the channel, and the address is asked no more',
    async (_what, status, body) => {
      const { person, channel } = inChannel();
      testbed.slack.answer('response_url', body, always, { status, channel });
      const before = testbed.slack.responses.length;
      await person.command(channel, 'aide');
      const read = await until(() => seenIn(person, channel)[0]);
      expect(wordsOf(read.blocks)).toContain('Ce que je sais faire');
      await testbed.app.settled();
      expect(testbed.slack.responses.length - before).toBe(1);
    },
  );

  test.each([500, 503])('to which Slack says %i is tried again', async (status) => {
    const { person, channel } = inChannel();
    testbed.slack.answer('response_url', '', 2, { status, channel });
    const before = testbed.slack.responses.length;
    await person.command(channel, 'aide');
    await until(() => seenIn(person, channel)[0]);
    expect(testbed.slack.responses.length - before).toBe(3);
    expect(asked('chat.postEphemeral', channel)).toEqual([]);
  });

  test('is read in their own conversation where the channel takes nothing either', async () => {
    const { person, channel } = inChannel();
    testbed.slack.answer('response_url', '', always, { status: 404, channel });
    testbed.slack.answer('chat.postEphemeral', refusal('is_archived'), always, { channel });
    await person.command(channel, 'aide');
    const read = await until(() => testbed.slack.in(person.direct)[0]);
    expect(wordsOf(read.blocks)).toContain('Ce que je sais faire');
  });

  test('that replaced what one person sees is shown to them anew', async () => {
    const { slack, manager } = testbed;
    await manager.command(CHANNEL, 'comptes');
    const list = await until(() => seenIn(manager, CHANNEL)[0]);
    slack.answer('response_url', refusal('used_url'), 1, { channel: CHANNEL });
    await manager.click('Configuration', list);
    const anew = await until(() => seenIn(manager, CHANNEL).find(({ ts }) => ts !== list.ts));
    expect(wordsOf(anew.blocks)).toContain('Alerte actualisation');
    slack.messages.length = 0;
  });
});

describe('a direct message', () => {
  test('that Slack does not take for the moment, for whatever reason, is tried again', async () => {
    await forEach<string | number>([...TRANSIENT, 500, 502, 503], async (error) => {
      const person = somebody();
      const [body, status] = typeof error === 'number' ? ['', error] : [refusal(error), 200];
      testbed.slack.answer('chat.postMessage', body, 2, { status, channel: person.direct });
      await person.write('aide');
      const read = await until(() => testbed.slack.in(person.direct)[0]);
      expect([error, wordsOf(read.blocks)]).toEqual([error, expect.stringContaining('Ce que je sais faire')]);
      expect([error, asked('chat.postMessage', person.direct).length]).toEqual([error, 3]);
    });
  });

  test.each([...PLACE, ...OTHER])(
    'that Slack refuses with %s is not tried for ever, and the log has the word',
    async (error) => {
      const person = somebody();
      for (const channel of [person.direct, person.id])
        testbed.slack.answer('chat.postMessage', refusal(error), always, { channel });
      await person.write('aide');
      await testbed.app.settled();
      expect(asked('chat.postMessage', person.direct)).toHaveLength(1);
      expect(asked('chat.postMessage', person.id).length).toBeLessThanOrEqual(1);
      expect(loggedWith(error)).not.toEqual([]);
    },
  );

  test.each([...PLACE, ...OTHER])(
    'that is the answer to a command, and refused with %s, is said by its address',
    async (error) => {
      const person = somebody();
      for (const channel of [person.direct, person.id])
        testbed.slack.answer('chat.postMessage', refusal(error), always, { channel });
      await person.command(person.direct, 'aide');
      await until(() => testbed.slack.seenBy(person.id)[0]);
    },
  );
});

test.each(['restricted_action_read_only_channel', 'is_archived', 'not_in_channel'])(
  'a greeting that a channel refuses with %s is told to whoever has invited the bot',
  async (error) => {
    const { person, channel } = inChannel();
    testbed.slack.answer('chat.postMessage', refusal(error), always, { channel });
    testbed.slack.answer('chat.postEphemeral', refusal(error), always, { channel });
    await person.invite(channel, `Ev${error}`);
    const read = await until(() => testbed.slack.in(person.direct)[0]);
    expect(wordsOf(read.blocks)).toContain(fr.slack.cannotPost(error));
    expect(asked('chat.postMessage', channel)).toHaveLength(1);
  },
);

describe('a card that lives on a message', () => {
  /** The manager has begun a reset, and clicks while updates of its message are refused. */
  async function clickedWith(body: object, times: number, status = 200): Promise<Message> {
    const { slack, manager } = testbed;
    await manager.write('réinitialiser');
    const card = await until(() => slack.in(manager.direct)[0]);
    slack.answer('chat.update', body, times, { status, channel: manager.direct });
    await manager.click("C'est fait", card);
    return card;
  }

  async function ended(): Promise<void> {
    const { slack, manager } = testbed;
    await manager.write('réinitialiser');
    await testbed.app.settled();
    const card = slack.in(manager.direct).at(-1);
    if (card !== undefined) await stopReset(testbed, card);
    await testbed.app.settled();
    slack.messages.length = 0;
  }

  test.each([...MESSAGE, 'no_such_word_yet'])(
    'that Slack refuses to update with %s is posted anew',
    async (error) => {
      const card = await clickedWith(refusal(error), 1);
      const anew = await until(() => testbed.slack.in(testbed.manager.direct)[1]);
      expect(wordsOf(anew.blocks)).toContain('Remplir le formulaire Compte technique');
      expect(card.edits).toBe(0);
      // From then on it lives there.
      await testbed.manager.click("C'est fait", anew);
      await until(() => wordsOf(anew.blocks).includes('Copier le nouveau mot de passe'));
      await ended();
    },
  );

  test.each(TRANSIENT)('that Slack answers with %s is updated in the end', async (error) => {
    const card = await clickedWith(refusal(error), 2);
    await until(() => wordsOf(card.blocks).includes('Remplir le formulaire Compte technique'));
    expect(testbed.slack.in(testbed.manager.direct)).toHaveLength(1);
    await ended();
  });

  test.each(MESSAGE)(
    'that has no record, and which Slack refuses to update with %s, is posted anew',
    async (error) => {
      const { slack, manager } = testbed;
      await manager.write('comptes');
      const list = await until(() => slack.in(manager.direct)[0]);
      slack.answer('chat.update', refusal(error), 1, { channel: manager.direct });
      await manager.click('Configuration', list);
      const anew = await until(() => slack.in(manager.direct)[1]);
      expect(wordsOf(anew.blocks)).toContain('Alerte actualisation');
      slack.messages.length = 0;
    },
  );
});

describe('a window', () => {
  /** The manager sees the form's button, and what they read when they press it. */
  async function openedWith(body: object, times: number, status = 200): Promise<string> {
    const { slack, manager } = testbed;
    await testbed.accounts.change(ACCOUNT, (account) => ({
      ...account,
      expiry: { at: new Date(Date.now() + 1e9).toISOString(), estimated: true },
    }));
    slack.messages.length = 0;
    await manager.write('configuration');
    const card = await until(() => slack.in(manager.direct)[0]);
    const views = slack.views.length;
    slack.answer('views.open', body, times, { status });
    await manager.click("Corriger la date d'expiration", card);
    await testbed.app.settled();
    const said = slack.seenBy(manager.id)[0];
    slack.messages.length = 0;
    if (said === undefined) return slack.views.length > views ? 'open' : 'nothing';
    return wordsOf(said.blocks);
  }

  test.each([...TRANSIENT])('that Slack answers once with %s is opened', async (error) => {
    expect(await openedWith(refusal(error), 1)).toBe('open');
  });

  test('that Slack’s trigger is too old for says to click again', async () => {
    expect(await openedWith(refusal('expired_trigger_id'), 1)).toContain(fr.slack.tooLate);
  });

  test.each(['invalid_arguments', 'view_too_large', 'missing_scope', 'no_such_word_yet'])(
    'that Slack refuses with %s does not say to click again, and the log has the word',
    async (error) => {
      const said = await openedWith(refusal(error), 1);
      expect(said).toContain(fr.slack.cannotOpen);
      expect(said).not.toContain('Cliquez à nouveau');
      expect(loggedWith(error).join()).toContain('slack.notOpened');
    },
  );
});

describe('the Home', () => {
  const homeOf = ({ id }: SlackPerson) => wordsOf(testbed.slack.homes.get(id)?.blocks);

  test('that Slack does not take for the moment, for whatever reason, is drawn in the end', async () => {
    await forEach(TRANSIENT, async (error) => {
      const person = somebody();
      testbed.slack.answer('views.publish', refusal(error), 2, { person: person.id });
      await person.openHome();
      await until(
        () => homeOf(person) !== '',
        () => error,
      );
    });
  });

  test.each(['not_enabled', ...OTHER])('that Slack refuses with %s is not silent', async (error) => {
    const person = somebody();
    testbed.slack.answer('views.publish', refusal(error), 1);
    await person.openHome();
    await until(() => testbed.slack.in(person.direct)[0]);
  });
});

describe('who somebody is', () => {
  /** Everything by which people reach the bot, and where they read that it failed. */
  const WAYS: Readonly<Record<string, (person: SlackPerson, channel: string) => Promise<unknown>>> = {
    'a message': (person) => person.write('bonjour'),
    'a mention': (person, channel) => person.mention(channel, 'bonjour'),
    'a command': (person, channel) => person.command(channel, 'bonjour'),
    'their Home': (person) => person.openHome(),
    'a click': (person, channel) =>
      person.press(
        { action_id: 'help', value: '{}', text: { text: '' } },
        { channel, ts: '1.1', text: '', blocks: [], edits: 0 },
      ),
  };

  test.each(Object.entries(WAYS))(
    'that the bot may not ask is answered with a sentence (%s), and the log says which scope is missing',
    async (_way, act) => {
      const { person, channel } = inChannel();
      testbed.slack.answer('users.info', {
        ...refusal('missing_scope'),
        needed: 'users:read',
        provided: 'chat:write',
      });
      testbed.logged.length = 0;
      await act(person, channel);
      await testbed.app.settled();
      const read = [...testbed.slack.in(person.direct), ...testbed.slack.seenBy(person.id)];
      expect(read.map(({ blocks }) => wordsOf(blocks))).toEqual([fr.slack.notAllowed]);
      expect(loggedWith('missing_scope').join()).toContain('"needed":"users:read"');
    },
  );

  test('that Slack answers with internal_error twice is told in the end, whatever they do', async () => {
    await forEach(Object.entries(WAYS), async ([way, act]) => {
      const { person, channel } = inChannel();
      testbed.slack.answer('users.info', refusal('internal_error'), 2, { person: person.id });
      await act(person, channel);
      await testbed.app.settled();
      const read = [...testbed.slack.in(person.direct), ...testbed.slack.seenBy(person.id)].map(
        ({ blocks }) => wordsOf(blocks),
      );
      const home = testbed.slack.homes.get(person.id);
      const seen = [...read, ...(home === undefined ? [] : [wordsOf(home.blocks)])];
      expect([way, seen.length]).toEqual([way, 1]);
      expect(read).not.toContain(fr.conversation.failed);
    });
  });
});

test('a verdict that Slack refuses to draw in the window is read in their own conversation', async () => {
  const { slack, manager, simulator } = testbed;
  const card = await walkToPassword(testbed);
  const portal = await onThePortal(testbed);
  await portal.submit();
  for (const label of ["C'est fait", "C'est fait", "J'ai reçu l'e-mail"]) {
    const { edits } = card;
    await manager.click(label, card);
    await until(() => card.edits > edits);
  }
  // Longer than an answer may wait.
  simulator.behave({ forced: { rattachements: { kind: 'slow', ms: 3_500 } } });
  const { length } = slack.views;
  await manager.click('Saisir un nouveau mot de passe', card);
  const modal = await until(() => slack.views[length]);
  slack.answer('views.update', refusal('no_such_word_yet'), always);
  await manager.submit(modal, { password: portal.password });
  await until(() =>
    slack
      .in(manager.direct)
      .find((message) => message !== card && wordsOf(message.blocks).includes('La connexion a été établie')),
  );
});
