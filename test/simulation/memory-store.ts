import {
  type Applied,
  type Claimed,
  type Operation,
  type Scheduled,
  type Store,
  StoreUnavailable,
  type Versioned,
} from '../../src/store/store.ts';

/** What stands between a replica and everything outside of it: delays an answer, loses it, refuses it, or never gives it. */
export type Wire = <Answer>(call: string, happen: () => Answer) => Promise<Answer>;

/** Somebody was given a claim while somebody else still had it. */
export interface Overlap {
  readonly key: string;
}

interface Grant {
  readonly token: string;
  readonly until: number;
}

/** One store in memory, for any number of replicas. Records are kept as text, so that nobody shares an object with it. */
export class MemoryStore {
  readonly #records = new Map<string, { readonly text: string; readonly version: number }>();
  readonly #claims = new Map<string, Grant>();
  /** The same claims, kept by what the port promises and not by how it is done. */
  readonly #promised = new Map<string, Grant>();
  readonly #agendas = new Map<string, Map<string, number>>();
  readonly #now: () => number;
  readonly overlaps: Overlap[] = [];
  /** Told of each write that was made, with what stood there before. */
  written: (key: string, before: unknown, after: unknown) => void = () => undefined;
  #tokens = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** What is kept under a key now, as everybody's own copy. */
  peek<T>(key: string): Versioned<T> | undefined {
    const found = this.#records.get(key);
    return found && { value: JSON.parse(found.text), version: found.version };
  }

  peekKeys(prefix: string): string[] {
    return [...this.#records.keys()].filter((key) => key.startsWith(prefix));
  }

  /** The store as one replica sees it, through its wire. */
  through(wire: Wire): Store {
    const peekMany = <T>(keys: readonly string[]) => keys.map((key) => this.peek<T>(key));
    const peekKeys = (prefix: string) => this.peekKeys(prefix);
    return {
      read: <T>(key: string) => wire(`read ${key}`, () => this.peek<T>(key)),
      readMany: <T>(keys: readonly string[]) => wire('readMany', () => peekMany<T>(keys)),
      write: (key, value, version) => wire(`write ${key}`, () => this.#write(key, value, version)),
      remove: (key, version) => wire(`remove ${key}`, () => this.#remove(key, version)),
      apply: (operations) => this.#apply(operations, wire),
      async *keys(prefix) {
        yield* await wire(`keys ${prefix}`, () => peekKeys(prefix));
      },
      claim: (key, lifeMs) => wire(`claim ${key}`, () => this.#claim(key, lifeMs)),
      claimMany: (keys, lifeMs) => wire('claimMany', () => keys.map((key) => this.#claim(key, lifeMs))),
      release: (key, token) => wire(`release ${key}`, () => this.#release({ key, token })),
      releaseMany: (claims) =>
        wire('releaseMany', () => {
          for (const claim of claims) this.#release(claim);
        }),
      schedule: (agenda, id, at) => wire(`schedule ${agenda}`, () => this.#schedule(agenda, { id, at })),
      unschedule: (agenda, id) =>
        wire(`unschedule ${agenda}`, () => this.#schedule(agenda, { id, at: undefined })),
      scheduleMany: (agenda, entries) =>
        wire(`scheduleMany ${agenda}`, () => {
          for (const entry of entries) this.#schedule(agenda, entry);
        }),
      scheduled: (agenda, ids) =>
        wire(`scheduled ${agenda}`, () =>
          ids.map((id) => {
            const at = this.#agenda(agenda).get(id);
            return at === undefined ? undefined : new Date(at);
          }),
        ),
      due: (agenda, now, limit) => wire(`due ${agenda}`, () => this.#due(agenda, now.getTime(), limit)),
      ping: () => wire('ping', () => undefined),
      close: async () => undefined,
    };
  }

  /** As in a Redis Cluster, which promises least: one after the other, each on its own way, up to the first that is refused. */
  async #apply(operations: readonly Operation[], wire: Wire): Promise<Applied> {
    for (const [place, operation] of operations.entries()) {
      const { type } = operation;
      const about = type === 'schedule' ? operation.agenda : operation.key;
      if (!(await wire(`${type} ${about}`, () => this.#applyOne(operation))))
        return { isApplied: false, refused: place };
    }
    return { isApplied: true };
  }

  #applyOne(operation: Operation): boolean {
    switch (operation.type) {
      case 'write':
        return this.#write(operation.key, operation.value, operation.version);
      case 'remove':
        return this.#remove(operation.key, operation.version);
      case 'claim':
        return this.#claim(operation.key, operation.lifeMs, operation.token) !== undefined;
      case 'schedule':
        this.#schedule(operation.agenda, operation);
        return true;
    }
  }

  #write(key: string, value: unknown, version: number): boolean {
    const found = this.peek(key);
    if ((found?.version ?? 0) !== version) return false;
    const text = JSON.stringify(value);
    this.#records.set(key, { text, version: version + 1 });
    this.written(key, found?.value, JSON.parse(text));
    return true;
  }

  #remove(key: string, version: number): boolean {
    const found = this.peek(key);
    if (found === undefined || found.version !== version) return false;
    this.#records.delete(key);
    this.written(key, found.value, undefined);
    return true;
  }

  #claim(key: string, lifeMs: number, token = `token ${++this.#tokens}`): string | undefined {
    if (this.#isHeld(this.#claims.get(key))) return undefined;
    if (this.#isHeld(this.#promised.get(key))) this.overlaps.push({ key });
    const grant = { token, until: this.#now() + lifeMs };
    this.#claims.set(key, grant);
    this.#promised.set(key, grant);
    return token;
  }

  #release({ key, token }: Claimed): void {
    if (this.#claims.get(key)?.token === token) this.#claims.delete(key);
    if (this.#promised.get(key)?.token === token) this.#promised.delete(key);
  }

  #isHeld(grant: Grant | undefined): boolean {
    return grant !== undefined && grant.until > this.#now();
  }

  #schedule(agenda: string, { id, at, from }: Scheduled): void {
    const instants = this.#agenda(agenda);
    if (from !== undefined && instants.get(id) !== (from === 'none' ? undefined : from.getTime())) return;
    if (at === undefined) instants.delete(id);
    else instants.set(id, at.getTime());
  }

  #due(agenda: string, now: number, limit: number): string[] {
    return [...this.#agenda(agenda)]
      .filter(([, at]) => at <= now)
      .sort(([, one], [, other]) => one - other)
      .slice(0, limit)
      .map(([id]) => id);
  }

  #agenda(name: string): Map<string, number> {
    const found = this.#agendas.get(name) ?? new Map<string, number>();
    this.#agendas.set(name, found);
    return found;
  }
}

export function storeFailure(call: string): StoreUnavailable {
  return new StoreUnavailable(`simulated: ${call}`);
}
