import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { VARIABLES } from '../../src/config/variables.ts';
import type { AccountId } from '../../src/store/accounts.ts';
import { ADD, Admin } from '../admin/shell.ts';
import { LOGIN, World } from './world.ts';

const RECIPES = ['recettes', 'compromis']
  .map((page) => readFileSync(`docs/fr/${page}.md`, 'utf8'))
  .join('\n');

/** What stands in the fences of this kind, in order. */
function fences(kind: string): string[] {
  return [...RECIPES.matchAll(/^```(\w+)\n(.*?)^```$/gms)].flatMap(([, of, text = '']) =>
    of === kind ? text : [],
  );
}

test('every fence is of a kind that a test below runs or reads', () => {
  const kinds = new Set([...RECIPES.matchAll(/^```(\w*)\n.*?^```$/gms)].map(([, kind]) => kind));
  expect([...kinds].sort()).toEqual(['admin', 'bash', 'cron', 'ctmpl', 'env', 'ini', 'json', 'yaml']);
});

describe('the shell’s commands', () => {
  const words = (line: string) => line.trim().split(/\s+/);

  test('do what they say, in the order of the page', async () => {
    const admin = new Admin('LMDB');
    await admin.types('keys', 'generate');
    await admin.types(...ADD);
    const secretFile = join(admin.folder, 'pastell-secret');
    writeFileSync(secretFile, 'secret-of-pastell', { mode: 0o600 });
    const lines = fences('admin').flatMap((fence) => fence.trim().split('\n'));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) {
      const { code, err } = await admin.types(
        ...words(line.replace('/etc/chorus/pastell-secret', secretFile)),
      );
      expect([line, code, code === 0 ? '' : err]).toEqual([line, 0, '']);
    }
    const recorded = (await admin.types('journal', 'show')).out;
    for (const what of [
      'tokenCreated',
      'tokenRevoked',
      'destinationAdded pastell',
      'destinationAdded webhook',
    ])
      expect(recorded).toContain(what);
  });
});

describe('files of other programs', () => {
  let world: World;
  let account: AccountId;

  beforeEach(async () => {
    world = await World.open();
    account = await world.addAccount();
    await world.use(account, 'Riu%d{"\\`$(id)');
  });
  afterEach(() => world.close());

  test('variables of .env are the bot’s', () => {
    for (const line of fences('env').flatMap((fence) => fence.trim().split('\n')))
      expect(Object.keys(VARIABLES.shape)).toContain(line.split('=')[0]);
  });

  test('consul-template’s configuration is JSON that names its template, and the template reads what Vault’s route gives', async () => {
    const [configuration = ''] = fences('json');
    const [{ source }] = JSON.parse(configuration).template;
    expect(RECIPES).toContain(`\`${source}\``);

    const [template = ''] = fences('ctmpl');
    const [, path = ''] = /with secret "([^"]+)"/.exec(template) ?? [];
    const { text } = await world.token({ accounts: [account] });
    const answer = await world.get(`/v1/${path}`, { 'x-vault-token': text });
    const read = (await answer.json()) as { data: { data: Record<string, string> } };
    // The two functions that this template uses, as consul-template has them.
    const written = template
      .replace(/\{\{ with secret "[^"]+" \}\}|\{\{ end \}\}\n/g, '')
      .replace(/\{\{ \.Data\.data\.(\w+)(?: \| replaceAll "(.)" "(..)")? \}\}/g, (_, field, from, to) => {
        const value = String(read.data.data[field]);
        return from === undefined ? value : value.replaceAll(from, to);
      });
    expect(written).not.toContain('{{');

    // Odoo's server_environment reads it with Python's configparser, which takes % for a variable.
    const file = join(world.folder, 'chorus.conf');
    writeFileSync(file, written);
    const script = [
      'import configparser, json, sys',
      'parser = configparser.ConfigParser()',
      'parser.optionxform = str',
      'parser.read(sys.argv[1])',
      'print(json.dumps(dict(parser.items("res_company.commune_de_sete"))))',
    ].join('\n');
    const { stdout } = await promisify(execFile)('/usr/bin/python3', ['-c', script, file]);
    expect(JSON.parse(stdout)).toEqual({
      fr_chorus_api_login: LOGIN,
      fr_chorus_api_password: 'Riu%d{"\\`$(id)',
    });
  });

  test('External Secrets’ are YAML, and lead to routes that answer', async () => {
    const documents = fences('yaml').flatMap((fence) => parseAllDocuments(fence).map((one) => one.toJS()));
    expect(documents.map(({ kind }) => kind)).toEqual(['SecretStore', 'ExternalSecret', 'SecretStore']);
    const [store, external, webhookStore] = documents;
    const { vault } = store.spec.provider;
    const [{ remoteRef }] = external.spec.data;
    const { text } = await world.token({ accounts: [account] });

    expect(vault.version).toBe('v2');
    const kv = await world.get(`/v1/${vault.path}/data/${remoteRef.key}`, { 'x-vault-token': text });
    const secret = (await kv.json()) as { data: { data: Record<string, string> } };
    expect(secret.data.data[remoteRef.property]).toBe('Riu%d{"\\`$(id)');

    const { webhook } = webhookStore.spec.provider;
    const url = new URL(webhook.url.replace('{{ .remoteRef.key }}', remoteRef.key));
    const authorization = webhook.headers.Authorization.replace('{{ .auth.token }}', text);
    const answer = (await (await world.get(url.pathname, { authorization })).json()) as Record<
      string,
      string
    >;
    expect(answer[webhook.result.jsonPath.replace('$.', '')]).toBe('Riu%d{"\\`$(id)');
  });

  /** Runs the script of the page as root would, in a folder of its own, with a `systemctl` that notes what it is asked. */
  async function runScript(): Promise<void> {
    const [script = ''] = fences('bash');
    const path = join(world.folder, 'chorus-password');
    const moved = script
      .replace('/etc/monapplication', join(world.folder, 'monapplication'))
      .replace('http://127.0.0.1:8200', world.url);
    writeFileSync(path, moved);
    const env = { PATH: `${join(world.folder, 'bin')}:${process.env.PATH}` };
    await promisify(execFile)('bash', [path], { env });
  }

  test('the script writes the password, restarts the application when it has changed, and keeps it when the API refuses', async () => {
    const folder = join(world.folder, 'monapplication');
    const restarts = join(world.folder, 'restarts');
    mkdirSync(folder);
    mkdirSync(join(world.folder, 'bin'));
    writeFileSync(join(world.folder, 'bin/systemctl'), `#!/bin/sh\necho "$@" >> ${restarts}\n`);
    chmodSync(join(world.folder, 'bin/systemctl'), 0o755);
    const { id, text } = await world.token({ accounts: [account] });
    writeFileSync(join(folder, 'chorus-header'), `Authorization: Bearer ${text}\n`);

    await runScript();
    await runScript();
    expect(readFileSync(join(folder, 'chorus-password'), 'utf8')).toBe('Riu%d{"\\`$(id)');
    expect(readFileSync(restarts, 'utf8')).toBe('restart monapplication\n');
    await world.use(account, 'Second_mot2passe');
    await runScript();
    expect(readFileSync(join(folder, 'chorus-password'), 'utf8')).toBe('Second_mot2passe');
    expect(readFileSync(restarts, 'utf8').split('\n')).toHaveLength(3);

    await world.tokens.revoke(id);
    await world.knownTokens.refresh();
    await expect(runScript()).rejects.toThrow(/403/);
    expect(readFileSync(join(folder, 'chorus-password'), 'utf8')).toBe('Second_mot2passe');
  });

  test('cron and systemd start that script', () => {
    const path = '/usr/local/bin/chorus-password';
    expect(RECIPES).toContain(`\`${path}\` :`);
    for (const line of fences('cron').flatMap((fence) => fence.trim().split('\n')))
      expect(line).toMatch(new RegExp(`^(\\S+ ){5}root ${path}$`));
    const units = fences('ini');
    expect(units.map((unit) => /^\[(Service|Timer)\]$/m.exec(unit)?.[1])).toEqual(['Service', 'Timer']);
    for (const unit of units)
      for (const line of unit.trim().split('\n'))
        expect(line).toMatch(/^(\[[A-Z][a-z]+\]|[A-Z][A-Za-z]+=\S.*|)$/);
    expect(units[0]).toContain(`ExecStart=${path}`);
  });
});
