import type { ClickAnswer, FormAnswer, SubmitAnswer, Turn } from '../../src/bot/channel.ts';
import type { ReminderRecord } from '../../src/bot/reminders/plan.ts';
import { resetCard } from '../../src/bot/reset/card.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { Action, ActionData, Card } from '../../src/cards/card.ts';
import { closedCard } from '../../src/cards/conversation-cards.ts';
import { fr } from '../../src/cards/messages.ts';
import { dueReminder } from '../../src/chorus/expiry.ts';
import { hasEnded } from '../../src/chorus/procedures/reset.ts';
import type { Account } from '../../src/store/accounts.ts';
import { mayReset } from '../../src/store/rights.ts';
import { ACCOUNT, type World } from './world.ts';

export type PromiseName = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P6' | 'P7' | 'P8' | 'P9' | 'P12';

/** A promise was broken. The message begins with its name. */
export class Broken extends Error {
  override readonly name = 'Broken';

  constructor(promise: PromiseName, what: string) {
    super(`${promise}: ${what}`);
  }
}

interface Slot {
  readonly version: number;
  readonly sealed: string;
  readonly provenAt?: string;
}

/** A credential as it lies in the store. */
interface Credential {
  readonly last: number;
  readonly pending?: Slot;
  readonly current?: Slot;
  readonly previous?: Slot;
  readonly setAside: readonly Slot[];
}

/** What was done, for its answer to be judged by. */
interface Done {
  readonly did: 'said' | 'clicked' | 'opened' | 'submitted';
  readonly turn: Turn;
  readonly delivery?: string;
  readonly data?: ActionData;
  readonly typed?: string;
}

type Answer = readonly Card[] | ClickAnswer | FormAnswer | SubmitAnswer;

/** What a replaced pending password is kept for (the API contract says no more than that it may be the right one). */
const SET_ASIDE_AT_MOST = 3;
/** A delivery that comes back later than that is a new one. */
const DELIVERY_REMEMBERED = 10 * 60_000;

const { form, conversation, reminders } = fr;
/** The sentences that say that a password is kept. */
const SAYS_KEPT = [
  ...[true, false].map((trimmed) => form.keptNotice(trimmed)),
  ...[form.verdictNotice.testing, form.verdictNotice.accepted].flatMap((text) => [
    text,
    text + form.trimmedNotice,
  ]),
];
/** What precedes the reason of a verdict that is no yes. */
const [KEPT_BUT = ''] = form.verdictNotice.refused('…').split('…');
const SAYS_LOST: readonly string[] = [conversation.storeDown, conversation.failed];
/** What only those who may know of the account may read. */
const ABOUT_THE_ACCOUNT = /TECH_1|Saint-Aubin|Camille Roy|Denis Petit/i;
const REMINDER_TITLES = new Set([
  ...Array.from({ length: 1_000 }, (_, i) => reminders.title(i - 500)),
  reminders.alertTitle,
  reminders.refusedTitle,
  reminders.waitingTitle,
]);

/** Watches a world, and says which promise it breaks. P1 to P9 are those of the plan. */
export class Promises {
  readonly #world: World;
  readonly #broken: Broken[] = [];
  /** The version under which each password was kept last. */
  readonly #versions = new Map<string, number>();
  /** The versions that somebody was told are kept. */
  readonly #told = new Set<number>();
  readonly #answered = new Map<string, { readonly at: number; answers: number }>();
  readonly #reminded = new Set<string>();
  /** Who has ever lost the right to the account, even if they have it again. */
  readonly #dismissed = new Set<string>();
  #allowedChanges = 0;

  constructor(world: World) {
    this.#world = world;
    world.store.written = (key, before, after) => this.#written(key, before, after);
  }

  /** Throws the first promise that was broken so far. */
  check(): void {
    for (const { key } of this.#world.store.overlaps)
      this.#break(key.startsWith('reminder/') ? 'P8' : 'P4', `two replicas hold the claim ${key} at once`);
    const [first] = this.#broken;
    if (first !== undefined) throw first;
  }

  /** Waits for an answer, and looks at it. */
  async judge(done: Done, answering: Promise<Answer>): Promise<void> {
    const { turn } = done;
    const before = { changes: this.#allowedChanges, at: this.#world.now.getTime(), holder: this.#holder() };
    const wasAllowed = this.#isAllowed(turn);
    // Of what strangers say nothing is written down: each replica answers it once, and again after a crash.
    const wasKnown = wasAllowed || this.#dismissed.has(turn.person.id);
    if (done.delivery !== undefined && !this.#answered.has(done.delivery))
      this.#answered.set(done.delivery, { at: before.at, answers: 0 });
    const answer = await answering;
    const isStranger = !wasAllowed && before.changes === this.#allowedChanges;
    if (isStranger && ABOUT_THE_ACCOUNT.test(wordsOf(answer).replaceAll(turn.person.name, '')))
      this.#break(
        'P9',
        `${turn.person.id} was told something of an account that is not theirs: ${done.did} ${wordsOf(answer).slice(0, 600)}`,
      );
    if (done.did === 'said' && wasKnown) this.#judgeSaid(done, answer as readonly Card[]);
    if (done.did === 'submitted') this.#judgeSubmitted(done, answer as SubmitAnswer);
    const after = this.#holder();
    const isHeldByAnother =
      before.holder !== undefined && before.holder === after && !after.startsWith(`${turn.person.id} `);
    if (done.did === 'clicked' && done.data?.reset !== undefined && isHeldByAnother && !isStranger) {
      const { kind } = answer as ClickAnswer;
      if (kind === 'card') this.#break('P5', `${turn.person.id} went on with a reset that ${after} holds`);
    }
    if (done.did === 'submitted' && isHeldByAnother && !isStranger) {
      const { kind, text } = { text: '', ...(answer as SubmitAnswer) };
      if (kind === 'notice' && SAYS_KEPT.includes(text))
        this.#break('P5', `${turn.person.id} was not told that ${after} holds the reset`);
    }
  }

  /** What must be so once everything answers again and some days have passed. */
  checkAfterwards(): void {
    const { store, now, account, messages, excuses, isCalm } = this.#world;
    const led = store.peek<ResetRecord>(`reset/${ACCOUNT}`)?.value;
    const reset = led?.reset;
    if (isCalm && led !== undefined) this.#checkCard(led, messages.get(led.posted?.message ?? '')?.card);
    if (reset?.step === 'testing' || reset?.step === 'unknown')
      this.#break('P3', `the reset stands at ${reset.step} although Chorus Pro answers`);

    const record = store.peek<ReminderRecord>(`reminder/${ACCOUNT}`)?.value;
    const { expiry, lastUpdated, alertMonths } = account;
    const deadlines = {
      expiry: new Date(expiry?.at ?? 0),
      alertMonths,
      ...(lastUpdated === undefined ? {} : { lastUpdated: new Date(lastUpdated) }),
    };
    const due = dueReminder(deadlines, new Date(account.addedAt), now);
    const told = record?.told[account.manager];
    const isReachable = 'place' in (store.peek<object>(`place/${account.manager}`)?.value ?? {});
    if (due !== undefined && isReachable && record?.alert === undefined)
      this.#break('P8', `the reminder of ${due.threshold} was never an alert`);
    if (
      record?.alert !== undefined &&
      isReachable &&
      told?.key !== record.alert.key &&
      record.alert.kind !== 'renewed'
    )
      this.#break('P8', `the manager was never told « ${record.alert.key} »`);
    const shows = [...messages.values()].filter(({ first }) => REMINDER_TITLES.has(first.title)).length;
    const twice = shows - this.#reminded.size;
    if (twice > excuses) this.#break('P8', `${twice} reminders came twice, for ${excuses} reasons`);
    this.check();
  }

  /** A crash may come between a message and its noting; otherwise whoever leads a reset has its card before them. */
  #checkCard(record: ResetRecord, shown: Card | undefined): void {
    const { account, now } = this.#world;
    const isTheirs = mayReset(record.holder.id, account);
    // Once it is closed, nothing more is drawn on it.
    if (!isTheirs && record.posted === undefined) return;
    const card = isTheirs
      ? resetCard(fr, account, record, { links: { portalUrl: '' }, now })
      : closedCard(fr);
    const { title } = card;
    if (shown?.title !== title)
      this.#break('P3', `the card says « ${shown?.title} », and the reset stands at « ${title} »`);
  }

  #judgeSaid({ delivery = '' }: Done, answer: readonly Card[]): void {
    const found = this.#answered.get(delivery);
    if (found === undefined || this.#world.now.getTime() - found.at >= DELIVERY_REMEMBERED) return;
    const isAnswer = answer.length > 0 && !SAYS_LOST.some((text) => wordsOf(answer).includes(text));
    if (isAnswer) found.answers += 1;
    if (found.answers > 1) this.#break('P4', `${delivery} was answered ${found.answers} times`);
  }

  #judgeSubmitted({ turn, typed = '', data }: Done, answer: SubmitAnswer): void {
    const text = typed === '' ? this.#opened(data?.draft, turn) : typed;
    if (answer.kind === 'form') {
      // The password in use, typed once more, is no new one: the field is empty again, and says why.
      const isInUse = answer.form.fields.some(({ error }) => error === form.problems.alreadyCurrent);
      if (
        text !== undefined &&
        answer.form.name !== 'expiry' &&
        !isInUse &&
        this.#opened(answer.form.data.draft, turn) !== text
      )
        this.#break('P6', 'a form that stays open has lost what was typed');
      return;
    }
    if (SAYS_LOST.includes(answer.text)) this.#break('P6', 'the form was closed, and what was typed is lost');
    // Somebody else leads by now, and the password is kept all the same.
    const isKept =
      SAYS_KEPT.includes(answer.text) ||
      answer.text.startsWith(KEPT_BUT) ||
      answer.text.endsWith(form.keptAllTheSame);
    if (!isKept) return;
    const version = text === undefined ? undefined : this.#versions.get(text);
    if (version === undefined) this.#break('P1', 'a password was said to be kept, and was not');
    else this.#told.add(version);
    this.#checkKept(this.#credential());
  }

  #written(key: string, before: unknown, after: unknown): void {
    if (key.startsWith('credential/'))
      this.#credentialWritten(before as Credential | undefined, after as Credential | undefined);
    if (key.startsWith('reset/'))
      this.#resetWritten(before as ResetRecord | undefined, after as ResetRecord | undefined);
    if (key.startsWith('reminder/')) this.#reminderWritten(after as ReminderRecord | undefined);
    if (key.startsWith('account/')) this.#accountWritten(before as Account | undefined, after as Account);
  }

  #credentialWritten(before: Credential | undefined, after: Credential | undefined): void {
    if (after === undefined) {
      this.#break('P1', 'the record of the passwords was removed');
      return;
    }
    for (const slot of slotsOf(after)) {
      const text = this.#textOf(slot);
      if ((this.#versions.get(text) ?? 0) < slot.version) this.#versions.set(text, slot.version);
    }
    if (before === undefined) return;
    const { pending, current, previous } = before;
    if (pending !== undefined && after.pending?.version !== pending.version) {
      const isPromoted = after.current?.version === pending.version;
      const isSetAside = after.setAside.some(({ version }) => version === pending.version);
      if (!isPromoted && !isSetAside)
        this.#break('P3', `the pending password ${pending.version} was dropped`);
    }
    const isPromotion = after.current?.version !== current?.version;
    if (
      isPromotion &&
      (after.current === undefined || !this.#world.acceptedByChorus.has(this.#textOf(after.current)))
    )
      this.#break('P2', 'a password became current which Chorus Pro has not accepted');
    if (isPromotion && current !== undefined && after.previous?.version !== current.version)
      this.#break('P7', 'the password that was current before is gone');
    if (!isPromotion && previous !== undefined && after.current?.provenAt === undefined)
      if (after.previous?.version !== previous.version)
        this.#break('P7', 'the previous password was dropped before the current one was used');
    this.#checkKept(after);
  }

  /** What was said to be kept is there, unless Chorus Pro has accepted a later one, or three later ones have replaced it. */
  #checkKept(record: Credential | undefined): void {
    const kept = new Set(record === undefined ? [] : slotsOf(record).map(({ version }) => version));
    const { current, last } = { current: undefined, last: 0, ...record };
    for (const version of this.#told) {
      const isReplaced = (current?.version ?? 0) > version || last - version > SET_ASIDE_AT_MOST;
      if (!kept.has(version) && !isReplaced) this.#break('P1', `the kept password ${version} is lost`);
    }
  }

  #resetWritten(before: ResetRecord | undefined, after: ResetRecord | undefined): void {
    const running = this.#world.store
      .peekKeys('reset/')
      .flatMap((key) => this.#world.store.peek<ResetRecord>(key) ?? [])
      .filter(({ value }) => !hasEnded(value.reset));
    if (running.length > 1) this.#break('P5', 'two resets of one account run at once');
    if (after !== undefined) this.#checkWayOn(after);
    if (before === undefined || after === undefined) return;
    const { reset: from, holder } = before;
    const { reset: to } = after;
    if (from.id !== to.id) {
      if (!hasEnded(from)) this.#break('P5', 'a reset was begun while another one was running');
      return;
    }
    if (holder.id !== after.holder.id && !this.#dismissed.has(holder.id))
      this.#break('P5', `the reset of ${holder.id} was taken over`);
    const isOneStep = to.revision === from.revision + 1;
    const isSame = to.revision === from.revision && to.step === from.step;
    if (!isOneStep && !isSame)
      this.#break(
        'P4',
        `a reset went from revision ${from.revision} to ${to.revision}, ${from.step} to ${to.step}`,
      );
  }

  /** Nobody is stranded: every card leads on, and a password that is kept and not in use can be tested from it. */
  #checkWayOn(record: ResetRecord): void {
    const { account, now } = this.#world;
    const { reset } = record;
    const links = { portalUrl: '' };
    const cards = [false, true].map((isUnfolded) =>
      resetCard(fr, account, record, { links, now, isUnfolded }),
    );
    const verbs = cards.flatMap(({ actions }) => actions.filter(isSend).map(({ verb }) => verb));
    const leadsOn = verbs.some((verb) => !['whereAmI', 'fold', 'enterOtherwise'].includes(verb));
    if (!leadsOn) this.#break('P12', `the card of ${reset.step} leads nowhere`);
    const hasStopped = reset.step === 'abandoned' || reset.step === 'timedOut';
    const isPending = reset.kept !== undefined && this.#credential()?.pending?.version === reset.kept;
    if (hasStopped && isPending && !verbs.includes('testKept'))
      this.#break('P12', `the password kept by a reset that ${reset.step} cannot be tested`);
  }

  #reminderWritten(after: ReminderRecord | undefined): void {
    for (const [recipient, { key, posted }] of Object.entries(after?.told ?? {})) {
      if (key === undefined) continue;
      this.#reminded.add(`${recipient} ${key}`);
      if (posted === undefined || !this.#world.messages.has(posted.message))
        this.#break('P8', `a reminder is marked as sent, and was not`);
    }
  }

  #accountWritten(before: Account | undefined, after: Account): void {
    this.#allowedChanges += 1;
    for (const person of [before?.manager, before?.deputy])
      if (person !== undefined && !mayReset(person, after)) this.#dismissed.add(person);
  }

  #holder(): string | undefined {
    const record = this.#world.store.peek<ResetRecord>(`reset/${ACCOUNT}`)?.value;
    if (record === undefined || hasEnded(record.reset)) return undefined;
    return mayReset(record.holder.id, this.#world.account)
      ? `${record.holder.id} ${record.reset.id}`
      : undefined;
  }

  #isAllowed({ person }: Turn): boolean {
    return mayReset(person.id, this.#world.account);
  }

  #credential(): Credential | undefined {
    return this.#world.store.peek<Credential>(`credential/${ACCOUNT}`)?.value;
  }

  /** What a draft holds for this person; somebody else's holds nothing for them. */
  #opened(draft: unknown, { person }: Turn): string | undefined {
    const sealed = typeof draft === 'string' ? this.#world.sealed.get(draft) : undefined;
    return sealed?.binding.account.endsWith(` ${person.id}`) ? sealed.text : undefined;
  }

  #textOf({ sealed }: Slot): string {
    return this.#world.sealed.get(sealed)?.text ?? '';
  }

  #break(promise: PromiseName, what: string): void {
    this.#broken.push(new Broken(promise, what));
  }
}

function isSend(action: Action): action is Extract<Action, { kind: 'send' }> {
  return action.kind === 'send';
}

function slotsOf({ pending, current, previous, setAside }: Credential): Slot[] {
  return [pending, current, previous, ...setAside].filter((slot) => slot !== undefined);
}

/** All that people read in an answer; a form's data is what they have sent themselves. */
function wordsOf(answer: Answer): string {
  return JSON.stringify(answer, (key, value) => (key === 'data' ? undefined : value));
}
