import { accountsCard, chooseCard } from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import { plain } from '../cards/text.ts';
import type { AccountId } from '../store/accounts.ts';
import type { Configuration } from './account/configuration.ts';
import { type AccountChoiceDependencies, accountLines } from './account-choice.ts';
import {
  accountIdOf,
  type ClickAnswer,
  type Clicked,
  isBeforeOthers,
  type Language,
  PlaceGone,
  type Turn,
} from './channel.ts';
import type { PrivateAnswers } from './outgoing/private-answers.ts';
import type { ResetRunner } from './reset/runner.ts';
import { publicId } from './rights.ts';

export interface SharedClicksDependencies extends AccountChoiceDependencies {
  readonly resetRunner: ResetRunner;
  readonly configuration: Configuration;
  readonly privateAnswers: PrivateAnswers;
  readonly messages: Readonly<Record<Language, Messages>>;
}

/** Clicks on cards that stand where others are. */
export class SharedClicks {
  readonly #dependencies: SharedClicksDependencies;

  constructor(dependencies: SharedClicksDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether this click must be answered elsewhere: others read its card, or it is in a place where no reset can live. */
  isShared(turn: Clicked): boolean {
    return isBeforeOthers(turn) || (!turn.place.private && isOfReset(turn.verb));
  }

  /**
   * A click on a card that others read, or that a reset cannot live on: nothing changes there, and what it asks for is
   * shown in the person's own conversation (P9).
   */
  async click(turn: Clicked): Promise<ClickAnswer> {
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
        if (turn.verb === 'accounts') return [accountsCard(m, await accountLines(this.#dependencies, own))];
        if (isOfConfiguration(turn.verb) && others.length === 0) return [await configuration.card(own, only)];
        return [
          chooseCard(
            m,
            await accountLines(this.#dependencies, own),
            isOfReset(turn.verb) ? 'begin' : 'configuration',
          ),
        ];
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

  #m(turn: Turn): Messages {
    return this.#dependencies.messages[turn.person.language];
  }
}

/** Begins a reset, or goes on with one. */
function isOfReset(verb: string): boolean {
  return [
    ...['begin', 'done', 'back', 'abandon', 'emailNotYet', 'retry', 'lostPassword'],
    ...['enterByPigp', 'enterDirectly', 'enterOtherwise', 'whereAmI', 'fold'],
    ...['askStop', 'askLost', 'keepOn', 'pause', 'submitted', 'notSubmitted', 'pageOpen', 'testKept'],
  ].includes(verb);
}

function isOfConfiguration(verb: string): boolean {
  return ['configuration', 'testConnection', 'saveAlert'].includes(verb);
}
