import type { ResetRecord } from '../bot/reset/card.ts';
import { ConfigError, loadStoreConfig, type StoreConfig } from '../config.ts';
import { type Account, Accounts, accountId } from '../store/accounts.ts';
import { Credentials } from '../store/credentials.ts';
import { Installations } from '../store/installations.ts';
import { Journal } from '../store/journal.ts';
import { readSealingKeys } from '../store/keys.ts';
import { openStore } from '../store/open.ts';
import { Resets } from '../store/resets.ts';
import { Sealer } from '../store/seal.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';

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

/** One line in French for whoever typed the command. */
export function explain(error: unknown): string {
  if (error instanceof Refusal || error instanceof ConfigError) return error.message;
  if (error instanceof StoreUnavailable) {
    return `STORE_URL : le coffre n’a pas répondu, ou a refusé (${error.message}) ; vérifiez l’adresse, et que le serveur tourne`;
  }
  // A message may quote what it could not read.
  const { name, code = '' } = error as NodeJS.ErrnoException;
  return `erreur inattendue (${`${name} ${code}`.trim()}) ; vérifiez l’installation`;
}

/** What is kept, opened for one command. The bot may be running on the same store. */
export interface Dependencies {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly installations: Installations;
  readonly resets: Resets<ResetRecord>;
  readonly journal: Journal;
  /** Writes down that this person did this. */
  record(what: string, account?: string): Promise<void>;
}

/** Opens the store and the keys, does the work, and closes. Throws `ConfigError` or {@link Refusal} where they cannot be opened. */
export async function withDependencies<T>(
  shell: Shell,
  work: (dependencies: Dependencies) => Promise<T>,
): Promise<T> {
  const config = loadStoreConfig(shell.env);
  const sealer = new Sealer(await readSealingKeys(config.keysFile).catch(refuse));
  const store = await openConfigured(config, config.allowVolatileRedis).catch(refuse);
  try {
    return await work(dependenciesOf(shell, store, sealer));
  } finally {
    await store.close();
  }
}

export function openConfigured({ url }: StoreConfig, allowVolatile: boolean): Promise<Store> {
  return openStore(url.reveal(), { allowVolatile });
}

export function dependenciesOf(shell: Shell, store: Store, sealer: Sealer): Dependencies {
  const journal = new Journal(store, sealer);
  return {
    store,
    sealer,
    accounts: new Accounts(store),
    credentials: new Credentials(store, sealer),
    installations: new Installations(store, sealer),
    resets: new Resets<ResetRecord>(store),
    journal,
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

/** The account that `--login` names. */
export async function accountNamed({ accounts }: Dependencies, login: string): Promise<Account> {
  const account = await accounts.find(accountId(login.trim()));
  if (account === undefined) throw noAccount();
  return account;
}

export function noAccount(): Refusal {
  return new Refusal('--login : aucun compte de ce nom ; « account list » les montre tous');
}

/** For what the store and the keys' file say to the operator, which is one line in French already. */
export function refuse(error: Error): never {
  throw error.constructor === Error ? new Refusal(error.message, { cause: error }) : error;
}
