import type { Account } from './accounts.ts';

/** Only the gestionnaire principal, or the deputy an administrator named, may act for an account (seed, P9). */
export function mayReset(
  person: string,
  account: { readonly manager: string; readonly deputy?: string },
): boolean {
  return person === account.manager || person === account.deputy;
}

/** A conversation that is told of an account's deadline. */
export type SubscribedChannel = NonNullable<Account['channels']>[number];

/** What stands for whoever subscribed a conversation from the command line. */
export const SHELL = 'shell';

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
