import type { Card } from '../cards/card.ts';
import { noticeCard } from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import { errorFields, type Log } from '../log.ts';
import type { Metrics, TurnOutcome } from '../metrics.ts';
import type { Store } from '../store/store.ts';
import {
  type Conversation,
  type Deliver,
  type Language,
  PlaceGone,
  type Said,
  type Turn,
} from './channel.ts';
import { type DeliveryClaim, IncomingDeliveries } from './deliveries.ts';
import type { PrivateAnswers } from './outgoing/private-answers.ts';
import type { KnownPeople } from './reminders/known-people.ts';
import { storeTrouble } from './store-trouble.ts';

export interface AnsweringDependencies {
  readonly store: Store;
  readonly knownPeople: KnownPeople;
  readonly privateAnswers: PrivateAnswers;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** How one turn is answered. */
interface HowToAnswer<Answer> {
  readonly act: () => Promise<Answer>;
  /** The answer where `act` has failed. */
  readonly instead: (m: Messages, text: string) => Answer;
  /** For an answer that the platform does not take as the response to its own request. */
  readonly deliver?: (answer: Answer) => Promise<void>;
}

/** How every turn is answered, whatever it is: once, measured, and with a sentence where something fails. */
export class Answering {
  readonly #dependencies: AnsweringDependencies;
  readonly #deliveries: IncomingDeliveries;

  constructor(dependencies: AnsweringDependencies) {
    this.#dependencies = dependencies;
    this.#deliveries = new IncomingDeliveries(dependencies);
  }

  /**
   * The same delivery twice, on whatever replica, is answered once (P4). An answer that could not be delivered gives
   * the claim back, so that the person is answered when the platform delivers again; not where the place is gone.
   */
  async answerOnce(
    kind: 'welcomed' | 'said' | 'edited',
    turn: Said,
    act: () => Promise<readonly Card[]>,
    deliver: Deliver,
  ): Promise<void> {
    const { log } = this.#dependencies;
    let claimed: DeliveryClaim | undefined;
    await this.answer<readonly Card[] | undefined>(kind, turn, {
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
  async answer<Answer>(
    kind: keyof Conversation,
    turn: Turn,
    { act, instead, deliver }: HowToAnswer<Answer>,
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
        answer = instead(
          this.#dependencies.messages[turn.person.language],
          await this.#sentenceFor(turn, error),
        );
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
    const { conversation } = this.#dependencies.messages[turn.person.language];
    if (error instanceof PlaceGone) return this.#dependencies.privateAnswers.unreachable(turn, error);
    return storeTrouble(conversation, error) ?? conversation.failed;
  }
}
