import { isFull, tell as tellOf } from '../volume.ts';

/** How much is tried: `small` in every check, `full` with `ABUSE=full`. */
export function volume<Amount = number>(small: Amount, full: Amount): Amount {
  return isFull('abuse') ? full : small;
}

/** Says in one line how much a suite has tried, and keeps the figures. */
export function tell(suite: string, figures: Readonly<Record<string, number>>): void {
  tellOf('abuse', suite, figures);
}
