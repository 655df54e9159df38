import type { Case, Reached } from './case.ts';
import type { Alert } from './plan.ts';

/** The most accounts on one digest, so that its card stays within the platforms' limits. */
const DIGEST = 25;

/** What somebody is still to be told of one account. */
export interface DueReminder {
  readonly about: Case;
  readonly alert: Alert;
  readonly to: Reached;
}

/** What goes to one recipient in one message. */
export type Batch = readonly [DueReminder, ...DueReminder[]];

/** Several accounts go to one recipient together where the calendar brings them together. */
export function batches(reminders: readonly DueReminder[]): Batch[] {
  const together = new Map<string, DueReminder[]>();
  for (const reminder of reminders) {
    const { alert, to, about } = reminder;
    const isShared = alert.kind === 'expiry' || alert.kind === 'refused';
    const key = isShared ? to.key : `${to.key} ${about.account.id}`;
    const gathered = together.get(key);
    if (gathered === undefined) together.set(key, [reminder]);
    else gathered.push(reminder);
  }
  return [...together.values()].flatMap((all) => {
    all.sort((one, other) => (orderOf(one) < orderOf(other) ? -1 : 1));
    return Array.from(
      { length: Math.ceil(all.length / DIGEST) },
      (_, i) => all.slice(i * DIGEST, (i + 1) * DIGEST) as unknown as Batch,
    );
  });
}

/** The most urgent first, then by name. */
function orderOf({ about: { account } }: DueReminder): string {
  return `${account.expiry?.at} ${account.structure} ${account.id}`;
}
