import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { createApi } from '../../src/consumers/api.ts';
import { PasswordRelease } from '../../src/consumers/release.ts';
import { KnownTokens, type Token, Tokens } from '../../src/consumers/tokens.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { FailedCheck } from '../../src/readiness.ts';
import { Secret } from '../../src/secret.ts';
import { type AccountId, Accounts, accountId } from '../../src/store/accounts.ts';
import { Credentials, type Kept } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import { type Store, StoreUnavailable } from '../../src/store/store.ts';

export const LOGIN = 'TECH_1_AB12CD34EF56GH@cpro.fr';
export const EXPIRY = { at: '2027-04-18T00:00:00.000Z', estimated: false };

/** A store with accounts and passwords, and the API that programs read them from, listening on loopback. */
export class World {
  readonly folder: string;
  now = new Date('2026-06-02T10:00:00.000Z');
  /** Every key that was read, written or asked for, in order. */
  readonly calls: string[] = [];
  /** The accounts of which it was said that a program has taken something, or was tried. */
  readonly used: AccountId[] = [];
  /** What the private `/readyz` says. */
  failedChecks: readonly FailedCheck[] = [];
  /** Keys whose calls fail, as where the store does not answer. */
  failing: RegExp | undefined;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly tokens: Tokens;
  readonly knownTokens: KnownTokens;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly journal: Journal;
  readonly release: PasswordRelease;
  readonly api: FastifyInstance;
  readonly url: string;

  static async open(): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'consumers-'));
    return new World(folder, await openStore(`lmdb:${folder}`)).#listening();
  }

  private constructor(folder: string, store: Store) {
    this.folder = folder;
    this.store = this.#watched(store);
    this.sealer = new Sealer([{ kid: 'one', bytes: randomBytes(32) }]);
    const { sealer } = this;
    this.tokens = new Tokens(this.store);
    this.knownTokens = new KnownTokens(this.tokens);
    this.accounts = new Accounts(this.store);
    this.credentials = new Credentials(this.store, sealer);
    this.journal = new Journal(this.store, sealer);
    const now = () => this.now;
    this.release = new PasswordRelease({ ...this, taken: (id) => void this.used.push(id), now });
    this.api = undefined as never;
    this.url = '';
  }

  async #listening(): Promise<World> {
    const api = await createApi({
      knownTokens: this.knownTokens,
      release: this.release,
      readiness: { failed: async () => this.failedChecks },
      metrics: createMetrics(),
      log: createLog('silent'),
      now: () => this.now,
    });
    const url = await api.listen({ host: '127.0.0.1', port: 0 });
    return Object.assign(this, { api, url });
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async addAccount(login = LOGIN): Promise<AccountId> {
    await this.accounts.add({
      login,
      siret: '21340172201787',
      structure: 'Commune de Sète',
      manager: 'teams:7d1f3c52-0a4b-4e0f-9c55-2f3d8c1b9a10:camille',
      alertMonths: 12,
      addedAt: this.now.toISOString(),
    });
    return accountId(login);
  }

  /** Makes this password the one in use. */
  async use(account: AccountId, password: string): Promise<Kept> {
    const about = { heldBy: 'Camille', heldSince: this.now, expiry: EXPIRY };
    const kept = await this.credentials.keep(account, new Secret(password), about);
    await this.credentials.promote(account, kept.version, this.now);
    return kept;
  }

  /** A token that the API knows already. */
  async token(about: Partial<Token> & Pick<Token, 'accounts'>): Promise<{ id: string; text: string }> {
    const { token, text } = await this.tokens.create({ name: 'odoo', ...about }, this.now);
    await this.knownTokens.refresh();
    return { id: token.id, text };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { headers });
  }

  read(text: string, login = LOGIN, headers: Record<string, string> = {}): Promise<Response> {
    return this.get(`/v1/credentials/${login}`, { authorization: `Bearer ${text}`, ...headers });
  }

  /** What the journal says of releases, oldest first. */
  async releases(): Promise<{ who: string; what: string; from?: string | undefined }[]> {
    const entries = await this.journal.entries({ limit: 1_000 });
    return entries
      .filter(({ what }) => what.startsWith('passwordReleased'))
      .map(({ who, what, from }) => ({ who, what, from }))
      .reverse();
  }

  #watched(store: Store): Store {
    const seen = (keys: readonly string[]) => {
      this.calls.push(...keys);
      if (this.failing !== undefined && keys.some((key) => this.failing?.test(key)))
        throw new StoreUnavailable('The store does not answer');
    };
    return new Proxy(store, {
      get(target, name: keyof Store) {
        const method = target[name] as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          if (name === 'keys') return method.apply(target, args);
          return Promise.resolve()
            .then(() => seen([args[0] ?? ''].flat().map(String)))
            .then(() => method.apply(target, args));
        };
      },
    });
  }
}
