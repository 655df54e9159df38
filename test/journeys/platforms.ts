import type { SlackConfig } from '../../src/config.ts';
import { Secret } from '../../src/secret.ts';
import { TOKENS } from '../slack/fake-slack.ts';
import { overHttp } from '../slack/person.ts';
import type { Platform } from './platform.ts';
import { SlackPlatform } from './slack.ts';
import { startTeamsPlatform } from './teams.ts';
import { type AppMore, TestApp } from './test-app.ts';

interface Opened {
  readonly app: TestApp;
  readonly platform: Platform;
}

/** Each platform with the whole bot behind it, to be opened. */
export const platforms: readonly [string, (more?: AppMore) => Promise<Opened>][] = [
  ['Teams', openTeams],
  ['Slack', openSlack],
];

async function openTeams(more?: AppMore): Promise<Opened> {
  const app = await TestApp.open(undefined, undefined, more);
  return { app, platform: await startTeamsPlatform(app.url) };
}

async function openSlack(more?: AppMore): Promise<Opened> {
  // The Web API stands before the bot does.
  let app: TestApp | undefined;
  const platform = await SlackPlatform.start(async () => app?.settled());
  const slack: SlackConfig = {
    botToken: new Secret(TOKENS.bot),
    apiUrl: platform.slack.apiUrl,
    events: { mode: 'http', signingSecret: new Secret(TOKENS.signingSecret) },
  };
  app = await TestApp.open(undefined, slack, more);
  platform.connect(overHttp(app.url));
  return { app, platform };
}
