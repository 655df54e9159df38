import { errorFields, type Log } from '../log.ts';
import type { Secret } from '../secret.ts';
import { type AccountId, type Accounts, accountId } from '../store/accounts.ts';
import { type Credentials, DELIVERIES } from '../store/credentials.ts';
import type { Journal } from '../store/journal.ts';
import type { Store } from '../store/store.ts';
import { TestAttempts } from '../store/test-attempts.ts';
import {
  type DeliveryState,
  type Destination,
  type Destinations,
  NEVER_DELIVERED,
  type PastellDestination,
} from './destinations.ts';
import { type Outbound, reasonOfFailure } from './outbound.ts';
import { pushToPastell } from './pastell.ts';
import { sendWebhook } from './webhook.ts';

/** What is told: the account has a new password in use. */
export interface News {
  /** The same for every attempt with one version at one destination. */
  readonly id: string;
  readonly login: string;
  readonly version: number;
  /** Since when this version is in use. */
  readonly at: Date;
  readonly now: Date;
}

/** How one attempt ended. `result` is a few words without any secret. */
export type Attempt = { readonly outcome: 'taken' | 'disabled'; readonly result: string } | FailedAttempt;

export interface FailedAttempt {
  readonly outcome: 'failed';
  readonly result: string;
  readonly retryAfterMs?: number | undefined;
  /** The program may have tried the password at Chorus Pro, and told of no yes. */
  readonly isTried?: true;
}

/** Told once for a version that has had no success for a day. */
export interface StuckDelivery {
  readonly destination: Destination;
  readonly login: string;
  readonly result: string;
}

export interface DeliveryDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly destinations: Destinations;
  readonly journal: Journal;
  readonly outbound: Outbound;
  /** Tells the administrators. */
  readonly stuck: (delivery: StuckDelivery) => Promise<void>;
  /** An attempt has ended, well or not: what shows that is drawn anew. */
  readonly attempted: (account: AccountId) => void;
  readonly log: Log;
  readonly now: () => Date;
  /** From 0 to 1, for the jitter. */
  readonly random?: () => number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** After the n-th failure (Standard Webhooks); then once a day. */
const PAUSES_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];
const DAY_MS = 24 * HOUR;
/** Longer than the longest attempt, so that no two replicas deliver at once. */
const LEASE_MS = 5 * MINUTE;
const ACCOUNTS_AT_ONCE = 50;

/**
 * Brings the newest password in use to each destination of its account.
 *
 * The queue is the agenda in the store, so a crash loses nothing. What is sent is read after the claim: an older
 * version is never sent once a newer one is in use. A repeat after a crash has the same id.
 */
export class Deliveries {
  readonly #dependencies: DeliveryDependencies;

  constructor(dependencies: DeliveryDependencies) {
    this.#dependencies = dependencies;
  }

  /** Delivers what is due. An account stays in the agenda until all its destinations have its newest version. */
  async tick(): Promise<void> {
    const { store, log, now } = this.#dependencies;
    for (const account of await store.due(DELIVERIES, now(), ACCOUNTS_AT_ONCE)) {
      try {
        await this.#deliverAll(accountId(account));
      } catch (error) {
        log.error('delivery.failed', { account, ...errorFields(error) });
        await store.schedule(DELIVERIES, account, new Date(now().getTime() + MINUTE));
      }
    }
  }

  async #deliverAll(account: AccountId): Promise<void> {
    const { store, destinations } = this.#dependencies;
    const [seen] = await store.scheduled(DELIVERIES, [account]);
    const all = await destinations.ofAccount(account);
    const nexts = await Promise.all(all.map((destination) => this.#deliver(destination)));
    const waiting = nexts.filter((next) => next !== undefined).map((next) => next.getTime());
    const at = waiting.length === 0 ? undefined : new Date(Math.min(...waiting));
    // A password that was promoted meanwhile has moved the entry: it stays where it is.
    await store.scheduleMany(DELIVERIES, [
      { id: account, at, ...(seen === undefined ? {} : { from: seen }) },
    ]);
  }

  /** Gives when this destination is to be looked at again; undefined: not before the next password. */
  async #deliver(destination: Destination): Promise<Date | undefined> {
    const { store, destinations, now } = this.#dependencies;
    const before = await destinations.state(destination.id);
    if (before.isDisabled === true) return undefined;
    const claim = `delivery/${destination.id}`;
    const token = await store.claim(claim, LEASE_MS);
    if (token === undefined) return new Date(now().getTime() + MINUTE);
    try {
      return await this.#attempt(destination);
    } finally {
      await store.release(claim, token);
    }
  }

  async #attempt(destination: Destination): Promise<Date | undefined> {
    const { accounts, credentials, destinations, now } = this.#dependencies;
    const { id, account } = destination;
    const state = await destinations.state(id);
    const [found, opened, secret] = await Promise.all([
      accounts.find(account),
      credentials.current(account),
      destinations.secret(id),
    ]);
    if (found === undefined || opened === undefined || secret === undefined) return undefined;
    const { version, currentSince, heldSince } = opened.kept;
    if (state.deliveredVersion >= version) return undefined;
    const isNew = state.version !== version;
    if (!isNew && state.nextAt !== undefined && Date.parse(state.nextAt) > now().getTime())
      return new Date(state.nextAt);
    const news: News = {
      id: `${id}-${version}`,
      login: found.login,
      version,
      at: new Date(currentSince ?? heldSince),
      now: now(),
    };
    await this.#recordFirst(destination, version, isNew);
    const attempt = await this.#send(destination, secret, { ...news, password: opened.secret });
    const after = await destinations.changeState(id, (latest) => this.#after(latest, version, attempt));
    this.#dependencies.attempted(account);
    await this.#report(destination, found.login, after);
    return after.nextAt === undefined ? undefined : new Date(after.nextAt);
  }

  async #send(
    destination: Destination,
    secret: Secret,
    news: News & { readonly password: Secret },
  ): Promise<Attempt> {
    const { outbound } = this.#dependencies;
    try {
      return destination.kind === 'webhook'
        ? await sendWebhook(outbound, destination, secret, news)
        : await this.#pushToPastell(destination, secret, news);
    } catch (error) {
      return { outcome: 'failed', result: reasonOfFailure(error) };
    }
  }

  /** Pastell tries the password at Chorus Pro: it counts among the attempts of the day, which all who test it share. */
  async #pushToPastell(
    destination: PastellDestination,
    secret: Secret,
    news: News & { readonly password: Secret },
  ): Promise<Attempt> {
    const { store, outbound, now } = this.#dependencies;
    const attempts = new TestAttempts(store, now);
    const allowance = await attempts.allowance(destination.account, news.version, true);
    if (!allowance.isAllowed) {
      const retryAfterMs = allowance.freeAt.getTime() - now().getTime();
      return { outcome: 'failed', result: 'essayé assez souvent aujourd’hui', retryAfterMs };
    }
    const attempt = await pushToPastell(outbound, destination, secret, news);
    if (attempt.outcome === 'failed' && attempt.isTried === true)
      await attempts.note(destination.account, news.version, true);
    return attempt;
  }

  /** The journal first (P10): a password goes to a program, or a program is told of it. */
  async #recordFirst({ id, kind, account }: Destination, version: number, isNew: boolean): Promise<void> {
    if (!isNew) return;
    const { journal, destinations, now } = this.#dependencies;
    const what = kind === 'pastell' ? 'passwordPushed' : 'passwordAnnounced';
    await journal.append({
      at: now(),
      who: `destination:${id}`,
      what: `${what} version ${version}`,
      account,
    });
    await destinations.changeState(id, (state) => ({
      ...NEVER_DELIVERED,
      deliveredVersion: state.deliveredVersion,
      ...(state.deliveredAt === undefined ? {} : { deliveredAt: state.deliveredAt }),
      version,
    }));
  }

  #after(state: DeliveryState, version: number, attempt: Attempt): DeliveryState {
    const { now, random = Math.random } = this.#dependencies;
    const { nextAt: _, failingSince, ...rest } = state;
    const at = now();
    if (attempt.outcome === 'failed') {
      const failures = state.failures + 1;
      const pauseMs = PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1] ?? DAY_MS;
      const jitteredMs = Math.min(pauseMs * (1 + random() / 5), DAY_MS);
      return {
        ...rest,
        version,
        failures,
        failingSince: failingSince ?? at.toISOString(),
        nextAt: new Date(at.getTime() + Math.max(jitteredMs, attempt.retryAfterMs ?? 0)).toISOString(),
        lastResult: attempt.result,
      };
    }
    if (attempt.outcome === 'disabled') return { ...rest, isDisabled: true, lastResult: attempt.result };
    return {
      ...rest,
      version,
      deliveredVersion: Math.max(version, state.deliveredVersion),
      deliveredAt: at.toISOString(),
      failures: 0,
      lastResult: attempt.result,
    };
  }

  /** The administrators are told once for a version: after a day without success, or when it was disabled. */
  async #report(destination: Destination, login: string, state: DeliveryState): Promise<void> {
    const { destinations, stuck, now } = this.#dependencies;
    const since = state.failingSince === undefined ? undefined : Date.parse(state.failingSince);
    const isOverdue = since !== undefined && now().getTime() - since >= DAY_MS;
    if (state.isReported === true || !(isOverdue || state.isDisabled === true)) return;
    await stuck({ destination, login, result: state.lastResult ?? '' });
    await destinations.changeState(destination.id, (latest) => ({ ...latest, isReported: true }));
  }
}
