/** A card or a message as somebody sees it, whatever the platform. */
export interface Seen {
  readonly title: string;
  /** Every text that is drawn, in order, title and labels included. */
  readonly texts: readonly string[];
  readonly buttons: readonly { readonly label: string; readonly enabled: boolean }[];
}

/** A private form as its person sees it. */
export interface SeenForm extends Seen {
  /** What stands in the fields that are not masked, by label. */
  readonly values: Readonly<Record<string, string>>;
}

/** One person in one conversation, with a client of the platform in hand. */
export interface Chat {
  /** Types a message; the platform may deliver it more than once. */
  say(text: string, deliveries?: number): Promise<void>;
  /** The newest card of the bot in this conversation, as it is drawn now. */
  card(): Seen;
  /** Everything the bot ever posted in this conversation, as it is drawn now, oldest first. */
  cards(): readonly Seen[];
  /** Presses a button of the newest card; with what was chosen in its inputs. Gives the private refusal, if any. */
  press(
    label: string,
    more?: { deliveries?: number; chosen?: Readonly<Record<string, string>> },
  ): Promise<string | undefined>;
  /** Presses a button of a card that was seen before, as an old client that still draws it would. */
  pressOld(card: Seen, label: string): Promise<string | undefined>;
  /** Opens the private form behind a button; or gives the refusal. */
  open(label: string): Promise<SeenForm | string>;
  /** Submits the form that is open: gives the form again with its errors, or the last word. */
  submit(
    typed: { password?: string; expiry?: string; keepAs?: string },
    deliveries?: number,
  ): Promise<SeenForm | string>;
  /** The bot is added to this conversation. */
  install(): Promise<void>;
}

/** Where somebody writes: with the bot alone, in a channel, or in a thread of it. */
export type Where = 'private' | 'channel' | 'thread';

/** A platform with the bot on it, driven over HTTP as the platform drives it. */
export interface Platform {
  /** `name`: how the platform shows this person, where it is not `who`. */
  chat(who: string, where: Where, language?: 'fr' | 'en', name?: string): Chat;
  /** The id under which an administrator names this person. */
  idOf(who: string): string;
  /** People whom a bot with an allow-list does not serve, each in the channel. */
  strangers(): readonly (readonly [what: string, Chat])[];
  /** Every byte that the bot sent to the platform so far, for canaries. */
  sent(): string;
  /** What stands in the channel itself, outside its threads, oldest first. */
  channel(): readonly Seen[];
  /** All that everybody can read in the channel and in its threads. */
  everyone(): string;
  /** The bot's next message and its next change of one are answered 429, with `Retry-After`. */
  busy(seconds: number): void;
  /** Somebody deletes every message of the bot. */
  deleteMessages(): void;
  /** Somebody removes the bot from the channel. */
  removeBot(): void;
  /** What was delivered to the bot so far, as the platform wrote it. */
  readonly delivered: readonly object[];
  /** Delivers something more, in whatever shape; gives the HTTP status, or undefined where a web socket got no answer. */
  deliver(payload: object): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Whether it reads this sentence somewhere, whole. */
export function reads(seen: Seen, sentence: string): boolean {
  return seen.texts.join('\n').includes(sentence);
}
