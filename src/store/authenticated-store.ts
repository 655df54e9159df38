import { newVersionOf } from './operations.ts';
import { RecordSignatures } from './record-signatures.ts';
import type { RecordSigning } from './seal.ts';
import {
  type Applied,
  type Claimed,
  ifRefused,
  type Operation,
  RecordRefused,
  type Scheduled,
  type Store,
  StoreBase,
  type Versioned,
} from './store.ts';

/**
 * Kinds of records that count as missing where they are refused, and are replaced by the next write. Whoever can write
 * into the store could as well delete them, and the bot finds its way without them. A record whose key is not at hand
 * may be right, and is refused in every kind.
 */
const DISPENSABLE = new Set([
  ...['reset', 'reminder', 'check', 'place', 'person', 'portal-entry', 'monthly'],
  ...[
    'masked-link',
    'handover-link',
    'handover',
    'releases',
    'former-takers',
    'token-use',
    'delivery',
    'test',
  ],
]);

/**
 * Signs each record that is written, and gives none that does not verify: that was changed, moved to another key or
 * version, or has lost its signature. `refused` hears of each, each time. Claims and agendas are not signed: they hold
 * no content.
 *
 * An older record that is put back as a whole, with its version, verifies.
 */
export class AuthenticatedStore extends StoreBase implements Store {
  readonly #store: Store;
  readonly #signatures: RecordSignatures;
  readonly #refused: (record: RecordRefused) => void;

  constructor(store: Store, keys: RecordSigning, refused: (record: RecordRefused) => void = () => undefined) {
    super();
    this.#store = store;
    this.#signatures = new RecordSignatures(keys);
    this.#refused = refused;
  }

  async read<T>(key: string): Promise<Versioned<T> | undefined> {
    const found = await this.#usable<T>(key, await this.#store.read<unknown>(key).catch(ifRefused));
    if (found instanceof RecordRefused) throw found;
    return found;
  }

  async readMany<T>(keys: readonly string[]): Promise<(Versioned<T> | RecordRefused | undefined)[]> {
    const found = await this.#store.readMany<unknown>(keys);
    return Promise.all(keys.map((key, i) => this.#usable<T>(key, found[i])));
  }

  async apply(operations: readonly Operation[]): Promise<Applied> {
    const applied = await this.#store.apply(operations.map((operation) => this.#withSignature(operation)));
    if (!applied.isApplied) await this.#makeRoom(operations[applied.refused]);
    return applied;
  }

  keys(prefix: string): AsyncIterable<string> {
    return this.#store.keys(prefix);
  }

  claimMany(keys: readonly string[], lifeMs: number): Promise<(string | undefined)[]> {
    return this.#store.claimMany(keys, lifeMs);
  }

  releaseMany(claims: readonly Claimed[]): Promise<void> {
    return this.#store.releaseMany(claims);
  }

  scheduleMany(agenda: string, entries: readonly Scheduled[]): Promise<void> {
    return this.#store.scheduleMany(agenda, entries);
  }

  scheduled(agenda: string, ids: readonly string[]): Promise<(Date | undefined)[]> {
    return this.#store.scheduled(agenda, ids);
  }

  due(agenda: string, now: Date, limit: number): Promise<string[]> {
    return this.#store.due(agenda, now, limit);
  }

  ping(): Promise<void> {
    return this.#store.ping();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** What the bot may see of it. */
  async #usable<T>(
    key: string,
    found: Versioned<unknown> | RecordRefused | undefined,
  ): Promise<Versioned<T> | RecordRefused | undefined> {
    if (found === undefined) return undefined;
    const verified = await this.#signatures.verify(key, found);
    if (!(verified instanceof RecordRefused)) return verified as Versioned<T>;
    this.#refused(verified);
    return isDispensable(verified) ? undefined : verified;
  }

  #withSignature(operation: Operation): Operation {
    if (operation.type !== 'write') return operation;
    const { key, value } = operation;
    return { ...operation, value: this.#signatures.sign(key, newVersionOf(operation), value) };
  }

  /** Takes out a dispensable record that is refused, where a new one could not be written: the next attempt can. */
  async #makeRoom(operation: Operation | undefined): Promise<void> {
    if (operation?.type !== 'write' || operation.version !== 0) return;
    const { key } = operation;
    if (!isOfDispensableKind(key)) return;
    const found = await this.#store.read<unknown>(key).catch(ifRefused);
    const verified = found && (await this.#signatures.verify(key, found));
    if (verified instanceof RecordRefused && isDispensable(verified))
      await this.#store.remove(key, verified.version);
  }
}

function isDispensable({ key, why }: RecordRefused): boolean {
  return why !== 'keyMissing' && isOfDispensableKind(key);
}

function isOfDispensableKind(key: string): boolean {
  const [kind = ''] = key.split('/', 1);
  return DISPENSABLE.has(kind);
}
