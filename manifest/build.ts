import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { loadManifestConfig, readEnvFile } from '../src/config.ts';
import { buildTeamsApp } from './teams-app.ts';

/** Writes `dist/teams-app.zip` from `manifest/` and the environment. Runs at the root of the project. */
async function build(): Promise<void> {
  readEnvFile();
  const config = loadManifestConfig();
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  const app = await buildTeamsApp({ ...config, version });
  await mkdir('dist', { recursive: true });
  await writeFile('dist/teams-app.zip', app);
  process.stdout.write('dist/teams-app.zip : à importer dans le centre d’administration Teams\n');
}

build().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'manifest'}\n`);
  process.exitCode = 1;
});
