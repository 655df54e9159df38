import { NO_USE, type PasswordUse } from '../../cards/report-card.ts';
import type { AccountId } from '../../store/accounts.ts';
import { ifRefused, RecordRefused, type Store } from '../../store/store.ts';
import { takenBackAt } from '../password/handover.ts';

/** What has taken this version of an account's password; undefined: of no version. */
export type UseOf = (account: AccountId, version: number | undefined) => Promise<PasswordUse>;

/** What the bot knows of it: programs and destinations as `programs` gives them, and whoever typed it. */
export function createUseOf(store: Store, programs: UseOf = async () => NO_USE): UseOf {
  return async (account, version) => {
    if (version === undefined) return NO_USE;
    const [use, takenBack] = await Promise.all([
      programs(account, version),
      takenBackAt(store, account, version).catch(ifRefused),
    ]);
    return takenBack === undefined || takenBack instanceof RecordRefused
      ? use
      : { ...use, takenBackAt: takenBack };
  };
}
