import { createHash } from 'node:crypto';
import type { Store } from './store.ts';

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

interface Head {
  readonly count: number;
  readonly hash: string;
}

export type Verdict =
  | { readonly whole: true; readonly count: number }
  /** `brokenAt`: the number, from 1, of the first entry that is missing or was changed. */
  | { readonly whole: false; readonly brokenAt: number };

/** What every key of the journal begins with. */
export const JOURNAL = 'journal/';
const HEAD = `${JOURNAL}head`;
const START: Head = { count: 0, hash: '' };

/** Append-only: each entry's hash covers the one before, so that none is changed, moved or taken out unseen. */
export class Journal {
  readonly #store: Store;
  /** In this process one after the other: of those that race for a number, all but one would write it in vain. */
  #last: Promise<void> = Promise.resolve();

  constructor(store: Store) {
    this.#store = store;
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
      if (last !== undefined)
        await this.#store.write<Head>(HEAD, { count: number, hash: last }, head?.version ?? 0);
      if (appended) return;
    }
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

  /** The head, then every entry that it covers, as they are kept: whole while others go on writing. */
  async *records(): AsyncIterable<{ readonly key: string; readonly value: unknown }> {
    const head = (await this.#store.read<Head>(HEAD))?.value;
    if (head === undefined) return;
    yield { key: HEAD, value: head };
    for (let number = 1; number <= head.count; number++) {
      const link = await this.#store.read(linkKey(number));
      if (link !== undefined) yield { key: linkKey(number), value: link.value };
    }
  }

  async verify(): Promise<Verdict> {
    const head = (await this.#store.read<Head>(HEAD))?.value ?? START;
    let before = START.hash;
    for (let number = 1; number <= head.count; number++) {
      const link = (await this.#store.read<Link>(linkKey(number)))?.value;
      if (link === undefined || link.hash !== hashOf(before, link.entry))
        return { whole: false, brokenAt: number };
      before = link.hash;
    }
    return before === head.hash ? { whole: true, count: head.count } : { whole: false, brokenAt: head.count };
  }
}

function hashOf(before: string, { at, who, what, account, from }: Entry): string {
  // A list, so that the hash does not hang on the order of a record's fields.
  const text = JSON.stringify([before, at, who, what, account ?? null, from ?? null]);
  return createHash('sha256').update(text).digest('hex');
}

function linkKey(number: number): string {
  return `${JOURNAL}entry/${String(number).padStart(12, '0')}`;
}
