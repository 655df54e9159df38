import { isSigned, RecordSignatures } from './record-signatures.ts';
import type { RecordSigning } from './seal.ts';
import { ifRefused, RecordRefused, type Store, type Versioned } from './store.ts';

/** What became of a record that was to be signed with the newest key. `adopted`: nobody had signed it before. */
export type Renewal = 'fresh' | 'renewed' | 'adopted' | 'gone' | RecordRefused;

/** Looks at how records are kept, and signs them anew. */
export class RecordAudit {
  readonly #store: Pick<Store, 'read' | 'write'>;
  readonly #signatures: RecordSignatures;

  /** `store`: as the driver gives it. */
  constructor(store: Pick<Store, 'read' | 'write'>, keys: RecordSigning) {
    this.#store = store;
    this.#signatures = new RecordSignatures(keys);
  }

  /** How a record stands, without a word to anybody. */
  async inspect(key: string): Promise<'signed' | 'unsigned' | 'gone' | RecordRefused> {
    const found = await this.#read(key);
    if (found === undefined) return 'gone';
    const verified = await this.#signatures.verify(key, found);
    if (verified instanceof RecordRefused) return verified;
    // What verifies as it is kept has no signature.
    return verified === found ? 'unsigned' : 'signed';
  }

  /** Signs a record with the newest key, where it verifies. `accepts`: also where it does not, as it is. */
  async renew(key: string, accepts = false): Promise<Renewal> {
    for (;;) {
      const found = await this.#read(key);
      if (found === undefined || found instanceof RecordRefused) return found ?? 'gone';
      const verified = await this.#signatures.verify(key, found);
      const isRefused = verified instanceof RecordRefused;
      if (isRefused && !accepts) return verified;
      const { value, version } = found;
      if (!isRefused && this.#signatures.isFresh(value)) return 'fresh';
      const content = isSigned(value) ? value.content : value;
      const signed = this.#signatures.sign(key, version + 1, content);
      if (await this.#store.write(key, signed, version)) return isSigned(value) ? 'renewed' : 'adopted';
    }
  }

  #read(key: string): Promise<Versioned<unknown> | RecordRefused | undefined> {
    return this.#store.read<unknown>(key).catch(ifRefused);
  }
}
