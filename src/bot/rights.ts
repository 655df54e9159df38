import { createHash } from 'node:crypto';
import type { AccountId } from '../store/accounts.ts';

/** Only the gestionnaire principal, or the deputy an administrator named, may act for an account (seed, P9). */
export function mayReset(
  person: string,
  account: { readonly manager: string; readonly deputy?: string },
): boolean {
  return person === account.manager || person === account.deputy;
}

/** Names an account on cards that others read too, and says nothing of it: its id is its login (P9). */
export function publicId(id: AccountId): string {
  return createHash('sha256').update(`account ${id}`).digest('hex').slice(0, 32);
}
