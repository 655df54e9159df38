import { openSync, writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import { StoreUnavailable } from '../../src/store/store.ts';

// A process that applies batches without end until it is killed: a wake-up, two records and a claim, all of one number.
const [, , url = '', wordsFile = ''] = process.argv;

async function run(): Promise<void> {
  const store = await openStore(url);
  const words = openSync(wordsFile, 'a');
  for (;;) {
    try {
      const [first, second] = await Promise.all([store.read<number>('first'), store.read<number>('second')]);
      const number = Math.max(first?.value ?? 0, second?.value ?? 0) + 1;
      writeSync(words, `begun ${number}\n`);
      const { isApplied } = await store.apply([
        { type: 'schedule', agenda: 'numbers', id: 'wake-up', at: new Date(number) },
        { type: 'write', key: 'first', value: number, version: first?.version ?? 0 },
        { type: 'write', key: 'second', value: number, version: second?.version ?? 0 },
        { type: 'claim', key: `claim/${number}`, token: 'a token', lifeMs: 600_000 },
      ]);
      writeSync(words, `${isApplied ? 'applied' : 'refused'} ${number}\n`);
    } catch (error) {
      // The server is gone: whether it was applied is for the next look to tell.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
  }
}

process.on('disconnect', () => process.exit());
void run();
