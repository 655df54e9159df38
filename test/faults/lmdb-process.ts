import { openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore } from '../../src/store/open.ts';

// A process that writes without end until it is killed: what is its own, and one number that it shares with another.
const [, , folder = '', wordsFile = '', name = ''] = process.argv;

async function run(): Promise<void> {
  const store = await openStore(`lmdb:${folder}`);
  const words = openSync(wordsFile, 'a');
  process.send?.('ready');
  for (let number = 0; ; number++) {
    const key = `own/${name}/${number}`;
    if (await store.write(key, 'x'.repeat(1 + ((number * 7_919) % 20_000)), 0)) writeSync(words, `${key}\n`);
    const shared = await store.read<number>('shared');
    const next = (shared?.value ?? 0) + 1;
    if (await store.write('shared', next, shared?.version ?? 0)) writeSync(words, `shared ${next}\n`);
    await sleep(0);
  }
}

process.on('disconnect', () => process.exit());
void run();
