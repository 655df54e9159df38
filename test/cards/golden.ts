import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from '@jest/globals';

/**
 * Compares with `test/golden/<platform>/<name>.json`, which can be pasted in the vendor's own designer.
 *
 * `UPDATE_GOLDEN=1` writes the file instead; without it a missing file fails like a different one.
 */
export function expectGolden(name: `${'teams' | 'slack'}/${string}`, json: unknown): void {
  const file = join('test', 'golden', `${name}.json`);
  const pretty = `${JSON.stringify(json, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, pretty);
    return;
  }
  if (!existsSync(file))
    throw new Error(`${file} is missing: look at the card, then run with UPDATE_GOLDEN=1`);
  expect(pretty).toBe(readFileSync(file, 'utf8'));
}

/** Every golden file there is. */
export function goldenFiles(): string[] {
  return readdirSync(join('test', 'golden'), { recursive: true })
    .map((file) => join('test', 'golden', String(file)))
    .filter((file) => file.endsWith('.json'));
}
