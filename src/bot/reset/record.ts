import type { StructuresView } from '../../cards/blocks.ts';
import type { VerdictView } from '../../cards/verdict-cards.ts';
import {
  type Effect,
  isHalfDone,
  type NewsKind,
  type Reset,
  type Transition,
  wakeAt,
} from '../../chorus/procedures/reset.ts';
import type { Diagnosis } from '../../chorus/verdict.ts';
import type { Account, AccountId } from '../../store/accounts.ts';
import { UNCHANGED } from '../../store/change.ts';
import type { Resets, Waking } from '../../store/resets.ts';
import { RecordRefused, type Versioned } from '../../store/store.ts';
import type { Person, Place, Posted } from '../channel.ts';
import type { Tried } from '../outgoing/deadline.ts';
import type { HandoverState } from '../password/handover.ts';

/** A reset as it is kept: the procedure's state, and who walks it where. */
export interface ResetRecord {
  readonly reset: Reset;
  readonly holder: Person;
  readonly place: Place;
  /** The living card, once it was posted. */
  readonly posted?: Posted;
  /** Where it was before, on a message that can no longer be changed. */
  readonly lost?: Posted;
  readonly keptSince?: string;
  readonly trimmed?: boolean;
  /** Who typed the password that was last kept: they alone may take it back. */
  readonly typedBy?: string;
  /** The form whose password was last kept: sent again, it is about this reset. */
  readonly submission?: string;
  /** What Chorus Pro gave when it accepted the password. */
  readonly structures?: StructuresView;
  /** Of the last test. */
  readonly diagnosis?: Diagnosis;
  readonly news?: PendingNotice;
  /** Some days after the end it was looked whether anything has taken the password: it is asked once. */
  readonly isAsked?: boolean;
}

export type SavedReset = Versioned<ResetRecord>;

/** What is to be told, until it was shown or the reset has moved on. */
export interface PendingNotice extends Tried {
  readonly what: NewsKind | 'notTaken';
  /** Where the reset stood: at another revision there is nothing left to tell. */
  readonly revision: number;
  /** Not before this instant, ISO. */
  readonly retryAt: string;
}

/** What a reset becomes. */
export interface ResetChange {
  readonly account: Account;
  readonly record: ResetRecord;
  /** The step that the reset takes; undefined where only something about it is noted. */
  readonly transition?: Transition;
}

export interface ResetDecision<Result> {
  readonly result: Result;
  /** Undefined: the record stays as it is. */
  readonly change?: ResetChange | undefined;
}

/** A decision that was carried out, and the record as it stands then: undefined where there is none. */
export interface Decided<Result> extends ResetDecision<Result> {
  readonly saved: SavedReset | undefined;
}

/** So long after a verdict its card is drawn once more: a crash may have come before the first time. */
const DRAWN_AGAIN_AFTER_MS = 20_000;
/** So long after the last click whoever led the reset is asked for the password that nothing has taken. */
const ASKED_AFTER_MS = 72 * 60 * 60_000;
/** How long a reset waits of which a record is refused. */
const REFUSED_PAUSE_MS = 60 * 60_000;

/** The records of all resets. Each is changed in this one way: read, decided on, and saved at the version that was read. */
export class ResetRecords {
  readonly #resets: Resets<ResetRecord>;
  readonly #now: () => Date;

  constructor(resets: Resets<ResetRecord>, now: () => Date) {
    this.#resets = resets;
    this.#now = now;
  }

  async find(account: AccountId): Promise<SavedReset | undefined> {
    return this.#resets.load(account);
  }

  /** In the order of `accounts`, in one round trip. */
  async findMany(accounts: readonly AccountId[]): Promise<(SavedReset | undefined)[]> {
    return this.#resets.findMany(accounts);
  }

  /** Where somebody else was first, `decide` is asked again, with the record as it is then. */
  async change<Result>(
    account: AccountId,
    decide: (before: ResetRecord | undefined) => Promise<ResetDecision<Result>> | ResetDecision<Result>,
  ): Promise<Decided<Result>> {
    return this.#resets.change(account, async (before, version) => {
      const decision = await decide(before);
      const { change } = decision;
      if (change === undefined) {
        const saved = before === undefined ? undefined : { value: before, version };
        return { record: UNCHANGED, result: { ...decision, saved } };
      }
      const { record } = change;
      const result = { ...decision, saved: { value: record, version: version + 1 } };
      return { record, result, ...this.#waking(change) };
    });
  }

  /** Notes that it is to be asked whether the password is in the application, once; undefined: not now. */
  async ask(account: Account): Promise<SavedReset | undefined> {
    const { change, saved } = await this.change(account.id, (before) => {
      const record = before && withQuestion(before, this.#now());
      return { result: undefined, change: record && { account, record } };
    });
    return change === undefined ? undefined : saved;
  }

  /** The accounts whose reset is to be woken, the earliest first. */
  async due(limit: number): Promise<AccountId[]> {
    return this.#resets.due(this.#now(), limit);
  }

  /**
   * Looks at a reset whose hour has come, and gives it the hour that `look` names; undefined: none. Whoever changes the
   * reset meanwhile has the last word on its hour.
   */
  async wake(account: AccountId, look: () => Promise<Date | undefined>): Promise<void> {
    const seen = await this.#resets.wakesAt(account);
    try {
      await this.#resets.wakeAt(account, await look(), seen);
    } catch (error) {
      // It stays refused until somebody mends it: those that come after it are not kept waiting.
      if (error instanceof RecordRefused) {
        const later = new Date(this.#now().getTime() + REFUSED_PAUSE_MS);
        await this.#resets.wakeAt(account, later, seen);
      }
      throw error;
    }
  }

  /** Where there is other news a wake-up is near already, of which it comes. */
  #waking({ record, transition }: ResetChange): Waking {
    const { reset } = record;
    if (transition?.effects.some(isVerdict))
      return { wakeAt: new Date(this.#now().getTime() + DRAWN_AGAIN_AFTER_MS) };
    const isNear = reset.testAt !== undefined || reset.revision === 1 || isHalfDone(reset);
    return transition !== undefined && isNear ? { wakeAt: lookAt(record) } : {};
  }
}

/** In which reset its leader may take back what they typed: at its last step, and their own password only. */
export function handoverState(saved: SavedReset | undefined): HandoverState | undefined {
  if (saved === undefined) return undefined;
  const { reset, holder, typedBy } = saved.value;
  const isTheirs = reset.step === 'report' && typedBy === holder.id;
  return isTheirs && reset.kept !== undefined
    ? { resetId: reset.id, person: holder.id, version: reset.kept }
    : undefined;
}

/** The record with what this transition leaves to be told from `at` on; otherwise the same object. */
export function withPendingNotice(record: ResetRecord, { effects }: Transition, at: Date): ResetRecord {
  const { step, revision } = record.reset;
  const news = effects.find(({ kind }) => kind === 'tell');
  // « Unknown » is no news: the card says when the next test is.
  if (news?.kind !== 'tell' || step === 'unknown') return record;
  return { ...record, news: { what: news.what, revision, retryAt: at.toISOString() } };
}

/** What is still to be told; nothing once the reset has moved on, since the card shows more than that. */
export function pendingNotice({ news, reset }: ResetRecord): PendingNotice | undefined {
  return news?.revision === reset.revision ? news : undefined;
}

/** The record with the question whether the password is in the application, where its time has come; otherwise undefined. */
function withQuestion(record: ResetRecord, now: Date): ResetRecord | undefined {
  const at = questionAt(record);
  if (at === undefined || at.getTime() > now.getTime()) return undefined;
  const { revision } = record.reset;
  return { ...record, isAsked: true, news: { what: 'notTaken', revision, retryAt: now.toISOString() } };
}

function questionAt({ reset, isAsked }: ResetRecord): Date | undefined {
  if (reset.step !== 'done' || isAsked === true) return undefined;
  return new Date(Date.parse(reset.touchedAt) + ASKED_AFTER_MS);
}

/** What the last test has said, as every card, form and notice says it. */
export function verdictOf({ reset, diagnosis }: ResetRecord): VerdictView {
  return { reason: reset.reason ?? '', ...(diagnosis === undefined ? {} : { diagnosis }) };
}

/** When the reset must be looked at again; undefined: it has ended, and whoever walked it knows. */
export function lookAt(record: ResetRecord): Date | undefined {
  const at = wakeAt(record.reset) ?? questionAt(record);
  const news = pendingNotice(record);
  if (news === undefined) return at;
  return new Date(Math.min(Date.parse(news.retryAt), at?.getTime() ?? Number.POSITIVE_INFINITY));
}

function isVerdict(effect: Effect): boolean {
  return effect.kind === 'tell' && effect.what === 'verdict';
}
