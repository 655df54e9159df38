import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import type { RecordRefused } from '../../store/store.ts';
import type { Administrators } from './administrators.ts';

const DAY_MS = 24 * 60 * 60_000;
/** How long this process does not look whether another one has told them. */
const PAUSE_MS = 60 * 60_000;

/** Tells the administrators that a record was refused: once a day, however many there are and whichever replica meets them. */
export class RefusedRecords {
  readonly #administrators: Pick<Administrators, 'tellOnce'>;
  readonly #log: Log;
  #quietUntilMs = 0;
  #telling: Promise<void> = Promise.resolve();

  constructor(administrators: Pick<Administrators, 'tellOnce'>, log: Log) {
    this.#administrators = administrators;
    this.#log = log;
  }

  /** Nobody waits for it. */
  tell({ key }: RecordRefused): void {
    if (Date.now() < this.#quietUntilMs) return;
    // At once: to read where the administrators are may meet another one.
    this.#quietUntilMs = Date.now() + PAUSE_MS;
    const notice = {
      title: (m: Messages) => m.reminders.recordRefusedTitle,
      sentence: (m: Messages) => m.reminders.recordRefused(key),
    };
    this.#telling = this.#administrators
      .tellOnce('refused-record', DAY_MS, notice)
      .catch((error: unknown) => this.#log.warn('administrators.notTold', errorFields(error)));
  }

  /** Resolves when nobody is being told. */
  async settled(): Promise<void> {
    await this.#telling;
  }
}
