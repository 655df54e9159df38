import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { BlockList, isIPv4 } from 'node:net';
import { chunksOf } from '../chunks.ts';
import type { AccountId } from '../store/accounts.ts';
import { change, REMOVED, UNCHANGED } from '../store/change.ts';
import { ifRefused, type Operation, RecordRefused, type Store } from '../store/store.ts';
import { forgetTakers, rememberTaker } from './former-takers.ts';
import type { Releases } from './release.ts';

/** What a program may read, and from where. The token's text is kept nowhere: only its hash. */
export interface Token {
  /** Public: it stands in lists, in the journal and in the token itself. */
  readonly id: string;
  /** As the administrator calls the program, for example `odoo`. */
  readonly name: string;
  /** SHA-256 of the token's whole text, base64url. */
  readonly hash: string;
  /** Ids of the accounts whose password it may read. */
  readonly accounts: readonly AccountId[];
  /** Networks it may come from (CIDR); absent: from anywhere. */
  readonly from?: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; absent: it never expires. */
  readonly expiresAt?: string;
}

/** What a program has read with a token, flushed every minute. */
export interface TokenUse {
  readonly reads: number;
  /** ISO 8601. */
  readonly lastReadAt: string;
}

/** What a token has read since it was last flushed. */
export interface NewReads {
  readonly id: string;
  readonly reads: number;
  readonly lastReadAt: Date;
}

/** The most uses of tokens that one write has. */
const WRITTEN_AT_ONCE = 100;
/** The ids of all tokens. A replica looks here for tokens that others have made. */
const INDEX = 'tokens';
const TEXT = /^chorus_([a-z0-9]{12})_[\w-]{43}$/;
/** Compared with where no token has the id, so that an unknown id takes as long as a wrong secret. */
const NO_HASH = hashOf('');

/** The tokens as the store has them. They are made and revoked from a shell only. */
export class Tokens {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Makes a token and gives its text, which nobody can read again afterwards. */
  async create(
    about: Pick<Token, 'name' | 'accounts' | 'from' | 'expiresAt'>,
    now: Date,
  ): Promise<{ readonly token: Token; readonly text: string }> {
    const id = randomBytes(8).readBigUInt64BE().toString(36).padStart(13, '0').slice(-12);
    const text = `chorus_${id}_${randomBytes(32).toString('base64url')}`;
    const token: Token = { ...about, id, hash: hashOf(text), createdAt: now.toISOString() };
    await change<Token>(this.#store, tokenKey(id), () => token);
    await change<string[]>(this.#store, INDEX, (ids = []) => [...ids, id]);
    return { token, text };
  }

  /** Every token, in the order in which they were made. One that is refused is left out: it opens nothing. */
  async list(): Promise<Token[]> {
    const ids = (await this.#store.read<string[]>(INDEX))?.value ?? [];
    const found = await this.#store.readMany<Token>(ids.map(tokenKey));
    return found.flatMap((record) =>
      record === undefined || record instanceof RecordRefused ? [] : [record.value],
    );
  }

  /** The token as it stands now; undefined where it was revoked. */
  async find(id: string): Promise<Token | undefined> {
    return (await this.#store.read<Token>(tokenKey(id)))?.value;
  }

  /** Ends a token for all replicas, from the next request on. false: there is none with this id. */
  async revoke(id: string): Promise<boolean> {
    const { accounts = [], name = '' } = (await this.find(id)) ?? {};
    const { isChanged } = await change<Token>(this.#store, tokenKey(id), () => REMOVED);
    await change<string[]>(this.#store, INDEX, (ids = []) =>
      ids.includes(id) ? ids.filter((other) => other !== id) : UNCHANGED,
    );
    await change<TokenUse>(this.#store, useKey(id), () => REMOVED);
    for (const account of accounts) await this.#removeReleases(account, id, name);
    return isChanged;
  }

  /** Drops what programs have taken of an account that is removed. Their tokens stay: they are answered 404 for it. */
  async forgetAccount(account: AccountId): Promise<void> {
    const prefix = releasesKey(account, '');
    // A login may hold a slash: another account's records begin alike.
    for await (const key of this.#store.keys(prefix))
      if (!key.slice(prefix.length).includes('/')) await change(this.#store, key, () => REMOVED);
    await forgetTakers(this.#store, account);
  }

  async #removeReleases(account: AccountId, id: string, name: string): Promise<void> {
    const key = releasesKey(account, id);
    const releases = await this.#store.read<Releases>(key).catch(ifRefused);
    const known = releases instanceof RecordRefused ? undefined : releases?.value;
    const at = known?.to.at(-1)?.at;
    if (known !== undefined && at !== undefined)
      await rememberTaker(this.#store, account, known.version, { name, at });
    await change(this.#store, key, () => REMOVED);
  }

  /** How often each token has read, in the order of `ids`; undefined: never, or not flushed yet. */
  async uses(ids: readonly string[]): Promise<(TokenUse | undefined)[]> {
    const found = await this.#store.readMany<TokenUse>(ids.map(useKey));
    return found.map((record) => (record instanceof RecordRefused ? undefined : record?.value));
  }

  /**
   * Adds reads to what is known of each token's use, many in one write: a thousand programs that poll cost ten of them a
   * minute. A token that was revoked meanwhile gets no record.
   */
  async addUses(reads: readonly NewReads[]): Promise<void> {
    for (const some of chunksOf(reads, WRITTEN_AT_ONCE)) {
      if (await this.#addTogether(some)) continue;
      // Another replica has written one of them meanwhile.
      for (const one of some) await this.#addUse(one);
    }
  }

  /** false: nothing was written. */
  async #addTogether(reads: readonly NewReads[]): Promise<boolean> {
    const [tokens, uses] = await Promise.all([
      this.#store.readMany<Token>(reads.map(({ id }) => tokenKey(id))),
      this.#store.readMany<TokenUse>(reads.map(({ id }) => useKey(id))),
    ]);
    const writes = reads.flatMap((read, index): Operation[] => {
      const [token, use] = [tokens[index], uses[index]];
      if (token === undefined || token instanceof RecordRefused || use instanceof RecordRefused) return [];
      const { value, version } = use ?? { value: undefined, version: 0 };
      return [{ type: 'write', key: useKey(read.id), value: added(value, read), version }];
    });
    return writes.length === 0 || (await this.#store.apply(writes)).isApplied;
  }

  async #addUse(read: NewReads): Promise<void> {
    if ((await this.find(read.id)) === undefined) return;
    await change<TokenUse>(this.#store, useKey(read.id), (use) => added(use, read));
  }
}

function added(use: TokenUse | undefined, { reads, lastReadAt }: NewReads): TokenUse {
  return {
    reads: (use?.reads ?? 0) + reads,
    lastReadAt: later(use?.lastReadAt, lastReadAt.toISOString()),
  };
}

/**
 * The tokens as this replica knows them, in memory: a forged, guessed or revoked token costs no call to the store.
 * {@link refresh} learns of tokens that were made since.
 */
export class KnownTokens {
  readonly #tokens: Tokens;
  #known: ReadonlyMap<string, Token> = new Map();

  constructor(tokens: Tokens) {
    this.#tokens = tokens;
  }

  async refresh(): Promise<void> {
    const tokens = await this.#tokens.list();
    this.#known = new Map(tokens.map((token) => [token.id, token]));
  }

  /** The token that has this very text; undefined where none has. Compared in constant time. */
  find(text: string): Token | undefined {
    const id = TEXT.exec(text)?.[1];
    if (id === undefined) return undefined;
    const token = this.#known.get(id);
    const isRight = timingSafeEqual(Buffer.from(token?.hash ?? NO_HASH), Buffer.from(hashOf(text)));
    return isRight ? token : undefined;
  }
}

/** Whether a token may be used now, from this address. */
export function isUsable(token: Token, address: string, now: Date): boolean {
  if (hasExpired(token, now)) return false;
  return token.from === undefined || isWithin(address, token.from);
}

export function hasExpired({ expiresAt }: Token, now: Date): boolean {
  return expiresAt !== undefined && now.getTime() >= Date.parse(expiresAt);
}

/** Whether the text names a network, as in `10.0.0.0/8`, or one address. */
export function isNetwork(text: string): boolean {
  try {
    networks([text]);
    return true;
  } catch {
    return false;
  }
}

function isWithin(address: string, cidrs: readonly string[]): boolean {
  // An IPv4 address on a socket that takes both kinds.
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return networks(cidrs).check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

/** Throws where a text names no network. */
function networks(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', prefix, ...rest] = cidr.split('/');
    const family = isIPv4(network) ? 'ipv4' : 'ipv6';
    if (rest.length > 0 || prefix === '') throw new Error('no network');
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function later(one: string | undefined, other: string): string {
  return one !== undefined && one > other ? one : other;
}

function tokenKey(id: string): string {
  return `token/${id}`;
}

/** Where it stands which version of an account a token has taken, and where. */
export function releasesKey(account: AccountId, token: string): string {
  return `releases/${account}/${token}`;
}

function useKey(id: string): string {
  return `token-use/${id}`;
}
