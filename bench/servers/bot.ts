import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PISTE } from '../../demo/chorus/seed.ts';
import { compose } from '../../src/compose.ts';
import type { SlackConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { addSealingKey, readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { loginOf, SIRET } from '../accounts.ts';
import { SLACK, slackUser } from '../slack-side.ts';
import { teamsPersonId } from '../teams-side.ts';
import { givenOptions, serveParent } from './parent.ts';

export interface BotOptions {
  /** How many people, each with an account of their own. */
  readonly people: number;
  /** Where the bot asks Chorus Pro; nobody, where no test is made. */
  readonly chorusUrl?: string;
  /** Its people are then in Slack; else they are in Teams. */
  readonly slackApiUrl?: string;
}

/** The whole bot as `npm start` composes it, except that it asks nobody for a token. */
const { people, chorusUrl = 'http://127.0.0.1:1', slackApiUrl } = givenOptions<BotOptions>();
const folder = await mkdtemp(join(tmpdir(), 'chorus-bench-'));
await chmod(folder, 0o700);
const keysFile = join(folder, 'keys.json');
await addSealingKey(keysFile);
const store = await openStore(`lmdb:${join(folder, 'store')}`);
const accounts = new Accounts(store);
for (let number = 0; number < people; number++) {
  await accounts.add({
    login: loginOf(number),
    siret: SIRET,
    structure: 'Commune de Saint-Aubin-sur-Loire',
    manager: slackApiUrl === undefined ? teamsPersonId(number) : `slack:${SLACK.team}:${slackUser(number)}`,
    alertMonths: 12,
    addedAt: new Date().toISOString(),
  });
}
const app = await compose({
  teams: slackApiUrl === undefined ? 'anonymous' : undefined,
  slack: slackApiUrl === undefined ? undefined : slackConfig(slackApiUrl),
  allowedTenants: undefined,
  chorus: {
    tokenUrl: `${chorusUrl}/api/oauth/token`,
    apiUrl: chorusUrl,
    piste: { clientId: PISTE.clientId, clientSecret: new Secret(PISTE.clientSecret) },
  },
  store,
  sealer: new Sealer(await readSealingKeys(keysFile)),
  links: { portalUrl: 'https://portail.chorus-pro.gouv.fr' },
  log: createLog('info'),
});
const url = await app.http.listen({ host: '127.0.0.1', port: 0 });
serveParent({ url }, async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

function slackConfig(apiUrl: string): SlackConfig {
  return {
    botToken: new Secret(SLACK.botToken),
    events: { mode: 'http', signingSecret: new Secret(SLACK.signingSecret) },
    apiUrl,
  };
}
