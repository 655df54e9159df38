import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PISTE } from '../demo/chorus/seed.ts';
import { addSealingKey } from '../src/store/keys.ts';
import { type Bench, inTurn, type Measured } from './bench.ts';
import { startFlags } from './server.ts';

export const benches: Bench[] = [{ name: 'start ready', unit: 'ms', run: startReady }];

/** `npm start` on the embedded store with Teams switched on, beside a process that reads the same packages. */
async function startReady(): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'chorus-bench-'));
  try {
    await chmod(folder, 0o700);
    const keysFile = join(folder, 'keys.json');
    await addSealingKey(keysFile);
    const environment = {
      MicrosoftAppId: '5e0c1d2f-0000-4000-8000-00000000000a',
      MicrosoftAppPassword: 'not a real one',
      MicrosoftAppTenantId: '5e0c1d2f-0000-4000-8000-000000000001',
      CHORUS_ENVIRONMENT: 'sandbox',
      PISTE_CLIENT_ID: PISTE.clientId,
      PISTE_CLIENT_SECRET: PISTE.clientSecret,
      STORE_URL: `lmdb:${join(folder, 'store')}`,
      STORE_KEYS_FILE: keysFile,
      PORT: '0',
    };
    return await inTurn(
      7,
      () => untilReady([...startFlags(), programOf('../src/main.js')], folder, environment),
      () => untilReady([programOf('./servers/bare-start.js')], folder, {}),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** From the start of the process to its line that says `ready`, in ms. */
async function untilReady(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, command, {
    // Where there is no .env to be read.
    cwd: folder,
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      if (line.includes('ready')) return performance.now() - started;
    }
    throw new Error(`${command.join(' ')} ended before it was ready`);
  } finally {
    if (child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
  }
}

function programOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
