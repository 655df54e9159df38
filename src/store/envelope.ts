import Keyv, { type KeyvOptions, type KeyvStoreAdapter } from 'keyv';
import { ANY_VERSION, RecordRefused, StoreUnavailable, type Versioned } from './store.ts';

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

type Deserialize = NonNullable<KeyvOptions['deserialize']>;

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
    deserialize: parse as Deserialize,
  });
}

/** Reads a record through Keyv. Throws `RecordRefused` where it is not one of ours. */
export async function readRecord<T>(keyv: Keyv, key: string): Promise<Versioned<T> | undefined> {
  const found = opened<T>(key, await keyv.get<Envelope>(key));
  if (found instanceof RecordRefused) throw found;
  return found;
}

/** The same for many, in the order of `keys`; what is not one of ours is given as what `readRecord` would throw. */
export async function readRecords<T>(
  keyv: Keyv,
  keys: readonly string[],
): Promise<(Versioned<T> | RecordRefused | undefined)[]> {
  if (keys.length === 0) return [];
  const envelopes = await keyv.getMany<Envelope>([...keys]);
  return keys.map((key, index) => opened(key, envelopes[index]));
}

function opened<T>(key: string, envelope: Envelope | undefined): Versioned<T> | RecordRefused | undefined {
  if (envelope === undefined) return undefined;
  const { version, data } = envelope;
  if (version === ANY_VERSION) return new RecordRefused(key, version, 'unreadable');
  return { value: data as T, version };
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

/** As {@link envelopeText} writes it, and no other text that parses to the same: the script in Redis knows no other. */
const HEAD = /^\{"value":\{"version":(\d+),"write":"([^"\\]+)","data":/;
const UNREADABLE: Envelope = { version: ANY_VERSION, write: '', data: undefined };

/** Never throws: the error of JSON.parse holds the text, and one such record must not hide those that are read with it. */
function parse(text: string): { readonly value: Envelope } {
  const [, version, write] = HEAD.exec(text) ?? [];
  if (version === undefined) return { value: UNREADABLE };
  try {
    const { value } = JSON.parse(text);
    // A part that stands there twice counts where it stands last.
    return { value: value.version === Number(version) && value.write === write ? value : UNREADABLE };
  } catch {
    return { value: UNREADABLE };
  }
}
