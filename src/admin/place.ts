import type { SubscribedChannel } from '../store/rights.ts';

/** As people read it, and as two of them are told apart. */
export function placeName({ platform, address }: SubscribedChannel): string {
  return platform === 'teams' ? `Teams ${address.conversation}` : `Slack ${address.channel}`;
}
