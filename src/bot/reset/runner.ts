import type { ActionData, Card } from '../../cards/card.ts';
import { noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import type { VerdictView } from '../../cards/verdict-cards.ts';
import { hasEnded, mayLosePassword, type ResetAction, type Step } from '../../chorus/procedures/reset.ts';
import { withDeadline } from '../../deadline.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import type { Account, AccountId, Accounts } from '../../store/accounts.ts';
import type { Credentials } from '../../store/credentials.ts';
import { ifRefused, RecordRefused } from '../../store/store.ts';
import {
  accountIdOf,
  type ClickAnswer,
  type Clicked,
  type Language,
  PlaceGone,
  type Submitted,
  type Turn,
} from '../channel.ts';
import type { Background } from './background.ts';
import { begun, clicked, type KeptPassword, passwordKept } from './decisions.ts';
import type { Led, ResetHolders, ResetRefusal } from './holder.ts';
import type { HowToDraw, LivingResetCards } from './living-card.ts';
import { dueNotice, type ResetNews } from './news.ts';
import { lookAt, type ResetRecord, type ResetRecords, type SavedReset, verdictOf } from './record.ts';
import type { Cause, ResetSteps, Waiting } from './steps.ts';

export interface ResetRunnerDependencies {
  readonly accounts: Accounts;
  readonly credentials: Pick<Credentials, 'slots'>;
  readonly records: ResetRecords;
  readonly steps: ResetSteps;
  readonly holders: ResetHolders;
  readonly cards: LivingResetCards;
  readonly news: ResetNews;
  readonly background: Background;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
  readonly now: () => Date;
  /** How long a click or a submission waits for a verdict. */
  readonly answerWithinMs: number;
}

/** How long a click or a submission waits for the verdict before it says « Test en cours… » (Slack wants an answer in 3 s). */
export const ANSWER_WITHIN_MS = 1_800;
/** The most that one look at the agenda wakes. */
const WOKEN_AT_ONCE = 100;

/** Where a reset stands after a password was kept; while it is tested, where it will stand then. */
export interface PasswordOutcome extends ReachedStep {
  readonly verdict?: Promise<ReachedStep | undefined>;
}

/** The step, and why the test has said so. */
export interface ReachedStep {
  readonly step: Step;
  readonly because: VerdictView;
}

/** The reset that somebody asked for; `isNew` where nothing was under way. */
interface Begun {
  readonly account: Account;
  readonly saved: SavedReset;
  readonly isNew: boolean;
}

/** Runs the procedure for people: what they click, say and type; and what is due by itself. */
export class ResetRunner {
  readonly #dependencies: ResetRunnerDependencies;

  constructor(dependencies: ResetRunnerDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Starts a reset where none runs, or shows the one that does: as an answer to a click. `keptTested`: it tests the kept
   * password, which is not in use yet.
   */
  async begin(turn: Clicked, accountId: AccountId, decide = begun): Promise<ClickAnswer> {
    const waiting: Waiting = { answered: decide === begun };
    const started = await this.#begun({ turn, waiting }, accountId, decide);
    if ('refusal' in started) return { kind: 'refusal', text: started.refusal };
    const then = await this.#verdictInTime(started.account, started.saved, waiting);
    const { account, saved } = then;
    const { cards } = this.#dependencies;
    if (turn.clicked === undefined) return this.#unlessGone(started, cards.postOnce(turn, account, saved));
    // Two cards cannot live on one message: an old view of it does not give it to the second one.
    const other = await cards.otherThere(turn, account);
    if (other !== undefined) {
      await this.#unlessGone(started, cards.postOnce(turn, account, saved));
      return { kind: 'card', card: other };
    }
    return this.#answer(turn, account, await cards.moveTo(turn, account, saved, { posted: turn.clicked }));
  }

  /** The same, said in the conversation: the living card is posted anew at its end. Gives what is to be said instead. */
  async beginHere(turn: Turn, accountId: AccountId, how: HowToDraw = {}): Promise<readonly Card[]> {
    const { messages, cards } = this.#dependencies;
    const started = await this.#begun({ turn, waiting: { answered: true } }, accountId, begun);
    if ('refusal' in started)
      return [noticeCard(messages[turn.person.language].conversation.heldTitle, started.refusal)];
    await this.#unlessGone(started, cards.postHere(turn, started.account, started.saved, how));
    return [];
  }

  /** What a button of the living card does. A card of an older revision is replaced by the present one. */
  async act(turn: Clicked, action: ResetAction): Promise<ClickAnswer> {
    const { steps, holders, messages, now } = this.#dependencies;
    const accountId = accountIdOf(turn);
    const waiting: Waiting = { answered: false };
    const { result, saved } = await steps.take<Led | ResetRefusal>(
      accountId,
      { turn, waiting },
      async (before) => {
        const led = await holders.judge(turn, accountId, before);
        if ('refusal' in led) return { result: led };
        return { result: led, change: clicked(turn, action, { before, led }, now()) };
      },
    );
    if ('refusal' in result) return { kind: 'refusal', text: result.refusal };
    if (saved === undefined)
      return { kind: 'refusal', text: messages[turn.person.language].conversation.outOfDate };
    const then = await this.#verdictInTime(result.account, saved, waiting);
    return this.#answer(turn, then.account, then.saved);
  }

  /**
   * A password was sealed as pending: the reset learns of it, or begins with it, and tests it where its time has come.
   * Gives undefined where the reset has ended or moved on meanwhile, and a refusal where somebody else leads it: the
   * password stays sealed all the same.
   */
  async passwordKept(
    turn: Submitted,
    account: Account,
    password: KeptPassword,
  ): Promise<PasswordOutcome | ResetRefusal | undefined> {
    const { steps, holders, cards, now } = this.#dependencies;
    steps.record(turn, account, 'passwordKept');
    const waiting: Waiting = { answered: false };
    const { result, saved, change } = await steps.take(account.id, { turn, waiting }, async (before) => {
      const led = await holders.judge(turn, account.id, before);
      // Whoever has lost the reset reads no verdict.
      waiting.answered = 'refusal' in led;
      return { result: led, change: passwordKept({ turn, account }, password, { before, led }, now()) };
    });
    if (change !== undefined && saved !== undefined && 'refusal' in result) cards.draw(account, saved);
    if ('refusal' in result) return result;
    if (change === undefined || saved === undefined) return undefined;
    const then = await this.#verdictInTime(account, await cards.postMissing(account, saved), waiting);
    cards.draw(then.account, then.saved);
    const reached = reachedBy(then.saved.value);
    if (reached.step !== 'testing' || waiting.test === undefined) return reached;
    const { records } = this.#dependencies;
    const later = async () => {
      const now = await records.find(account.id).catch(() => undefined);
      return now === undefined ? undefined : reachedBy(now.value);
    };
    return { ...reached, verdict: waiting.test.then(later) };
  }

  /** Whether a reset of this account is under way, by whomever or, where somebody is named, by them. */
  async isRunning(account: Account, leader?: PersonId): Promise<boolean> {
    const saved = await this.#dependencies.records.find(account.id);
    if (saved === undefined || hasEnded(saved.value.reset)) return false;
    return leader === undefined || saved.value.holder.id === leader;
  }

  /** The reset at a step to which the portal has shown a password, as a button names it; undefined: at none such. */
  async shownPassword(id: AccountId): Promise<ActionData | undefined> {
    const reset = (await this.#dependencies.records.find(id))?.value.reset;
    if (reset === undefined || !mayLosePassword(reset)) return undefined;
    return { account: id, reset: reset.id, revision: reset.revision };
  }

  /** Sends `timePassed` to every reset whose hour has come. Gives how many there were. */
  async wakeDue(): Promise<number> {
    const { records, log } = this.#dependencies;
    const due = await records.due(WOKEN_AT_ONCE);
    for (const accountId of due) {
      try {
        await records.wake(accountId, () => this.#wake(accountId));
      } catch (error) {
        log.error('reset.notWoken', { account: accountId, ...errorFields(error) });
      }
    }
    return due.length;
  }

  /** Draws the living card anew, where something outside the reset has changed what it says. */
  async redraw(account: Account): Promise<void> {
    const saved = await this.#dependencies.records.find(account.id);
    if (saved !== undefined) this.#dependencies.cards.draw(account, saved);
  }

  /** The same where something has taken the password, or was tried: the last step shows it. */
  async redrawReport(id: AccountId): Promise<void> {
    const { accounts, records, cards } = this.#dependencies;
    const [account, saved] = await Promise.all([accounts.find(id), records.find(id)]);
    if (account !== undefined && saved?.value.reset.step === 'report') cards.draw(account, saved);
  }

  /** Resolves when every test and every notice that was begun is done: for a stop that loses nothing. */
  async settled(): Promise<void> {
    await this.#dependencies.background.settled();
  }

  async #begun(
    cause: Cause & { readonly turn: Turn },
    accountId: AccountId,
    decide: typeof begun,
  ): Promise<Begun | ResetRefusal> {
    const { steps, holders, credentials, messages, now } = this.#dependencies;
    const { turn } = cause;
    const { result, saved, change } = await steps.take<Led | ResetRefusal>(
      accountId,
      cause,
      async (before) => {
        const led = await holders.judgeBeginning(turn, accountId, before);
        if ('refusal' in led) return { result: led };
        const slots = await credentials.slots(accountId).catch(ifRefused);
        const pending = slots instanceof RecordRefused ? undefined : slots.pending;
        return { result: led, change: decide(turn, { before, led, pending }, now()) };
      },
    );
    if ('refusal' in result) return result;
    if (saved === undefined) return { refusal: messages[turn.person.language].conversation.outOfDate };
    return { account: result.account, saved, isNew: change?.transition !== undefined };
  }

  /** Gives the instant at which the reset must be looked at again. */
  async #wake(accountId: AccountId): Promise<Date | undefined> {
    const { accounts, records, steps, cards, news, background, now } = this.#dependencies;
    const account = await accounts.find(accountId);
    if (account === undefined) return undefined;
    const waiting: Waiting = { answered: true };
    const { change, saved } = await steps.tell(account, { kind: 'timePassed' }, { waiting });
    if (saved === undefined) return undefined;
    const asked = await records.ask(account);
    if (asked !== undefined) {
      // A reset whose last step nobody has clicked away ends by this very wake-up, and its card says so.
      if (change !== undefined) cards.draw(account, asked);
      void background.run(news.tell(account));
      return lookAt(asked.value);
    }
    // A crash, or a platform that failed, may have kept the card from being drawn. While another replica tests, the
    // card is for that one to draw.
    if (saved.value.posted === undefined) void background.run(cards.postMissing(account, saved));
    else if (needsDrawing(saved.value, waiting)) cards.draw(account, saved);
    if (change === undefined && dueNotice(saved.value, now()) !== undefined)
      void background.run(news.tell(account));
    return lookAt(saved.value);
  }

  /** Where nothing can ever be posted there, a reset that has just begun ends at once: it must not stand in others' way. */
  async #unlessGone<Answer>({ account, saved, isNew }: Begun, posting: Promise<Answer>): Promise<Answer> {
    try {
      return await posting;
    } catch (error) {
      const about = { waiting: { answered: true }, resetId: saved.value.reset.id };
      if (isNew && error instanceof PlaceGone)
        await this.#dependencies.steps.tell(account, { kind: 'abandon' }, about);
      throw error;
    }
  }

  /** Waits a little for a test that was just started, so that most verdicts are the answer itself. */
  async #verdictInTime(
    account: Account,
    saved: SavedReset,
    waiting: Waiting,
  ): Promise<{ readonly account: Account; readonly saved: SavedReset }> {
    if (waiting.test === undefined) return { account, saved };
    await withDeadline(waiting.test, this.#dependencies.answerWithinMs, () => undefined);
    waiting.answered = true;
    const { accounts, records } = this.#dependencies;
    return {
      account: (await accounts.find(account.id)) ?? account,
      saved: (await records.find(account.id)) ?? saved,
    };
  }

  /** The card as it stands; whoever has lost the reset to somebody else at that very moment is told so. */
  async #answer(turn: Turn, account: Account, saved: SavedReset): Promise<ClickAnswer> {
    const { cards, holders } = this.#dependencies;
    cards.draw(account, saved);
    if (saved.value.holder.id !== turn.person.id) {
      const found = await holders.find(turn, account.id);
      if ('refusal' in found) return { kind: 'refusal', text: found.refusal };
    }
    return { kind: 'card', card: await cards.card(account, saved.value, { reader: turn.person }) };
  }
}

/** Days after the end only the question is still on its way: the card stays as it is. */
function needsDrawing({ reset, isAsked }: ResetRecord, { test }: Waiting): boolean {
  return isAsked !== true && (reset.step !== 'testing' || test !== undefined);
}

function reachedBy(record: ResetRecord): ReachedStep {
  return { step: record.reset.step, because: verdictOf(record) };
}
