export interface Cut {
  /** As `passed` names it, such as `store.write credential#2`. */
  readonly point: string;
  /** Before the call leaves, or after it was done and before its answer comes. */
  readonly when: 'before' | 'after';
}

/**
 * Stands around what a bot calls, names each call, and lets the bot go no further than one of them: from there on
 * nothing is called and nothing is answered, as in a process that was killed at that instant.
 */
export class Knife {
  /** Every call that the bot made, in order. */
  readonly passed: string[] = [];
  /** Resolves when it has cut. */
  readonly fell: Promise<void>;
  readonly #cut: Cut | undefined;
  readonly #times = new Map<string, number>();
  #fall: () => void = () => undefined;
  #hasFallen = false;

  constructor(cut?: Cut) {
    this.#cut = cut;
    this.fell = new Promise((fall) => {
      this.#fall = fall;
    });
  }

  around<Room extends object>(name: string, room: Room): Room {
    return new Proxy(room, {
      get: (target, method) => {
        const property = Reflect.get(target, method);
        if (typeof property !== 'function') return property;
        return (...given: unknown[]) =>
          this.#through(`${name}.${String(method)}${kindOf(given[0])}`, () => property.apply(target, given));
      },
    });
  }

  async #through(call: string, work: () => Promise<unknown>): Promise<unknown> {
    if (this.#hasFallen) return new Promise(() => undefined);
    const time = (this.#times.get(call) ?? 0) + 1;
    this.#times.set(call, time);
    const point = `${call}#${time}`;
    this.passed.push(point);
    if (this.#isAt(point, 'before')) return this.#never();
    try {
      return await work();
    } finally {
      if (this.#hasFallen || this.#isAt(point, 'after')) await this.#never();
    }
  }

  #isAt(point: string, when: Cut['when']): boolean {
    return this.#cut?.point === point && this.#cut.when === when;
  }

  #never(): Promise<never> {
    this.#hasFallen = true;
    this.#fall();
    return new Promise(() => undefined);
  }
}

/** A record's kind, an agenda's name; nothing of an account, so that the same call has the same name for each. */
function kindOf(key: unknown): string {
  return typeof key === 'string' ? ` ${key.split('/', 1)[0]}` : '';
}
