import { type Store, StoreUnavailable } from '../../src/store/store.ts';

/** A store that can be broken: it refuses at once, or after the two seconds that a store may take. */
export class Breakable {
  broken = false;
  slowMs = 0;
  /** What the keys begin with of which it breaks alone. */
  only = '';

  /** What is about an account fails later than Slack waits for an answer. */
  failLate(): void {
    [this.only, this.slowMs, this.broken] = ['account', 2_800, true];
  }

  over(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...given: unknown[]) => {
          const isMeant = this.broken && name !== 'close' && name !== 'keys';
          if (!isMeant || !String(given[0]).startsWith(this.only)) return method.apply(target, given);
          return new Promise((_resolve, reject) =>
            setTimeout(() => reject(new StoreUnavailable('broken by the test')), this.slowMs),
          );
        };
      },
    });
  }
}
