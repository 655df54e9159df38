import { createHash, randomBytes } from 'node:crypto';
import type { ActionData } from '../../cards/card.ts';
import { change, REMOVED } from '../../store/change.ts';
import type { Store } from '../../store/store.ts';
import type { Opened, Person, Place } from '../channel.ts';

/** What a link opens: one form, for one person, until it is used or over. */
export interface MaskedLink {
  readonly person: Person;
  readonly place: Place;
  readonly form: string;
  readonly data: ActionData;
  /** ISO instant. */
  readonly until: string;
}

export const MASKED_LINK_LIFE_MS = 5 * 60_000;
export const MASKED_PATH = '/saisie';
const AGENDA = 'masked-links';
/** Each new link clears away this many that are over, so that they cannot pile up. */
const SWEPT_AT_ONCE = 5;

/**
 * One-time links to the masked page: given to one person, bound to the account, the reset and its revision.
 * Only a hash of a link's token is kept.
 */
export class MaskedLinks {
  readonly #store: Store;
  readonly #publicUrl: string;
  readonly #now: () => Date;

  /** `publicUrl` does not end in a slash. */
  constructor(store: Store, publicUrl: string, now: () => Date) {
    this.#store = store;
    this.#publicUrl = publicUrl;
    this.#now = now;
  }

  /** The address of a page that shows the form which `turn` opened, with `data`. */
  async offer({ person, place, form }: Opened, data: ActionData): Promise<string> {
    await this.#sweep();
    const token = randomBytes(32).toString('base64url');
    const until = new Date(this.#now().getTime() + MASKED_LINK_LIFE_MS);
    const key = maskedLinkKey(token);
    const link: MaskedLink = { person, place, form, data, until: until.toISOString() };
    await this.#store.apply([
      { type: 'schedule', agenda: AGENDA, id: key, at: until },
      { type: 'write', key, value: link, version: 0 },
    ]);
    return `${this.#publicUrl}${MASKED_PATH}/${token}`;
  }

  /** undefined: there was never such a link, it is over, or it was used. */
  async find(token: string): Promise<MaskedLink | undefined> {
    const found = await this.#store.read<MaskedLink>(maskedLinkKey(token));
    const isOver = found === undefined || Date.parse(found.value.until) <= this.#now().getTime();
    return isOver ? undefined : found.value;
  }

  async use(token: string): Promise<void> {
    await this.#drop(maskedLinkKey(token));
  }

  async #sweep(): Promise<void> {
    for (const key of await this.#store.due(AGENDA, this.#now(), SWEPT_AT_ONCE)) await this.#drop(key);
  }

  async #drop(key: string): Promise<void> {
    await change(this.#store, key, () => REMOVED);
    await this.#store.unschedule(AGENDA, key);
  }
}

/** Under which a link is kept. */
export function maskedLinkKey(token: string): string {
  return `masked-link/${createHash('sha256').update(token).digest('base64url')}`;
}
