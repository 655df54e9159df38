import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import { run } from '../../src/admin/run.ts';
import { type Dependencies, type Shell, withDependencies } from '../../src/admin/shell.ts';
import { checkPlatforms } from '../../src/platform-checks.ts';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { ANY_VERSION } from '../../src/store/store.ts';

/** Everything that one file of tests leaves behind. */
export const ROOT = mkdtempSync(join(tmpdir(), 'admin-'));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

export const TENANT = '7d1f3c52-0a4b-4e0f-9c55-2f3d8c1b9a10';
export const LOGIN = 'TECH_1_AB12CD34EF56GH@cpro.fr';
export const ID = accountId(LOGIN);
export const MANAGER = `teams:${TENANT}:camille` as const;
export const PASSWORD = 'goZckgkKevikl';
export const ADD = [
  ...['account', 'add', '--login', LOGIN, '--siret', '21340172201787', '--name', 'Commune de Sète'],
  ...['--manager', MANAGER],
];

/** Each file has a thousand databases to itself, beyond those that other tests pick from. */
let nextDatabase =
  10_000 +
  1_000 *
    readdirSync(__dirname)
      .filter((file) => file.endsWith('.test.ts'))
      .indexOf(basename(expect.getState().testPath ?? ''));

export const drivers: Record<string, (folder: string) => string> = {
  LMDB: (folder) => `lmdb:${join(folder, 'data')}`,
  Redis: () => `${process.env.TEST_REDIS_URL}/${nextDatabase++}`,
};

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** One command in a process of its own, as `npm run admin` starts it. */
export function ownProcess(env: Record<string, string>, ...words: string[]): Promise<Answer> {
  const entry = join(process.cwd(), 'dist/build/src/admin.js');
  // From a folder without a `.env`.
  const options = { cwd: ROOT, env: { PATH: process.env.PATH, ...env } };
  return new Promise((ended) => {
    execFile('node', [entry, ...words], options, (error, out, err) =>
      ended({ code: Number(error?.code ?? 0), out, err }),
    );
  });
}

/** Changes a record as it is kept, as somebody does who can write into the store and has no key. */
export async function tamper({ env }: Admin, key: string, change: (value: Signed) => unknown): Promise<void> {
  const store = await openStore(env.STORE_URL ?? '');
  const found = await store.read<Signed>(key);
  if (found === undefined) throw new Error(`${key} is not there`);
  const { value, version: newVersion } = found;
  await store.apply([{ type: 'write', key, value: change(value), version: ANY_VERSION, newVersion }]);
  await store.close();
}

interface Signed {
  readonly content: unknown;
  readonly signature: unknown;
}

/** An administrator at a shell, with a store and a key file of its own. */
export class Admin {
  readonly folder = mkdtempSync(join(ROOT, 'machine-'));
  readonly env: Record<string, string>;
  now = new Date('2025-06-02T10:00:00Z');
  /** What stands on standard input. */
  input = '';

  constructor(driver: string) {
    this.env = {
      STORE_URL: drivers[driver]?.(this.folder) ?? '',
      STORE_KEYS_FILE: join(this.folder, 'keys.json'),
    };
  }

  /** Types one command. */
  async types(...words: string[]): Promise<Answer> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await run(words, this.#shell(out, err));
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  /** Types a command whose answer is JSON, and alone. */
  async asks(...words: string[]) {
    const { code, out, err } = await this.types(...words, '--json');
    if (code !== 0) throw new Error(err);
    return JSON.parse(out);
  }

  /** What another process sees. */
  looks<T>(work: (dependencies: Dependencies) => Promise<T>): Promise<T> {
    return withDependencies(this.#shell([], []), work);
  }

  /** Keeps `password` as the bot does; `current` where Chorus Pro has accepted it. */
  async keeps(password = PASSWORD, slot: 'pending' | 'current' = 'current', account = ID): Promise<void> {
    await this.looks(async ({ credentials }) => {
      const expiry = { at: '2026-07-27T00:00:00.000Z', estimated: true };
      const about = { heldBy: 'Camille', heldSince: this.now, expiry };
      const { version } = await credentials.keep(account, new Secret(password), about);
      if (slot === 'current') await credentials.promote(account, version, this.now);
    });
  }

  #shell(out: string[], err: string[]): Shell {
    return {
      env: this.env,
      user: 'odile',
      host: 'mairie',
      now: () => this.now,
      checkPlatforms,
      readPassword: async () => new Secret(this.input),
      print: (line) => out.push(line),
      write: async (data) => void out.push(data.replace(/\n$/, '')),
      warn: (line) => err.push(line),
    };
  }
}
