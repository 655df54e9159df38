import { readFileSync } from 'node:fs';

/**
 * The version of this program, as its package.json has it. The file stands one folder above `src/`, and one above the
 * folder that `npm run build` fills, depending on which of the two is run.
 */
export const VERSION: string = versionOf(['../package.json', '../../../package.json']);

function versionOf([path, ...others]: readonly string[]): string {
  if (path === undefined) throw new Error('package.json is not where the program expects it');
  try {
    const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
    return version;
  } catch {
    return versionOf(others);
  }
}
