import { createHash, randomBytes } from 'node:crypto';
import type { Secret } from '../../secret.ts';
import { AccountRecords } from '../../store/account-records.ts';
import type { Account, AccountId, Accounts } from '../../store/accounts.ts';
import { change, REMOVED } from '../../store/change.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Journal } from '../../store/journal.ts';
import { mayReset } from '../../store/rights.ts';
import type { Store } from '../../store/store.ts';
import type { Language, Person } from '../channel.ts';

/** What a link may be opened and pressed for. */
interface Link {
  readonly person: Person;
  readonly account: AccountId;
  readonly version: number;
  readonly resetId: string;
  /** ISO instant. */
  readonly until: string;
}

/** How often this version was taken back in this reset. */
interface Taken {
  readonly resetId: string;
  readonly version: number;
  readonly times: number;
  /** ISO instant of the last time. Earlier versions did not write it down. */
  readonly at?: string;
}

/** A reset in which the person may take back what they typed: asked again at every step. */
export interface HandoverState {
  readonly resetId: string;
  /** Who leads the reset, and typed this version in it. */
  readonly person: string;
  readonly version: number;
}

/** Why nothing is handed over. */
export type HandoverRefusal = 'over' | 'notYours' | 'tooOften' | 'tooLate';

export type HandedOver =
  | {
      readonly outcome: 'handedOver';
      readonly account: Account;
      readonly secret: Secret;
      readonly language: Language;
    }
  | { readonly outcome: HandoverRefusal; readonly language?: Language };

const LINK_LIFE_MS = 5 * 60_000;
/** After the conclusive test. */
const HANDOVER_LIFE_MS = 24 * 60 * 60_000;
const TIMES_AT_MOST = 3;
const AGENDA = 'handover-links';
/** Each new link clears away this many that are over. */
const SWEPT_AT_ONCE = 5;
export const HANDOVER_PATH = '/retrait';

export interface HandoverDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly journal: Journal;
  /** Where the account's reset stands: undefined unless it is at its last step, with a version that its leader typed. */
  readonly stateOf: (account: AccountId) => Promise<HandoverState | undefined>;
  /** A line in the person's own conversation, after each time. */
  readonly tell: (person: Person, account: Account, at: Date) => Promise<void>;
  /** Does not end in '/'. */
  readonly publicUrl: string;
  readonly now: () => Date;
}

/**
 * Lets whoever typed a password in a reset take it back while that reset is at its last step: 24 hours after its test
 * at most, three times at most, each time by a link that lives five minutes and works once (P10).
 *
 * The right is asked when a link is given, opened and pressed. A hand-over to somebody else, a newer version or the end
 * of the reset so ends every link. Only a hash of a link's token is kept.
 */
export class Handover {
  readonly #dependencies: HandoverDependencies;

  constructor(dependencies: HandoverDependencies) {
    this.#dependencies = dependencies;
  }

  /** The address of a page on which this person may take the password, or why there is none. */
  async offer(
    person: Person,
    account: AccountId,
  ): Promise<{ readonly url: string; readonly until: string; readonly login: string } | HandoverRefusal> {
    const { store, accounts, publicUrl, now } = this.#dependencies;
    const state = await this.#stateFor(person.id, account);
    if (typeof state === 'string') return state;
    await this.#sweep();
    const token = randomBytes(32).toString('base64url');
    const until = new Date(now().getTime() + LINK_LIFE_MS);
    const key = keyOf(token);
    // Before the record: an instant too many in the agenda finds nothing to clear away.
    await store.schedule(AGENDA, key, until);
    const { resetId, version } = state;
    const link: Link = { person, account, version, resetId, until: until.toISOString() };
    await store.write(key, link, 0);
    const login = (await accounts.find(account))?.login ?? account;
    return { url: `${publicUrl}${HANDOVER_PATH}/${token}`, until: link.until, login };
  }

  /** What the page of a link may show: nothing secret, and nothing is used up. */
  async open(token: string): Promise<
    | {
        readonly outcome: 'open';
        readonly account: Account;
        readonly language: Language;
        readonly until: string;
        readonly leftMs: number;
      }
    | { readonly outcome: HandoverRefusal; readonly language?: Language }
  > {
    const link = await this.#find(token);
    if (link === undefined) return { outcome: 'over' };
    const { language } = link.person;
    const allowed = await this.#allowed(link);
    if (typeof allowed === 'string') return { outcome: allowed, language };
    const leftMs = Date.parse(link.until) - this.#dependencies.now().getTime();
    return { outcome: 'open', account: allowed, language, until: link.until, leftMs };
  }

  /**
   * Uses the link up and gives the password, after the journal has it. Of two who press at once, one gets it.
   * Where the store fails in between, nobody does, and the link is gone: another one may be asked for.
   */
  async take(token: string): Promise<HandedOver> {
    const { store, credentials, journal, tell, now } = this.#dependencies;
    const link = await this.#find(token);
    if (link === undefined) return { outcome: 'over' };
    const { person, account: id, version } = link;
    const { language } = person;
    const allowed = await this.#allowed(link);
    if (typeof allowed === 'string') return { outcome: allowed, language };
    if (!(await this.#use(token))) return { outcome: 'over', language };
    if (!(await this.#count(link))) return { outcome: 'tooOften', language };
    const opened = await credentials.current(id);
    if (opened?.kept.version !== version) return { outcome: 'over', language };
    const at = now();
    const what = `passwordHandedOver version ${version}`;
    try {
      await journal.append({ at, who: person.id, what, account: id, from: HANDOVER_PATH });
    } catch (error) {
      // It counts for nothing: a journal that fails three times would leave nobody a fourth.
      await this.#uncount(link).catch(() => undefined);
      throw error;
    }
    await store.unschedule(AGENDA, keyOf(token));
    await tell(person, allowed, at);
    return { outcome: 'handedOver', account: allowed, secret: opened.secret, language };
  }

  async #allowed(link: Link): Promise<Account | HandoverRefusal> {
    const state = await this.#stateFor(link.person.id, link.account);
    if (typeof state === 'string') return state;
    if (state.resetId !== link.resetId || state.version !== link.version) return 'over';
    return (await this.#dependencies.accounts.find(link.account)) ?? 'notYours';
  }

  async #stateFor(person: string, id: AccountId): Promise<HandoverState | HandoverRefusal> {
    const { accounts, credentials, stateOf, now } = this.#dependencies;
    const [account, state, { current }] = await Promise.all([
      accounts.find(id),
      stateOf(id),
      credentials.slots(id),
    ]);
    if (account === undefined || !mayReset(person, account)) return 'notYours';
    if (state === undefined || current?.version !== state.version) return 'over';
    if (state.person !== person) return 'notYours';
    const since = Date.parse(current.currentSince ?? '');
    if (!(now().getTime() - since < HANDOVER_LIFE_MS)) return 'tooLate';
    return (await this.#timesTaken(id, state)) < TIMES_AT_MOST ? state : 'tooOften';
  }

  async #timesTaken(account: AccountId, { resetId, version }: HandoverState): Promise<number> {
    const taken = (await takenRecords(this.#dependencies.store).find(account))?.value;
    return taken?.resetId === resetId && taken.version === version ? taken.times : 0;
  }

  /** false: it was taken as often as it may be. */
  async #count({ account, resetId, version }: Link): Promise<boolean> {
    const { store, now } = this.#dependencies;
    let isCounted = false;
    await takenRecords(store).change(account, (taken) => {
      const times = taken?.resetId === resetId && taken.version === version ? taken.times : 0;
      isCounted = times < TIMES_AT_MOST;
      return isCounted ? { resetId, version, times: times + 1, at: now().toISOString() } : undefined;
    });
    return isCounted;
  }

  async #uncount({ account, resetId, version }: Link): Promise<void> {
    await takenRecords(this.#dependencies.store).change(account, (taken) =>
      taken?.resetId === resetId && taken.version === version
        ? { resetId, version, times: taken.times - 1 }
        : undefined,
    );
  }

  async #find(token: string): Promise<Link | undefined> {
    const { store, now } = this.#dependencies;
    const link = (await store.read<Link>(keyOf(token)))?.value;
    return link !== undefined && Date.parse(link.until) > now().getTime() ? link : undefined;
  }

  /** false: somebody else has used it. */
  async #use(token: string): Promise<boolean> {
    const { isChanged } = await change<Link>(this.#dependencies.store, keyOf(token), () => REMOVED);
    return isChanged;
  }

  async #sweep(): Promise<void> {
    const { store, now } = this.#dependencies;
    for (const key of await store.due(AGENDA, now(), SWEPT_AT_ONCE)) {
      await change(store, key, () => REMOVED);
      await store.unschedule(AGENDA, key);
    }
  }
}

/** When whoever typed this version last took it back; undefined: never. */
export async function takenBackAt(
  store: Store,
  account: AccountId,
  version: number,
): Promise<string | undefined> {
  const taken = (await takenRecords(store).find(account))?.value;
  return taken?.version === version ? taken.at : undefined;
}

function keyOf(token: string): string {
  return `handover-link/${createHash('sha256').update(token).digest('base64url')}`;
}

function takenRecords(store: Store): AccountRecords<Taken> {
  return new AccountRecords(store, 'handover');
}
