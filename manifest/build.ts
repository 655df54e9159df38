import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { loadManifestConfig, loadSlackManifestConfig, readEnvFile } from '../src/config.ts';
import { buildSlackApp } from './slack-app.ts';
import { buildTeamsApp } from './teams-app.ts';

/** Writes `dist/slack-manifest.json` and `dist/teams-app.zip` from `manifest/` and the environment, at the root of the project. */
async function build(): Promise<void> {
  readEnvFile();
  await mkdir('dist', { recursive: true });
  await writeFile('dist/slack-manifest.json', await buildSlackApp(loadSlackManifestConfig()));
  say(
    'dist/slack-manifest.json : à coller dans « Create New App », « From a manifest », sur api.slack.com/apps',
  );
  if (!process.env.MicrosoftAppId) {
    say('dist/teams-app.zip : pas construit, MicrosoftAppId manque (inutile si vous n’utilisez que Slack)');
    return;
  }
  const { version } = JSON.parse(await readFile('package.json', 'utf8'));
  await writeFile('dist/teams-app.zip', await buildTeamsApp({ ...loadManifestConfig(), version }));
  say('dist/teams-app.zip : à importer dans le centre d’administration Teams');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

build().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'manifest'}\n`);
  process.exitCode = 1;
});
