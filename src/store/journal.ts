import { createHash } from 'node:crypto';
import type { Signature, Signing } from './seal.ts';
import type { Store, Versioned } from './store.ts';

/** Who did what, when, for which account and from where. Never the content of a secret. */
export interface Entry {
  /** ISO 8601. */
  readonly at: string;
  readonly who: string;
  readonly what: string;
  readonly account?: string;
  /** The conversation or the shell it came from. */
  readonly from?: string;
}

interface Link {
  readonly entry: Entry;
  readonly hash: string;
}

interface End {
  readonly count: number;
  /** The last entry's. */
  readonly hash: string;
}

interface Head extends End {
  /** Missing where nobody vouches for this end: an earlier version made it, or what was found before it was forged. */
  readonly signature?: Signature;
}

export type JournalCheck =
  | ({ readonly whole: true } & End)
  /** `brokenAt`: the number, from 1, of the first entry that is missing, was changed or lies beyond the head. */
  | { readonly whole: false; readonly brokenAt: number }
  /** The entries follow each other, but no key at hand has signed that these are all. */
  | { readonly whole: false; readonly unsigned: End };

/** What every key of the journal begins with. */
export const JOURNAL = 'journal/';
const HEAD = `${JOURNAL}head`;
const ENTRIES = `${JOURNAL}entry/`;
const START: End = { count: 0, hash: '' };

/**
 * Append-only: each entry's hash covers the one before, so that none is changed, moved or taken out unseen; and the head
 * is signed, so that nobody who has the store alone makes a shorter one. One found unsigned stays so until {@link sign}.
 */
export class Journal {
  readonly #store: Store;
  readonly #keys: Signing;
  /** In this process one after the other: of those that race for a number, all but one would write it in vain. */
  #last: Promise<void> = Promise.resolve();

  constructor(store: Store, keys: Signing) {
    this.#store = store;
    this.#keys = keys;
  }

  append(entry: Omit<Entry, 'at'> & { readonly at: Date }): Promise<void> {
    const appended = this.#last.then(() => this.#append(entry));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  async #append(entry: Omit<Entry, 'at'> & { readonly at: Date }): Promise<void> {
    const dated: Entry = { ...entry, at: entry.at.toISOString() };
    for (;;) {
      const head = await this.#store.read<Head>(HEAD);
      const { count, hash: before } = head?.value ?? START;
      const number = count + 1;
      const hash = hashOf(before, dated);
      const appended = await this.#store.write<Link>(linkKey(number), { entry: dated, hash }, 0);
      // Where somebody else was first, or died after writing the entry, the head is brought forward for them.
      const last = appended ? hash : (await this.#store.read<Link>(linkKey(number)))?.value.hash;
      if (last !== undefined) {
        const end: End = { count: number, hash: last };
        const vouches = (await this.#isTrue(head)) && (appended || (await this.#isLast(number)));
        await this.#store.write<Head>(HEAD, vouches ? this.#signed(end) : end, head?.version ?? 0);
      }
      if (appended) return;
    }
  }

  /** A journal without a head is a new one. */
  async #isTrue(head: Versioned<Head> | undefined): Promise<boolean> {
    return head === undefined || this.#keys.hasSigned(textOf(head.value), head.value.signature);
  }

  /** A crash leaves one entry beyond the head; where there are two, the head was put back, or the store lost it. */
  async #isLast(number: number): Promise<boolean> {
    return (await this.#store.read(linkKey(number + 1))) === undefined;
  }

  #signed(end: End): Head {
    return { ...end, signature: this.#keys.sign(textOf(end)) };
  }

  /** The latest entries, newest first. */
  async entries({ limit }: { readonly limit: number }): Promise<Entry[]> {
    const { count } = (await this.#store.read<Head>(HEAD))?.value ?? START;
    const entries: Entry[] = [];
    for (let number = count; number > Math.max(0, count - limit); number--) {
      const link = await this.#store.read<Link>(linkKey(number));
      if (link !== undefined) entries.push(link.value.entry);
    }
    return entries;
  }

  async verify(): Promise<JournalCheck> {
    // Looked for before the head, which only moves on: by then it is at the entry before this one at least.
    const last = await this.#lastNumber();
    const head = await this.#store.read<Head>(HEAD);
    const { count, hash } = head?.value ?? START;
    let before = START.hash;
    for (let number = 1; number <= count; number++) {
      const link = (await this.#store.read<Link>(linkKey(number)))?.value;
      if (link === undefined || link.hash !== hashOf(before, link.entry))
        return { whole: false, brokenAt: number };
      before = link.hash;
    }
    if (before !== hash) return { whole: false, brokenAt: count };
    // One may lie beyond: its writer died, or is about to bring the head forward.
    if (last > count + 1) return { whole: false, brokenAt: count + 1 };
    return (await this.#isTrue(head))
      ? { whole: true, count, hash }
      : { whole: false, unsigned: { count, hash } };
  }

  /** Signs a head that {@link verify} finds unsigned: whoever calls answers for it that nothing was cut off. */
  async sign({ count, hash }: End): Promise<boolean> {
    const head = await this.#store.read<Head>(HEAD);
    if (head?.value.count !== count || head.value.hash !== hash) return false;
    return this.#store.write<Head>(HEAD, this.#signed({ count, hash }), head.version);
  }

  async #lastNumber(): Promise<number> {
    let last = 0;
    for await (const key of this.#store.keys(ENTRIES)) {
      const number = Number(key.slice(ENTRIES.length));
      if (number > last) last = number;
    }
    return last;
  }
}

/** The head, then every entry that it covers, as they are kept: whole while others go on writing. */
export async function* journalRecords(
  store: Store,
): AsyncIterable<{ readonly key: string; readonly value: unknown }> {
  const head = (await store.read<Head>(HEAD))?.value;
  if (head === undefined) return;
  yield { key: HEAD, value: head };
  for (let number = 1; number <= head.count; number++) {
    const link = await store.read(linkKey(number));
    if (link !== undefined) yield { key: linkKey(number), value: link.value };
  }
}

function textOf({ count, hash }: End): string {
  return JSON.stringify(['journal', count, hash]);
}

function hashOf(before: string, { at, who, what, account, from }: Entry): string {
  // A list, so that the hash does not hang on the order of a record's fields.
  const text = JSON.stringify([before, at, who, what, account ?? null, from ?? null]);
  return createHash('sha256').update(text).digest('hex');
}

function linkKey(number: number): string {
  return `${ENTRIES}${String(number).padStart(12, '0')}`;
}
