import { closedCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { hasEnded } from '../../chorus/procedures/reset.ts';
import type { Account, AccountId, Accounts } from '../../store/accounts.ts';
import type { Resets } from '../../store/resets.ts';
import { mayReset } from '../../store/rights.ts';
import type { Language, Person, Place, Turn } from '../channel.ts';
import type { LivingCards } from '../outgoing/living-cards.ts';
import type { ResetRecord, SavedReset } from './card.ts';

export interface ResetHolderDependencies {
  readonly accounts: Accounts;
  readonly resets: Resets<ResetRecord>;
  readonly cards: Pick<LivingCards, 'drawNow'>;
  readonly messages: Readonly<Record<Language, Messages>>;
}

/**
 * Who leads a reset: whoever began it, for as long as they may act for the account; after that, whoever may and goes on
 * with it (P5).
 */
export class ResetHolders {
  readonly #dependencies: ResetHolderDependencies;

  constructor(dependencies: ResetHolderDependencies) {
    this.#dependencies = dependencies;
  }

  /** The account and its reset, for whoever may see them; to anybody else it looks as if there were none (P9). */
  async find(
    turn: Turn,
    accountId: AccountId,
  ): Promise<{ account: Account; saved: SavedReset | undefined } | { refusal: string }> {
    const m = this.#dependencies.messages[turn.person.language];
    const account = await this.#dependencies.accounts.find(accountId);
    if (account === undefined || !mayReset(turn.person.id, account))
      return { refusal: m.conversation.notYours };
    const saved = await this.#dependencies.resets.load(accountId);
    if (saved === undefined || hasEnded(saved.value.reset)) return { account, saved };
    const { holder, reset, posted } = saved.value;
    if (holder.id === turn.person.id) return { account, saved };
    if (mayReset(holder.id, account)) {
      return { refusal: m.conversation.heldBy(holder.name, m.moment(reset.startedAt)) };
    }
    // An administrator has named somebody else meanwhile: the reset is theirs, where it stands.
    if (posted !== undefined)
      this.#dependencies.cards.drawNow(posted, closedCard(this.#dependencies.messages[holder.language]));
    return { account, saved: takenOver(saved, turn.person, turn.place) };
  }

  /** A newer state for whoever acted on an older one: still theirs, theirs to take over, or (undefined) somebody else's. */
  async stillLed(
    accountId: AccountId,
    { holder, place }: ResetRecord,
    fresh: SavedReset,
  ): Promise<SavedReset | undefined> {
    if (fresh.value.holder.id === holder.id) return fresh;
    const account = await this.#dependencies.accounts.find(accountId);
    if (account === undefined) return undefined;
    const isTheirs = mayReset(holder.id, account) && !mayReset(fresh.value.holder.id, account);
    return isTheirs ? takenOver(fresh, holder, place) : undefined;
  }
}

/** The same reset for somebody else, who has no card of it yet. */
function takenOver(saved: SavedReset, holder: Person, place: Place): SavedReset {
  const { posted: _ofTheOther, ...rest } = saved.value;
  return { ...saved, value: { ...rest, holder, place } };
}
