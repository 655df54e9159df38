import type { FormerTaker } from '../cards/report-card.ts';
import type { AccountId } from '../store/accounts.ts';
import { change, REMOVED, UNCHANGED } from '../store/change.ts';
import { ifRefused, RecordRefused, type Store } from '../store/store.ts';

/** What has taken one version of a password, and has no token or destination for it any more. */
interface FormerTakers {
  readonly version: number;
  /** The newest first. */
  readonly by: readonly FormerTaker[];
}

const REMEMBERED_AT_MOST = 20;

/**
 * Keeps what is known of a program whose token or destination is being removed: that it has this version stays true, so
 * nobody is asked whether they have entered a password that it has. Of older versions than the newest nothing is kept.
 */
export async function rememberTaker(
  store: Store,
  account: AccountId,
  version: number,
  taker: FormerTaker,
): Promise<void> {
  await change<FormerTakers>(store, keyOf(account), (known) => {
    if (known !== undefined && known.version > version) return UNCHANGED;
    const others = known?.version === version ? known.by : [];
    return { version, by: [taker, ...others].slice(0, REMEMBERED_AT_MOST) };
  });
}

/** Those that had this version when their token or destination was removed. */
export async function formerTakers(
  store: Store,
  account: AccountId,
  version: number,
): Promise<readonly FormerTaker[]> {
  const record = await store.read<FormerTakers>(keyOf(account)).catch(ifRefused);
  return record === undefined || record instanceof RecordRefused || record.value.version !== version
    ? []
    : record.value.by;
}

export async function forgetTakers(store: Store, account: AccountId): Promise<void> {
  await change(store, keyOf(account), () => REMOVED);
}

function keyOf(account: AccountId): string {
  return `former-takers/${account}`;
}
