import type { Database, RootDatabase } from 'lmdb';
import type { Scheduled } from '../store.ts';

/** What is due when. What changes an agenda is to be called inside a transaction. */
export class LmdbAgendas {
  /** [agenda, instant, id], in this order. */
  readonly #entries: Database<true, [string, number, string]>;
  /** The instant of [agenda, id]. */
  readonly #instants: Database<number, [string, string]>;

  constructor(root: RootDatabase) {
    this.#entries = root.openDB({ name: 'agendas', encoding: 'json' });
    this.#instants = root.openDB({ name: 'instants', encoding: 'json' });
  }

  schedule(agenda: string, { id, at, from }: Scheduled): void {
    const now = this.#instants.get([agenda, id]);
    if (from !== undefined && now !== (from === 'none' ? undefined : from.getTime())) return;
    if (now !== undefined) void this.#entries.remove([agenda, now, id]);
    if (at !== undefined) {
      void this.#entries.put([agenda, at.getTime(), id], true);
      void this.#instants.put([agenda, id], at.getTime());
    } else if (now !== undefined) {
      void this.#instants.remove([agenda, id]);
    }
  }

  scheduled(agenda: string, id: string): Date | undefined {
    const at = this.#instants.get([agenda, id]);
    return at === undefined ? undefined : new Date(at);
  }

  due(agenda: string, now: Date, limit: number): string[] {
    const keys = this.#entries.getKeys({ start: [agenda], end: [agenda, now.getTime() + 1], limit });
    return [...keys].map(([, , id]) => id);
  }
}
