import type { ResetRecord } from '../bot/reset-card.ts';
import { loadStoreConfig } from '../config.ts';
import { Accounts } from '../store/accounts.ts';
import { Credentials } from '../store/credentials.ts';
import { Journal } from '../store/journal.ts';
import { Resets } from '../store/resets.ts';
import { readSealingKeys, Sealer } from '../store/seal.ts';
import { openStore, type Store } from '../store/store.ts';

/** Where a command was typed, and where it answers. */
export interface Shell {
  /** Where the settings come from; the process's own environment where it is absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** The person's name for the operating system. */
  readonly user: string;
  readonly host: string;
  readonly now: () => Date;
  /** To standard output: what was asked for, and nothing else. */
  print(line: string): void;
  /** To standard error. */
  warn(line: string): void;
}

/** The command cannot be done. The message is one line in French that names the option or the variable, and the cure. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** What is kept, opened for one command. The bot may be running on the same store. */
export interface Rooms {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly resets: Resets<ResetRecord>;
  /** Writes down that this person did this. */
  record(what: string, account?: string): Promise<void>;
}

/** Opens the store and the keys, does the work, and closes. Throws `ConfigError` or {@link Refusal} where they cannot be opened. */
export async function withRooms<T>(shell: Shell, work: (rooms: Rooms) => Promise<T>): Promise<T> {
  const config = loadStoreConfig(shell.env);
  const sealer = new Sealer(await readSealingKeys(config.keysFile).catch(refuse));
  const store = await openStore(config.url.reveal(), { allowVolatile: config.allowVolatileRedis }).catch(
    refuse,
  );
  try {
    return await work(roomsOf(shell, store, sealer));
  } finally {
    await store.close();
  }
}

export function roomsOf(shell: Shell, store: Store, sealer: Sealer): Rooms {
  const journal = new Journal(store);
  return {
    store,
    sealer,
    accounts: new Accounts(store),
    credentials: new Credentials(store, sealer),
    resets: new Resets<ResetRecord>(store),
    record: (what, account) =>
      journal.append({
        at: shell.now(),
        who: `shell:${shell.user}`,
        what,
        ...(account === undefined ? {} : { account }),
        from: shell.host,
      }),
  };
}

/** What the store says to the operator is one line already. */
function refuse(error: Error): never {
  throw error.constructor === Error ? new Refusal(error.message, { cause: error }) : error;
}
