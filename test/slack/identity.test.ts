import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TEAM, TOKENS, type User } from './fake-slack.ts';
import type { Workspace } from './fake-slack-oauth.ts';
import type { SlackPerson } from './person.ts';
import { ACCOUNT, CHANNEL, MANAGER_ID, openTestbed, type Testbed, until } from './testbed.ts';

const OTHER = 'T0OTHER';
const METRO = 'E0METRO';
const HELENE: User = { id: MANAGER_ID, name: 'Hélène Gauthier' };

let testbed: Testbed;
beforeEach(async () => {
  // Both are served: who somebody is must not hang on that.
  testbed = await openTestbed({ allowed: [TEAM, OTHER] });
});
afterEach(() => testbed.close());

/** The application's one token is of this workspace. */
function tokenIsOf(where: Workspace): void {
  testbed.slack.oauth.tokens.set(TOKENS.bot, where);
}

/** Tries every way into the bot. */
async function triesEverything(person: SlackPerson): Promise<void> {
  await person.write('bonjour');
  await person.command(CHANNEL, 'réinitialiser');
  await person.mention(CHANNEL, 'comptes');
  await person.invite(CHANNEL, 'Ev1');
  await person.openHome();
  const message = { channel: CHANNEL, ts: '1.1', text: '', blocks: [], edits: 0 };
  const value = JSON.stringify({ account: ACCOUNT });
  await person.press({ action_id: 'begin', value, text: { text: '' } }, message);
  await person.press({ action_id: 'form:password', value, text: { text: '' } }, message);
  const metadata = { v: 1, form: 'password', data: { account: ACCOUNT }, language: 'fr', channel: CHANNEL };
  const view = { callback_id: 'password', private_metadata: JSON.stringify(metadata), blocks: [] };
  const modal = { id: 'V0', user: person.id, view, open: true, errors: {} };
  const answer = await person.submit(modal, {});
  expect(JSON.stringify(answer.body)).toContain('Aucun compte technique');
  await testbed.app.settled();
}

describe('nobody sees anything, whatever they do,', () => {
  test.each<[string, User, Workspace, Workspace]>([
    ['who has the manager’s id in another workspace', HELENE, { team: TEAM }, { team: OTHER }],
    [
      'who comes from the workspace, though Slack says it is of an organisation that is not its own',
      HELENE,
      { team: TEAM },
      { team: TEAM, enterprise: METRO },
    ],
    [
      'who comes from the workspace, though Slack says it is of another organisation',
      { ...HELENE, enterprise: METRO },
      { team: TEAM, enterprise: METRO },
      { team: TEAM, enterprise: 'E0OTHER' },
    ],
    [
      'who is of another organisation than the workspace',
      { ...HELENE, enterprise: 'E0OTHER' },
      { team: TEAM, enterprise: METRO },
      { team: TEAM, enterprise: METRO },
    ],
    [
      'who is of another workspace, in a channel that both share',
      { ...HELENE, team: OTHER },
      { team: TEAM },
      { team: TEAM },
    ],
    ['who is a guest', { ...HELENE, is_restricted: true }, { team: TEAM }, { team: TEAM }],
    [
      'whom an organisation’s installation does not cover',
      HELENE,
      { team: TEAM, enterprise: METRO, isOrgWide: true },
      { team: TEAM },
    ],
  ])('%s', async (_who, user, own, where) => {
    tokenIsOf(own);
    testbed.slack.channels.set(CHANNEL, { id: CHANNEL, is_ext_shared: user.team !== undefined });
    // Slack tells of the person what the bot's token may know: who has this id in the bot's workspace.
    testbed.slack.users.set(user.id, user);
    const person = testbed.person(user, where);
    testbed.slack.elsewhere.clear();
    await triesEverything(person);
    expect([testbed.slack.messages, testbed.slack.views, [...testbed.slack.homes]]).toEqual([[], [], []]);
    // The submission, and the seven before it.
    expect(testbed.logged.filter((line) => line.includes('slack.notServed'))).toHaveLength(8);
  });
});

describe('the manager is known', () => {
  const greeted = async (person: SlackPerson) => {
    await person.write('bonjour');
    const card = await until(() => testbed.slack.in(person.direct)[0]);
    return JSON.stringify(card.blocks);
  };

  test('where Slack leaves the organisation out', async () => {
    tokenIsOf({ team: TEAM, enterprise: METRO });
    expect(await greeted(testbed.person({ ...HELENE, enterprise: METRO }))).toContain('Hélène Gauthier');
  });

  test('where the organisation has installed the bot', async () => {
    tokenIsOf({ team: TEAM, enterprise: METRO, isOrgWide: true });
    const where = { team: TEAM, enterprise: METRO, isOrgWide: true };
    expect(await greeted(testbed.person({ ...HELENE, enterprise: METRO }, where))).toContain(
      'Hélène Gauthier',
    );
  });

  test('in a channel with another workspace of the same organisation', async () => {
    tokenIsOf({ team: TEAM, enterprise: METRO });
    testbed.slack.users.set(MANAGER_ID, { ...HELENE, enterprise: METRO });
    const there = testbed.person({ ...HELENE, enterprise: METRO }, { team: OTHER, enterprise: METRO });
    testbed.slack.elsewhere.clear();
    await there.command(CHANNEL, 'comptes');
    const list = await until(() => testbed.slack.seenBy(MANAGER_ID)[0]);
    expect(JSON.stringify(list.blocks)).toContain(ACCOUNT.split('@')[0]?.toUpperCase());
  });
});

test('somebody is answered once Slack says which workspace it is, or reads that it has not', async () => {
  testbed.slack.limit('auth.test', 1);
  await testbed.manager.write('bonjour');
  await testbed.app.settled();
  expect(JSON.stringify(testbed.slack.in(testbed.manager.direct)[0]?.blocks)).toContain('Hélène Gauthier');
});
