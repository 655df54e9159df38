import { mkdirSync, writeFileSync } from 'node:fs';

const isFull = process.env.ABUSE === 'full';
const FOLDER = 'dist/results/volumes';

/** How much is tried: `small` in every check, `full` with `ABUSE=full`. */
export function volume<Amount = number>(small: Amount, full: Amount): Amount {
  return isFull ? full : small;
}

/** Says in one line how much a suite has tried, and keeps the figures in a file. */
export function tell(suite: string, figures: Readonly<Record<string, number>>): void {
  const counted = Object.entries(figures).map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
  process.stdout.write(`abuse ${suite}: ${counted.join(', ')}\n`);
  mkdirSync(FOLDER, { recursive: true });
  const run = { suite: `abuse ${suite}`, volume: isFull ? 'full' : 'small', at: new Date().toISOString() };
  writeFileSync(`${FOLDER}/abuse-${suite}.json`, `${JSON.stringify({ ...run, figures }, null, 2)}\n`);
}
