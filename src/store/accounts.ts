import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { changeWithResult, REMOVED, tried, UNCHANGED } from './change.ts';
import { once } from './once.ts';
import {
  ifRefused,
  type Operation,
  RecordRefused,
  type Scheduled,
  type Store,
  StoreUnavailable,
} from './store.ts';
import { structureIdKind } from './structure-id.ts';

const channelShape = z.object({
  platform: z.enum(['teams', 'slack']),
  private: z.boolean(),
  address: z.record(z.string(), z.string()),
  /** The person who subscribed it, or `shell`. Earlier versions did not write it down. */
  subscribedBy: z.string().min(1).exactOptional(),
});

/** In characters: what an application's path may take on a card. */
export const LONGEST_PATH = 300;

const accountShape = z
  .object({
    /** See {@link accountId}. */
    id: z.string().min(1),
    /** As Chorus Pro shows it. A colon would end it early where it is sent as `login:password`. */
    login: z.string().regex(/^[^\s:]+$/),
    /** A SIRET, or what Chorus Pro names the structure by instead. Its check digit is looked at where it is typed. */
    siret: z.string().refine((id) => structureIdKind(id) !== undefined),
    structure: z.string().min(1),
    /** The gestionnaire principal, as `teams:<tenant>:<user>` or `slack:<team>:<user>`. */
    manager: z.string().min(1),
    deputy: z.string().min(1).exactOptional(),
    /** « Alerte actualisation »: months after the last update. */
    alertMonths: z.int().min(1).max(14),
    /** « Date de dernière mise à jour », ISO 8601. */
    lastUpdated: z.iso.datetime().exactOptional(),
    expiry: z.object({ at: z.iso.datetime(), estimated: z.boolean() }).exactOptional(),
    /** When the password before the one in use was to expire, ISO 8601: a date that people read on the portal too early. */
    formerExpiry: z.iso.datetime().exactOptional(),
    /** When a connection test with the password in use last succeeded, ISO 8601. */
    conclusiveTest: z.iso.datetime().exactOptional(),
    /** The days before the expiry on which people are reminded, where the account has its own. */
    thresholds: z.array(z.int().min(0).max(400)).min(1).max(20).exactOptional(),
    /** Conversations that are told of reminders beside the manager. */
    channels: z.array(channelShape).exactOptional(),
    /** Where the password goes, as the administrator says it; absent: into e.magnus. */
    application: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('other'), path: z.string().min(1).max(LONGEST_PATH) }),
        z.object({ kind: z.literal('readsItself') }),
      ])
      .exactOptional(),
    addedAt: z.iso.datetime(),
    /** When an administrator suspended it, ISO 8601: no reminder, no daily test and no new reset; programs still read it. */
    suspendedAt: z.iso.datetime().exactOptional(),
  })
  .refine(({ id, login }) => id === accountId(login));

/**
 * What every record about an account is kept under. {@link accountId} makes it of a login; the type refuses a login as
 * somebody wrote it.
 */
export type AccountId = Lowercase<string>;

/** A technical account of Chorus Pro. */
export type Account = Readonly<Omit<z.infer<typeof accountShape>, 'id'>> & { readonly id: AccountId };

/** The seed's « Alerte actualisation » as it stands at first, in months. */
export const FIRST_ALERT_MONTHS = 12;

/** The account once a password of this expiry is in use. May be repeated. */
export function renewedBy(account: Account, expiry: NonNullable<Account['expiry']>, at: Date): Account {
  const isRepeated = account.expiry?.at === expiry.at;
  const former = isRepeated ? account.formerExpiry : account.expiry?.at;
  return {
    ...account,
    lastUpdated: at.toISOString(),
    expiry,
    ...(former === undefined ? {} : { formerExpiry: former }),
  };
}

/** When somebody must next look whether there is anything to tell about an account. */
const AGENDA = 'accounts';
/** Before any clock's now, counted from 1970. */
const LONG_PAST_MS = 1_000_000_000_000;

/**
 * The accounts, and who manages which.
 *
 * Whatever process changes an account, and for whatever reason, puts it in the agenda by that, to be looked at at once.
 */
export class Accounts {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async find(id: AccountId): Promise<Account | undefined> {
    return readable(accountIn(id, (await this.#store.read(recordKey(id)))?.value));
  }

  /** The accounts whose gestionnaire principal or deputy this person is, by login. One that cannot be read is left out. */
  async ofPerson(person: string): Promise<Account[]> {
    const index = await this.#store.read<AccountId[]>(indexKey(person));
    const found = await this.findMany(index?.value ?? []);
    const theirs = found.filter((account) => account !== undefined).filter(isReadable);
    // Nobody reads that they have no account where theirs cannot be read.
    if (theirs.length === 0) for (const account of found) readable(account);
    return theirs
      .filter(({ manager, deputy }) => manager === person || deputy === person)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** Whether this person is the manager or the deputy of an account, or was once. */
  async everNamed(person: string): Promise<boolean> {
    return (await this.#store.read(indexKey(person))) !== undefined;
  }

  /** false: there is an account with this login. Throws a `ZodError` where a field is wrong. */
  async add(account: Omit<Account, 'id'>): Promise<boolean> {
    const added = parsed({ ...account, id: accountId(account.login) });
    return changeWithResult<unknown, boolean>(this.#store, recordKey(added.id), async (found) => {
      if (found !== undefined) return { record: UNCHANGED, result: false };
      return { record: added, result: true, ...(await following(this.#store, [added])) };
    });
  }

  /**
   * Writes what `change` makes of the account, which may be called again where somebody else was first.
   * Where that is undefined, nothing is written: so whoever may not is refused by the very account that would change.
   * Gives the account as it stands then, or undefined where nothing was written. Throws a `ZodError` where a field is wrong.
   */
  async change(
    id: AccountId,
    change: (account: Account) => Omit<Account, 'id'> | undefined,
  ): Promise<Account | undefined> {
    return changeWithResult<unknown, Account | undefined>(this.#store, recordKey(id), async (record) => {
      const found = readable(accountIn(id, record));
      if (found === undefined) return { record: UNCHANGED, result: undefined };
      const decided = change(found);
      if (decided === undefined) return { record: UNCHANGED, result: undefined };
      const changed = parsed({ ...decided, id: found.id });
      return { record: changed, result: changed, ...(await following(this.#store, [changed])) };
    });
  }

  /**
   * Writes what `decide` makes of each account, or of none where there is none yet, all in one call: undefined leaves it as
   * it is. Starts again where somebody else was first, and calls `decide` again. Throws a `ZodError` where a field is wrong.
   */
  async changeMany(
    ids: readonly AccountId[],
    decide: (found: Account | undefined, id: AccountId) => Omit<Account, 'id'> | undefined,
  ): Promise<void> {
    await tried(`${ids.length} accounts`, async () => {
      const records = await this.#store.readMany(ids.map(recordKey));
      const decided = ids.flatMap((id, i) => {
        const record = records[i];
        if (record instanceof RecordRefused) throw record;
        const account = decide(readable(accountIn(id, record?.value)), id);
        if (account === undefined) return [];
        return [{ account: parsed({ ...account, id }), version: record?.version ?? 0 }];
      });
      if (decided.length === 0) return true;
      const { before, after } = await following(
        this.#store,
        decided.map(({ account }) => account),
      );
      const writes = decided.map(({ account, version }): Operation => {
        return { type: 'write', key: recordKey(account.id), value: account, version };
      });
      return (await this.#store.apply([...before, ...writes, ...after])).isApplied;
    });
  }

  /** false: there was none. */
  async remove(id: AccountId): Promise<boolean> {
    return changeWithResult<unknown, boolean>(this.#store, recordKey(id), (record) => {
      if (readable(accountIn(id, record)) === undefined) return { record: UNCHANGED, result: false };
      return { record: REMOVED, result: true, ...around(lookAtOnce(id)) };
    });
  }

  /** Each once. One that is refused is left out. */
  async *all(): AsyncIterable<Account> {
    for await (const id of once(this.ids())) {
      const account = await this.find(id).catch(ifRefused);
      if (account !== undefined && !(account instanceof RecordRefused)) yield account;
    }
  }

  /** One may come twice. */
  async *ids(): AsyncIterable<AccountId> {
    for await (const key of this.#store.keys(recordKey('')))
      yield key.slice(recordKey('').length) as AccountId;
  }

  /** In the order of `ids`, in one round trip. What is not readable is given as the error that `find` would throw. */
  async findMany(ids: readonly AccountId[]): Promise<(Account | StoreUnavailable | undefined)[]> {
    const found = await this.#store.readMany(ids.map(recordKey));
    return ids.map((id, index) => {
      const record = found[index];
      return record instanceof RecordRefused ? record : accountIn(id, record?.value);
    });
  }

  /** Has the account looked at as soon as somebody can. */
  async lookAgain(id: AccountId): Promise<void> {
    await this.#store.apply([lookAtOnce(id)]);
  }

  /** The accounts to look at, the earliest first; each stays due until `lookLater` moves it. */
  async due(now: Date, limit: number): Promise<AccountId[]> {
    return (await this.#store.due(AGENDA, now, limit)) as AccountId[];
  }

  /** When each account is to be looked at, in the order of `ids`. */
  async looks(ids: readonly AccountId[]): Promise<(Date | undefined)[]> {
    return this.#store.scheduled(AGENDA, ids);
  }

  async lookLater(entries: readonly Scheduled[]): Promise<void> {
    await this.#store.scheduleMany(AGENDA, entries);
  }
}

/** What goes with accounts that are written: they are looked at, and their people find them. */
async function following(store: Store, accounts: readonly Account[]): Promise<Around> {
  const looks = accounts.map(({ id }) => lookAtOnce(id));
  return { before: [...(await indexed(store, accounts)), ...looks], after: looks };
}

/** The index is written first and never shortened: it may name an account too many, which is looked at again, but none too few. */
async function indexed(store: Store, accounts: readonly Account[]): Promise<Operation[]> {
  const idsOf = new Map<string, AccountId[]>();
  for (const { id, manager, deputy } of accounts)
    for (const person of new Set([manager, deputy ?? manager]))
      idsOf.set(person, [...(idsOf.get(person) ?? []), id]);
  const people = [...idsOf.keys()];
  const indexes = await store.readMany<AccountId[]>(people.map(indexKey));
  return people.flatMap((person, i): Operation[] => {
    const index = indexes[i];
    if (index instanceof RecordRefused) throw index;
    const { value: ids, version } = index ?? { value: [], version: 0 };
    const known = new Set(ids);
    const missing = (idsOf.get(person) ?? []).filter((id) => !known.has(id));
    if (missing.length === 0) return [];
    return [{ type: 'write', key: indexKey(person), value: [...ids, ...missing], version }];
  });
}

interface Around {
  readonly before: readonly Operation[];
  readonly after: readonly Operation[];
}

/** On both sides of a write: whoever looks at once may be there before the write, and a crash may come after it. */
function around(operation: Operation): Around {
  return { before: [operation], after: [operation] };
}

function lookAtOnce(id: AccountId): Operation {
  // Another instant each time: whoever is looking already then sees that something has changed.
  return { type: 'schedule', agenda: AGENDA, id, at: new Date(randomInt(LONG_PAST_MS)) };
}

/**
 * The one id of an account, however its login is spelled: in capitals, in full-width letters, with blanks around it.
 * Chorus Pro gets the login as it was entered. Given an id, it gives that id.
 */
export function accountId(login: string): AccountId {
  // Lower case may take a text apart again (« ΐ »), so it is composed once more.
  return login.normalize('NFKC').toLowerCase().normalize('NFKC').trim() as AccountId;
}

/** Throws a `ZodError` where a field is wrong. */
function parsed(account: unknown): Account {
  return accountShape.parse(account) as Account;
}

function accountIn(id: AccountId, record: unknown): Account | StoreUnavailable | undefined {
  if (record === undefined) return undefined;
  const read = accountShape.safeParse(record);
  return read.success ? (read.data as Account) : unreadable(recordKey(id));
}

/** It verifies, and is no account: an older or newer program wrote it. */
function unreadable(record: string): StoreUnavailable {
  return new StoreUnavailable(`The record ${record} is not readable`, { code: 'UNREADABLE', record });
}

function isReadable(account: Account | StoreUnavailable): account is Account {
  return !(account instanceof StoreUnavailable);
}

function readable(found: Account | StoreUnavailable | undefined): Account | undefined {
  if (found instanceof StoreUnavailable) throw found;
  return found;
}

function recordKey(id: AccountId | ''): string {
  return `account/${id}`;
}

function indexKey(person: string): string {
  return `person/${person}`;
}

/**
 * The login as Chorus Pro shows it; undefined: there is no such account. Nothing else of the record is looked at, which
 * a program that reads a password asks for each time.
 */
export async function loginOf(store: Store, id: AccountId): Promise<string | undefined> {
  const record = (await store.read<{ readonly login?: unknown }>(recordKey(id)))?.value;
  if (record === undefined) return undefined;
  const { login } = record;
  if (typeof login !== 'string' || accountId(login) !== id) throw unreadable(recordKey(id));
  return login;
}
