import type { Messages } from '../../cards/messages.ts';
import { plain } from '../../cards/text.ts';
import { errorFields, type Log } from '../../log.ts';
import type { SealBroken } from '../../store/seal.ts';
import type { RecordRefused } from '../../store/store.ts';
import type { Administrators } from './administrators.ts';
import type { PrivateNotice } from './private-notices.ts';

const DAY_MS = 24 * 60 * 60_000;
/** How long this process does not look whether another one has told them. */
const PAUSE_MS = 60 * 60_000;

/**
 * Tells the administrators of what only they can mend in the store: a record that was refused, a password that does not
 * open. Once a day for each of the two, however many there are and whichever replica meets them.
 */
export class Alarms {
  readonly #administrators: Pick<Administrators, 'tellOnce'>;
  readonly #log: Log;
  readonly #quietUntilMs = new Map<string, number>();
  readonly #telling = new Map<string, Promise<void>>();

  constructor(administrators: Pick<Administrators, 'tellOnce'>, log: Log) {
    this.#administrators = administrators;
    this.#log = log;
  }

  /** Nobody waits for it. */
  recordRefused({ key }: RecordRefused): void {
    this.#tell('refused-record', {
      title: (m) => m.reminders.recordRefusedTitle,
      sentence: (m) => m.reminders.recordRefused(key),
    });
  }

  /** The same. */
  sealBroken({ binding: { account } }: SealBroken): void {
    const cure = (m: Messages) => plain(m.verdict.notOpened.administrators?.({}) ?? []);
    this.#tell('broken-seal', {
      title: (m) => m.reminders.sealBrokenTitle,
      sentence: (m) => m.reminders.sealBroken(account, cure(m)),
    });
  }

  /** Resolves when nobody is being told. */
  async settled(): Promise<void> {
    await Promise.all(this.#telling.values());
  }

  #tell(subject: string, notice: PrivateNotice): void {
    if (Date.now() < (this.#quietUntilMs.get(subject) ?? 0)) return;
    // At once: to read where the administrators are may meet another one.
    this.#quietUntilMs.set(subject, Date.now() + PAUSE_MS);
    const telling = this.#administrators
      .tellOnce(subject, DAY_MS, notice)
      .catch((error: unknown) => this.#log.warn('administrators.notTold', errorFields(error)));
    this.#telling.set(subject, telling);
  }
}
