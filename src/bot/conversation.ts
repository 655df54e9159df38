import type { Card } from '../cards/card.ts';
import {
  type AccountLine,
  accountsCard,
  burnedCard,
  chooseCard,
  handoverCard,
  helloCard,
  helpCard,
  noAccountCard,
  noticeCard,
} from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import { plain } from '../cards/text.ts';
import { timeLeft } from '../chorus/expiry.ts';
import { looksLikePassword } from '../chorus/password.ts';
import { errorFields, type Log } from '../log.ts';
import type { Metrics, TurnOutcome } from '../metrics.ts';
import type { Secret } from '../secret.ts';
import type { Account, AccountId, Accounts } from '../store/accounts.ts';
import type { Store } from '../store/store.ts';
import type { Configuration } from './account/configuration.ts';
import {
  accountIdOf,
  assertProven,
  type ClickAnswer,
  type Clicked,
  type Conversation,
  type Deliver,
  type FormAnswer,
  isBeforeOthers,
  type Language,
  type Opened,
  PlaceGone,
  type Said,
  type SubmitAnswer,
  type Submitted,
  type Turn,
} from './channel.ts';
import { folded, readCommand } from './commands.ts';
import { Deliveries, type DeliveryClaim } from './deliveries.ts';
import type { LivingCards } from './outgoing/living-cards.ts';
import type { PrivateAnswers } from './outgoing/private-answers.ts';
import type { PasswordEntry } from './password/entry.ts';
import type { Handover } from './password/handover.ts';
import type { KnownPeople } from './reminders/known-people.ts';
import type { Reminders } from './reminders/reminders.ts';
import type { Subscriptions } from './reminders/subscriptions.ts';
import type { ResetRunner } from './reset/runner.ts';
import { publicId } from './rights.ts';
import { storeTrouble } from './store-trouble.ts';

export interface ConversationDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly resetRunner: ResetRunner;
  readonly passwords: PasswordEntry;
  readonly configuration: Configuration;
  readonly reminders: Pick<Reminders, 'snooze'>;
  readonly knownPeople: KnownPeople;
  readonly subscriptions: Subscriptions;
  readonly privateAnswers: PrivateAnswers;
  /** Undefined: nobody takes a password back. */
  readonly handover: Handover | undefined;
  readonly cards: LivingCards;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly now: () => Date;
}

/** How one turn is answered. */
interface Answering<Answer> {
  readonly act: () => Promise<Answer>;
  /** The answer where `act` has failed. */
  readonly instead: (m: Messages, text: string) => Answer;
  /** For an answer that the platform does not take as the response to its own request. */
  readonly deliver?: (answer: Answer) => Promise<void>;
}

/** What the bot answers to what people write, click and submit, on every platform. */
export class ChorusConversation implements Conversation {
  readonly #dependencies: ConversationDependencies;
  readonly #deliveries: Deliveries;

  constructor(dependencies: ConversationDependencies) {
    this.#dependencies = dependencies;
    this.#deliveries = new Deliveries(dependencies);
  }

  welcomed(turn: Said, deliver: Deliver): Promise<void> {
    return this.#answeringOnce('welcomed', turn, () => this.#hello(turn, 'welcome'), deliver);
  }

  said(turn: Said, deliver: Deliver): Promise<void> {
    const delivered = this.#dependencies.privateAnswers.orInPrivate(turn, deliver);
    return this.#answeringOnce('said', turn, () => this.#reply(turn), delivered);
  }

  clicked(turn: Clicked): Promise<ClickAnswer> {
    return this.#answering('clicked', turn, { act: () => this.#click(turn), instead: asRefusal });
  }

  opened(turn: Opened): Promise<FormAnswer> {
    return this.#answering('opened', turn, { act: () => this.#open(turn), instead: asRefusal });
  }

  submitted(turn: Submitted, password: Secret): Promise<SubmitAnswer> {
    return this.#answering<SubmitAnswer>('submitted', turn, {
      act: () => this.#submit(turn, password),
      instead: (m, text) => ({ kind: 'notice', title: m.form.title, text }),
    });
  }

  async #reply(turn: Said): Promise<readonly Card[]> {
    const m = this.#m(turn);
    const { text } = turn;
    const read = readCommand(text);
    if (read === undefined) {
      // Nothing of what was written goes into the answer, nor anywhere else.
      if (!looksLikePassword(text)) return [helpCard(m, false)];
      return [burnedCard(m, isBeforeOthers(turn) ? [] : await this.#lines(turn))];
    }
    switch (read.command) {
      case 'hello':
        return this.#hello(turn, 'hello');
      case 'help':
        return [helpCard(m, true)];
      case 'accounts':
        return this.#inPrivate(turn, isBeforeOthers(turn), async (own) => [
          accountsCard(m, await this.#lines(own)),
        ]);
      case 'reset':
        // Its card lives on, where an answer to one person alone does not.
        return this.#inPrivate(turn, !turn.place.private, (own) =>
          this.#withAccount(own, read.rest, 'begin', ({ id }) =>
            this.#dependencies.resetRunner.beginHere(own, id),
          ),
        );
      case 'configuration':
        return this.#inPrivate(turn, isBeforeOthers(turn), (own) =>
          this.#withAccount(own, read.rest, 'configuration', async (account) => [
            await this.#dependencies.configuration.card(own, account),
          ]),
        );
      case 'reminders':
        return this.#dependencies.subscriptions.change(turn, read.rest);
      default:
        return read.command satisfies never;
    }
  }

  async #hello(turn: Said, how: 'hello' | 'welcome'): Promise<readonly Card[]> {
    const m = this.#m(turn);
    const title = how === 'welcome' ? m.conversation.welcome : m.conversation.hello(turn.person.name);
    // Before others, whose accounts these are is nobody's business; and a greeting is no place for a refusal.
    const mine = turn.place.private ? await this.#lines(turn) : [];
    const isForNobody = !turn.place.private || (how === 'welcome' && mine.length === 0);
    return [helloCard(m, title, isForNobody ? undefined : mine)];
  }

  async #click(turn: Clicked): Promise<ClickAnswer> {
    assertProven(turn);
    const m = this.#m(turn);
    const { resetRunner, configuration } = this.#dependencies;
    if (isBeforeOthers(turn) || (!turn.place.private && isOfReset(turn.verb)))
      return this.#clickInShared(turn);
    switch (turn.verb) {
      case 'done':
      case 'back':
      case 'abandon':
      case 'emailNotYet':
      case 'retry':
      case 'lostPassword':
        return resetRunner.act(turn, { kind: turn.verb });
      case 'handover':
        return this.#handover(turn);
      case 'begin':
        return accountIdOf(turn) === ''
          ? this.#drawn(turn, this.#choose(turn, 'begin'))
          : resetRunner.begin(turn, accountIdOf(turn));
      case 'configuration':
        return this.#drawn(
          turn,
          accountIdOf(turn) === '' ? this.#choose(turn, 'configuration') : configuration.show(turn),
        );
      case 'testConnection':
        return this.#drawn(turn, configuration.test(turn));
      case 'snooze':
        return this.#drawn(turn, this.#dependencies.reminders.snooze(turn));
      case 'saveAlert':
        return this.#drawn(turn, configuration.saveAlert(turn));
      case 'accounts':
        return this.#drawn(turn, asCard(accountsCard(m, await this.#lines(turn))));
      case 'help':
        return this.#drawn(turn, asCard(helpCard(m, true)));
      default:
        return { kind: 'refusal', text: m.conversation.outOfDate };
    }
  }

  /** The link goes to the person's own conversation, as a message of its own: the card stays as it is. */
  async #handover(turn: Clicked): Promise<ClickAnswer> {
    const { handover, privateAnswers } = this.#dependencies;
    const m = this.#m(turn);
    const offered = await handover?.offer(turn.person, accountIdOf(turn));
    if (offered === undefined) return { kind: 'refusal', text: m.conversation.outOfDate };
    if (typeof offered === 'string') return { kind: 'refusal', text: m.handover.refusals[offered] };
    const card = handoverCard(m, offered);
    return { kind: 'refusal', text: await privateAnswers.answer(turn, async () => [card]) };
  }

  async #open(turn: Opened): Promise<FormAnswer> {
    switch (turn.form) {
      case 'password':
        return this.#dependencies.passwords.open(turn);
      case 'configurationPassword':
        return this.#dependencies.configuration.openPassword(turn);
      case 'expiry':
        return this.#dependencies.configuration.openExpiry(turn);
      default:
        return { kind: 'refusal', text: this.#m(turn).conversation.outOfDate };
    }
  }

  async #submit(turn: Submitted, password: Secret): Promise<SubmitAnswer> {
    const m = this.#m(turn);
    if (turn.data.cancelled !== undefined)
      return { kind: 'notice', title: m.form.title, text: m.form.cancelled };
    if (turn.form === 'expiry') return this.#dependencies.configuration.submitExpiry(turn);
    // A reset that begins with its password, or changes hands with it, lives in the person's own conversation. Where
    // the store does not tell which that is, the form stays open.
    const place = await this.#dependencies.privateAnswers.placeOf(turn).catch(() => undefined);
    return this.#dependencies.passwords.submit({ ...turn, place: place ?? turn.place }, password);
  }

  /** Where this turn was not taken in private but must be answered there: the sentence that says so is what others read. */
  async #inPrivate(
    turn: Said,
    isNeeded: boolean,
    act: (turn: Said) => Promise<readonly Card[]>,
  ): Promise<readonly Card[]> {
    // Of somebody who has no account there is nothing to hide.
    if (!isNeeded || (await this.#dependencies.accounts.ofPerson(turn.person.id)).length === 0)
      return act(turn);
    const sentence = await this.#dependencies.privateAnswers.answer(turn, act);
    return [noticeCard(this.#m(turn).conversation.inPrivateTitle, sentence)];
  }

  /**
   * A click on a card that others read, or that a reset cannot live on: nothing changes there, and what it asks for is
   * shown in the person's own conversation (P9).
   */
  async #clickInShared(turn: Clicked): Promise<ClickAnswer> {
    const { accounts, configuration, privateAnswers } = this.#dependencies;
    const m = this.#m(turn);
    const named = accountIdOf(turn);
    const mine = await accounts.ofPerson(turn.person.id);
    const meant = mine.filter(({ id }) => named === '' || named === id || named === publicId(id));
    if (named !== '' && meant.length === 0) return { kind: 'refusal', text: m.conversation.notYours };
    const elsewhere = (text: string) => ({ kind: 'elsewhere', text }) as const;
    if (turn.verb === 'help') return elsewhere(m.conversation.helpHere);
    const isKnown = isOfReset(turn.verb) || isOfConfiguration(turn.verb) || turn.verb === 'accounts';
    if (!isKnown) return { kind: 'refusal', text: m.conversation.outOfDate };
    const [only, ...others] = meant;
    if (only === undefined) return elsewhere(plain(m.conversation.noAccount));
    if (isOfReset(turn.verb) && others.length === 0) return this.#beginElsewhere(turn, only.id);
    return elsewhere(
      await privateAnswers.answer(turn, async (own) => {
        if (turn.verb === 'accounts') return [accountsCard(m, await this.#lines(own))];
        if (isOfConfiguration(turn.verb) && others.length === 0) return [await configuration.card(own, only)];
        return [chooseCard(m, await this.#lines(own), isOfReset(turn.verb) ? 'begin' : 'configuration')];
      }),
    );
  }

  /** Posts the card of this reset, begun or going on, in the person's own conversation. */
  async #beginElsewhere({ clicked: _shared, ...turn }: Clicked, id: AccountId): Promise<ClickAnswer> {
    const { resetRunner, privateAnswers } = this.#dependencies;
    const { inPrivate, writeToMe } = this.#m(turn).conversation;
    const place = await privateAnswers.placeOf(turn);
    if (place === undefined) return { kind: 'elsewhere', text: writeToMe };
    const own = { ...turn, place };
    try {
      const answer = await resetRunner.begin(own, id);
      return answer.kind === 'card' ? { kind: 'elsewhere', text: inPrivate } : answer;
    } catch (error) {
      if (!(error instanceof PlaceGone)) throw error;
      return { kind: 'elsewhere', text: await privateAnswers.unreachable(own, error) };
    }
  }

  /** Puts the answer on the clicked message too, so that it is there on every device. */
  async #drawn(turn: Clicked, answering: Promise<ClickAnswer> | ClickAnswer): Promise<ClickAnswer> {
    const answer = await answering;
    if (answer.kind === 'card' && turn.clicked !== undefined)
      this.#dependencies.cards.drawNow(turn.clicked, answer.card, { isAsked: true });
    return answer;
  }

  async #choose(turn: Clicked, verb: 'begin' | 'configuration'): Promise<ClickAnswer> {
    const lines = await this.#lines(turn);
    return asCard(lines.length === 0 ? noAccountCard(this.#m(turn)) : chooseCard(this.#m(turn), lines, verb));
  }

  /** The one account that is meant: the only one, or the one whose login, SIRET or structure was named. */
  async #withAccount(
    turn: Said,
    named: string,
    verb: 'begin' | 'configuration',
    act: (account: Account) => Promise<readonly Card[]>,
  ): Promise<readonly Card[]> {
    const m = this.#m(turn);
    const accounts = await this.#dependencies.accounts.ofPerson(turn.person.id);
    if (accounts.length === 0) return [noAccountCard(m)];
    const wanted = folded(named);
    const meant = accounts.filter(({ login, siret, structure }) =>
      [login, siret, structure].some((name) => folded(name).includes(wanted)),
    );
    const [only, ...others] = meant;
    if (only === undefined) return [noticeCard(m.conversation.chooseTitle, m.conversation.notYours)];
    return others.length === 0 ? act(only) : [chooseCard(m, await this.#lines(turn), verb)];
  }

  async #lines(turn: Turn): Promise<AccountLine[]> {
    const { accounts, resetRunner, now } = this.#dependencies;
    const mine = await accounts.ofPerson(turn.person.id);
    return Promise.all(
      mine.map(async (account) => ({
        id: account.id,
        account,
        ...(account.expiry === undefined
          ? {}
          : { expiry: account.expiry, ...timeLeft(new Date(account.expiry.at), now()) }),
        resetRunning: await resetRunner.isRunning(account),
      })),
    );
  }

  /**
   * The same delivery twice, on whatever replica, is answered once (P4). An answer that could not be delivered gives
   * the claim back, so that the person is answered when the platform delivers again; not where the place is gone.
   */
  async #answeringOnce(
    kind: 'welcomed' | 'said',
    turn: Said,
    act: () => Promise<readonly Card[]>,
    deliver: Deliver,
  ): Promise<void> {
    const { log } = this.#dependencies;
    let claimed: DeliveryClaim | undefined;
    await this.#answering<readonly Card[] | undefined>(kind, turn, {
      act: async () => {
        claimed = await this.#deliveries.claim(kind, turn);
        return claimed === undefined ? undefined : act();
      },
      instead: (m, text) => [noticeCard(m.conversation.failedTitle, text)],
      deliver: async (cards) => {
        if (cards === undefined) return;
        try {
          await deliver(cards);
        } catch (error) {
          if (!(error instanceof PlaceGone))
            await claimed?.release().catch((e: unknown) => log.warn('delivery.notReleased', errorFields(e)));
          throw error;
        }
      },
    });
  }

  /**
   * Whatever goes wrong, the person reads a sentence, and the log a line without content. It says « answered » only
   * once the answer is delivered: where `deliver` rejects, so does this.
   */
  async #answering<Answer>(
    kind: keyof Conversation,
    turn: Turn,
    { act, instead, deliver }: Answering<Answer>,
  ): Promise<Answer> {
    const started = performance.now();
    this.#dependencies.knownPeople.spokeTo(turn);
    let outcome: TurnOutcome = 'answered';
    const fail = (error: unknown) => {
      outcome = 'failed';
      this.#dependencies.log.error('turn.failed', {
        correlation: turn.correlation,
        platform: turn.place.platform,
        ...errorFields(error),
      });
    };
    try {
      let answer: Answer;
      try {
        answer = await act();
        if (answer === undefined) outcome = 'repeated';
        else if ((answer as { kind?: string }).kind === 'refusal') outcome = 'refused';
      } catch (error) {
        fail(error);
        answer = instead(this.#m(turn), await this.#sentenceFor(turn, error));
      }
      await deliver?.(answer).catch((error: unknown) => {
        fail(error);
        throw error;
      });
      return answer;
    } finally {
      const { platform } = turn.place;
      const durationMs = performance.now() - started;
      this.#dependencies.metrics.turn(platform, kind, outcome, durationMs / 1000);
      this.#dependencies.log.info('turn', {
        correlation: turn.correlation,
        platform,
        person: turn.person.id,
        verb: kind,
        outcome,
        durationMs: Math.round(durationMs),
      });
    }
  }

  /** What the person reads of a failure. */
  async #sentenceFor(turn: Turn, error: unknown): Promise<string> {
    const { conversation } = this.#m(turn);
    if (error instanceof PlaceGone) return this.#dependencies.privateAnswers.unreachable(turn, error);
    return storeTrouble(conversation, error) ?? conversation.failed;
  }

  #m(turn: Turn): Messages {
    return this.#dependencies.messages[turn.person.language];
  }
}

/** Begins a reset, or goes on with one. */
function isOfReset(verb: string): boolean {
  return ['begin', 'done', 'back', 'abandon', 'emailNotYet', 'retry', 'lostPassword'].includes(verb);
}

function isOfConfiguration(verb: string): boolean {
  return ['configuration', 'testConnection', 'saveAlert'].includes(verb);
}

function asCard(card: Card): ClickAnswer {
  return { kind: 'card', card };
}

function asRefusal(_m: Messages, text: string): { kind: 'refusal'; text: string } {
  return { kind: 'refusal', text };
}
