import { z } from 'zod';
import { type Store, StoreUnavailable } from './store.ts';

const channelShape = z.object({
  platform: z.enum(['teams', 'slack']),
  private: z.boolean(),
  address: z.record(z.string(), z.string()),
});

const accountShape = z
  .object({
    /** The login in lower case. */
    id: z.string().min(1),
    /** As Chorus Pro shows it. A colon would end it early where it is sent as `login:password`. */
    login: z.string().regex(/^[^\s:]+$/),
    siret: z.string().refine(isSiret),
    structure: z.string().min(1),
    /** The gestionnaire principal, as `teams:<tenant>:<user>` or `slack:<team>:<user>`. */
    manager: z.string().min(1),
    deputy: z.string().min(1).exactOptional(),
    /** « Alerte actualisation »: months after the last update. */
    alertMonths: z.int().min(1).max(14),
    /** « Date de dernière mise à jour », ISO 8601. */
    lastUpdated: z.iso.datetime().exactOptional(),
    expiry: z.object({ at: z.iso.datetime(), estimated: z.boolean() }).exactOptional(),
    /** When a connection test with the password in use last succeeded, ISO 8601. */
    conclusiveTest: z.iso.datetime().exactOptional(),
    /** Conversations that are told of reminders beside the manager. */
    channels: z.array(channelShape).exactOptional(),
    addedAt: z.iso.datetime(),
  })
  .refine(({ id, login }) => id === accountId(login));

/** A technical account of Chorus Pro. */
export type Account = Readonly<z.infer<typeof accountShape>>;

/** The seed's « Alerte actualisation » as it stands at first, in months. */
export const FIRST_ALERT_MONTHS = 12;

/** The accounts, and who manages which. */
export class Accounts {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async find(id: string): Promise<Account | undefined> {
    return (await this.#load(id))?.value;
  }

  /** The accounts whose gestionnaire principal or deputy this person is, by login. */
  async ofPerson(person: string): Promise<Account[]> {
    const index = await this.#store.read<string[]>(indexKey(person));
    const accounts = await Promise.all((index?.value ?? []).map((id) => this.find(id)));
    return accounts
      .filter((account) => account !== undefined)
      .filter(({ manager, deputy }) => manager === person || deputy === person)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** false: there is an account with this login. Throws a `ZodError` where a field is wrong. */
  async add(account: Omit<Account, 'id'>): Promise<boolean> {
    const added = accountShape.parse({ ...account, id: accountId(account.login) });
    await this.#index(added);
    return this.#store.write(recordKey(added.id), added, 0);
  }

  /**
   * Writes what `change` makes of the account, which may be called again where somebody else was first.
   * Gives the account as it stands then, or undefined where there is none. Throws a `ZodError` where a field is wrong.
   */
  async change(id: string, change: (account: Account) => Omit<Account, 'id'>): Promise<Account | undefined> {
    for (;;) {
      const found = await this.#load(id);
      if (found === undefined) return undefined;
      const changed = accountShape.parse({ ...change(found.value), id: found.value.id });
      await this.#index(changed);
      if (await this.#store.write(recordKey(changed.id), changed, found.version)) return changed;
    }
  }

  /** false: there was none. */
  async remove(id: string): Promise<boolean> {
    for (;;) {
      const found = await this.#load(id);
      if (found === undefined) return false;
      if (await this.#store.remove(recordKey(found.value.id), found.version)) return true;
    }
  }

  async *all(): AsyncIterable<Account> {
    for await (const key of this.#store.keys(recordKey(''))) {
      const account = await this.find(key.slice(recordKey('').length));
      if (account !== undefined) yield account;
    }
  }

  async #load(id: string) {
    const found = await this.#store.read(recordKey(accountId(id)));
    if (found === undefined) return undefined;
    const parsed = accountShape.safeParse(found.value);
    if (!parsed.success) throw new StoreUnavailable(`The account ${id} is not readable`);
    return { value: parsed.data as Account, version: found.version };
  }

  /** The index is written first and never shortened: it may name an account too many, which is looked at again, but none too few. */
  async #index({ id, manager, deputy }: Account): Promise<void> {
    for (const person of deputy === undefined ? [manager] : [manager, deputy]) {
      for (;;) {
        const index = await this.#store.read<string[]>(indexKey(person));
        const ids = index?.value ?? [];
        if (
          ids.includes(id) ||
          (await this.#store.write(indexKey(person), [...ids, id], index?.version ?? 0))
        )
          break;
      }
    }
  }
}

export function accountId(login: string): string {
  return login.toLowerCase();
}

/** Fourteen digits whose check digit is right (Luhn); La Poste's establishments have a rule of their own (INSEE). */
export function isSiret(text: string): boolean {
  if (!/^\d{14}$/.test(text)) return false;
  const digits = [...text].map(Number);
  const luhn = digits.map((digit, index) =>
    index % 2 === 1 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit,
  );
  if (sum(luhn) % 10 === 0) return true;
  return text.startsWith('356000000') && sum(digits) % 5 === 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function recordKey(id: string): string {
  return `account/${id}`;
}

function indexKey(person: string): string {
  return `person/${person}`;
}
