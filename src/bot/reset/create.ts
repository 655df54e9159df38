import type { Platform } from '../../person.ts';
import type { Resets } from '../../store/resets.ts';
import type { Channel } from '../channel.ts';
import type { LivingCards } from '../outgoing/living-cards.ts';
import { Background } from './background.ts';
import { CardViews } from './card-views.ts';
import { ConnectionTests, type ConnectionTestsDependencies } from './connection-test.ts';
import { ResetHolders } from './holder.ts';
import { LivingResetCards, type LivingResetCardsDependencies } from './living-card.ts';
import { ResetNews, type ResetNewsDependencies } from './news.ts';
import { type ResetRecord, ResetRecords } from './record.ts';
import { ResetRunner, type ResetRunnerDependencies } from './runner.ts';
import { ResetSteps, type ResetStepsDependencies } from './steps.ts';

/** What resets depend on, outside of their folder. */
export interface ResetsDependencies
  extends ConnectionTestsDependencies,
    Omit<ResetNewsDependencies, 'records'>,
    Omit<LivingResetCardsDependencies, 'records' | 'holders' | 'cards'>,
    Omit<ResetStepsDependencies, 'records' | 'cards' | 'tests' | 'news' | 'background'>,
    Pick<ResetRunnerDependencies, 'answerWithinMs'> {
  readonly resets: Resets<ResetRecord>;
  readonly cards: LivingCards;
  /** The same channels, for what must be seen now: they wait where the platform asks for patience. */
  readonly patientChannels: ReadonlyMap<Platform, Channel>;
}

/** What the rest of the bot uses of the resets. */
export interface ResetParts {
  readonly holders: ResetHolders;
  readonly tests: ConnectionTests;
  readonly resetRunner: ResetRunner;
  readonly cardViews: CardViews;
}

export function createResets(given: ResetsDependencies): ResetParts {
  const records = new ResetRecords(given.resets, given.now);
  const holders = new ResetHolders({ ...given, records });
  const news = new ResetNews({ ...given, records });
  const background = new Background(given.log);
  const tests = new ConnectionTests(given);
  const cards = new LivingResetCards({ ...given, channels: given.patientChannels, records, holders });
  const steps = new ResetSteps({ ...given, records, cards, tests, news, background });
  const resetRunner = new ResetRunner({ ...given, records, steps, holders, cards, news, background });
  const cardViews = new CardViews({ ...given, holders, cards });
  return { holders, tests, resetRunner, cardViews };
}
