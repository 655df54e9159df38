import { createHash } from 'node:crypto';
import type { Signature, Signing } from './seal.ts';
import { ANY_VERSION, ifRefused, RecordRefused, type Store, type Versioned } from './store.ts';

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

export interface End {
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
  /** `brokenAt`: the number, from 1, of the first entry that is missing, refused, was changed or lies beyond the head. */
  | { readonly whole: false; readonly brokenAt: number }
  /** The entries follow each other, but no key at hand has signed that these are all. */
  | { readonly whole: false; readonly unsigned: End }
  /** The journal is whole in itself, but it is not the one that once ended so: it was cut off or written anew. */
  | { readonly whole: false; readonly unexpected: End };

interface FoundHead {
  /** undefined: there is none, or it is refused. */
  readonly end: End | undefined;
  /** 0: there is none. */
  readonly version: number;
  readonly isSigned: boolean;
  readonly refused?: RecordRefused;
}

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
      const head = await this.#head();
      // It may be right: another process has a key that is not at hand here.
      if (head.refused?.why === 'keyMissing') throw head.refused;
      const { count, hash: before } = head.end ?? (await this.#lastEnd());
      const number = count + 1;
      const hash = hashOf(before, dated);
      const appended = await this.#store.write<Link>(linkKey(number), { entry: dated, hash }, 0);
      // Where somebody else was first, or died after writing the entry, the head is brought forward for them.
      const last = appended ? hash : await this.#hashOfOther(number);
      if (last !== undefined) {
        const isTrue = head.end === undefined ? head.version === 0 && number <= 2 : head.isSigned;
        const end: End = { count: number, hash: last };
        const vouches = isTrue && (appended || (await this.#isLast(number)));
        await this.#writeHead(vouches ? this.#signed(end) : end, head.version);
      }
      if (appended) return;
    }
  }

  /** Of an entry that was there already. One that is refused is taken out: nobody who has the keys has written it. */
  async #hashOfOther(number: number): Promise<string | undefined> {
    const link = await this.#link(number);
    if (!(link instanceof RecordRefused)) return link?.hash;
    if (link.why === 'keyMissing') throw link;
    await this.#store.remove(link.key, link.version);
    return undefined;
  }

  /** A crash leaves one entry beyond the head; where there are two, the head was put back, or the store lost it. */
  async #isLast(number: number): Promise<boolean> {
    return (await this.#link(number + 1)) === undefined;
  }

  async #head(): Promise<FoundHead> {
    const head = await this.#store.read<Head>(HEAD).catch(ifRefused);
    if (head instanceof RecordRefused)
      return { end: undefined, version: head.version, isSigned: false, refused: head };
    if (head === undefined) return { end: undefined, version: 0, isSigned: false };
    const { value, version } = head;
    if (!isEnd(value)) return { end: undefined, version, isSigned: false };
    const check = await this.#keys.check(textOf(value), value.signature, 'journal');
    return { end: { count: value.count, hash: value.hash }, version, isSigned: check === 'right' };
  }

  async #writeHead(head: Head, version: number): Promise<boolean> {
    if (version !== ANY_VERSION) return this.#store.write(HEAD, head, version);
    await this.#store.remove(HEAD, version);
    return this.#store.write(HEAD, head, 0);
  }

  #signed(end: End): Head {
    return { ...end, signature: this.#keys.sign(textOf(end), 'journal') };
  }

  /** Found without a head, by trying numbers twice as high each time, then between them. */
  async #lastEnd(): Promise<End> {
    let [there, beyond] = [0, 1];
    while (!(await this.#isLast(beyond - 1))) [there, beyond] = [beyond, beyond * 2];
    while (beyond - there > 1) {
      const between = Math.floor((there + beyond) / 2);
      if (await this.#isLast(between - 1)) beyond = between;
      else there = between;
    }
    const link = await this.#link(there);
    return { count: there, hash: link === undefined || link instanceof RecordRefused ? '' : link.hash };
  }

  async #link(number: number): Promise<Link | RecordRefused | undefined> {
    const link = await this.#store.read<Link>(linkKey(number)).catch(ifRefused);
    return link instanceof RecordRefused ? link : link?.value;
  }

  /** Where it ends, for whoever notes it elsewhere; and whether somebody with the keys vouches for it. */
  async end(): Promise<End & { readonly isSigned: boolean }> {
    const { end, version, isSigned } = await this.#head();
    return { ...(end ?? START), isSigned: isSigned || version === 0 };
  }

  /** The latest entries, newest first; of those that are wanted where `isWanted` says so, for which all may be read. */
  async entries({
    limit,
    isWanted = () => true,
  }: {
    readonly limit: number;
    readonly isWanted?: (entry: Entry) => boolean;
  }): Promise<Entry[]> {
    const { end } = await this.#head();
    const { count } = end ?? (await this.#lastEnd());
    const entries: Entry[] = [];
    for (let number = count; number > 0 && entries.length < limit; number--) {
      const link = await this.#link(number);
      if (link === undefined || link instanceof RecordRefused) continue;
      if (isWanted(link.entry)) entries.push(link.entry);
    }
    return entries;
  }

  /** `expected`: where it ended at some time, as it was noted elsewhere. */
  async verify(expected?: End): Promise<JournalCheck> {
    // Looked for before the head, which only moves on: by then it is at the entry before this one at least.
    const last = await this.#lastNumber();
    const head = await this.#head();
    const { count, hash } = head.end ?? (head.version === 0 ? START : await this.#lastEnd());
    let before = START.hash;
    let isExpected = expected === undefined || (expected.count === 0 && expected.hash === START.hash);
    for (let number = 1; number <= count; number++) {
      const link = await this.#link(number);
      if (link === undefined || link instanceof RecordRefused || link.hash !== hashOf(before, link.entry))
        return { whole: false, brokenAt: number };
      before = link.hash;
      isExpected ||= expected?.count === number && expected.hash === link.hash;
    }
    if (before !== hash) return { whole: false, brokenAt: count };
    // One may lie beyond: its writer died, or is about to bring the head forward.
    if (last > count + 1) return { whole: false, brokenAt: count + 1 };
    if (!isExpected) return { whole: false, unexpected: { count, hash } };
    const isTrue = head.isSigned || (head.end === undefined && head.version === 0);
    return isTrue ? { whole: true, count, hash } : { whole: false, unsigned: { count, hash } };
  }

  /** Signs a head that {@link verify} finds unsigned: whoever calls answers for it that nothing was cut off. */
  async sign({ count, hash }: End): Promise<boolean> {
    const head = await this.#head();
    const end = head.end ?? (await this.#lastEnd());
    if (end.count !== count || end.hash !== hash) return false;
    return this.#writeHead(this.#signed({ count, hash }), head.version);
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

/** The head, then every entry that it covers, as they are kept: whole while others go on writing. One that is refused is left out. */
export async function* journalRecords(
  store: Store,
): AsyncIterable<{ readonly key: string } & Versioned<unknown>> {
  const head = await store.read<Head>(HEAD).catch(ifRefused);
  if (head === undefined || head instanceof RecordRefused) return;
  yield { key: HEAD, ...head };
  for (let number = 1; number <= head.value.count; number++) {
    const link = await store.read(linkKey(number)).catch(ifRefused);
    if (link !== undefined && !(link instanceof RecordRefused)) yield { key: linkKey(number), ...link };
  }
}

/** What nobody has signed yet can hold anything. */
function isEnd(value: Head): boolean {
  return Number.isSafeInteger(value?.count) && typeof value.hash === 'string';
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
