import { beforeEach, describe, expect, test } from '@jest/globals';
import { PlatformHealth } from '../../src/bot/outgoing/platform-health.ts';
import type { PrivateNotice } from '../../src/bot/outgoing/private-notices.ts';
import { fr } from '../../src/cards/messages.ts';
import { createLog } from '../../src/log.ts';
import type { Platform } from '../../src/person.ts';
import { NotReady } from '../../src/readiness.ts';

const MINUTE_MS = 60_000;

let now: Date;
let said: string[];
let up: Partial<Record<Platform, boolean>>;

beforeEach(() => {
  now = new Date('2026-06-02T10:00:00Z');
  said = [];
  up = {};
});

function health(...platforms: Platform[]): PlatformHealth {
  return new PlatformHealth({
    platforms,
    tellOnce: async (subject: string, everyMs: number, { title, sentence }: PrivateNotice) => {
      said.push(`${subject} ${everyMs} ${title(fr)} : ${sentence(fr)}`);
    },
    metrics: { platformUp: (platform, isUp) => void Object.assign(up, { [platform]: isUp }) },
    log: createLog('silent'),
    now: () => now,
  });
}

test('a platform counts as working until something is reported', () => {
  health('teams', 'slack').assertOneWorks();
  expect(up).toEqual({ teams: true, slack: true });
});

test('a secret that is refused is told at once, with the variable to replace', async () => {
  const both = health('teams', 'slack');
  both.reportOf('teams')('secret', 'AADSTS7000222');
  await both.tell();
  expect(said).toEqual([
    expect.stringMatching(
      /^platform\/teams 86400000 Teams ne fonctionne plus : .*AADSTS7000222.*MicrosoftAppPassword/,
    ),
  ]);
  expect(up).toEqual({ teams: false, slack: true });
});

describe('a connection that is cut', () => {
  test('is told after five minutes, since it is made again by itself', async () => {
    const slack = health('slack');
    slack.reportOf('slack')('connection', 'notConnected');
    now = new Date(now.getTime() + 5 * MINUTE_MS - 1);
    await slack.tell();
    expect(said).toEqual([]);
    now = new Date(now.getTime() + 1);
    await slack.tell();
    expect(said).toEqual([expect.stringMatching(/^platform\/slack .*SLACK_APP_TOKEN/)]);
  });

  test('counts from its beginning, also where its reason changes', async () => {
    const slack = health('slack');
    slack.reportOf('slack')('connection', 'notConnected');
    now = new Date(now.getTime() + 5 * MINUTE_MS);
    slack.reportOf('slack')('connection', 'invalid_auth');
    await slack.tell();
    expect(said).toEqual([expect.stringContaining('invalid_auth')]);
  });

  test('that stands again is told to nobody, and the platform works', async () => {
    const slack = health('slack');
    slack.reportOf('slack')('connection', 'notConnected');
    slack.reportOf('slack')('connection', undefined);
    now = new Date(now.getTime() + 10 * MINUTE_MS);
    await slack.tell();
    expect([said, up]).toEqual([[], { slack: true }]);
  });

  test('does not hide a secret that is refused', () => {
    const slack = health('slack');
    slack.reportOf('slack')('secret', 'invalid_auth');
    slack.reportOf('slack')('connection', undefined);
    expect(() => slack.assertOneWorks()).toThrow(NotReady);
    expect(up).toEqual({ slack: false });
  });
});

test('the bot is of use while one of two platforms works, and of none once both fail', () => {
  const both = health('teams', 'slack');
  both.reportOf('slack')('secret', 'invalid_auth');
  both.assertOneWorks();
  both.reportOf('teams')('secret', 'AADSTS7000215');
  expect(() => both.assertOneWorks()).toThrow(expect.objectContaining({ code: 'invalid_auth' }));
  both.reportOf('slack')('secret', undefined);
  both.assertOneWorks();
});
