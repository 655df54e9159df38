import { type Store, StoreUnavailable } from '../../src/store/store.ts';

/** A store that can be broken: it refuses at once, or holds each call for as long as the test likes, and then refuses it. */
export class Breakable {
  broken = false;
  /** What the keys begin with of which it breaks alone. */
  only = '';
  #letGo: (() => void) | undefined;
  #held: Promise<void> | undefined;

  /** From now on it keeps whoever calls waiting, where the key begins so. */
  hold(only: string): void {
    [this.only, this.broken] = [only, true];
    this.#held = new Promise((resolve) => {
      this.#letGo = resolve;
    });
  }

  /** Refuses what it has held; what is asked from now on it refuses at once. */
  refuse(): void {
    this.#letGo?.();
    this.#held = undefined;
  }

  over(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const method = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]) => {
          const isMeant = this.broken && name !== 'close' && name !== 'keys';
          if (!isMeant || !String(given[0]).startsWith(this.only)) return method.apply(target, given);
          await this.#held;
          throw new StoreUnavailable('broken by the test');
        };
      },
    });
  }
}
