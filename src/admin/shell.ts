import { hasEnded, type Reset } from '../chorus/procedures/reset.ts';
import { type Config, loadStoreConfig, type StoreConfig } from '../config.ts';
import type { PersonId } from '../person.ts';
import type { PlatformFinding } from '../platform-finding.ts';
import { Refusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import { type Account, Accounts, accountId } from '../store/accounts.ts';
import { AuthenticatedStore } from '../store/authenticated-store.ts';
import { Credentials } from '../store/credentials.ts';
import { Installations } from '../store/installations.ts';
import { Journal } from '../store/journal.ts';
import { openStore } from '../store/open.ts';
import { RecordAudit } from '../store/record-audit.ts';
import { Resets } from '../store/resets.ts';
import { openSealer, type Sealer } from '../store/seal.ts';
import type { RecordRefused, Store } from '../store/store.ts';

/** Where a command was typed, and where it answers. */
export interface Shell {
  /** Where the settings come from; the process's own environment where it is absent. */
  readonly env?: NodeJS.ProcessEnv;
  /** The person's name for the operating system. */
  readonly user: string;
  readonly host: string;
  readonly now: () => Date;
  /** Asks Teams and Slack about the bot's own secrets, all at once, for so long at most. */
  checkPlatforms(
    config: Pick<Config, 'teams' | 'slack' | 'proxy'>,
    timeoutMs: number,
  ): Promise<readonly PlatformFinding[]>;
  /** One line of standard input, which a terminal does not show. */
  readPassword(): Promise<Secret>;
  /** To standard output: what was asked for, and nothing else. */
  print(line: string): void;
  /** To standard output as it is, for a pipe: data, of which no character may change. Resolves when more may be written. */
  write(data: string): Promise<void>;
  /** To standard error. */
  warn(line: string): void;
}

/** What commands read of a running reset: where it stands, and who leads it. The bot keeps more of it. */
export interface LedReset {
  readonly reset: Reset;
  readonly holder: { readonly id: PersonId; readonly name: string };
}

/** What is kept, opened for one command. The bot may be running on the same store. */
export interface Dependencies {
  readonly store: Store;
  readonly audit: RecordAudit;
  /** What the command has refused so far, by key. */
  readonly refused: ReadonlyMap<string, RecordRefused>;
  readonly sealer: Sealer;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly installations: Installations;
  readonly resets: Resets<LedReset>;
  readonly journal: Journal;
  /** Writes down that this person did this. */
  record(what: string, account?: string): Promise<void>;
}

/** Opens the store and the keys, does the work, and closes. Throws a {@link Refusal} where they cannot be opened. */
export async function withDependencies<T>(
  shell: Shell,
  work: (dependencies: Dependencies) => Promise<T>,
): Promise<T> {
  const config = loadStoreConfig(shell.env);
  const sealer = await openSealer(config.keysFile);
  const store = await openConfigured(shell, config, config.allowVolatileRedis);
  try {
    return await work(dependenciesOf(shell, store, sealer));
  } finally {
    await store.close();
  }
}

export function openConfigured(
  shell: Shell,
  { url, allowPlaintextRedis }: StoreConfig,
  allowVolatile: boolean,
): Promise<Store> {
  return openStore(url.reveal(), {
    allowVolatile,
    allowPlaintext: allowPlaintextRedis,
    onExposed: ({ path, isClosedNow }) =>
      shell.warn(
        isClosedNow
          ? `STORE_URL : ${path} était ouvert à d’autres comptes de la machine ; il ne l’est plus`
          : `STORE_URL : ${path} est ouvert à d’autres comptes de la machine ; donnez au coffre un dossier qui n’est qu’à lui`,
      ),
  });
}

/** `opened`: the store as the driver gives it. */
export function dependenciesOf(shell: Shell, opened: Store, sealer: Sealer): Dependencies {
  const refused = new Map<string, RecordRefused>();
  const store = new AuthenticatedStore(opened, sealer, (record) => refused.set(record.key, record));
  const journal = new Journal(store, sealer);
  return {
    store,
    audit: new RecordAudit(opened, sealer),
    refused,
    sealer,
    accounts: new Accounts(store),
    credentials: new Credentials(store, sealer),
    installations: new Installations(store, sealer),
    resets: new Resets<LedReset>(store),
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

/** All accounts, by login. */
export async function allAccounts({ accounts }: Dependencies): Promise<Account[]> {
  const found: Account[] = [];
  for await (const account of accounts.all()) found.push(account);
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

export function noAccount(): Refusal {
  return new Refusal('--login : aucun compte de ce nom ; « account list » les montre tous');
}

/** Who leads a reset of this account, since when; undefined: none is running. */
export async function runningReset(
  { resets }: Dependencies,
  { id }: Account,
): Promise<{ step: string; by: string; person: PersonId; since: string } | undefined> {
  const { reset, holder } = (await resets.load(id))?.value ?? {};
  if (reset === undefined || holder === undefined || hasEnded(reset)) return undefined;
  const { id: person, name } = holder;
  return { step: reset.step, by: name || person, person, since: reset.startedAt };
}
