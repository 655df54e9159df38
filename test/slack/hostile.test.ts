import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { readData, readMetadata, spokenText } from '../../src/bot/slack/payloads.ts';
import type { Message } from './fake-slack.ts';
import { TEAM } from './fake-slack.ts';
import { wordsOf } from './person.ts';
import { ACCOUNT, CHANNEL, MANAGER_ID, openTestbed, type Testbed, until } from './testbed.ts';

// What is signed by Slack, and yet as bad as anybody there can make it.

/** Just below the longest body that is read, which is 1 MiB: a sign may take two in JSON, and six in a form. */
const LONG = 450_000;
const LONG_IN_FORM = 150_000;
/** A pattern that looks at everything again from each sign takes minutes for so much. */
const MOST_MS = 10_000;

const PATTERNS: Readonly<Record<string, string>> = {
  'a mention that never ends': '<@',
  'mentions in mentions': '<@<@U0>',
  'an escape that never ends': '&lt',
  spaces: ' ',
  'line ends': '\n',
  exclamations: '!',
  asterisks: '*',
  commas: 'aide,',
};

let testbed: Testbed;
beforeAll(async () => {
  testbed = await openTestbed();
});
afterAll(() => testbed.close());
beforeEach(() => {
  testbed.logged.length = 0;
  testbed.slack.messages.length = 0;
});

const repeated = (pattern: string, length: number) =>
  pattern.repeat(Math.ceil(length / pattern.length)).slice(0, length);

/** How long it takes until the bot has nothing more to do. */
async function timeOf(act: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await act();
  await testbed.app.settled();
  return performance.now() - started;
}

describe.each(Object.entries(PATTERNS))('as long as a request may be: %s', (_what, pattern) => {
  test('its mentions are taken out', () => {
    const started = performance.now();
    spokenText(`${repeated(pattern, LONG)}a`);
    expect(performance.now() - started).toBeLessThan(MOST_MS);
  });

  test('a message is answered', async () => {
    const { manager, slack } = testbed;
    expect(await timeOf(() => manager.write(`${repeated(pattern, LONG)}a`))).toBeLessThan(MOST_MS);
    expect(slack.in(manager.direct)).toHaveLength(1);
  });

  test('a mention is answered', async () => {
    const { manager, slack } = testbed;
    expect(await timeOf(() => manager.mention(CHANNEL, `${repeated(pattern, LONG)}a`))).toBeLessThan(MOST_MS);
    expect(slack.seenBy(manager.id)).toHaveLength(1);
  });

  test('a command is answered', async () => {
    const { manager, slack } = testbed;
    const text = `${repeated(pattern, LONG_IN_FORM)}a`;
    expect(await timeOf(() => manager.command(CHANNEL, text))).toBeLessThan(MOST_MS);
    expect(slack.seenBy(manager.id)).toHaveLength(1);
  });

  test('what is typed in a modal is answered', async () => {
    const { manager } = testbed;
    const metadata = { v: 1, form: 'expiry', data: { account: ACCOUNT }, language: 'fr', channel: CHANNEL };
    const blocks = [
      { type: 'input', block_id: 'expiry', element: { type: 'plain_text_input', action_id: 'expiry' } },
    ];
    const view = { callback_id: 'expiry', private_metadata: JSON.stringify(metadata), blocks };
    const modal = { id: 'V0', user: manager.id, view, open: true, errors: {} };
    let status = 0;
    const ms = await timeOf(async () => {
      ({ status } = await manager.submit(modal, { expiry: repeated(pattern, LONG_IN_FORM) }));
    });
    expect([status, ms < MOST_MS]).toEqual([200, true]);
  });
});

test('the mentions in a text are taken out, and nothing else', () => {
  expect(spokenText('<@U0BOT> aide <@U0B|bot>')).toBe('aide');
  expect(spokenText('a < b &lt;@x&gt; &amp;amp;')).toBe('a < b <@x> &amp;');
});

describe('what nobody of ours has put there', () => {
  const eighty = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`strange${i}`, 'x'.repeat(400)]));

  test('is dropped where a button or a form is read', () => {
    const sent = { ...eighty, account: ACCOUNT };
    const metadata = { v: 1, form: 'expiry', data: sent, language: 'fr', channel: CHANNEL };
    expect(readMetadata(JSON.stringify(metadata))?.data).toEqual({ account: ACCOUNT });
    const value = JSON.stringify(sent);
    const chosen = { x: { strange: { selected_option: { value: 'x' } } } };
    const click = { user: { id: 'U1' }, trigger_id: 't', container: {}, state: { values: chosen } };
    expect(readData(value, { ...click, actions: [{ action_id: 'a' }] })).toEqual({ account: ACCOUNT });
  });

  test('in a button that opens a form does not come back with it, and what is ours does', async () => {
    const { manager, slack } = testbed;
    await manager.write('comptes');
    const card = await until(() => slack.in(manager.direct)[0]);
    const { length } = slack.views;
    const value = JSON.stringify({ ...eighty, account: ACCOUNT });
    await manager.press({ action_id: 'form:expiry', value, text: { text: '' } }, card);
    const { view } = await until(() => slack.views[length]);
    expect(JSON.parse(view.private_metadata).data).toEqual({ account: ACCOUNT, message: card.ts });
  });

  test('in a form that is sent does not come back with it, and what is ours is taken', async () => {
    const { manager } = testbed;
    const data = { ...eighty, account: ACCOUNT };
    const metadata = { v: 1, form: 'expiry', data, language: 'fr', channel: CHANNEL };
    const inputs = ['expiry', ...Object.keys(eighty)];
    const blocks = inputs.map((name) => ({
      type: 'input',
      block_id: name,
      element: { type: 'plain_text_input', action_id: name },
    }));
    const view = { callback_id: 'expiry', private_metadata: JSON.stringify(metadata), blocks };
    const modal = { id: 'V0', user: manager.id, view, open: true, errors: {} };
    const { status, body } = await manager.submit(modal, { ...eighty, expiry: 'demain' });
    expect([status, Object.keys(body.errors ?? {})]).toEqual([200, ['expiry']]);
  });
});

describe('the log', () => {
  const lines = () => testbed.logged.map((line) => JSON.parse(line));

  test.each([
    [
      'interactive',
      {
        type: 'block_actions',
        user: { id: 'U1' },
        trigger_id: 't',
        container: {},
        actions: [{ action_id: 7 }],
      },
      'actions.0.action_id',
    ],
    [
      'interactive',
      { type: 'view_submission', user: { id: 'secret-word' }, view: { callback_id: 'expiry' } },
      'user.id',
    ],
    [
      'command',
      { command: '/chorus', user_id: 'U1', channel_id: 'secret-word', trigger_id: 't' },
      'channel_id',
    ],
    [
      'event',
      { type: 'event_callback', event_id: 'E', event: { type: 'app_mention', channel: ['secret-word'] } },
      'event.channel',
    ],
  ] as const)(
    'names the field of a payload of another shape, and not what stood there (%s)',
    async (kind, payload, field) => {
      await testbed.deliver(kind, { team_id: TEAM, ...payload });
      await until(() => lines().find(({ event }) => event === 'slack.failed'));
      expect(lines().find(({ event }) => event === 'slack.failed')).toMatchObject({ field });
      expect(testbed.logged.join('')).not.toContain('secret-word');
    },
  );

  test.each([
    ['a guest', { is_restricted: true }, 'outsider'],
    ['somebody of another workspace', { team: 'T0OTHER' }, 'otherWorkspace'],
  ])('says of whoever is not served which workspace, who and why (%s)', async (_who, more, reason) => {
    const stranger = testbed.person({ id: `U0${reason.toUpperCase()}`, name: 'Autre', ...more });
    await stranger.write('bonjour');
    await testbed.app.settled();
    const person = `slack:${TEAM}:${stranger.id}`;
    expect(lines()).toContainEqual(
      expect.objectContaining({ event: 'slack.notServed', tenant: TEAM, person, reason }),
    );
  });

  test('says so of a workspace in which the bot is not installed', async () => {
    const stranger = testbed.person({ id: 'U0ELSE', name: 'Autre' }, { team: 'T0ELSE' });
    await stranger.write('bonjour');
    await testbed.app.settled();
    const person = 'slack:T0ELSE:U0ELSE';
    expect(lines()).toContainEqual(
      expect.objectContaining({ event: 'slack.notServed', tenant: 'T0ELSE', person, reason: 'workspace' }),
    );
  });
});

test('two people’s messages with one event id are both answered', async () => {
  const { slack, manager } = testbed;
  const other = testbed.person({ id: 'U0KARIM', name: 'Karim' });
  await Promise.all([manager.write('aide', 'EvSame'), other.write('aide', 'EvSame')]);
  await testbed.app.settled();
  const answered = (messages: Message[]) =>
    messages.map(({ blocks }) => wordsOf(blocks).includes('Ce que je sais faire'));
  expect([answered(slack.in(manager.direct)), answered(slack.in(other.direct))]).toEqual([[true], [true]]);
  expect(manager.id).toBe(MANAGER_ID);
});
