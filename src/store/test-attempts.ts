import { AccountRecords } from './account-records.ts';
import type { AccountId } from './accounts.ts';
import type { Store } from './store.ts';

/** Whether a password may be tried now; otherwise when it may. */
export type Allowance = { readonly isAllowed: true } | { readonly isAllowed: false; readonly freeAt: Date };

interface Attempt {
  readonly version: number;
  readonly at: string;
  readonly isAutomatic: boolean;
}

interface Attempts {
  /** Of the last day, of whichever password. */
  readonly attempts: readonly Attempt[];
}

/** However it is asked for, a password that may have been judged is not tried more often than this in a day (API contract). */
const ATTEMPTS_A_DAY = 5;
/** So that two are left for a person. */
const AUTOMATIC_ATTEMPTS_A_DAY = 3;
const DAY_MS = 24 * 60 * 60_000;

/**
 * How often each password was tried with an answer that may have judged it and was no yes. Chorus Pro may lock an account
 * that is refused too often, whoever asks: the bot, a person, `doctor`, `account verify` and destinations share this count.
 */
export class TestAttempts {
  readonly #records: AccountRecords<Attempts>;
  readonly #now: () => Date;

  constructor(store: Store, now: () => Date) {
    this.#records = new AccountRecords(store, 'attempts');
    this.#now = now;
  }

  /** `isAutomatic`: nobody has asked for it. */
  async allowance(account: AccountId, version: number, isAutomatic: boolean): Promise<Allowance> {
    const all = this.#ofTheDay((await this.#records.find(account))?.value).filter(
      (attempt) => attempt.version === version,
    );
    const automatic = all.filter((attempt) => attempt.isAutomatic);
    const until = [
      freeAt(all, ATTEMPTS_A_DAY),
      ...(isAutomatic ? [freeAt(automatic, AUTOMATIC_ATTEMPTS_A_DAY)] : []),
    ].filter((at) => at !== undefined);
    if (until.length === 0) return { isAllowed: true };
    return { isAllowed: false, freeAt: new Date(Math.max(...until)) };
  }

  /** Notes an attempt that was made. */
  async note(account: AccountId, version: number, isAutomatic: boolean): Promise<void> {
    const at = this.#now().toISOString();
    await this.#records.change(account, (before) => ({
      attempts: [...this.#ofTheDay(before), { version, at, isAutomatic }],
    }));
  }

  async forget(account: AccountId): Promise<void> {
    await this.#records.forget(account);
  }

  #ofTheDay({ attempts }: Attempts = { attempts: [] }): readonly Attempt[] {
    return attempts.filter(({ at }) => this.#now().getTime() - Date.parse(at) < DAY_MS);
  }
}

/** When fewer than `most` of them are of the last day; undefined: they are fewer already. */
function freeAt(attempts: readonly Attempt[], most: number): number | undefined {
  const oldest = attempts.at(-most);
  return oldest === undefined ? undefined : Date.parse(oldest.at) + DAY_MS;
}
