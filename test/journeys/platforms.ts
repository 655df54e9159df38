import { Secret } from '../../src/secret.ts';
import { TOKENS } from '../slack/far-edge.ts';
import { overHttp } from '../slack/person.ts';
import { TestHouse } from './house.ts';
import type { Platform } from './platform.ts';
import { SlackPlatform } from './slack.ts';
import { startTeamsPlatform } from './teams.ts';

interface Opened {
  readonly house: TestHouse;
  readonly platform: Platform;
}

/** Each platform with the whole bot behind it, to be opened. */
export const platforms: readonly [string, () => Promise<Opened>][] = [
  ['Teams', openTeams],
  ['Slack', openSlack],
];

async function openTeams(): Promise<Opened> {
  const house = await TestHouse.open();
  return { house, platform: await startTeamsPlatform(house.url) };
}

async function openSlack(): Promise<Opened> {
  // The Web API stands before the bot does.
  let house: TestHouse | undefined;
  const platform = await SlackPlatform.start(async () => house?.settled());
  house = await TestHouse.open(undefined, {
    botToken: new Secret(TOKENS.bot),
    apiUrl: platform.slack.apiUrl,
    events: { mode: 'http', signingSecret: new Secret(TOKENS.signingSecret) },
  });
  platform.connect(overHttp(house.url));
  return { house, platform };
}
