import { randomBytes } from 'node:crypto';
import type { Secret } from '../secret.ts';
import type { AccountId } from '../store/accounts.ts';
import { change, REMOVED, UNCHANGED } from '../store/change.ts';
import type { Sealing } from '../store/seal.ts';
import { RecordRefused, type Store } from '../store/store.ts';
import { rememberTaker } from './former-takers.ts';

interface Common {
  readonly id: string;
  /** The id of the technical account. */
  readonly account: AccountId;
  /** Go through `HTTPS_PROXY`. The proxy then resolves the host, and the bot cannot check its address. */
  readonly viaProxy: boolean;
  /** ISO 8601. */
  readonly createdAt: string;
}

/** News of a new password, signed by Standard Webhooks; the password itself is never in it. */
export interface WebhookDestination extends Common {
  readonly kind: 'webhook';
  readonly url: string;
}

/** The connector of a Pastell, into which the password is written. */
export interface PastellDestination extends Common {
  readonly kind: 'pastell';
  /** Up to `/api/v2`, without it. Does not end in '/'. */
  readonly baseUrl: string;
  readonly entity: number;
  readonly connector: number;
  /** Basic with this user; absent: the secret is a bearer token. */
  readonly user?: string;
}

/** A program to which a new password, or the news of it, is brought. */
export type Destination = WebhookDestination | PastellDestination;

/** How far the newest version has come at one destination. */
export interface DeliveryState {
  /** The newest version that was taken; 0: none. */
  readonly deliveredVersion: number;
  /** ISO 8601. */
  readonly deliveredAt?: string;
  /** Of the version that is being delivered. */
  readonly version: number;
  readonly failures: number;
  /** ISO 8601: when the first attempt with `version` failed, and when the next one is due. */
  readonly failingSince?: string;
  readonly nextAt?: string;
  /** What the last attempt ended with, in a few words without any secret. */
  readonly lastResult?: string;
  /** The receiver answered 410, or was turned off: nothing is sent any more. */
  readonly isDisabled?: boolean;
  /** The administrators were told that this version has had no success for a day. */
  readonly isReported?: boolean;
}

export const NEVER_DELIVERED: DeliveryState = { deliveredVersion: 0, version: 0, failures: 0 };

interface Record extends Common {
  readonly destination: Destination;
  readonly sealed: string;
}

export type NewDestination =
  | Omit<WebhookDestination, 'id' | 'createdAt'>
  | Omit<PastellDestination, 'id' | 'createdAt'>;

/** The destinations that administrators have named, with their sealed secrets and the state of their deliveries. */
export class Destinations {
  readonly #store: Store;
  readonly #sealer: Sealing;

  constructor(store: Store, sealer: Sealing) {
    this.#store = store;
    this.#sealer = sealer;
  }

  async add(about: NewDestination, secret: Secret, now: Date): Promise<Destination> {
    const id = randomBytes(6).toString('hex');
    const destination: Destination = { ...about, id, createdAt: now.toISOString() };
    const sealed = await this.#sealer.seal(secret, binding(id));
    await change<Pick<Record, 'destination' | 'sealed'>>(this.#store, recordKey(id), () => ({
      destination,
      sealed,
    }));
    await change<string[]>(this.#store, indexKey(about.account), (ids = []) => [...ids, id]);
    return destination;
  }

  /** false: there is none with this id. */
  async remove(id: string): Promise<boolean> {
    const found = await this.find(id);
    if (found === undefined) return false;
    await change<string[]>(this.#store, indexKey(found.account), (ids = []) => {
      const others = ids.filter((other) => other !== id);
      return others.length === 0 ? REMOVED : others;
    });
    await change(this.#store, recordKey(id), () => REMOVED);
    const { deliveredVersion, deliveredAt: at } = await this.state(id);
    if (found.kind === 'pastell' && at !== undefined)
      await rememberTaker(this.#store, found.account, deliveredVersion, { name: 'Pastell', at });
    await change(this.#store, stateKey(id), () => REMOVED);
    return true;
  }

  async find(id: string): Promise<Destination | undefined> {
    return (await this.#store.read<Record>(recordKey(id)))?.value.destination;
  }

  /** In the order in which they were added. One that is refused is left out: nothing goes there. */
  async ofAccount(account: AccountId): Promise<Destination[]> {
    const ids = (await this.#store.read<string[]>(indexKey(account)))?.value ?? [];
    const found = await this.#store.readMany<Record>(ids.map(recordKey));
    return found.flatMap((record) =>
      record === undefined || record instanceof RecordRefused ? [] : [record.value.destination],
    );
  }

  /** The webhook's signing key (`whsec_…`), or what signs in at Pastell. Throws `SealBroken`. */
  async secret(id: string): Promise<Secret | undefined> {
    const record = (await this.#store.read<Record>(recordKey(id)))?.value;
    return record && this.#sealer.open(record.sealed, binding(id));
  }

  async state(id: string): Promise<DeliveryState> {
    return (await this.#store.read<DeliveryState>(stateKey(id)))?.value ?? NEVER_DELIVERED;
  }

  /** Gives the state as it is then. `next` may give the same object back: nothing changes. */
  async changeState(id: string, next: (state: DeliveryState) => DeliveryState): Promise<DeliveryState> {
    const { value } = await change<DeliveryState>(this.#store, stateKey(id), (state = NEVER_DELIVERED) => {
      const changed = next(state);
      return changed === state ? UNCHANGED : changed;
    });
    return value ?? NEVER_DELIVERED;
  }
}

function binding(id: string) {
  return { account: id, version: 1, purpose: 'destination' } as const;
}

function recordKey(id: string): string {
  return `destination/${id}`;
}

function stateKey(id: string): string {
  return `delivery/${id}`;
}

function indexKey(account: string): string {
  return `destinations/${account}`;
}
