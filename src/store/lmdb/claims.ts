import { randomUUID } from 'node:crypto';
import type { Database, RootDatabase } from 'lmdb';
import type { Claimed } from '../store.ts';

interface Claim {
  readonly token: string;
  readonly until: number;
}

/** Each claiming clears away this many earlier ones whose time is over, so that they cannot pile up. */
const SWEPT_AT_ONCE = 2;

/** Who holds what, and until when. To be called inside a transaction. */
export class LmdbClaims {
  readonly #claims: Database<Claim, string>;
  /** What was claimed together, by [when its time is over, an id]. */
  readonly #together: Database<readonly string[], [number, string]>;

  constructor(root: RootDatabase) {
    this.#claims = root.openDB({ name: 'claims', encoding: 'json' });
    this.#together = root.openDB({ name: 'claimings', encoding: 'json' });
  }

  isHeld(key: string, nowMs: number): boolean {
    const held = this.#claims.get(key);
    return held !== undefined && held.until > nowMs;
  }

  /** Of these, those that nobody holds are taken until then. Gives them. */
  take(claims: readonly Claimed[], nowMs: number, untilMs: number): readonly Claimed[] {
    this.#sweep(nowMs);
    const taken = claims.filter(({ key, token }) => {
      if (this.isHeld(key, nowMs)) return false;
      void this.#claims.put(key, { token, until: untilMs });
      return true;
    });
    if (taken.length > 0) {
      void this.#together.put(
        [untilMs, randomUUID()],
        taken.map(({ key }) => key),
      );
    }
    return taken;
  }

  release(claims: readonly Claimed[]): void {
    for (const { key, token } of claims) {
      if (this.#claims.get(key)?.token === token) void this.#claims.remove(key);
    }
  }

  #sweep(nowMs: number): void {
    const over = this.#together.getRange({ end: [nowMs + 1, ''], limit: SWEPT_AT_ONCE });
    for (const { key, value } of [...over]) {
      for (const claim of value) if (!this.isHeld(claim, nowMs)) void this.#claims.remove(claim);
      void this.#together.remove(key);
    }
  }
}
