import { createHash } from 'node:crypto';
import type { Account, AccountId } from '../store/accounts.ts';
import { placeKey } from './channel.ts';

/** Only the gestionnaire principal, or the deputy an administrator named, may act for an account (seed, P9). */
export function mayReset(
  person: string,
  account: { readonly manager: string; readonly deputy?: string },
): boolean {
  return person === account.manager || person === account.deputy;
}

/** Who may act for an account; an administrator; or a conversation that is told of its deadline. */
export type Reader = 'actor' | 'administrator' | 'team';

/** A conversation that is told of an account's deadline. */
export type SubscribedChannel = NonNullable<Account['channels']>[number];

/** What stands for whoever subscribed a conversation from the command line. */
export const SHELL = 'shell';

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

/** The conversations that are told: each for as long as whoever subscribed it may see the account. */
export function channelsToldOf(account: Account, administrators: readonly string[]): SubscribedChannel[] {
  return (account.channels ?? []).filter(({ subscribedBy = SHELL }) => {
    return subscribedBy === SHELL || mayReset(subscribedBy, account) || administrators.includes(subscribedBy);
  });
}

/**
 * The conversations of those who lose the right to the account by this change. Earlier versions did not write down who had
 * subscribed them: such a conversation goes with anybody who loses the right.
 */
export function channelsLost(
  before: Account,
  after: Pick<Account, 'manager' | 'deputy'>,
): SubscribedChannel[] {
  const lost = [before.manager, before.deputy ?? ''].filter(
    (person) => person !== '' && !mayReset(person, after),
  );
  if (lost.length === 0) return [];
  return (before.channels ?? []).filter(
    ({ subscribedBy }) => subscribedBy === undefined || lost.includes(subscribedBy),
  );
}

/** Names an account on cards that others read too, and says nothing of it: its id is its login (P9). */
export function publicId(id: AccountId): string {
  return createHash('sha256').update(`account ${id}`).digest('hex').slice(0, 32);
}
