import { inspectPassword } from '../../chorus/password.ts';
import type { Secret } from '../../secret.ts';
import type { Sealing } from '../../store/seal.ts';
import { accountIdOf, type Submitted } from '../channel.ts';

/** Sealed: ten thousand characters fit, and the form stays well under what Teams takes. */
const LONGEST_DRAFT = 16_000;
/** The same where the form keeps what was typed by itself, and is seldom in need of it: Slack holds 3,000 beside a form. */
const LONGEST_SPARE_DRAFT = 2_000;

/** What was typed into a form that stays open: the form itself carries it, sealed, so that nothing is lost or shown. */
export class Drafts {
  readonly #sealer: Sealing;

  constructor(sealer: Sealing) {
    this.#sealer = sealer;
  }

  /** Undefined: nothing was typed, or too much. */
  async seal(turn: Submitted, password: Secret): Promise<string | undefined> {
    if (isEmpty(password)) return undefined;
    const sealed = await this.#sealer.seal(password, bindingOf(turn));
    return sealed.length <= (turn.unmasked ? LONGEST_SPARE_DRAFT : LONGEST_DRAFT) ? sealed : undefined;
  }

  /** What the form carries: what was typed before. */
  async before(turn: Submitted): Promise<Secret | undefined> {
    const { draft } = turn.data;
    return typeof draft === 'string'
      ? this.#sealer.open(draft, bindingOf(turn)).catch(() => undefined)
      : undefined;
  }

  /** What was typed now or, where the field was left empty, before. */
  async typed(turn: Submitted, password: Secret): Promise<Secret> {
    return isEmpty(password) ? ((await this.before(turn)) ?? password) : password;
  }
}

function isEmpty(password: Secret): boolean {
  const inspected = inspectPassword(password, { login: '' });
  return inspected.outcome === 'stop' && inspected.problem === 'empty';
}

/** For this person's account, and for nothing else. */
function bindingOf(turn: Submitted) {
  return { account: `${accountIdOf(turn)} ${turn.person.id}`, version: 0, purpose: 'draft' } as const;
}
