import type { ChorusClient, Verdict } from '../../chorus/client.ts';
import { TEST_OVERDUE } from '../../chorus/procedures/reset.ts';
import type { Metrics } from '../../metrics.ts';
import type { Account } from '../../store/accounts.ts';
import type { Credentials, Opened } from '../../store/credentials.ts';
import { SealBroken } from '../../store/seal.ts';
import type { Store } from '../../store/store.ts';

export interface ConnectionTestsDependencies {
  readonly store: Store;
  readonly credentials: Credentials;
  readonly chorus: Pick<ChorusClient, 'testConnection'>;
  readonly metrics: Metrics;
}

/** Over, even on a slow store, before a test counts as overdue: whoever starts it anew must find it free. */
const CLAIMED_FOR_MS = TEST_OVERDUE - 4_000;

/**
 * Connection tests of kept passwords, one at a time for an account: Chorus Pro locks an account that is refused too often,
 * whoever asks, on whatever replica, and for whatever reason.
 */
export class ConnectionTests {
  readonly #dependencies: ConnectionTestsDependencies;

  constructor(dependencies: ConnectionTestsDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Asks Chorus Pro about this version, and has `follow` act on the verdict before another test of the account may begin.
   * undefined: one is running already.
   */
  async test<Result extends object>(
    account: Account,
    version: number,
    follow: (verdict: Verdict, tested: Opened | undefined) => Promise<Result>,
  ): Promise<Result | undefined> {
    const { store, credentials } = this.#dependencies;
    const claim = `test/${account.id}`;
    const token = await store.claim(claim, CLAIMED_FOR_MS);
    if (token === undefined) return undefined;
    try {
      const tested = await credentials.version(account.id, version).catch(unlessBroken);
      return await follow(await this.#verdictOn(account, tested), tested);
    } finally {
      await store.release(claim, token);
    }
  }

  async #verdictOn(account: Account, tested: Opened | undefined): Promise<Verdict> {
    const { chorus, metrics } = this.#dependencies;
    const verdict: Verdict =
      tested === undefined
        ? { outcome: 'unknown', reason: 'unexpected' }
        : await chorus.testConnection(account, tested.secret);
    metrics.connectionTest(verdict.outcome);
    return verdict;
  }
}

/** A password that can no longer be opened cannot be tested: the person reads so, and may enter it again. */
function unlessBroken(error: unknown): undefined {
  if (!(error instanceof SealBroken)) throw error;
}
