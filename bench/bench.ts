/** What one benchmark found: ours, and the least that the same work can cost. */
export interface Measured {
  readonly ours: number;
  readonly floor: number;
}

export interface Bench {
  readonly name: string;
  readonly unit: string;
  run(): Promise<Measured>;
}

/**
 * Measures ours and the floor in turn, so that whatever else the machine does meets both alike, and gives the round
 * whose ratio is the median. One round before that, in which everything is still cold, does not count.
 */
export async function inTurn(
  rounds: number,
  ours: () => Promise<number>,
  floor: () => Promise<number>,
): Promise<Measured> {
  const found: Measured[] = [];
  for (let round = 0; round <= rounds; round++) found.push({ ours: await ours(), floor: await floor() });
  return medianRound(found.slice(1));
}

/** The round whose ratio is the median. */
export function medianRound(found: readonly Measured[]): Measured {
  const byRatio = [...found].sort((one, other) => one.ours / one.floor - other.ours / other.floor);
  const median = byRatio[found.length >> 1];
  if (median === undefined) throw new RangeError('no round');
  return median;
}

/** The smallest of the values that `percent` of them do not exceed. */
export function percentile(percent: number, values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? Number.NaN;
}
