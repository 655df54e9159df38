import { isFull, tell as tellOf } from '../volume.ts';

/** Whether the whole volume is asked for; otherwise a smaller one, which everybody can wait for. */
export const FULL = isFull('faults');

/** Tells in one line how much a suite tried and what it saw, and keeps the figures. */
export function tell(suite: string, line: string, figures: Readonly<Record<string, unknown>>): void {
  tellOf('faults', suite, figures, line);
}
