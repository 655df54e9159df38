import { writeHeapSnapshot } from 'node:v8';
import { compose } from '../../src/compose.ts';
import { createLog } from '../../src/log.ts';
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
  readonly slack: { readonly apiUrl: string; readonly botToken: string; readonly signingSecret: string };
  readonly portalUrl: string;
  readonly allowedTenants: readonly string[];
}

/** What it can be asked to do. It answers with the same word, and the name of the file that it has written, if any. */
export type Order = 'settle' | 'snapshot' | 'report' | 'stop';

// The whole bot on both platforms in a process of its own, as `npm start` composes it but for Teams' tokens.
async function run(): Promise<void> {
  const { port, storeUrl, keysFile, chorus, piste, slack, portalUrl, allowedTenants }: BotOptions =
    JSON.parse(process.argv[3] ?? '');
  const url = `http://127.0.0.1:${port}`;
  const { clientId, clientSecret } = piste;
  const app = await compose({
    teams: 'anonymous',
    slack: {
      botToken: new Secret(slack.botToken),
      apiUrl: slack.apiUrl,
      events: { mode: 'http', signingSecret: new Secret(slack.signingSecret) },
    },
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
    stop: () => app.stop(),
  };
  process.on('message', async (order: Order) => {
    const file = await obey[order]();
    process.send?.({ order, file });
    if (order === 'stop') process.exit();
  });
  process.on('disconnect', () => process.exit());
  await app.http.listen({ host: '127.0.0.1', port });
  process.send?.({ order: 'ready' });
}

void run();
