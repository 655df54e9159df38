import { writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { App } from './compose.ts';
import { type ApiConfig, type Config, forgetSecrets, loadConfig, readEnvFile } from './config.ts';
import { withDeadline } from './deadline.ts';
import { escapeInvisible } from './invisible.ts';
import { createLog, type Log } from './log.ts';
import { logEverything } from './output.ts';
import { Refusal } from './refusal.ts';
import { explain } from './store/explain.ts';
import { openStore } from './store/open.ts';
import { openSealer } from './store/seal.ts';
import { VERSION } from './version.ts';

/** Found from the compiled file, since the bot may be started in any folder. */
const PICTURES = fileURLToPath(new URL('../../../pictures', import.meta.url));

/** What is not finished by then is in the store, and goes on at the next start. */
const STOP_TIMEOUT_MS = 10_000;

const STANDARD_ERROR = 2;

/** The bot, for production, from the environment. */
async function main(): Promise<void> {
  // Whatever this process creates is for its owner alone.
  process.umask(0o077);
  readEnvFile();
  const config = loadConfig();
  forgetSecrets();
  const log = createLog(config.logLevel, undefined, config.secrets);
  logEverything(log);
  if (config.proxy !== undefined) (await import('./proxy.ts')).useProxy(config.proxy);
  const app = await composeFrom(config, log);
  stopOnSignals(app, log);
  const { listen } = await import('./http.ts');
  if (app.api !== undefined && config.api !== undefined) await listen(app.api, config.api, 'API_');
  log.info('ready', { port: await listen(app.http, config), botVersion: VERSION });
}

async function composeFrom(config: Config, log: Log): Promise<App> {
  const sealer = await openSealer(config.store.keysFile);
  const store = await openStore(config.store.url.reveal(), {
    allowVolatile: config.store.allowVolatileRedis,
    allowPlaintext: config.store.allowPlaintextRedis,
    onExposed: ({ path, isClosedNow }) =>
      isClosedNow
        ? log.warn('store.closedToOthers', { reason: path })
        : log.warn('store.openToOthers', { reason: path }),
  });
  const {
    teams,
    slack,
    publicUrl,
    portalUrl,
    pigpUrl,
    allowedTenants,
    chorus,
    admins,
    dailyTest,
    isHandoverOn,
    api,
    proxy,
  } = config;
  // Loaded last: whoever has a wrong variable or a wrong store reads so at once.
  const { compose } = await import('./compose.ts');
  return compose({
    teams,
    slack,
    publicUrl,
    allowedTenants,
    chorus,
    store,
    sealer,
    links: {
      portalUrl,
      ...(pigpUrl === undefined ? {} : { pigpUrl }),
      ...(publicUrl === undefined ? {} : { picturesUrl: `${publicUrl}/pictures` }),
    },
    picturesFolder: PICTURES,
    administrators: admins,
    dailyTest,
    isHandoverOn,
    api: api && { tls: await readCertificate(api) },
    proxyUrl: proxy?.httpsProxy ?? proxy?.httpProxy,
    log,
  });
}

async function readCertificate({ tls }: ApiConfig) {
  if (tls === undefined) return undefined;
  const read = (name: 'API_TLS_CERT_FILE' | 'API_TLS_KEY_FILE', path: string) =>
    readFile(path).catch(() => {
      throw new Refusal(`${name} : ${path} ne peut pas être lu ; rendez-le lisible pour le bot`);
    });
  return {
    cert: await read('API_TLS_CERT_FILE', tls.certFile),
    key: await read('API_TLS_KEY_FILE', tls.keyFile),
  };
}

function stopOnSignals(app: App, log: Log): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('stopping', { signal });
      // A second signal stops at once.
      process.once(signal, () => process.exit(1));
      withDeadline(app.stop(), STOP_TIMEOUT_MS, () => undefined).then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}

main().catch((error: unknown) => {
  // For whoever started the bot: what is wrong, and the cure.
  for (const line of explain(error)) writeSync(STANDARD_ERROR, `${escapeInvisible(line)}\n`);
  process.exit(1);
});
