import { SealBroken } from '../store/seal.ts';

/** What to do about them, at the end of a sentence that names them. */
export const CURE = 'la clé qui manque, ou réinitialisez ces comptes (un espace Slack se réinstalle)';

/** Goes on where a seal does not open, and remembers whose it is. */
export class BrokenSeals {
  readonly names: string[] = [];

  /** What to catch with: gives 0 where the seal of `name` is broken, and throws anything else on. */
  of(name: string): (error: unknown) => 0 {
    return (error) => {
      if (!(error instanceof SealBroken)) throw error;
      this.names.push(name);
      return 0;
    };
  }
}
