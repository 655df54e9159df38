import type { Log } from '../../log.ts';
import type { Journal } from '../../store/journal.ts';

export interface JournalAnchorDependencies {
  readonly journal: Pick<Journal, 'end'>;
  readonly log: Log;
  readonly now: () => Date;
}

/**
 * Writes into the log where the journal ends, at the start and once a day. Whoever collects the log has it outside of the
 * store: a journal that was cut off or written anew since does not contain it (`journal verify --expect`).
 */
export class JournalAnchor {
  readonly #dependencies: JournalAnchorDependencies;
  #lastDay = '';

  constructor(dependencies: JournalAnchorDependencies) {
    this.#dependencies = dependencies;
  }

  async tick(): Promise<void> {
    const { journal, log, now } = this.#dependencies;
    const day = now().toISOString().slice(0, 10);
    if (day === this.#lastDay) return;
    const { count, hash, isSigned } = await journal.end();
    this.#lastDay = day;
    if (isSigned) log.info('journal.head', { count, hash });
    // What nobody vouches for is no anchor.
    else log.warn('journal.unsigned', { count });
  }
}
