/** A delivery that may have failed: how often in a row, and when it is tried again, ISO. */
export interface Tried {
  readonly failures?: number;
  readonly retryAt?: string;
}

/** Real time, whatever the clock of the bot says. */
export interface DeliveryPace {
  /** How long the platform may take for one message: longer than any call of a channel, or it would be made twice. */
  readonly patienceMs: number;
  /** How long a replica holds what it delivers; longer than that. What it held when it died waits so long. */
  readonly leaseMs: number;
}

export const DELIVERY_PACE: DeliveryPace = { patienceMs: 32_000, leaseMs: 60_000 };

/** How long a delivery waits after it has failed for the n-th time, in minutes; then the last one, until it is pointless. */
const RETRY_PAUSES = [1, 5, 15, 60, 240];

/** The same after one more failure; `atLeastMs` is the pause that the platform asks for. */
export function failed<Delivery extends Tried>(
  delivery: Delivery,
  now: Date,
  atLeastMs: number,
): Delivery & Required<Tried> {
  const failures = (delivery.failures ?? 0) + 1;
  const minutes = RETRY_PAUSES[Math.min(failures, RETRY_PAUSES.length) - 1] as number;
  const pause = Math.max(minutes * 60_000, atLeastMs);
  return { ...delivery, failures, retryAt: new Date(now.getTime() + pause).toISOString() };
}
