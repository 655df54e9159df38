import { isAttempt } from '../../chorus/diagnosis.ts';
import type { TestAnswer } from '../../chorus/procedures/pauses.ts';
import type { Effect, Event, Recorded } from '../../chorus/procedures/reset.ts';
import { step } from '../../chorus/procedures/transitions.ts';
import type { Verdict } from '../../chorus/verdict.ts';
import type { Log } from '../../log.ts';
import { type Account, type AccountId, type Accounts, renewedBy } from '../../store/accounts.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Journal } from '../../store/journal.ts';
import type { Turn } from '../channel.ts';
import type { Background } from './background.ts';
import { type ConnectionTests, structuresOf } from './connection-test.ts';
import type { LivingResetCards } from './living-card.ts';
import type { ResetNews } from './news.ts';
import {
  type Decided,
  pendingNotice,
  type ResetDecision,
  type ResetRecord,
  type ResetRecords,
  type SavedReset,
  withPendingNotice,
} from './record.ts';

export interface ResetStepsDependencies {
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly records: ResetRecords;
  readonly cards: LivingResetCards;
  readonly tests: ConnectionTests;
  readonly news: ResetNews;
  readonly background: Background;
  readonly journal: Journal;
  readonly log: Log;
  readonly now: () => Date;
  /** Called after a change that account lists display, so that open lists are redrawn. */
  readonly changed: (account: Account) => void;
}

/** By then a person who waits for the verdict has read it in their answer, or nobody will give them one. */
const ANSWERED_BY_MS = 10_000;
/** Whether somebody waits for the answer of this very turn. When nobody does any more, news goes to the card. */
export interface Waiting {
  answered: boolean;
  test?: Promise<void>;
}

/** Who has something done to a reset, and waits for it; without a turn it is the bot itself. */
export interface Cause {
  readonly turn?: Turn;
  readonly waiting: Waiting;
}

/** Of what the bot has learned. */
interface About {
  readonly waiting: Waiting;
  /** The only reset that it concerns; undefined: whichever there is. */
  readonly resetId?: string;
  readonly found?: Pick<ResetRecord, 'structures' | 'diagnosis'>;
}

/**
 * Takes a reset from one step to the next: decided on what was read, saved on that very version, and only then what the
 * step asks for.
 *
 * The store's compare-and-set is the only lock: of two clicks, replicas or deliveries, the first to save wins, and
 * the other one is decided anew on what the first has saved (P4, P5).
 */
export class ResetSteps {
  readonly #dependencies: ResetStepsDependencies;

  constructor(dependencies: ResetStepsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Changes the record and, once it is saved, carries out what the reset's step asks for. */
  async take<Result>(
    accountId: AccountId,
    cause: Cause,
    decide: (before: ResetRecord | undefined) => Promise<ResetDecision<Result>>,
  ): Promise<Decided<Result>> {
    const { records, cards, log, now } = this.#dependencies;
    const { turn, waiting } = cause;
    let former: ResetRecord | undefined;
    const decided = await records.change(accountId, async (before) => {
      former = before;
      const { result, change } = await decide(before);
      if (change?.transition === undefined) return { result, change };
      const tellAt = new Date(now().getTime() + (waiting.answered ? 0 : ANSWERED_BY_MS));
      const record = withPendingNotice(change.record, change.transition, tellAt);
      return { result, change: { ...change, record } };
    });
    const { change, saved } = decided;
    if (change === undefined || saved === undefined) return decided;
    if (former !== undefined && isTakenOver(former, saved.value)) cards.close(former);
    if (change.transition === undefined) return decided;
    log.info('reset.step', {
      account: accountId,
      step: saved.value.reset.step,
      ...(turn === undefined ? {} : { correlation: turn.correlation, person: turn.person.id }),
    });
    for (const effect of change.transition.effects) this.#carryOut(effect, change.account, saved, cause);
    return decided;
  }

  /** Something that the bot itself has learned: where somebody else was first, it is told to what they have left. */
  async tell(
    account: Account,
    event: Event,
    { waiting, resetId, found = {} }: About,
  ): Promise<Decided<undefined>> {
    return this.take(account.id, { waiting }, async (before) => {
      if (before === undefined || before.reset.id !== (resetId ?? before.reset.id))
        return { result: undefined };
      const transition = step(before.reset, event, this.#dependencies.now());
      if (transition.reset === before.reset) return { result: undefined };
      const record = { ...before, ...found, reset: transition.reset };
      return { result: undefined, change: { account, record, transition } };
    });
  }

  #carryOut(effect: Effect, account: Account, { value }: SavedReset, { turn, waiting }: Cause): void {
    const { news, background, changed } = this.#dependencies;
    switch (effect.kind) {
      case 'record':
        this.record(turn, account, effect.what);
        changed(account);
        break;
      case 'test':
        waiting.test = background.run(
          this.#test(account, effect, { waiting, ...(turn === undefined ? {} : { turn }) }),
        );
        break;
      case 'tell': {
        const notice = pendingNotice(value);
        if (notice === undefined) break;
        // Whoever still waits reads it in the answer.
        void background.run(waiting.answered ? news.tell(account) : news.told(account, notice));
        break;
      }
      default:
        effect satisfies never;
    }
  }

  /** Tests one version and makes it current where Chorus Pro accepts it: only then (P2). Repeating it does no harm. */
  async #test(
    account: Account,
    { version, isBackground = false }: Extract<Effect, { kind: 'test' }>,
    { turn, waiting }: Cause,
  ): Promise<void> {
    const { accounts, credentials, tests, cards, now } = this.#dependencies;
    // Where another replica is on it and dies, the agenda brings the test back.
    const toTest = { version, isAutomatic: turn === undefined, isBackground };
    await tests.test(account, toTest, async (verdict, tested) => {
      let renewed = account;
      if (verdict.outcome === 'accepted' && tested !== undefined) {
        // A crash between promotion and the next state: the version is current already.
        await credentials.promote(account.id, version, now());
        renewed =
          (await accounts.change(account.id, (a) => renewedBy(a, tested.kept.expiry, now()))) ?? account;
      }
      const event: Event = { kind: 'tested', version, answer: answerOf(verdict) };
      const { saved } = await this.tell(renewed, event, { waiting, found: foundBy(verdict) });
      if (waiting.answered && saved !== undefined) cards.draw(renewed, saved);
      return verdict;
    });
  }

  /** Writes down in the journal who did it; without a turn, the bot itself. */
  record(turn: Turn | undefined, account: Account, what: Recorded | 'passwordKept'): void {
    const { journal, background, now } = this.#dependencies;
    void background.run(
      journal.append({
        at: now(),
        who: turn?.person.id ?? 'bot',
        what,
        account: account.id,
        ...(turn === undefined ? {} : { from: turn.place.platform }),
      }),
    );
  }
}

function isTakenOver(before: ResetRecord, after: ResetRecord): boolean {
  return before.reset.id === after.reset.id && before.holder.id !== after.holder.id;
}

function answerOf(verdict: Verdict): TestAnswer {
  if (verdict.outcome !== 'unknown') return verdict;
  return { ...verdict, isAttempt: isAttempt(verdict) };
}

function foundBy(verdict: Verdict): Pick<ResetRecord, 'structures' | 'diagnosis'> {
  const { diagnosis } = verdict;
  return {
    ...(diagnosis === undefined ? {} : { diagnosis }),
    ...(verdict.outcome === 'accepted' ? { structures: structuresOf(verdict) } : {}),
  };
}
