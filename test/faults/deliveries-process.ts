import { Deliveries } from '../../src/consumers/deliveries.ts';
import { Destinations } from '../../src/consumers/destinations.ts';
import { Outbound } from '../../src/consumers/outbound.ts';
import { createLog } from '../../src/log.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { AuthenticatedStore } from '../../src/store/authenticated-store.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { readSealingKeys } from '../../src/store/keys.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';

/** What this process tells its parent. */
export type DeliveriesWord =
  | { readonly kind: 'ready' | 'called' | 'ticked' }
  | { readonly kind: 'logged'; readonly line: string };

// A process that delivers when its parent says so, tells each call of the store before it leaves, and is killed meanwhile.
const [, , storeUrl = '', keysFile = ''] = process.argv;

const say = (word: DeliveriesWord) => process.send?.(word);

// The machine's clock is the parent's to move on: LMDB's claims go by it.
let skippedMs = 0;
const real = Date.now;
Date.now = () => real() + skippedMs;

async function openDeliveries(): Promise<Deliveries> {
  const sealer = new Sealer(await readSealingKeys(keysFile));
  const store = telling(new AuthenticatedStore(await openStore(storeUrl), sealer));
  return new Deliveries({
    store,
    accounts: new Accounts(store),
    credentials: new Credentials(store, sealer),
    destinations: new Destinations(store, sealer),
    journal: new Journal(store, sealer),
    outbound: new Outbound(),
    stuck: async ({ login }) => void say({ kind: 'logged', line: `stuck: ${login}` }),
    attempted: () => undefined,
    log: createLog('error', { write: (line) => void say({ kind: 'logged', line }) }),
    now: () => new Date(Date.now()),
  });
}

function telling(store: Store): Store {
  return new Proxy(store, {
    get: (target, name: keyof Store) => {
      const method = target[name] as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        say({ kind: 'called' });
        return method.apply(target, given);
      };
    },
  });
}

let opening: Promise<Deliveries> | undefined;

process.on('message', async (order: { readonly skippedMs: number }) => {
  skippedMs = order.skippedMs;
  opening ??= openDeliveries();
  await (await opening).tick();
  say({ kind: 'ticked' });
});
process.on('disconnect', () => process.exit());
say({ kind: 'ready' });
