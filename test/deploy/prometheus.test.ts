import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { freePort } from '../free-port.ts';
import { TestApp } from '../journeys/test-app.ts';
import { until } from '../until.ts';

const RULES = 'deploy/prometheus/alerts.yml';
const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
let app: TestApp;
let prometheus: ChildProcess;
let url: string;

interface Rule {
  readonly alert: string;
  readonly expr: string;
}
const rules: Rule[] = parse(readFileSync(RULES, 'utf8')).groups.flatMap(
  ({ rules }: { rules: Rule[] }) => rules,
);

beforeAll(async () => {
  app = await TestApp.open(undefined, undefined, { api: {} });
  await app.account('teams:t:camille', {
    expiry: { at: new Date(Date.now() + 3 * 86_400_000).toISOString(), estimated: false },
  });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const config = join(folder, 'prometheus.yml');
  writeFileSync(
    config,
    [
      'global: { scrape_interval: 1s }',
      `rule_files: [${join(process.cwd(), RULES)}]`,
      'scrape_configs:',
      '  - job_name: chorus',
      `    static_configs: [{ targets: ['${new URL(app.apiUrl).host}'] }]`,
    ].join('\n'),
  );
  prometheus = spawn('prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  prometheus.stderr?.resume();
});
afterAll(async () => {
  prometheus.kill();
  await app.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The values that this expression has now. */
async function valuesOf(expr: string): Promise<string[]> {
  const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: expr })}`).catch(
    () => undefined,
  );
  if (answer?.ok !== true) return [];
  const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
  return data.result.map(({ value: [, value] }) => value);
}

test('the rules are what promtool accepts, and alert and clear as their own tests say', () => {
  const promtool = (...words: string[]) => execFileSync('promtool', words, { encoding: 'utf8' });
  expect(promtool('check', 'rules', RULES)).toContain('SUCCESS');
  expect(promtool('test', 'rules', 'deploy/prometheus/alerts.test.yml')).toContain('SUCCESS');
});

test('what a running bot exposes is what promtool accepts', async () => {
  const text = await (await fetch(`${app.apiUrl}/metrics`)).text();
  expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
});

test('a real Prometheus finds every name of the rules in a real bot', async () => {
  const names = new Set(rules.flatMap(({ expr }) => expr.match(/chorus_bot_\w+/g) ?? []));
  // Those that a fault makes, and the platform's, whose line is there as soon as it is on.
  expect(names.size).toBeGreaterThan(7);
  for (const name of names)
    await until(
      async () => (await valuesOf(name)).length > 0,
      () => name,
    );
  expect(await valuesOf('max(chorus_bot_accounts_expiring_without_action{within_days="7"})')).toEqual(['1']);
  expect(await valuesOf('max(chorus_bot_accounts_expiring_without_action{within_days="1"})')).toEqual(['0']);
  expect(await valuesOf('min(chorus_bot_store_writable)')).toEqual(['1']);
  const answer = await fetch(`${url}/api/v1/rules`);
  const { data } = (await answer.json()) as {
    data: { groups: { rules: { name: string; health: string }[] }[] };
  };
  expect(data.groups.flatMap((group) => group.rules.map(({ name }) => name))).toEqual(
    rules.map(({ alert }) => alert),
  );
});
