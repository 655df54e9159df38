import { Secret } from '../../src/secret.ts';
import { TOKENS } from '../slack/fake-slack.ts';
import { overHttp } from '../slack/person.ts';
import type { Platform } from './platform.ts';
import { SlackPlatform } from './slack.ts';
import { startTeamsPlatform } from './teams.ts';
import { TestApp } from './test-app.ts';

interface Opened {
  readonly app: TestApp;
  readonly platform: Platform;
}

/** Each platform with the whole bot behind it, to be opened. */
export const platforms: readonly [string, () => Promise<Opened>][] = [
  ['Teams', openTeams],
  ['Slack', openSlack],
];

async function openTeams(): Promise<Opened> {
  const app = await TestApp.open();
  return { app, platform: await startTeamsPlatform(app.url) };
}

async function openSlack(): Promise<Opened> {
  // The Web API stands before the bot does.
  let app: TestApp | undefined;
  const platform = await SlackPlatform.start(async () => app?.settled());
  app = await TestApp.open(undefined, {
    botToken: new Secret(TOKENS.bot),
    apiUrl: platform.slack.apiUrl,
    events: { mode: 'http', signingSecret: new Secret(TOKENS.signingSecret) },
  });
  platform.connect(overHttp(app.url));
  return { app, platform };
}
