import { mkdirSync, writeFileSync } from 'node:fs';

/** Whether the whole volume is asked for; otherwise a smaller one, which everybody can wait for. */
export const FULL = process.env.FAULTS === 'full';

/** Tells in one line how much a suite tried and what it saw, and keeps the figures for docs/promises.md. */
export function tell(suite: string, line: string, figures: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`faults ${suite}: ${line}\n`);
  mkdirSync('dist/results/volumes', { recursive: true });
  const whole = { suite, full: FULL, line, ...figures };
  writeFileSync(`dist/results/volumes/${suite}.json`, `${JSON.stringify(whole, undefined, 2)}\n`);
}
