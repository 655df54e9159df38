import { mkdirSync, writeFileSync } from 'node:fs';

type Family = 'faults' | 'abuse' | 'simulation';

const FOLDER = 'dist/results/volumes';

/** Whether the whole volume is asked for, as by `FAULTS=full`; otherwise a smaller one, which everybody can wait for. */
export function isFull(family: Family): boolean {
  return process.env[family.toUpperCase()] === 'full';
}

/** Says in one line how much a suite has tried and what it saw, and keeps the figures for docs/promises.md. */
export function tell(
  family: Family,
  suite: string,
  figures: Readonly<Record<string, number | string>>,
): void {
  const counted = Object.entries(figures).map(([what, count]) => `${count.toLocaleString('en')} ${what}`);
  process.stdout.write(`${family} ${suite}: ${counted.join(', ')}\n`);
  mkdirSync(FOLDER, { recursive: true });
  const run = { family, suite, volume: isFull(family) ? 'full' : 'small', at: new Date().toISOString() };
  writeFileSync(`${FOLDER}/${family}-${suite}.json`, `${JSON.stringify({ ...run, figures }, null, 2)}\n`);
}
