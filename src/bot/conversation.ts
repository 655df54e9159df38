import type { Card } from '../cards/card.ts';
import { accountsCard, handoverCard, helpCard } from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import { reportedAnswer } from '../cards/report-card.ts';
import { SUPPORT_FORM } from '../cards/verdict-cards.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Secret } from '../secret.ts';
import type { Accounts } from '../store/accounts.ts';
import { mayReset } from '../store/rights.ts';
import type { Store } from '../store/store.ts';
import type { Configuration } from './account/configuration.ts';
import { accountLines, chooseAccount } from './account-choice.ts';
import { Answering } from './answering.ts';
import {
  accountIdOf,
  assertProven,
  type ClickAnswer,
  type Clicked,
  type Conversation,
  type Deliver,
  type FormAnswer,
  type Language,
  type Opened,
  type Said,
  type SubmitAnswer,
  type Submitted,
  type Turn,
} from './channel.ts';
import type { LivingCards } from './outgoing/living-cards.ts';
import type { PrivateAnswers } from './outgoing/private-answers.ts';
import type { PasswordEntry } from './password/entry.ts';
import type { Handover } from './password/handover.ts';
import type { KnownPeople } from './reminders/known-people.ts';
import type { Reminders } from './reminders/reminders.ts';
import type { Subscriptions } from './reminders/subscriptions.ts';
import { holdsPassword, Replies } from './replies.ts';
import type { CardViews } from './reset/card-views.ts';
import { keptTested } from './reset/decisions.ts';
import type { ResetRunner } from './reset/runner.ts';
import { SharedClicks } from './shared-clicks.ts';

export interface ConversationDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly resetRunner: ResetRunner;
  readonly cardViews: CardViews;
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

/** What the bot answers to what people write, click and submit, on every platform. */
export class ChorusConversation implements Conversation {
  readonly #dependencies: ConversationDependencies;
  readonly #answering: Answering;
  readonly #sharedClicks: SharedClicks;
  readonly #replies: Replies;

  constructor(dependencies: ConversationDependencies) {
    this.#dependencies = dependencies;
    this.#answering = new Answering(dependencies);
    this.#sharedClicks = new SharedClicks(dependencies);
    this.#replies = new Replies(dependencies);
  }

  welcomed(turn: Said, deliver: Deliver): Promise<void> {
    return this.#answering.answerOnce('welcomed', turn, () => this.#replies.hello(turn, 'welcome'), deliver);
  }

  said(turn: Said, deliver: Deliver): Promise<void> {
    const delivered = this.#dependencies.privateAnswers.orInPrivate(turn, deliver);
    return this.#answering.answerOnce('said', turn, () => this.#replies.reply(turn), delivered);
  }

  edited(turn: Said, deliver: Deliver): Promise<void> {
    if (!holdsPassword(turn)) return Promise.resolve();
    const delivered = this.#dependencies.privateAnswers.orInPrivate(turn, deliver);
    return this.#answering.answerOnce('edited', turn, () => this.#replies.burned(turn), delivered);
  }

  clicked(turn: Clicked): Promise<ClickAnswer> {
    return this.#answering.answer('clicked', turn, { act: () => this.#click(turn), instead: asRefusal });
  }

  opened(turn: Opened): Promise<FormAnswer> {
    return this.#answering.answer('opened', turn, { act: () => this.#open(turn), instead: asRefusal });
  }

  submitted(turn: Submitted, password: Secret): Promise<SubmitAnswer> {
    return this.#answering.answer<SubmitAnswer>('submitted', turn, {
      act: () => this.#submit(turn, password),
      instead: (m, text) => ({ kind: 'notice', title: m.form.title, text }),
    });
  }

  async #click(turn: Clicked): Promise<ClickAnswer> {
    assertProven(turn);
    const m = this.#m(turn);
    const { resetRunner, cardViews, configuration } = this.#dependencies;
    if (this.#sharedClicks.isShared(turn)) return this.#sharedClicks.click(turn);
    switch (turn.verb) {
      case 'done':
      case 'back':
      case 'abandon':
      case 'emailNotYet':
      case 'retry':
      case 'lostPassword':
      case 'askStop':
      case 'askLost':
      case 'keepOn':
      case 'pause':
      case 'submitted':
      case 'notSubmitted':
      case 'pageOpen':
        return resetRunner.act(turn, { kind: turn.verb });
      case 'enterByPigp':
        return cardViews.enterPortal(turn, 'pigp');
      case 'enterDirectly':
        return cardViews.enterPortal(turn, 'direct');
      case 'enterOtherwise':
        return cardViews.enterPortal(turn, undefined);
      case 'whereAmI':
        return cardViews.unfold(turn, true);
      case 'fold':
        return cardViews.unfold(turn, false);
      case 'testKept':
        return resetRunner.begin(turn, accountIdOf(turn), keptTested);
      case 'handover':
        return this.#handover(turn);
      case 'reported':
      case 'notReported':
        return this.#drawn(turn, this.#reported(turn));
      case 'begin':
        return accountIdOf(turn) === ''
          ? this.#drawn(turn, asCard(await chooseAccount(this.#dependencies, turn, 'begin')))
          : resetRunner.begin(turn, accountIdOf(turn));
      case 'configuration':
        if (turn.data.reset !== undefined) return this.#below(turn);
        return this.#drawn(
          turn,
          accountIdOf(turn) === ''
            ? asCard(await chooseAccount(this.#dependencies, turn, 'configuration'))
            : configuration.show(turn),
        );
      case 'testConnection':
        return this.#drawn(turn, configuration.test(turn));
      case 'snooze':
        return this.#drawn(turn, this.#dependencies.reminders.snooze(turn));
      case 'saveAlert':
        return this.#drawn(turn, configuration.saveAlert(turn));
      case 'accounts':
        return this.#drawn(turn, asCard(accountsCard(m, await accountLines(this.#dependencies, turn))));
      case 'help':
        return this.#drawn(turn, asCard(helpCard(m, true)));
      default:
        return { kind: 'refusal', text: m.conversation.outOfDate };
    }
  }

  /** The card of a reset that has ended stays as it is: it is the record of it. */
  async #below(turn: Clicked): Promise<ClickAnswer> {
    const { configuration, privateAnswers } = this.#dependencies;
    const shown = await configuration.show(turn);
    if (shown.kind !== 'card') return shown;
    return { kind: 'refusal', text: await privateAnswers.answer(turn, async () => [shown.card]) };
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

  /** The answer to the question whether the password is in the application. */
  async #reported(turn: Clicked): Promise<ClickAnswer> {
    const m = this.#m(turn);
    const account = await this.#dependencies.accounts.find(accountIdOf(turn));
    if (account === undefined || !mayReset(turn.person.id, account))
      return { kind: 'refusal', text: m.conversation.notYours };
    return asCard(reportedAnswer(m, account, turn.verb === 'reported'));
  }

  async #open(turn: Opened): Promise<FormAnswer> {
    switch (turn.form) {
      case 'password':
        return this.#dependencies.passwords.open(turn);
      case 'configurationPassword':
      case 'knownPassword':
        return this.#dependencies.configuration.openPassword(turn, turn.form);
      case 'expiry':
        return this.#dependencies.configuration.openExpiry(turn);
      case SUPPORT_FORM:
        return supportDetails(this.#m(turn), turn);
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

  /** Puts the answer on the clicked message too, so that it is there on every device. */
  async #drawn(turn: Clicked, answering: Promise<ClickAnswer> | ClickAnswer): Promise<ClickAnswer> {
    const answer = await answering;
    if (answer.kind === 'card' && turn.clicked !== undefined)
      this.#dependencies.cards.drawNow(turn.clicked, answer.card, { isAsked: true });
    return answer;
  }

  #m(turn: Turn): Messages {
    return this.#dependencies.messages[turn.person.language];
  }
}

/** What the pressed button carries: whoever sees it has it already, so that nobody's right is asked for. */
function supportDetails(m: Messages, { data: { support } }: Opened): FormAnswer {
  return typeof support === 'string'
    ? { kind: 'notice', title: m.test.support, text: support }
    : { kind: 'refusal', text: m.conversation.outOfDate };
}

function asCard(card: Card): ClickAnswer {
  return { kind: 'card', card };
}

function asRefusal(_m: Messages, text: string): { kind: 'refusal'; text: string } {
  return { kind: 'refusal', text };
}
