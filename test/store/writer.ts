import { openStore } from '../../src/store/open.ts';

// A process that counts up the record `shared` and writes large ones beside it, and tells how often it was first.
const [, , , url = '', name = '', rounds = '200'] = process.argv;

async function run(): Promise<void> {
  const store = await openStore(url);
  let won = 0;
  for (let round = 0; round < Number(rounds); round++) {
    const found = await store.read<number>('shared');
    if (await store.write('shared', name, found?.version ?? 0)) won++;
    await store.write(`large/${name}/${round}`, 'x'.repeat(10_000), 0);
    process.send?.({ round, won });
  }
  await store.close();
  process.disconnect?.();
}

void run();
