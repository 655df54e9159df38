import type { ActionData, Card, Form } from '../cards/card.ts';
import type { PersonId, Platform } from '../person.ts';
import type { Secret } from '../secret.ts';
import { type AccountId, accountId } from '../store/accounts.ts';
import { StoreUnavailable } from '../store/store.ts';

export type Language = 'fr' | 'en';

export interface Person {
  readonly id: PersonId;
  /** As the platform shows it; for « tenu par … ». */
  readonly name: string;
  readonly language: Language;
}

/**
 * A conversation to which the bot can write again later, as plain data that survives a restart.
 * Only the channel that made `address` reads it.
 */
export interface Place {
  readonly platform: Platform;
  readonly private: boolean;
  readonly address: Readonly<Record<string, string>>;
}

/** A conversation's name in records. It outlives another address of the platform's servers. */
export function placeKey({ platform, address }: Place): string {
  return `${platform} ${address.conversation ?? address.channel ?? address.user}`;
}

export function isSamePosted(one: Posted, other: Posted): boolean {
  return one.message === other.message && placeKey(one.place) === placeKey(other.place);
}

/** As people call them. */
export const PLATFORM_NAMES = { teams: 'Teams', slack: 'Slack' } as const;

/** A card that was posted and can be replaced. */
export interface Posted {
  readonly place: Place;
  readonly message: string;
}

/** Longer than any login of Chorus Pro. */
const LONGEST_LOGIN = 256;

/** The account that a button or a form names, however it spells it; empty where it names none, and so is nobody's. */
export function accountIdOf({ data }: { readonly data: ActionData }): AccountId {
  const named = String(data.account ?? '');
  return accountId(named.length > LONGEST_LOGIN ? '' : named);
}

/** What every incoming turn says, on both platforms. */
export interface Turn {
  readonly person: Person;
  readonly place: Place;
  /** One for each click or message; stands on every log line of the turn. */
  readonly correlation: string;
  /** The store did not tell the channel whether this is a replay. See {@link assertProven}. */
  readonly isUnproven?: boolean;
  /** The answer is shown to this person alone, although others read what is posted in this place. */
  readonly isAlone?: boolean;
}

/** Whether somebody else would read the answer to this turn. */
export function isBeforeOthers({ place, isAlone }: Turn): boolean {
  return !place.private && isAlone !== true;
}

/**
 * What may be a replay has no effect: throws `StoreUnavailable`, which the person is told as such. For clicks and
 * submissions; messages are claimed one by one, and to open a form changes nothing.
 */
export function assertProven({ isUnproven }: Turn): void {
  if (isUnproven) throw new StoreUnavailable('The store did not tell whether this is a replay');
}

export interface Said extends Turn {
  /** As people read it, without what the platform writes around it. */
  readonly text: string;
  /** What else came with it and may hold a password: attachments, what is quoted, captions. */
  readonly others?: readonly string[];
  /** The platform's own id of the delivery: the same one twice is the same message. */
  readonly delivery: string;
}

export interface Clicked extends Turn {
  readonly verb: string;
  readonly data: ActionData;
  /** The card that was clicked, where the platform tells. */
  readonly clicked?: Posted;
}

/** A form was asked for by a `form` action. */
export interface Opened extends Turn {
  readonly form: string;
  readonly data: ActionData;
  /** The card whose button was pressed, where the platform tells. */
  readonly clicked?: Posted;
  /** What is typed into this form will not be masked: Slack has no such field. */
  readonly unmasked?: boolean;
}

export interface Submitted extends Turn {
  readonly form: string;
  readonly data: ActionData;
  /** The form keeps what was typed by itself, unmasked: Slack's. */
  readonly unmasked?: boolean;
  /** What was typed in the fields that are not secret. */
  readonly lines: Readonly<Record<string, string>>;
}

/**
 * What a click is answered with. The bot also draws the card on its message itself; a platform that answers a click
 * with a card shows it at once. Where no message was clicked, `postedIn` is where the bot has put it, if it has.
 * A refusal is seen by the person who clicked and by nobody else.
 */
export type ClickAnswer =
  | { readonly kind: 'card'; readonly card: Card; readonly postedIn?: Place }
  /** The answer stands in the person's own conversation; this sentence says so, to them alone. */
  | { readonly kind: 'elsewhere'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string };

export type FormAnswer =
  | { readonly kind: 'form'; readonly form: Form }
  /** There is nothing to fill in, only to read. */
  | { readonly kind: 'notice'; readonly title: string; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string };

/** A last word. `later` is the one that follows it, for a platform that can still change what it shows. */
export interface Notice {
  readonly kind: 'notice';
  readonly title: string;
  readonly text: string;
  readonly later?: Promise<Notice | undefined>;
}

/** What a submission is answered with: the same form again with its errors, or a last word. */
export type SubmitAnswer = { readonly kind: 'form'; readonly form: Form } | Notice;

/** Shows the cards of an answer, in order, to whoever is answered. Rejects as {@link Channel.show} does. */
export type Deliver = (cards: readonly Card[]) => Promise<void>;

/** What the bot does with what people do. The channels translate into it and out of it. */
export interface Conversation {
  /** The bot was added somewhere. The greeting is delivered as an answer to {@link said} is. */
  welcomed(turn: Said, deliver: Deliver): Promise<void>;
  /**
   * Answers through `deliver`, once for each delivery. Rejects with what `deliver` rejected with: the message does not
   * count as answered then, and is answered when the platform delivers it again.
   */
  said(turn: Said, deliver: Deliver): Promise<void>;
  /** A message was changed afterwards: answered only where it holds a password now. */
  edited(turn: Said, deliver: Deliver): Promise<void>;
  clicked(turn: Clicked): Promise<ClickAnswer>;
  opened(turn: Opened): Promise<FormAnswer>;
  /** `password` is what was typed in the form's masked field, which may be empty or absent. */
  submitted(turn: Submitted, password: Secret): Promise<SubmitAnswer>;
}

/** How the bot reaches people when nobody has just written to it. */
export interface Channel {
  readonly platform: Platform;
  /** Posts a card and gives what is needed to replace it. Throws {@link PlaceGone} and {@link TryLater}. */
  show(place: Place, card: Card): Promise<Posted>;
  /** Throws {@link MessageGone}, {@link PlaceGone} and {@link TryLater}. */
  replace(posted: Posted, card: Card): Promise<void>;
  /** Where to write to somebody who has never written to the bot; undefined: the platform does not allow it. */
  privately?(person: PersonId): Place | undefined;
  /** The conversation as a whole, where `place` is one thread of it. */
  outOfThread?(place: Place): Place;
  /** Asks the platform whether it still accepts the bot's own secret, and reports what it says. Never rejects. */
  checkSecret?(): Promise<void>;
}

/** The channel of this place. Throws where its platform is off. */
export function channelOf(channels: ReadonlyMap<Platform, Channel>, { platform }: Place): Channel {
  const channel = channels.get(platform);
  if (channel === undefined) throw new Error(`no channel for ${platform}`);
  return channel;
}

/**
 * Nothing can be posted there, now or later: the bot was removed or blocked, the channel archived or deleted.
 * `reason` is the platform's own word, such as `is_archived`.
 */
export class PlaceGone extends Error {
  override readonly name = 'PlaceGone';
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super('Nothing can be posted there any more', options);
    this.reason = reason;
  }
}

/** This message can no longer be replaced: it was deleted, or is too old. Its conversation may well be there. */
export class MessageGone extends Error {
  override readonly name = 'MessageGone';
  readonly reason: string;

  constructor(reason: string, options?: ErrorOptions) {
    super('This message can no longer be replaced', options);
    this.reason = reason;
  }
}

/** For the moment the platform does not take it: 429, an error of its own, a lost connection, no answer in time. */
export class TryLater extends Error {
  override readonly name = 'TryLater';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: ErrorOptions) {
    super('The platform asks to try later', options);
    this.retryAfterMs = retryAfterMs;
  }
}
