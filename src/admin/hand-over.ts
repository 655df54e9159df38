import type { Account, AccountId } from '../store/accounts.ts';
import { channelsLost, mayReset, type SubscribedChannel } from '../store/rights.ts';
import { placeName } from './place.ts';
import { type Dependencies, runningReset, type Shell } from './shell.ts';

/** An account whose people change, and the conversations of those who lose the right to it. */
export interface HandOver {
  readonly account: Account;
  readonly lost: readonly SubscribedChannel[];
}

/** Their conversations go with them (P9), unless whoever manages the account now `keeps` them. */
export function handOver(before: Account, after: Account, keeps: boolean): HandOver {
  const lost = channelsLost(before, after);
  if (lost.length === 0) return { account: after, lost };
  const { channels = [], ...account } = after;
  const names = new Set(lost.map(placeName));
  const left = channels.flatMap((channel) => {
    if (!names.has(placeName(channel))) return [channel];
    return keeps ? [{ ...channel, subscribedBy: after.manager }] : [];
  });
  return { account: left.length === 0 ? account : { ...account, channels: left }, lost };
}

/** Says what became of them, a line each. */
export function tellHandOver(shell: Shell, { lost }: HandOver, keeps: boolean): void {
  for (const channel of lost) {
    shell.warn(
      keeps
        ? `gardée par le nouveau gestionnaire : ${placeName(channel)}`
        : `ne reçoit plus les rappels de ce compte : ${placeName(channel)} (« --keep-channels » garde ces conversations)`,
    );
  }
}

/** Writes down which conversations went with those who lost the account. */
export async function recordHandOver(
  { record }: Pick<Dependencies, 'record'>,
  { lost }: HandOver,
  id: AccountId,
  keeps: boolean,
): Promise<void> {
  for (const channel of keeps ? [] : lost) await record(`channelRemoved ${placeName(channel)}`, id);
}

/** Whoever leads a reset of this account has lost the right to it; undefined: nobody leads one, or still may. */
export async function lostHolderWarning(
  dependencies: Dependencies,
  account: Account,
): Promise<string | undefined> {
  const running = await runningReset(dependencies, account);
  if (running === undefined || mayReset(running.person, account)) return undefined;
  return `une réinitialisation menée par ${running.by}, qui n’en a plus le droit, est en cours ; sans clic elle s’arrête au bout de 72 heures`;
}
