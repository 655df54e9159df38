import { createHash } from 'node:crypto';
import type { Account, AccountId } from '../store/accounts.ts';
import { channelsToldOf, mayReset } from '../store/rights.ts';
import { placeKey } from './channel.ts';

/** Who may act for an account; an administrator; or a conversation that is told of its deadline. */
export type Reader = 'actor' | 'administrator' | 'team';

/**
 * As what somebody, or a conversation, may read of the account at this moment; undefined: they may not, or not any more.
 * `recipient` is a person's id, or what `placeKey` makes of a conversation.
 */
export function readerOf(
  account: Account,
  recipient: string,
  administrators: readonly string[],
): Reader | undefined {
  if (mayReset(recipient, account)) return 'actor';
  if (administrators.includes(recipient)) return 'administrator';
  const isTold = channelsToldOf(account, administrators).some((channel) => placeKey(channel) === recipient);
  return isTold ? 'team' : undefined;
}

/** Names an account on cards that others read too, and says nothing of it: its id is its login (P9). */
export function publicId(id: AccountId): string {
  return createHash('sha256').update(`account ${id}`).digest('hex').slice(0, 32);
}
