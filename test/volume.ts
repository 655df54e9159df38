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
  figures: Readonly<Record<string, unknown>>,
  line = counted(figures),
): void {
  process.stdout.write(`${family} ${suite}: ${line}\n`);
  mkdirSync(FOLDER, { recursive: true });
  const run = { family, suite, volume: isFull(family) ? 'full' : 'small', at: new Date().toISOString() };
  const name = `${family}-${suite}`.replaceAll(/\W+/g, '-');
  writeFileSync(`${FOLDER}/${name}.json`, `${JSON.stringify({ ...run, line, figures }, null, 2)}\n`);
}

function counted(figures: Readonly<Record<string, unknown>>): string {
  return Object.entries(figures)
    .map(([what, count]) => `${typeof count === 'number' ? count.toLocaleString('en') : count} ${what}`)
    .join(', ');
}
