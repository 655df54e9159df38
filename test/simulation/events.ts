import fc from 'fast-check';
import type { PersonId } from '../../src/person.ts';
import { CAMILLE, DENIS, PORTS, type Port, TROUBLES, type Trouble } from './world.ts';

/** How somebody does something: who, on which replica it arrives first, how often, and whether they wait for its answer. */
interface How {
  /** The index of a person: Camille, Denis, Eve. */
  readonly who: number;
  readonly copies: number;
  readonly replica: number;
  readonly waits: boolean;
  /** The index of a way to write the account's login. */
  readonly spelling: number;
}

export type PersonAction =
  /** What the card of the reset asks for, on the portal too; a form is filled in with what the portal shows. */
  | (How & { readonly kind: 'goOn' })
  /** Any button of any card that was ever seen: 0 is the newest card, and its first button. */
  | (How & { readonly kind: 'press'; readonly card: number; readonly button: number })
  | (How & { readonly kind: 'submit'; readonly typed: 'shown' | 'typo' | 'empty' | 'accent' })
  /** Tests the connection on the configuration card, and enters there what the portal shows. */
  | (How & { readonly kind: 'configure' })
  | (How & { readonly kind: 'say'; readonly text: string })
  /** A button of the newest card, by what it does, unfolded first where it is folded. */
  | (How & { readonly kind: 'choose'; readonly verb: string });

export type Fate =
  | { readonly kind: 'crash'; readonly replica: number }
  /** In ms. */
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'trouble'; readonly port: Port; readonly how: Trouble; readonly calls: number }
  /** « Soumettre » on the portal, by somebody who tells nobody. */
  | { readonly kind: 'soumettre' }
  /** The portal's page was loaded anew, and shows another password. */
  | { readonly kind: 'showAnother' }
  | { readonly kind: 'handOver'; readonly to: PersonId };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const how = {
  who: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2),
  copies: fc.constantFrom(1, 1, 1, 2, 3),
  replica: fc.nat(2),
  waits: fc.constantFrom(true, true, true, true, false),
  spelling: fc.constantFrom(0, 0, 0, 1, 2),
};

/** Most often what the card asks for, and sometimes anything. */
export const action: fc.Arbitrary<PersonAction> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('goOn' as const), ...how }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('press' as const), card: fc.nat(6), button: fc.nat(4), ...how }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('submit' as const),
      typed: fc.constantFrom(
        'shown' as const,
        'shown' as const,
        'typo' as const,
        'empty' as const,
        'accent' as const,
      ),
      ...how,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('configure' as const), ...how }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      text: fc.constantFrom('réinitialiser', 'bonjour', 'comptes', 'configuration', 'je veux arrêter'),
      ...how,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('choose' as const),
      verb: fc.constantFrom(
        ...['pause', 'askStop', 'abandon', 'keepOn', 'askLost', 'lostPassword', 'testKept'],
        ...['submitted', 'notSubmitted', 'pageOpen'],
      ),
      ...how,
    }),
  },
);

/** Pauses are a little more, and a little less, than each of the bot's own. */
export const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('crash' as const), replica: fc.nat(2) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      ms: fc.constantFrom(
        100,
        3 * SECOND,
        27 * SECOND,
        31 * SECOND,
        61 * SECOND,
        11 * MINUTE,
        61 * MINUTE,
        25 * HOUR,
        49 * HOUR,
        73 * HOUR,
      ),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('trouble' as const),
      port: fc.constantFrom(...PORTS),
      how: fc.constantFrom(...TROUBLES),
      calls: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'soumettre' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'showAnother' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('handOver' as const), to: fc.constantFrom(CAMILLE, DENIS) }),
  },
);
