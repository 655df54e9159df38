import type { Messages } from '../../cards/messages.ts';
import { hasEnded } from '../../chorus/procedures/reset.ts';
import type { Account, AccountId, Accounts } from '../../store/accounts.ts';
import { mayReset } from '../../store/rights.ts';
import type { Language, Person, Place, Turn } from '../channel.ts';
import type { ResetRecord, ResetRecords, SavedReset } from './record.ts';

export interface ResetHoldersDependencies {
  readonly accounts: Accounts;
  readonly records: ResetRecords;
  readonly messages: Readonly<Record<Language, Messages>>;
}

/** Why somebody may not act on a reset, in their language. */
export interface ResetRefusal {
  readonly refusal: string;
}

/** The account of a person, and its reset as it is theirs: undefined where there never was one. */
export interface Led {
  readonly account: Account;
  readonly record: ResetRecord | undefined;
}

/**
 * Who leads a reset: whoever began it, for as long as they may act for the account; after that, whoever may and goes on
 * with it (P5).
 */
export class ResetHolders {
  readonly #dependencies: ResetHoldersDependencies;

  constructor(dependencies: ResetHoldersDependencies) {
    this.#dependencies = dependencies;
  }

  /** The account and its reset, for whoever may see them; to anybody else it looks as if there were none (P9). */
  async find(
    turn: Turn,
    accountId: AccountId,
  ): Promise<{ readonly account: Account; readonly saved: SavedReset | undefined } | ResetRefusal> {
    const account = await this.#accountOf(turn, accountId);
    if (account === undefined) return this.#notYours(turn);
    const saved = await this.#dependencies.records.find(accountId);
    const led = this.#led(turn, account, saved?.value);
    if ('refusal' in led) return led;
    return { account, saved: saved && led.record && { ...saved, value: led.record } };
  }

  /** The same for a record that was just read, so that what is decided on it is saved on it. */
  async judge(
    turn: Turn,
    accountId: AccountId,
    record: ResetRecord | undefined,
  ): Promise<Led | ResetRefusal> {
    const account = await this.#accountOf(turn, accountId);
    return account === undefined ? this.#notYours(turn) : this.#led(turn, account, record);
  }

  /** The same for whoever wants to begin one: of a suspended account, a reset that runs goes on, and none begins. */
  async judgeBeginning(
    turn: Turn,
    accountId: AccountId,
    record: ResetRecord | undefined,
  ): Promise<Led | ResetRefusal> {
    const led = await this.judge(turn, accountId, record);
    if ('refusal' in led || led.account.suspendedAt === undefined) return led;
    if (led.record !== undefined && !hasEnded(led.record.reset)) return led;
    const m = this.#dependencies.messages[turn.person.language];
    return { refusal: m.conversation.suspended(m.date(led.account.suspendedAt)) };
  }

  #led(turn: Turn, account: Account, record: ResetRecord | undefined): Led | ResetRefusal {
    if (record === undefined || hasEnded(record.reset)) return { account, record };
    const { holder, reset } = record;
    if (holder.id === turn.person.id) return { account, record };
    // An administrator has named somebody else meanwhile: the reset is theirs, where it stands.
    if (!mayReset(holder.id, account)) return { account, record: takenOver(record, turn.person, turn.place) };
    const m = this.#dependencies.messages[turn.person.language];
    return { refusal: m.conversation.heldBy(holder.name, m.moment(reset.startedAt)) };
  }

  async #accountOf({ person }: Turn, accountId: AccountId): Promise<Account | undefined> {
    const account = await this.#dependencies.accounts.find(accountId);
    return account !== undefined && mayReset(person.id, account) ? account : undefined;
  }

  #notYours({ person }: Turn): ResetRefusal {
    return { refusal: this.#dependencies.messages[person.language].conversation.notYours };
  }
}

/** The same reset for somebody else, who has no card of it yet. */
function takenOver({ posted: _ofTheOther, ...rest }: ResetRecord, holder: Person, place: Place): ResetRecord {
  return { ...rest, holder, place };
}
