export interface CrashPoint {
  /** As `calls` names it, such as `store.write credential#2`. */
  readonly point: string;
  /** Before the call leaves, or after it was done and before its answer comes. */
  readonly when: 'before' | 'after';
}

/**
 * Stands around what a bot calls, names each call, and lets the bot go no further than one of them: from there on
 * nothing is called and nothing is answered, as in a process that was killed at that instant.
 */
export class CrashInjector {
  /** Every call that the bot made, in order. */
  readonly calls: string[] = [];
  /** Resolves when it has crashed. */
  readonly crashed: Promise<void>;
  readonly #crashPoint: CrashPoint | undefined;
  readonly #times = new Map<string, number>();
  #crash: () => void = () => undefined;
  #hasCrashed = false;

  constructor(crashPoint?: CrashPoint) {
    this.#crashPoint = crashPoint;
    this.crashed = new Promise((crash) => {
      this.#crash = crash;
    });
  }

  wrap<Target extends object>(name: string, wrapped: Target): Target {
    return new Proxy(wrapped, {
      get: (target, method) => {
        const property = Reflect.get(target, method);
        if (typeof property !== 'function') return property;
        return (...given: unknown[]) =>
          this.#through(`${name}.${String(method)}${kindOf(given[0])}`, () => property.apply(target, given));
      },
    });
  }

  async #through(call: string, work: () => Promise<unknown>): Promise<unknown> {
    if (this.#hasCrashed) return new Promise(() => undefined);
    const time = (this.#times.get(call) ?? 0) + 1;
    this.#times.set(call, time);
    const point = `${call}#${time}`;
    this.calls.push(point);
    if (this.#isAt(point, 'before')) return this.#never();
    try {
      return await work();
    } finally {
      if (this.#hasCrashed || this.#isAt(point, 'after')) await this.#never();
    }
  }

  #isAt(point: string, when: CrashPoint['when']): boolean {
    return this.#crashPoint?.point === point && this.#crashPoint.when === when;
  }

  #never(): Promise<never> {
    this.#hasCrashed = true;
    this.#crash();
    return new Promise(() => undefined);
  }
}

/** A record's kind, an agenda's name; nothing of an account, so that the same call has the same name for each. */
function kindOf(key: unknown): string {
  return typeof key === 'string' ? ` ${key.split('/', 1)[0]}` : '';
}
