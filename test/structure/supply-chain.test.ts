import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
}

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

test('each action of the workflows is pinned by commit', () => {
  const folder = '.github/workflows';
  const used = readdirSync(folder).flatMap((file) =>
    [...readFileSync(`${folder}/${file}`, 'utf8').matchAll(/uses: *(\S+)/g)].map(([, action]) => action),
  );
  expect(used.length).toBeGreaterThan(0);
  for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@[\da-f]{40}$/);
});

test('no install script of a dependency is allowed, and each is decided on by name', () => {
  const { packages } = json('package-lock.json') as LockFile;
  const withScripts = Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length));
  expect(json('package.json').allowScripts).toEqual(
    Object.fromEntries(withScripts.map((name) => [name, false])),
  );
});

test('the gate and the documents for production install without install scripts', () => {
  const places = ['.ci/run', 'docs/fr/administrateurs.md'];
  const commands = places.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/npm ci\b[^\n`]*/g)].map(([command]) => `${file}: ${command}`),
  );
  expect(commands.length).toBeGreaterThanOrEqual(places.length);
  expect(commands.filter((command) => !command.includes('--ignore-scripts'))).toEqual([]);
});
