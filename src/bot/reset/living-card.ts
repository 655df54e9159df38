import type { Card } from '../../cards/card.ts';
import { closedCard, continuedCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { hasEnded } from '../../chorus/procedures/reset.ts';
import type { Environment } from '../../chorus/verdict.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Platform } from '../../person.ts';
import type { Account, AccountId, Accounts } from '../../store/accounts.ts';
import type { People } from '../../store/people.ts';
import type { PortalEntries } from '../../store/portal-entries.ts';
import { mayReset } from '../../store/rights.ts';
import type { Store } from '../../store/store.ts';
import {
  type Channel,
  type ClickAnswer,
  type Clicked,
  channelOf,
  isSamePosted,
  type Language,
  type Person,
  type Place,
  PlaceGone,
  type Posted,
  placeKey,
  type Turn,
} from '../channel.ts';
import type { LivingCards } from '../outgoing/living-cards.ts';
import { type CardLinks, resetCard } from './card.ts';
import type { ResetHolders } from './holder.ts';
import type { ResetRecord, ResetRecords, SavedReset } from './record.ts';
import type { UseOf } from './use.ts';

export interface LivingResetCardsDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly people: People<Place>;
  readonly records: ResetRecords;
  readonly holders: ResetHolders;
  readonly cards: LivingCards;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly links: CardLinks;
  readonly environment?: Environment | undefined;
  readonly portalEntries: PortalEntries;
  readonly useOf: UseOf;
  readonly log: Log;
  readonly now: () => Date;
}

/** Where a reset's card is, and where the bot writes about it. */
interface CardPlace {
  readonly posted: Posted;
  readonly place?: Place;
}

export interface HowToDraw {
  readonly reader?: Person;
  /** With the list of steps, and with what is seldom done. */
  readonly isUnfolded?: boolean;
}

/** A second click that soon is the same one. */
const POSTING_TAKES_MS = 3_000;

/** The living card of each reset: how it looks, and on which message it is. The record alone says where that is. */
export class LivingResetCards {
  readonly #dependencies: LivingResetCardsDependencies;

  constructor(dependencies: LivingResetCardsDependencies) {
    this.#dependencies = dependencies;
  }

  /** The card as it stands, for whoever leads the reset unless another reader is named. */
  async card(
    account: Account,
    record: ResetRecord,
    { reader = record.holder, isUnfolded }: HowToDraw = {},
  ): Promise<Card> {
    const { messages, links, environment, portalEntries, useOf, now } = this.#dependencies;
    const { step, kept } = record.reset;
    const use = step === 'report' ? await useOf(account.id, kept) : undefined;
    const entry = step === 'signIn' ? await portalEntries.find(reader.id) : undefined;
    return resetCard(messages[reader.language], account, record, {
      links,
      environment,
      now: now(),
      use,
      entry,
      isUnfolded,
    });
  }

  /** Puts the card, as it stands, on the message where it lives. */
  draw(account: Account, { value, version }: SavedReset, how: HowToDraw = {}): void {
    const { posted } = value;
    if (posted === undefined) return;
    this.#dependencies.cards.draw(`reset/${account.id}`, {
      posted,
      order: version,
      card: () => this.#cardNow(account.id, value, posted, how),
      moved: (to) => this.#noteAt(account, value.reset.id, { from: posted, to }),
      elsewhere: () => this.#otherPlaceOf(value.holder, posted.place),
    });
  }

  /** The card of another reset of theirs, which lives on the message that they have clicked. */
  async otherThere({ person, clicked }: Clicked, account: Account): Promise<Card | undefined> {
    const { accounts, records } = this.#dependencies;
    const others = (await accounts.ofPerson(person.id)).filter(({ id }) => id !== account.id);
    const found = await records.findMany(others.map(({ id }) => id));
    for (const [i, other] of others.entries()) {
      const record = found[i]?.value;
      const isThere =
        record !== undefined && !hasEnded(record.reset) && isSameMessage(record.posted, clicked);
      if (isThere && record.holder.id === person.id) return this.card(other, record);
    }
    return undefined;
  }

  /** Posts the card at the end of this conversation, where it lives from then on. */
  async postHere(turn: Turn, account: Account, saved: SavedReset, how: HowToDraw = {}): Promise<void> {
    const card = await this.card(account, saved.value, { ...how, reader: turn.person });
    const posted = await this.#show(turn.place, card);
    await this.moveTo(turn, account, saved, { posted, place: turn.place });
  }

  /**
   * A reset that began in a form has no card yet, and a platform that failed may have kept it from one: it is posted
   * where its holder alone reads it. Where that fails, the reset is looked at again.
   */
  async postMissing(account: Account, saved: SavedReset): Promise<SavedReset> {
    const { log } = this.#dependencies;
    const { posted, place, holder, reset } = saved.value;
    const isTheirs = place.private && mayReset(holder.id, account);
    if (posted !== undefined || !isTheirs || hasEnded(reset)) return saved;
    try {
      const to = await this.#showOrElsewhere(saved.value, await this.card(account, saved.value));
      return (await this.#noteAt(account, reset.id, { from: undefined, to })) ?? saved;
    } catch (error) {
      log.warn('card.notPosted', { platform: place.platform, account: account.id, ...errorFields(error) });
      return saved;
    }
  }

  /** The answer to a click beside the conversation (an App Home): the card is posted there, once for a double click (P4). */
  async postOnce(turn: Turn, account: Account, saved: SavedReset): Promise<ClickAnswer> {
    const { store } = this.#dependencies;
    const { reset, holder } = saved.value;
    const claim = `posting/${reset.id}/${holder.id}`;
    const token = await store.claim(claim, POSTING_TAKES_MS);
    const card = await this.card(account, saved.value, { reader: turn.person });
    const answer: ClickAnswer = { kind: 'card', card, postedIn: turn.place };
    if (token === undefined) return answer;
    try {
      await this.postHere(turn, account, saved);
      return answer;
    } catch (failure) {
      // Whoever clicks again at once is no second click of one that has worked.
      await store.release(claim, token).catch(() => undefined);
      throw failure;
    }
  }

  /**
   * Notes that the card lives on this message from now on, whatever else happens to its reset at that moment, unless it
   * is somebody else's by then. Gives the reset as it stands.
   */
  async moveTo(turn: Turn, account: Account, saved: SavedReset, to: CardPlace): Promise<SavedReset> {
    const { records, holders, cards, messages } = this.#dependencies;
    const moved = await records.change(account.id, async (before) => {
      if (before?.reset.id !== saved.value.reset.id) return { result: undefined };
      // Whoever was shown it is its holder, also where they have just lost the right: it must be closed there.
      const isTheirs = before.holder.id === turn.person.id;
      const led = isTheirs ? { record: before } : await holders.judge(turn, account.id, before);
      const here = 'record' in led && led.record ? livingOn(led.record, to.posted, to.place) : undefined;
      const change = here && { account, record: here };
      return { result: { former: before.posted, isTheirs }, change };
    });
    const { result, change } = moved;
    const m = messages[turn.person.language];
    const former = change === undefined ? undefined : result?.former;
    // An earlier version drew it where others read it too.
    if (former?.place.private === false) cards.drawNow(former, closedCard(m));
    else if (former !== undefined && result?.isTheirs === true)
      cards.drawNow(former, continuedCard(m, account.id, to.place === undefined ? 'elsewhere' : 'below'));
    return moved.saved ?? saved;
  }

  /** As its leader may see it at this moment: not before others, and no more once they have lost the right (P9). */
  async #cardNow(id: AccountId, record: ResetRecord, { place }: Posted, how: HowToDraw): Promise<Card> {
    const { accounts, messages } = this.#dependencies;
    const account = await accounts.find(id);
    const { holder } = record;
    return account !== undefined && mayReset(holder.id, account) && place.private
      ? this.card(account, record, how)
      : closedCard(messages[holder.language]);
  }

  /** The card was posted on another message than it was last on. Where it has moved meanwhile, it stays there. */
  async #noteAt(
    account: Account,
    resetId: string,
    { from, to }: { readonly from: Posted | undefined; readonly to: Posted },
  ): Promise<SavedReset | undefined> {
    const { saved } = await this.#dependencies.records.change(account.id, (before) => {
      if (before?.reset.id !== resetId || !isSameMessage(before.posted, from)) return { result: undefined };
      const isElsewhere = placeKey(to.place) !== placeKey(before.place);
      const here = livingOn(before, to, isElsewhere ? to.place : undefined);
      const record = here && from !== undefined ? { ...here, lost: from } : here;
      return { result: undefined, change: record && { account, record } };
    });
    return saved;
  }

  /** Where this person alone reads the bot, if that is another place than the one that is gone. */
  async #otherPlaceOf({ id }: Person, gone: Place): Promise<Place | undefined> {
    const [known] = await this.#dependencies.people.findMany([id]);
    return known !== undefined && placeKey(known.place) !== placeKey(gone) ? known.place : undefined;
  }

  async #showOrElsewhere({ place, holder }: ResetRecord, card: Card): Promise<Posted> {
    try {
      return await this.#show(place, card);
    } catch (error) {
      const other = error instanceof PlaceGone ? await this.#otherPlaceOf(holder, place) : undefined;
      if (other === undefined) throw error;
      return this.#show(other, card);
    }
  }

  /** Somebody else leads the reset from now on: what its former leader was shown is closed (P9). */
  close({ posted, holder }: ResetRecord): void {
    const { cards, messages } = this.#dependencies;
    if (posted !== undefined) cards.drawNow(posted, closedCard(messages[holder.language]));
  }

  async #show(place: Place, card: Card): Promise<Posted> {
    return channelOf(this.#dependencies.channels, place).show(place, card);
  }
}

function isSameMessage(one: Posted | undefined, other: Posted | undefined): boolean {
  return one === undefined || other === undefined ? one === other : isSamePosted(one, other);
}

/** The record with its card there; undefined where it is there already, or can no longer be there. */
export function livingOn(
  record: ResetRecord,
  posted: Posted | undefined,
  place?: Place,
): ResetRecord | undefined {
  if (posted === undefined || isSameMessage(posted, record.posted)) return undefined;
  if (isSameMessage(posted, record.lost)) return undefined;
  return { ...record, posted, ...(place === undefined ? {} : { place }) };
}
