import type { RecordSigning, Signature } from './seal.ts';
import { RecordRefused, type Versioned } from './store.ts';

/** What is kept for a record: its content, and the signature of its key, its version and its content. */
export interface Signed {
  readonly content: unknown;
  readonly signature: Signature;
}

/** Signs records, and tells whether one is what was signed, at the key and the version for which it was. */
export class RecordSignatures {
  readonly #keys: RecordSigning;

  constructor(keys: RecordSigning) {
    this.#keys = keys;
  }

  sign(key: string, version: number, content: unknown): Signed {
    return { content, signature: this.#keys.sign(textOf(key, version, content), 'record') };
  }

  /** Gives the content. One without a signature is of an earlier version, as long as the keys file allows such. */
  async verify(
    key: string,
    found: Versioned<unknown> | RecordRefused,
  ): Promise<Versioned<unknown> | RecordRefused> {
    if (found instanceof RecordRefused) return found;
    const { value, version } = found;
    if (!isSigned(value)) {
      const isRefused = await this.#keys.areRecordsAuthenticated();
      return isRefused ? new RecordRefused(key, version, 'unsigned') : found;
    }
    const { content, signature } = value;
    const check = await this.#keys.check(textOf(key, version, content), signature, 'record');
    if (check === 'right') return { value: content, version };
    return new RecordRefused(key, version, check === 'wrong' ? 'changed' : 'keyMissing');
  }

  /** Whether it has a signature, with the newest key. */
  isFresh(value: unknown): boolean {
    return isSigned(value) && this.#keys.isNewest(value.signature);
  }
}

export function isSigned(value: unknown): value is Signed {
  return typeof value === 'object' && value !== null && 'content' in value && 'signature' in value;
}

/** The length of the key comes first, so that no other key, version and content give the same text. */
function textOf(key: string, version: number, content: unknown): string {
  return `${key.length}:${key}:${version}:${JSON.stringify(content)}`;
}
