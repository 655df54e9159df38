import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { compose } from './compose.ts';
import { forgetSecrets, loadConfig, readEnvFile } from './config.ts';
import { createLog, errorFields } from './log.ts';
import { readSealingKeys } from './store/keys.ts';
import { openStore } from './store/open.ts';
import { Sealer } from './store/seal.ts';

/** Found from the compiled file, since the bot may be started in any folder. */
const PICTURES = fileURLToPath(new URL('../../../pictures', import.meta.url));

/** In ms. What is not finished by then is in the store, and goes on at the next start. */
const STOP_WITHIN = 10_000;

/** The bot, for production, from the environment. */
async function main(): Promise<void> {
  readEnvFile();
  const config = loadConfig();
  forgetSecrets();
  const log = createLog(config.logLevel);
  const readKeys = () => readSealingKeys(config.store.keysFile);
  const sealer = new Sealer(await readKeys(), readKeys);
  const store = await openStore(config.store.url.reveal(), {
    allowVolatile: config.store.allowVolatileRedis,
  });
  const app = await compose({
    teams: config.teams,
    slack: config.slack,
    publicUrl: config.publicUrl,
    allowedTenants: config.allowedTenants,
    chorus: config.chorus,
    store,
    sealer,
    links: {
      portalUrl: config.portalUrl,
      ...(config.publicUrl === undefined ? {} : { picturesUrl: `${config.publicUrl}/pictures` }),
    },
    picturesFolder: PICTURES,
    administrators: config.admins,
    dailyTest: config.dailyTest,
    log,
  });
  process.on('unhandledRejection', (error) => log.error('unhandled', errorFields(error)));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info('stopping', { signal });
      // A second signal stops at once.
      process.once(signal, () => process.exit(1));
      Promise.race([app.stop(), sleep(STOP_WITHIN)]).then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
  const address = await app.http.listen({ port: config.port, host: '0.0.0.0' });
  log.info('ready', { port: Number(new URL(address).port) });
}

main().catch((error: unknown) => {
  // One line for whoever started the bot: what is wrong, and how to mend it.
  const { message } = error as Error;
  process.stderr.write(`${message.split('\n', 1)[0]}\n`);
  process.exit(1);
});
