import { type AccountId, loginOf } from '../store/accounts.ts';
import { change, UNCHANGED } from '../store/change.ts';
import type { Credentials, Kept, OpenedPassword } from '../store/credentials.ts';
import type { Journal } from '../store/journal.ts';
import type { Store } from '../store/store.ts';
import { releasesKey, type Token, type Tokens } from './tokens.ts';

/** What a program asks for, after its token was found. */
export interface ReleaseRequest {
  readonly token: Token;
  readonly account: AccountId;
  /** Where the request comes from, as the socket says it. */
  readonly address: string;
  /** The program has these versions already: none of them is released again. */
  readonly ifNotVersions?: readonly number[];
  /** Only this version is asked for. */
  readonly onlyVersion?: number | undefined;
}

/**
 * What a program gets. `removed`: the account was removed after the token was made for it. `empty`: no password is in
 * use yet. `unchanged` and `noVersion` answer `ifNotVersions` and `onlyVersion`.
 */
export type Released =
  | { readonly outcome: 'released'; readonly login: string; readonly opened: OpenedPassword }
  | { readonly outcome: 'unchanged'; readonly version: number }
  | { readonly outcome: 'forbidden' | 'removed' | 'empty' | 'noVersion' };

/** The version in use, without its password. */
export type Described =
  | { readonly outcome: 'described'; readonly kept: Kept }
  | { readonly outcome: 'forbidden' | 'removed' | 'empty' };

/**
 * Where one token has taken one account's version in use. Replaced when it takes a newer version. Each token has a record
 * of its own: a thousand programs that take a new password do not write over each other.
 */
export interface Releases {
  readonly version: number;
  /** The newest address first. */
  readonly to: readonly Release[];
}

export interface Release {
  readonly address: string;
  /** When it was first released there, ISO 8601. */
  readonly at: string;
}

/** The newest so many addresses of one token are remembered; of one that is forgotten the journal has two entries. */
const REMEMBERED_AT_MOST = 50;

export interface ReleaseDependencies {
  readonly store: Store;
  readonly credentials: Credentials;
  readonly tokens: Tokens;
  readonly journal: Journal;
  /** A program has taken a version for the first time: what shows that is drawn anew. */
  readonly taken: (account: AccountId) => void;
  readonly now: () => Date;
}

/**
 * Releases the password in use to programs that have a token for the account (P10).
 *
 * The journal has the first release of each version to each token and address before the program has it. Later reads
 * of the same version are counted in memory and flushed by {@link flush}.
 */
export class PasswordRelease {
  readonly #dependencies: ReleaseDependencies;
  /** What is known to stand in the record of an account and a token, by that record's key. */
  readonly #recorded = new Map<string, Releases>();
  readonly #recording = new Map<string, Promise<void>>();
  #reads = new Map<string, { reads: number; lastReadAt: Date }>();

  constructor(dependencies: ReleaseDependencies) {
    this.#dependencies = dependencies;
  }

  /** Throws `StoreUnavailable` and `SealBroken`. The scope of the token is looked at before the store is read. */
  async release(request: ReleaseRequest): Promise<Released> {
    const { token, account } = request;
    if (!token.accounts.includes(account)) return { outcome: 'forbidden' };
    const { store, tokens, credentials, now } = this.#dependencies;
    const [current, login, opened] = await Promise.all([
      tokens.find(token.id),
      loginOf(store, account),
      credentials.current(account),
    ]);
    // Revoked since this replica looked; or another token under the same id, which cannot be.
    if (current?.hash !== token.hash) return { outcome: 'forbidden' };
    if (login === undefined) return { outcome: 'removed' };
    if (opened === undefined) return { outcome: 'empty' };
    const { version } = opened.kept;
    if (request.onlyVersion !== undefined && request.onlyVersion !== version) return { outcome: 'noVersion' };
    if (request.ifNotVersions?.includes(version)) return { outcome: 'unchanged', version };
    await this.#record(request, version);
    const { reads } = this.#reads.get(token.id) ?? { reads: 0 };
    this.#reads.set(token.id, { reads: reads + 1, lastReadAt: now() });
    return { outcome: 'released', login, opened };
  }

  /** What is known of the version in use. It is no release: nothing is opened, recorded or counted. */
  async describe({ token, account }: Pick<ReleaseRequest, 'token' | 'account'>): Promise<Described> {
    if (!token.accounts.includes(account)) return { outcome: 'forbidden' };
    const { store, tokens, credentials } = this.#dependencies;
    const [known, login, { current }] = await Promise.all([
      tokens.find(token.id),
      loginOf(store, account),
      credentials.slots(account),
    ]);
    if (known?.hash !== token.hash) return { outcome: 'forbidden' };
    if (login === undefined) return { outcome: 'removed' };
    return current === undefined ? { outcome: 'empty' } : { outcome: 'described', kept: current };
  }

  /** Writes the counts of reads. What a crash loses is less than a minute's count, and no entry of the journal. */
  async flush(): Promise<void> {
    const reads = this.#reads;
    this.#reads = new Map();
    await this.#dependencies.tokens.addUses([...reads].map(([id, read]) => ({ id, ...read })));
  }

  async #record(request: ReleaseRequest, version: number): Promise<void> {
    if (this.#isRecorded(request, version)) return;
    // Requests of one program that come together make one entry.
    const key = JSON.stringify([request.account, version, request.token.id, request.address]);
    const running = this.#recording.get(key) ?? this.#recordFirst(request, version);
    this.#recording.set(key, running);
    try {
      await running;
    } finally {
      this.#recording.delete(key);
    }
  }

  async #recordFirst({ token, account, address }: ReleaseRequest, version: number): Promise<void> {
    const { store, journal, now } = this.#dependencies;
    const key = releasesKey(account, token.id);
    const before = (await store.read<Releases>(key))?.value;
    const at = now();
    if (!isIn(before, version, address)) {
      await journal.append({
        at,
        who: `token:${token.id} ${token.name}`,
        what: `passwordReleased version ${version}`,
        account,
        from: address,
      });
    }
    const release: Release = { address, at: at.toISOString() };
    const { value } = await change<Releases>(store, key, (releases) => {
      if (isIn(releases, version, address)) return UNCHANGED;
      // A newer version was taken meanwhile.
      if (releases !== undefined && releases.version > version) return UNCHANGED;
      const others = releases?.version === version ? releases.to : [];
      return { version, to: [release, ...others].slice(0, REMEMBERED_AT_MOST) };
    });
    if (value !== undefined) this.#recorded.set(key, value);
    this.#dependencies.taken(account);
  }

  #isRecorded({ account, token, address }: ReleaseRequest, version: number): boolean {
    return isIn(this.#recorded.get(releasesKey(account, token.id)), version, address);
  }
}

function isIn(releases: Releases | undefined, version: number, address: string): boolean {
  return releases?.version === version && releases.to.some((release) => release.address === address);
}
