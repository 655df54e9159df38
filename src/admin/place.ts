import type { Account } from '../store/accounts.ts';

/** A conversation that is told of an account's reminders. */
export type Place = NonNullable<Account['channels']>[number];

/** As people read it, and as two of them are told apart. */
export function placeName({ platform, address }: Place): string {
  return platform === 'teams' ? `Teams ${address.conversation}` : `Slack ${address.channel}`;
}
