import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ActionData, Card } from '../../cards/card.ts';
import { closedCard, noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { STRUCTURES_SHOWN } from '../../cards/reset-cards.ts';
import type { ChorusClient, Verdict } from '../../chorus/client.ts';
import {
  type Answer,
  begin,
  type Deed,
  type Effect,
  type Event,
  hasEnded,
  isHalfDone,
  type Recorded,
  type Step,
  step,
  TEST_OVERDUE,
  type Transition,
  takesPassword,
} from '../../chorus/procedures/reset.ts';
import type { Log } from '../../log.ts';
import { errorFields } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Platform } from '../../person.ts';
import type { Account, AccountId, Accounts } from '../../store/accounts.ts';
import type { Credentials, Expiry, Kept } from '../../store/credentials.ts';
import type { Journal } from '../../store/journal.ts';
import type { Resets } from '../../store/resets.ts';
import { mayReset } from '../../store/rights.ts';
import { SealBroken } from '../../store/seal.ts';
import type { Store } from '../../store/store.ts';
import {
  accountIdOf,
  type Channel,
  type ClickAnswer,
  type Clicked,
  channelOf,
  type Language,
  type Person,
  type Place,
  PlaceGone,
  type Posted,
  type Submitted,
  type Turn,
} from '../channel.ts';
import type { LivingCards } from '../outgoing/living-cards.ts';
import { type Links, type ResetRecord, resetCard, type SavedReset } from './card.ts';
import type { ResetHolders } from './holder.ts';
import { dueNews, lookAt, type ResetNews, untoldOf, withNews } from './news.ts';

export interface ResetDependencies {
  readonly cards: LivingCards;
  readonly store: Store;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly resets: Resets<ResetRecord>;
  readonly holders: ResetHolders;
  readonly news: ResetNews;
  readonly journal: Journal;
  readonly chorus: Pick<ChorusClient, 'testConnection'>;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly links: Links;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => Date;
  /** How long a click or a submission waits for a verdict. */
  readonly answerWithinMs: number;
  /** Something that lists of accounts show has changed: who draws such lists by itself draws them again. */
  readonly changed: (account: Account) => void;
}

/** How long a click or a submission waits for the verdict before it says « Test en cours… » (Slack wants an answer in 3 s). */
export const ANSWER_WITHIN_MS = 1_800;
/** A second click that soon, in ms, is the same one. */
const POSTING_TAKES = 3_000;
/** By then, in ms, a person who waits for the verdict has read it in their answer, or nobody will give them one. */
const ANSWERED_BY = 10_000;
/** In ms: over, even on a slow store, before a test counts as overdue; whoever starts it anew must find it free. */
const TEST_CLAIMED = TEST_OVERDUE - 4_000;
/** So long after a verdict, in ms, its card is drawn once more: a crash may have come before the first time. */
const DRAWN_AGAIN = 20_000;
/** The most that one look at the agenda wakes. */
const WOKEN_AT_ONCE = 100;

/** Where a reset stands after a password was kept; while it is tested, where it will stand then. */
export interface Reached {
  readonly step: Step;
  readonly verdict?: Promise<Step | undefined>;
}

/** The reset that somebody asked for; `isNew` where nothing was under way. */
interface Begun {
  readonly account: Account;
  readonly saved: SavedReset;
  readonly isNew: boolean;
}

/** Whether somebody waits for the answer of this very turn. When nobody does any more, news goes to the card. */
interface Waiting {
  answered: boolean;
  test?: Promise<void>;
}

/**
 * Runs the procedure for people: permission, load, step, save, effects.
 *
 * The store's compare-and-set is the only lock: of two clicks, replicas or deliveries, the first to save wins, and
 * the other one sees a newer revision (P4, P5).
 */
export class ResetRunner {
  readonly #dependencies: ResetDependencies;
  readonly #background = new Set<Promise<unknown>>();

  constructor(dependencies: ResetDependencies) {
    this.#dependencies = dependencies;
  }

  /** Starts a reset where none runs, or shows the one that does: as an answer to a click. */
  async begin(turn: Clicked, accountId: AccountId): Promise<ClickAnswer> {
    const begun = await this.#begun(turn, accountId);
    if ('refusal' in begun) return { kind: 'refusal', text: begun.refusal };
    if (turn.clicked === undefined) return this.#beginOnNewMessage(turn, begun);
    const saved = await this.#livesOn(begun.account, begun.saved, turn.clicked);
    return this.#answer(turn, begun.account, saved);
  }

  /** The same, said in the conversation: the living card is posted anew at its end. Gives what is to be said instead. */
  async beginHere(turn: Turn, accountId: AccountId): Promise<readonly Card[]> {
    const m = this.#m(turn.person);
    const begun = await this.#begun(turn, accountId);
    if ('refusal' in begun) return [noticeCard(m.conversation.heldTitle, begun.refusal)];
    await this.#livesOn(begun.account, begun.saved, await this.#showBegun(turn, begun), turn.place);
    return [];
  }

  /** What a button of the living card does. A card of an older revision is replaced by the present one. */
  async act(turn: Clicked, deed: Deed): Promise<ClickAnswer> {
    const m = this.#m(turn.person);
    const found = await this.#dependencies.holders.find(turn, accountIdOf(turn));
    if ('refusal' in found) return { kind: 'refusal', text: found.refusal };
    const { account, saved } = found;
    if (saved === undefined) return { kind: 'refusal', text: m.conversation.outOfDate };
    if (!isDrawnFrom(turn.data, saved.value)) {
      return this.#answer(turn, account, await this.#livesOn(account, saved, turn.clicked));
    }
    const waiting: Waiting = { answered: false };
    const next = await this.#apply(account, saved, deed, turn, waiting, turn.clicked);
    const told = await this.#verdictInTime(account, next, waiting);
    return this.#answer(turn, told.account, told.saved);
  }

  /**
   * A password was sealed as pending: the reset learns of it, or begins with it, and tests it where its time has come.
   * Gives undefined where the reset has ended meanwhile: the password stays sealed all the same.
   */
  async passwordKept(
    turn: Submitted,
    account: Account,
    running: SavedReset | undefined,
    entry: { kept: Kept; trimmed: boolean; submission: string },
  ): Promise<Reached | undefined> {
    this.#record(turn, account, 'passwordKept');
    const waiting: Waiting = { answered: false };
    const next = await this.#applyKept(turn, account, running, entry, waiting);
    if (next === undefined) return undefined;
    const told = await this.#verdictInTime(account, next, waiting);
    this.#draw(told.account, told.saved);
    const { step: reached } = told.saved.value.reset;
    if (reached !== 'testing' || waiting.test === undefined) return { step: reached };
    return { step: reached, verdict: waiting.test.then(() => this.#stepOf(account)) };
  }

  async #stepOf(account: Account): Promise<Step | undefined> {
    const saved = await this.#dependencies.resets.load(account.id).catch(() => undefined);
    return saved?.value.reset.step;
  }

  /** Whether a reset of this account is under way, by whomever. */
  async isRunning(account: Account): Promise<boolean> {
    const saved = await this.#dependencies.resets.load(account.id);
    return saved !== undefined && !hasEnded(saved.value.reset);
  }

  /** Sends `timePassed` to every reset whose hour has come. Gives how many there were. */
  async wakeDue(): Promise<number> {
    const { resets, log, now } = this.#dependencies;
    const due = await resets.due(now(), WOKEN_AT_ONCE);
    for (const accountId of due) {
      try {
        await this.#wake(accountId);
      } catch (error) {
        log.error('reset.notWoken', { account: accountId, ...errorFields(error) });
      }
    }
    return due.length;
  }

  /** Draws the living card anew, where something outside the reset has changed what it says. */
  async redraw(account: Account): Promise<void> {
    const saved = await this.#dependencies.resets.load(account.id);
    if (saved !== undefined) this.#draw(account, saved);
  }

  /** Resolves when every test and every notice that was begun is done: for a stop that loses nothing. */
  async settled(): Promise<void> {
    while (this.#background.size > 0) await Promise.allSettled(this.#background);
  }

  async #begun(turn: Turn, accountId: AccountId): Promise<Begun | { refusal: string }> {
    const found = await this.#dependencies.holders.find(turn, accountId);
    if ('refusal' in found) return found;
    const { account, saved } = found;
    if (saved !== undefined && !hasEnded(saved.value.reset)) return { account, saved, isNew: false };
    const first = begin(randomUUID(), 'signIn', this.#dependencies.now());
    const record: ResetRecord = { reset: first.reset, holder: turn.person, place: turn.place };
    const begun = await this.#save(account, saved?.version ?? 0, record, first, turn);
    // Somebody else began at the same moment: they hold it, or it is our own second click.
    return begun === undefined ? this.#begun(turn, accountId) : { account, saved: begun, isNew: true };
  }

  /** Tells the reset that a password is kept; a reset that was touched meanwhile is told again. */
  async #applyKept(
    turn: Submitted,
    account: Account,
    running: SavedReset | undefined,
    entry: { kept: Kept; trimmed: boolean; submission: string },
    waiting: Waiting,
  ): Promise<SavedReset | undefined> {
    const { resets, now } = this.#dependencies;
    const { kept, trimmed, submission } = entry;
    const from: ResetRecord = running?.value ?? {
      reset: begin(randomUUID(), 'enterPassword', now()).reset,
      holder: turn.person,
      place: turn.place,
    };
    if (!takesPassword(from.reset)) return undefined;
    const transition = step(from.reset, { kind: 'passwordKept', version: kept.version }, now());
    const { structures: _ofAnEarlierPassword, ...rest } = from;
    const record = { ...rest, reset: transition.reset, keptSince: kept.heldSince, trimmed, submission };
    const version = running?.version ?? (await resets.load(account.id))?.version ?? 0;
    const saved = await this.#save(account, version, record, transition, turn, waiting);
    if (saved !== undefined) return this.#posted(account, saved);
    const fresh = await resets.load(account.id);
    if (fresh?.value.reset.id !== from.reset.id) return undefined;
    const led = (await this.#dependencies.holders.stillLed(account.id, from, fresh)) ?? fresh;
    return this.#applyKept(turn, account, led, entry, waiting);
  }

  /** The next state after an event, saved; an event that somebody else's overtook changes nothing. */
  async #apply(
    account: Account,
    saved: SavedReset,
    event: Event,
    turn: Turn | undefined,
    waiting: Waiting,
    clicked?: Posted,
    found?: Pick<ResetRecord, 'structures'>,
  ): Promise<SavedReset> {
    const { resets, now } = this.#dependencies;
    const transition = step(saved.value.reset, event, now());
    if (transition.reset === saved.value.reset) return saved;
    const record: ResetRecord = {
      ...saved.value,
      ...found,
      ...(clicked === undefined ? {} : { posted: clicked }),
      reset: transition.reset,
    };
    const next = await this.#save(account, saved.version, record, transition, turn, waiting);
    if (next !== undefined) return next;
    const fresh = await resets.load(account.id);
    if (fresh === undefined) return saved;
    // What the bot itself has learned is told to the newer state; people see what overtook them.
    if (event.kind === 'tested' || event.kind === 'timePassed')
      return this.#apply(account, fresh, event, turn, waiting, clicked, found);
    // Where only the message was noted on which the card lives, nothing has overtaken anybody.
    const { id, revision } = saved.value.reset;
    if (fresh.value.reset.id !== id || fresh.value.reset.revision !== revision) return fresh;
    const led = await this.#dependencies.holders.stillLed(account.id, saved.value, fresh);
    return led === undefined ? fresh : this.#apply(account, led, event, turn, waiting, clicked, found);
  }

  async #save(
    account: Account,
    version: number,
    before: ResetRecord,
    transition: Transition,
    turn: Turn | undefined,
    waiting: Waiting = { answered: true },
  ): Promise<SavedReset | undefined> {
    const { resets, log, now } = this.#dependencies;
    const tellAt = now().getTime() + (waiting.answered ? 0 : ANSWERED_BY);
    const record = withNews(before, transition, new Date(tellAt));
    const { reset } = record;
    // Before the save: a wake-up too early finds nothing to do, one that was never written would be missed (P8).
    // Where there is other news a wake-up is near already, of which it comes.
    if (transition.effects.some(isVerdict))
      await resets.wakeAt(account.id, new Date(now().getTime() + DRAWN_AGAIN));
    else if (reset.testAt !== undefined || reset.revision === 1 || isHalfDone(reset))
      await resets.wakeAt(account.id, lookAt(record));
    if (!(await resets.save(account.id, record, version))) return undefined;
    const saved = { value: record, version: version + 1 };
    log.info('reset.step', {
      account: account.id,
      step: reset.step,
      ...(turn === undefined ? {} : { correlation: turn.correlation, person: turn.person.id }),
    });
    for (const effect of transition.effects) this.#run(effect, account, saved, turn, waiting);
    return saved;
  }

  #run(effect: Effect, account: Account, saved: SavedReset, turn: Turn | undefined, waiting: Waiting): void {
    switch (effect.kind) {
      case 'record':
        this.#record(turn, account, effect.what);
        this.#dependencies.changed(account);
        break;
      case 'test':
        waiting.test = this.#inBackground(this.#test(account, saved, effect.version, waiting));
        break;
      case 'tell': {
        const { news } = this.#dependencies;
        const untold = untoldOf(saved.value);
        if (untold === undefined) break;
        // Whoever still waits reads it in the answer.
        void this.#inBackground(waiting.answered ? news.tell(account) : news.told(account, untold));
        break;
      }
      default:
        effect satisfies never;
    }
  }

  /** Tests one version and makes it current where Chorus Pro accepts it: only then (P2). Repeating it does no harm. */
  async #test(account: Account, saved: SavedReset, version: number, waiting: Waiting): Promise<void> {
    const { store, accounts, credentials, chorus, resets, metrics, now } = this.#dependencies;
    const claim = `test/${account.id}`;
    const token = await store.claim(claim, TEST_CLAIMED);
    // Another replica is on it; should it die, the agenda brings the test back.
    if (token === undefined) return;
    try {
      // A crash between promotion and the next state: the version is current already.
      const tested = await credentials.version(account.id, version).catch(unlessBroken);
      const verdict: Verdict =
        tested === undefined
          ? { outcome: 'unknown', reason: 'unexpected' }
          : await chorus.testConnection(account, tested.secret);
      metrics.connectionTest(verdict.outcome);
      let renewed = account;
      if (verdict.outcome === 'accepted' && tested !== undefined) {
        await credentials.promote(account.id, version, now());
        renewed =
          (await accounts.change(account.id, (a) => renewedBy(a, tested.kept.expiry, now()))) ?? account;
      }
      const latest = (await resets.load(account.id)) ?? saved;
      const event: Event = { kind: 'tested', version, answer: answerOf(verdict) };
      const next = await this.#apply(
        renewed,
        latest,
        event,
        undefined,
        waiting,
        undefined,
        structuresOf(verdict),
      );
      if (waiting.answered) this.#draw(renewed, next);
    } finally {
      await store.release(claim, token);
    }
  }

  async #wake(accountId: AccountId): Promise<void> {
    const { accounts, resets, news, now } = this.#dependencies;
    // First: whoever changes the reset after this moves it to another instant.
    const seen = await resets.wakesAt(accountId);
    const account = await accounts.find(accountId);
    const saved = await resets.load(accountId);
    if (account === undefined || saved === undefined) return resets.wakeAt(accountId, undefined, seen);
    const waiting: Waiting = { answered: true };
    const next = await this.#apply(account, saved, { kind: 'timePassed' }, undefined, waiting);
    // A crash, or a platform that failed, may have kept the card from being drawn. While another replica tests, the
    // card is for that one to draw.
    if (next.value.reset.step !== 'testing' || waiting.test !== undefined) this.#draw(account, next);
    if (next.version === saved.version && dueNews(next.value, now()) !== undefined)
      void this.#inBackground(news.tell(account));
    await resets.wakeAt(accountId, lookAt(next.value), seen);
  }

  /** Waits a little for a test that was just started, so that most verdicts are the answer itself. */
  async #verdictInTime(
    account: Account,
    saved: SavedReset,
    waiting: Waiting,
  ): Promise<{ account: Account; saved: SavedReset }> {
    if (waiting.test === undefined) return { account, saved };
    const inTime = new AbortController();
    await Promise.race([
      waiting.test,
      sleep(this.#dependencies.answerWithinMs, undefined, { signal: inTime.signal }).catch(() => undefined),
    ]);
    inTime.abort();
    waiting.answered = true;
    const { accounts, resets } = this.#dependencies;
    return {
      account: (await accounts.find(account.id)) ?? account,
      saved: (await resets.load(account.id)) ?? saved,
    };
  }

  /** A click beside the conversation (an App Home): the living card is posted there, once for a double click (P4). */
  async #beginOnNewMessage(turn: Clicked, begun: Begun): Promise<ClickAnswer> {
    const { place } = turn;
    const { account, saved } = begun;
    const card = this.#card(account, saved, turn.person);
    const { store } = this.#dependencies;
    const claim = `posting/${saved.value.reset.id}/${saved.value.holder.id}`;
    const token = await store.claim(claim, POSTING_TAKES);
    const answer: ClickAnswer = { kind: 'card', card, postedIn: place };
    if (token === undefined) return answer;
    try {
      await this.#livesOn(account, saved, await this.#showBegun(turn, begun), place);
      return answer;
    } catch (failure) {
      // Whoever clicks again at once is no second click of one that has worked.
      await store.release(claim, token).catch(() => undefined);
      throw failure;
    }
  }

  /** Remembers on which message the card lives from now on, whatever else happens to the reset at that moment. */
  async #livesOn(
    account: Account,
    saved: SavedReset,
    posted: Posted | undefined,
    place?: Place,
  ): Promise<SavedReset> {
    if (posted === undefined || posted.message === saved.value.posted?.message) return saved;
    const record = { ...saved.value, posted, ...(place === undefined ? {} : { place }) };
    const { resets, cards } = this.#dependencies;
    if (await resets.save(account.id, record, saved.version)) {
      const { posted: before, holder } = saved.value;
      // An earlier version drew it where others read it too.
      if (before?.place.private === false) cards.drawNow(before, closedCard(this.#m(holder)));
      return { value: record, version: saved.version + 1 };
    }
    const fresh = await resets.load(account.id);
    if (fresh?.value.reset.id !== saved.value.reset.id) return fresh ?? saved;
    const led = await this.#dependencies.holders.stillLed(account.id, record, fresh);
    return led === undefined ? fresh : this.#livesOn(account, led, posted, record.place);
  }

  /** A reset that began in a form has no card yet. */
  async #posted(account: Account, saved: SavedReset): Promise<SavedReset> {
    if (saved.value.posted !== undefined || !saved.value.place.private) return saved;
    const posted = await this.#show(saved.value.place, this.#card(account, saved));
    return this.#livesOn(account, saved, posted);
  }

  /** The card as it stands; whoever has lost the reset to somebody else at that very moment is told so. */
  async #answer(turn: Turn, account: Account, saved: SavedReset): Promise<ClickAnswer> {
    this.#draw(account, saved);
    if (saved.value.holder.id !== turn.person.id) {
      const found = await this.#dependencies.holders.find(turn, account.id);
      if ('refusal' in found) return { kind: 'refusal', text: found.refusal };
    }
    return { kind: 'card', card: this.#card(account, saved, turn.person) };
  }

  #draw(account: Account, saved: SavedReset): void {
    const { posted } = saved.value;
    if (posted === undefined) return;
    this.#dependencies.cards.draw(`reset/${account.id}`, {
      posted,
      order: saved.version,
      card: () => this.#livingCard(account.id, saved, posted),
      moved: (to) => this.#livesOn(account, saved, to),
    });
  }

  /** As its leader may see it at this moment: not before others, and no more once they have lost the right (P9). */
  async #livingCard(id: AccountId, saved: SavedReset, { place }: Posted): Promise<Card> {
    const account = await this.#dependencies.accounts.find(id);
    const { holder } = saved.value;
    return account !== undefined && mayReset(holder.id, account) && place.private
      ? this.#card(account, saved)
      : closedCard(this.#m(holder));
  }

  #card(account: Account, { value }: SavedReset, reader: Person = value.holder): Card {
    const { messages, links, now } = this.#dependencies;
    return resetCard(messages[reader.language], account, value, links, now());
  }

  /** Where nothing can ever be posted there, a reset that has just begun ends at once: it must not stand in others' way. */
  async #showBegun(turn: Turn, { account, saved, isNew }: Begun): Promise<Posted> {
    try {
      return await this.#show(turn.place, this.#card(account, saved));
    } catch (error) {
      if (isNew && error instanceof PlaceGone)
        await this.#apply(account, saved, { kind: 'abandon' }, turn, { answered: true });
      throw error;
    }
  }

  async #show(place: Place, card: Card): Promise<Posted> {
    return channelOf(this.#dependencies.channels, place).show(place, card);
  }

  #record(turn: Turn | undefined, account: Account, what: Recorded | 'passwordKept'): void {
    const { journal, now } = this.#dependencies;
    void this.#inBackground(
      journal.append({
        at: now(),
        who: turn?.person.id ?? 'bot',
        what,
        account: account.id,
        ...(turn === undefined ? {} : { from: turn.place.platform }),
      }),
    );
  }

  #inBackground(work: Promise<unknown>): Promise<void> {
    const tracked = work
      .then(
        () => undefined,
        (error: unknown) => this.#dependencies.log.error('background.failed', errorFields(error)),
      )
      .finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
    return tracked;
  }

  #m(person: Person): Messages {
    return this.#dependencies.messages[person.language];
  }
}

function isVerdict(effect: Effect): boolean {
  return effect.kind === 'tell' && effect.what === 'verdict';
}

function isDrawnFrom(data: ActionData, record: ResetRecord): boolean {
  return data.reset === record.reset.id && data.revision === record.reset.revision;
}

/** A password that can no longer be opened cannot be tested: the person reads so, and may enter it again. */
function unlessBroken(error: unknown): undefined {
  if (!(error instanceof SealBroken)) throw error;
}

/** The account once a password of this expiry is in use. */
export function renewedBy(account: Account, expiry: Expiry, at: Date): Account {
  return { ...account, lastUpdated: at.toISOString(), expiry };
}

function answerOf(verdict: Verdict): Answer {
  return verdict.outcome === 'refused' ? { outcome: 'refused', reason: verdict.credential } : verdict;
}

function structuresOf(verdict: Verdict): Pick<ResetRecord, 'structures'> {
  if (verdict.outcome !== 'accepted') return {};
  const { structures } = verdict;
  return { structures: { shown: structures.slice(0, STRUCTURES_SHOWN), total: structures.length } };
}
