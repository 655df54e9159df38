import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** As the root of the project, with files of its own. */
const folder = mkdtempSync(join(tmpdir(), 'manifest-'));

beforeAll(() => {
  mkdirSync(join(folder, 'dist'));
  for (const name of ['manifest', 'package.json']) cpSync(name, join(folder, name), { recursive: true });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TEAMS = {
  MicrosoftAppId: '3b0c9a52-6d6e-4f57-8d6b-1c2f0d7e4a21',
  DEVELOPER_NAME: 'Mairie',
  DEVELOPER_WEBSITE: 'https://saubin.fr/',
  DEVELOPER_PRIVACY_URL: 'https://saubin.fr/confidentialite',
  DEVELOPER_TERMS_URL: 'https://saubin.fr/conditions',
};

function build(env: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  const entry = join(process.cwd(), 'dist/build/manifest/build.js');
  return new Promise((ended) => {
    execFile('node', [entry], { cwd: folder, env: { PATH: process.env.PATH, ...env } }, (error, out, err) =>
      ended({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

const files = () =>
  ['slack-manifest.json', 'teams-app.zip'].map((name) => existsSync(join(folder, 'dist', name)));

test('both files are written, and what fails later leaves none of an earlier time', async () => {
  const made = await build({ ...TEAMS, PUBLIC_URL: 'https://bot.saubin.fr' });
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out).toMatch(/^dist\/slack-manifest\.json : adresse https:\/\/bot\.saubin\.fr ;/);
  expect(made.out).toMatch(/^dist\/teams-app\.zip : version 0\.1\.\d+, /m);
  expect(files()).toEqual([true, true]);

  const { DEVELOPER_NAME: _, ...unnamed } = TEAMS;
  const failed = await build(unnamed);
  expect([failed.code, failed.out]).toEqual([1, '']);
  expect(failed.err).toMatch(/^DEVELOPER_NAME manque : [^\n]+\n$/);
  expect(files()).toEqual([false, false]);
});

test('without Teams only Slack’s is written, and says how events come', async () => {
  const { code, out } = await build({ SLACK_APP_TOKEN: 'xapp-1', PUBLIC_URL: 'https://bot.saubin.fr' });
  expect([code, files()]).toEqual([0, [true, false]]);
  expect(out).toMatch(/slack-manifest\.json : Socket Mode ;/);
  expect(out).toContain('MicrosoftAppId manque');
  expect(JSON.parse(readFileSync(join(folder, 'dist/slack-manifest.json'), 'utf8')).settings).toMatchObject({
    socket_mode_enabled: true,
  });
});
