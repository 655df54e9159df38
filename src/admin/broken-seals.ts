import { SealBroken } from '../store/seal.ts';
import { RecordRefused } from '../store/store.ts';

/** What to do about them, at the end of a sentence that names them. */
export const CURE = 'la clé qui manque, ou réinitialisez ces comptes (un espace Slack se réinstalle)';

/** Goes on where a seal does not open, and remembers whose it is. */
export class BrokenSeals {
  readonly names: string[] = [];
  /** Records that are refused, by key: what is sealed in them is not looked at. */
  readonly refused = new Set<string>();

  /**
   * What to catch with: gives 0 where the seal of `name` is broken, or its record refused, and throws anything else on.
   */
  of(name: string): (error: unknown) => 0 {
    return (error) => {
      if (error instanceof RecordRefused) this.refused.add(error.key);
      else if (error instanceof SealBroken) this.names.push(name);
      else throw error;
      return 0;
    };
  }
}
