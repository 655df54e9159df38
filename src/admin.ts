import { hostname, userInfo } from 'node:os';
import { run } from './admin/run.ts';
import { ConfigError, readEnvFile } from './config.ts';

/** The administrator's commands: `npm run admin -- help`. */
async function main(): Promise<void> {
  readEnvFile();
  process.exitCode = await run(process.argv.slice(2), {
    user: userName(),
    host: hostname(),
    now: () => new Date(),
    print: (line) => process.stdout.write(`${line}\n`),
    warn: (line) => process.stderr.write(`${line}\n`),
  });
}

/** In a container the process may run as somebody whom the system has no name for. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'inconnu');
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof ConfigError ? error.message : 'erreur inattendue'}\n`);
  process.exitCode = 1;
});
