import { mkdir, readFile, rm } from 'node:fs/promises';
import { loadManifestConfig, loadSlackManifestConfig, readEnvFile } from '../src/config.ts';
import { Refusal } from '../src/refusal.ts';
import { writeAtomically } from '../src/store/atomic-file.ts';
import { buildSlackApp } from './slack-app.ts';
import { buildTeamsApp, publishedVersion } from './teams-app.ts';

const SLACK_FILE = 'dist/slack-manifest.json';
const TEAMS_FILE = 'dist/teams-app.zip';

/**
 * Writes `dist/slack-manifest.json` and `dist/teams-app.zip` from `manifest/` and the environment, at the root of the
 * project. Where it fails, neither is there: nobody uploads one of an earlier time.
 */
async function build(): Promise<void> {
  await mkdir('dist', { recursive: true });
  for (const file of [SLACK_FILE, TEAMS_FILE]) await rm(file, { force: true });
  readEnvFile();
  const slack = loadSlackManifestConfig();
  const slackManifest = await buildSlackApp(slack);
  const isTeamsOn = Boolean(process.env.MicrosoftAppId);
  const teamsApp = isTeamsOn ? await teamsPackage() : undefined;
  await writeAtomically(SLACK_FILE, slackManifest);
  say(
    `${SLACK_FILE} : ${slack.publicUrl === undefined ? 'Socket Mode' : `adresse ${slack.publicUrl}`} ; à coller dans « Create New App », « From a manifest », sur api.slack.com/apps`,
  );
  if (teamsApp === undefined) {
    say(`${TEAMS_FILE} : pas construit, MicrosoftAppId manque (inutile si vous n’utilisez que Slack)`);
    return;
  }
  await writeAtomically(TEAMS_FILE, teamsApp.archive);
  say(`${TEAMS_FILE} : version ${teamsApp.version}, à importer dans le centre d’administration Teams`);
}

async function teamsPackage() {
  const version = publishedVersion(JSON.parse(await readFile('package.json', 'utf8')).version, new Date());
  return { version, archive: await buildTeamsApp({ ...loadManifestConfig(), version }) };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

build().catch((error: unknown) => {
  const lines =
    error instanceof Refusal ? error.lines : [error instanceof Error ? error.message : 'manifest'];
  for (const line of lines) process.stderr.write(`${line}\n`);
  process.exitCode = 1;
});
