import { writeHeapSnapshot } from 'node:v8';
import { compose } from '../../src/compose.ts';
import type { SlackConfig, TeamsConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { useProxy } from '../../src/proxy.ts';
import { Secret } from '../../src/secret.ts';
import { readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';

/** What the process is started with. */
export interface BotOptions {
  readonly port: number;
  readonly storeUrl: string;
  readonly keysFile: string;
  readonly chorus: { readonly tokenUrl: string; readonly apiUrl: string };
  readonly piste: { readonly clientId: string; readonly clientSecret: string };
  /** Who signs Teams' tokens; without it nobody is asked for one. */
  readonly teams?: { readonly appId: string; readonly tenantId: string; readonly openIdUrl: string };
  readonly slack: {
    readonly apiUrl: string;
    readonly signingSecret: string;
    /** Without it workspaces install the bot themselves. */
    readonly botToken?: string;
  };
  readonly portalUrl: string;
  readonly allowedTenants: readonly string[];
}

/** What it can be asked to do. It answers with the same word, and with what it has found or written, if anything. */
export type Order = 'settle' | 'snapshot' | 'report' | 'memory' | 'stop';

// The whole bot on both platforms in a process of its own, as `npm start` composes it.
async function run(): Promise<void> {
  const { port, storeUrl, keysFile, chorus, piste, teams, slack, portalUrl, allowedTenants }: BotOptions =
    JSON.parse(process.argv[3] ?? '');
  // Nobody listens there: what is asked of Microsoft never leaves this machine.
  if (teams !== undefined)
    useProxy({ httpsProxy: 'http://127.0.0.1:9', httpProxy: undefined, noProxy: undefined });
  const url = `http://127.0.0.1:${port}`;
  const { clientId, clientSecret } = piste;
  const app = await compose({
    teams: teams === undefined ? 'anonymous' : teamsOf(teams),
    slack: slackOf(slack, url),
    publicUrl: url,
    allowedTenants: new Set(allowedTenants),
    chorus: {
      ...chorus,
      piste: { clientId, clientSecret: new Secret(clientSecret) },
      timeouts: { connect: 1_000, test: 1_500 },
    },
    store: await openStore(storeUrl),
    sealer: new Sealer(await readSealingKeys(keysFile)),
    links: { portalUrl },
    log: createLog('trace'),
  });
  const obey: Readonly<Record<Order, () => unknown>> = {
    settle: () => app.settled(),
    snapshot: () => writeHeapSnapshot(),
    report: () => process.report.writeReport(),
    memory: () => memory(),
    stop: () => app.stop(),
  };
  process.on('message', async (order: Order) => {
    const found = await obey[order]();
    process.send?.({ order, found });
    if (order === 'stop') process.exit();
  });
  process.on('disconnect', () => process.exit());
  await app.http.listen({ host: '127.0.0.1', port });
  process.send?.({ order: 'ready' });
}

function teamsOf({ appId, tenantId, openIdUrl }: NonNullable<BotOptions['teams']>): TeamsConfig {
  return {
    appId,
    tenantId,
    appType: 'SingleTenant',
    appPassword: new Secret('application-secret'),
    endpoints: {
      ToBotFromChannelOpenIdMetadataUrl: openIdUrl,
      ToBotFromChannelTokenIssuer: undefined,
      ToChannelFromBotLoginUrl: undefined,
      ToChannelFromBotOAuthScope: undefined,
    },
  };
}

function slackOf({ apiUrl, signingSecret, botToken }: BotOptions['slack'], publicUrl: string): SlackConfig {
  const connection = { apiUrl, events: { mode: 'http', signingSecret: new Secret(signingSecret) } } as const;
  return botToken === undefined
    ? { ...connection, oauth: { clientId: '1.2', clientSecret: new Secret('client-secret'), publicUrl } }
    : { ...connection, botToken: new Secret(botToken) };
}

/** What is still held once everything else was collected: twice, since the first time runs what finalises the rest. */
function memory(): NodeJS.MemoryUsage {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage();
}

void run();
