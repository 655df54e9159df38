import type { Messages } from '../../cards/messages.ts';
import type { PortalEntries, PortalEntry } from '../../store/portal-entries.ts';
import { accountIdOf, type ClickAnswer, type Clicked, type Language } from '../channel.ts';
import type { ResetHolders } from './holder.ts';
import type { HowToDraw, LivingResetCards } from './living-card.ts';

export interface CardViewsDependencies {
  readonly holders: ResetHolders;
  readonly cards: LivingResetCards;
  readonly portalEntries: PortalEntries;
  readonly messages: Readonly<Record<Language, Messages>>;
}

/** Clicks that change how the card of a reset is shown, and nothing of the reset. */
export class CardViews {
  readonly #dependencies: CardViewsDependencies;

  constructor(dependencies: CardViewsDependencies) {
    this.#dependencies = dependencies;
  }

  /** Remembers how this person enters the portal, and shows the first step so; undefined: it is asked again. */
  async enterPortal(turn: Clicked, entry: PortalEntry | undefined): Promise<ClickAnswer> {
    return this.#show(turn, {}, () => this.#dependencies.portalEntries.choose(turn.person.id, entry));
  }

  /** « Où en suis-je ? »: the card with its list of steps and what is seldom done, or without them again. */
  async unfold(turn: Clicked, isUnfolded: boolean): Promise<ClickAnswer> {
    return this.#show(turn, { isUnfolded });
  }

  async #show(turn: Clicked, how: HowToDraw, before?: () => Promise<unknown>): Promise<ClickAnswer> {
    const { holders, cards, messages } = this.#dependencies;
    const found = await holders.find(turn, accountIdOf(turn));
    if ('refusal' in found) return { kind: 'refusal', text: found.refusal };
    const { account, saved } = found;
    if (saved === undefined)
      return { kind: 'refusal', text: messages[turn.person.language].conversation.outOfDate };
    await before?.();
    cards.draw(account, saved, how);
    return { kind: 'card', card: await cards.card(account, saved.value, { ...how, reader: turn.person }) };
  }
}
