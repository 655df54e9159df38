import type { Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import { type PrivateNotice, PrivateNotices, type PrivateNoticesDependencies } from './private-notices.ts';

export interface AdministratorsDependencies extends PrivateNoticesDependencies {
  readonly administrators: readonly PersonId[];
}

/** What the administrators are told in private. */
export class Administrators {
  readonly #administrators: readonly PersonId[];
  readonly #notices: PrivateNotices;
  readonly #log: Log;

  constructor(dependencies: AdministratorsDependencies) {
    this.#administrators = dependencies.administrators;
    this.#notices = new PrivateNotices(dependencies);
    this.#log = dependencies.log;
  }

  get ids(): readonly PersonId[] {
    return this.#administrators;
  }

  /** As {@link PrivateNotices.tell}; where there is nobody to tell, the log has to do. */
  async tell(notice: PrivateNotice): Promise<void> {
    if (!(await this.#notices.tell(this.#administrators, notice))) this.#log.warn('administrators.unknown');
  }

  /** The same, unless any replica has told them of `subject` within the last `everyMs`. */
  async tellOnce(subject: string, everyMs: number, notice: PrivateNotice): Promise<void> {
    const told = await this.#notices.tellOnce(this.#administrators, { subject, everyMs }, notice);
    if (told === false) this.#log.warn('administrators.unknown');
  }
}
