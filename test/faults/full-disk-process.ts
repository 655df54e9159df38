import { randomInt } from 'node:crypto';
import { openStore } from '../../src/store/open.ts';
import { StoreUnavailable } from '../../src/store/store.ts';

/** What was made of the writes to one small disk, until it had refused twenty. */
export interface Filled {
  readonly writes: readonly {
    readonly key: string;
    /** true, or what was thrown. */
    readonly outcome: true | string;
    /** Read right afterwards, and from the store opened anew. */
    readonly isThere: boolean;
    readonly isThereAgain: boolean;
  }[];
  /** What was written before the disk was full. */
  readonly before: unknown;
}

// A process of its own, which nobody listens to: lmdb prints each commit that fails, some of them long afterwards.
const [, , folder = ''] = process.argv;

async function run(): Promise<Filled> {
  const store = await openStore(`lmdb:${folder}`);
  await store.write('record', 'before', 0);
  const said = new Map<string, true | string>();
  for (let refusals = 0; refusals < 20; ) {
    const key = `large/${said.size}`;
    const outcome = await store.write(key, 'x'.repeat(randomInt(1_000, 90_000)), 0).catch(nameOf);
    said.set(key, outcome === false ? 'false' : outcome);
    if (outcome !== true) refusals += 1;
  }
  const there = new Set<string>();
  for (const key of said.keys()) if ((await store.read(key)) !== undefined) there.add(key);
  const before = await store.read('record');
  await store.close();

  const again = await openStore(`lmdb:${folder}`);
  const thereAgain = new Set<string>();
  for (const key of said.keys()) if ((await again.read(key)) !== undefined) thereAgain.add(key);
  await again.close();
  const writes = [...said].map(([key, outcome]) => ({
    key,
    outcome,
    isThere: there.has(key),
    isThereAgain: thereAgain.has(key),
  }));
  return { writes, before: before?.value };
}

function nameOf(error: unknown): string {
  return error instanceof StoreUnavailable ? 'StoreUnavailable' : String(error);
}

run().then(
  (filled) => process.send?.(filled, () => process.exit()),
  () => process.exit(1),
);
