import Keyv, { type KeyvStoreAdapter } from 'keyv';
import { StoreUnavailable, type Versioned } from './store.ts';

/** How long any call may take before the caller is told that the store does not answer. */
export const PATIENCE_MS = 1_200;
/** How long a write may wait on its way; shorter, so that none takes effect after its caller was told. */
export const WRITE_LIFE_MS = 1_000;

/** What is kept under a key: the value, its version, and the id of the write that put it there. */
interface Envelope {
  readonly version: number;
  readonly write: string;
  readonly data: unknown;
}

/** The text that Keyv reads. The version and the write id come first: the script in Redis finds them by a pattern. */
export function envelopeText(version: number, write: string, data: unknown): string {
  return JSON.stringify({ value: { version, write, data } });
}

/** Keyv with plain JSON, and every failure thrown. */
export function openKeyv(store: KeyvStoreAdapter, namespace = ''): Keyv {
  return new Keyv(store, {
    namespace,
    useKeyPrefix: false,
    throwOnErrors: true,
    serialize: JSON.stringify,
    deserialize: parse,
  });
}

/** Reads a record through Keyv. Throws `StoreUnavailable`, without its content, where it is not one of ours. */
export async function readRecord<T>(keyv: Keyv, key: string): Promise<Versioned<T> | undefined> {
  return opened(key, await keyv.get<Envelope>(key));
}

/** The same for many, in the order of `keys`. */
export async function readRecords<T>(
  keyv: Keyv,
  keys: readonly string[],
): Promise<(Versioned<T> | undefined)[]> {
  if (keys.length === 0) return [];
  const envelopes = await keyv.getMany<Envelope>([...keys]);
  return keys.map((key, index) => opened(key, envelopes[index]));
}

function opened<T>(key: string, envelope: Envelope | undefined): Versioned<T> | undefined {
  if (envelope === undefined) return undefined;
  if (typeof envelope?.version !== 'number') throw unreadable(key);
  return { value: envelope.data as T, version: envelope.version };
}

/** Something else lies under one of our keys, or an older or newer program wrote it. */
export function unreadable(record: string): StoreUnavailable {
  return new StoreUnavailable(`The record ${record} is not readable`, { code: 'UNREADABLE', record });
}

/** After a write that failed: whether it is there all the same. */
export async function holdsWrite(keyv: Keyv, key: string, write: string): Promise<boolean> {
  return (await keyv.get<Envelope>(key))?.write === write;
}

/** No answer in time, as against a refusal. */
export class Overdue extends StoreUnavailable {
  constructor() {
    super(`The store did not answer in ${PATIENCE_MS} ms`, { code: 'ETIMEDOUT' });
  }
}

function parse(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    // The error of JSON.parse holds the text that it could not parse.
    throw new StoreUnavailable('A record is not readable: it is not JSON', { code: 'UNREADABLE' });
  }
}
