import { parseArgs } from 'node:util';
import { benches as api } from './api.ts';
import type { Bench } from './bench.ts';
import { benches as connectionTest } from './connection-test.ts';
import { benches as memory } from './memory.ts';
import { benches as modalSubmit } from './modal-submit.ts';
import { benches as slackButton } from './slack-button.ts';
import { benches as start } from './start.ts';
import { benches as teamsAction } from './teams-action.ts';
import { benches as tick } from './tick.ts';

const all: readonly Bench[] = [
  ...teamsAction,
  ...slackButton,
  ...modalSubmit,
  ...connectionTest,
  ...api,
  ...tick,
  ...start,
  ...memory,
];

/** `npm run bench -- [--json] [--only PREFIX]`: one after the other, each beside its floor. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
  });
  const results: object[] = [];
  for (const { name, unit, run } of all.filter((bench) => bench.name.startsWith(values.only))) {
    const { ours, floor } = await run();
    const ratio = ours / floor;
    results.push({ name, unit, ours, floor, ratio });
    if (!values.json)
      say(name.padEnd(26), `${short(ours)} ${unit}`.padEnd(20), short(floor).padEnd(8), `× ${short(ratio)}`);
  }
  if (values.json) say(JSON.stringify(results, undefined, 2));
}

function say(...columns: readonly string[]): void {
  process.stdout.write(`${columns.join(' ')}\n`);
}

/** Three digits that mean something. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

await main();
