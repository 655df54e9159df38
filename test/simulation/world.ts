import { once } from 'node:events';
import type { Scheduler } from 'fast-check';
import { type Bot, createBot } from '../../src/bot/bot.ts';
import { type Channel, type Place, PlaceGone, type Posted, TryLater } from '../../src/bot/channel.ts';
import type { Card } from '../../src/cards/card.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import type { Verdict } from '../../src/chorus/verdict.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { PersonId } from '../../src/person.ts';
import { Secret } from '../../src/secret.ts';
import { type Account, Accounts } from '../../src/store/accounts.ts';
import { Journal } from '../../src/store/journal.ts';
import { type Binding, SealBroken, type Sealing } from '../../src/store/seal.ts';
import { SIGNING } from '../signing-keys.ts';
import { MemoryStore, storeFailure, type Wire } from './memory-store.ts';

export const CAMILLE: PersonId = 'teams:t:camille';
export const DENIS: PersonId = 'teams:t:denis';
export const EVE: PersonId = 'teams:t:eve';
const ALIX: PersonId = 'teams:t:alix';

export const ACCOUNT = 'tech_1@cpro.fr';
const OLD_PASSWORD = 'Ancien_mot2passe';
/** A Monday, five days before the password expires. */
const START = Date.parse('2027-03-01T09:30:00.000Z');
const EXPIRES = '2027-03-06T09:00:00.000Z';

/** Until a dead process's claims on reminders are free again, and how long any test's claim lasts, in ms. */
const LONGEST_LEASE = 30_000;

/** What a port does with its next calls. */
export const TROUBLES = ['refused', 'lost', 'later', 'gone'] as const;
export const PORTS = ['store', 'chat', 'chorus'] as const;
export type Trouble = (typeof TROUBLES)[number];
export type Port = (typeof PORTS)[number];

interface Message {
  readonly to: string;
  readonly first: Card;
  card: Card;
}

export interface Seen {
  readonly posted: Posted;
  readonly card: Card;
}

/** One process of the bot. When it crashes, none of its calls is ever answered again. */
export interface Replica {
  readonly bot: Bot;
  readonly died: Promise<void>;
  readonly die: () => void;
}

const LOG = createLog('silent');
const METRICS = createMetrics();

export function privately(person: string): Place {
  return { platform: 'teams', private: true, address: { conversation: person } };
}

/**
 * Replicas of the bot on a store, a clock, a chat and a Chorus Pro that exist in memory only. Every call to one of them
 * goes out and comes back as two tasks of the scheduler, so that it orders all of them as it likes.
 */
export class World {
  readonly scheduler: Scheduler;
  readonly store = new MemoryStore(() => this.#now);
  readonly messages = new Map<string, Message>();
  /** Every card that anybody has ever seen, the newest last: people click on old ones too. */
  readonly seen: Seen[] = [];
  /** The passwords that Chorus Pro has accepted, with a test. */
  readonly acceptedByChorus = new Set<string>();
  /** What each sealed text holds. */
  readonly sealed = new Map<string, { readonly text: string; readonly binding: Binding }>();
  /** How many reminders may rightly have been sent twice: crashes, answers that were lost, leases that ran out. */
  excuses = 0;
  chorusPassword = OLD_PASSWORD;
  /** Nothing has crashed or failed so far. */
  isCalm = true;
  readonly #replicas: Replica[];
  readonly #trouble: Record<Port, Trouble[]> = { store: [], chat: [], chorus: [] };
  #now = START;
  #messages = 0;

  constructor(scheduler: Scheduler, replicas: number) {
    this.scheduler = scheduler;
    this.#replicas = Array.from({ length: replicas }, () => this.#boot());
  }

  get now(): Date {
    return new Date(this.#now);
  }

  get account(): Account {
    return this.store.peek<Account>(`account/${ACCOUNT}`)?.value as Account;
  }

  replica(index: number): Replica {
    return this.#replicas[index % this.#replicas.length] as Replica;
  }

  /** The account, its password in use, and the people, as if all had been there for a while. */
  async settle(): Promise<void> {
    const direct = this.store.through(async (_call, happen) => happen());
    const accounts = new Accounts(direct);
    await accounts.add({
      login: 'TECH_1@cpro.fr',
      siret: '21590350100017',
      structure: 'Commune de Saint-Aubin',
      manager: CAMILLE,
      deputy: DENIS,
      alertMonths: 12,
      expiry: { at: EXPIRES, estimated: false },
      addedAt: this.now.toISOString(),
    });
    const about = { version: 1, heldSince: this.now.toISOString(), heldBy: 'administrateur' };
    const expiry = { at: EXPIRES, estimated: false };
    const sealed = this.#seal(new Secret(OLD_PASSWORD), {
      account: ACCOUNT,
      version: 1,
      purpose: 'credential',
    });
    this.acceptedByChorus.add(OLD_PASSWORD);
    const current = { ...about, expiry, sealed, currentSince: this.now.toISOString() };
    await direct.write(`credential/${ACCOUNT}`, { last: 1, setAside: [], current }, 0);
    for (const [person, name] of [
      [CAMILLE, 'Camille Roy'],
      [DENIS, 'Denis Petit'],
      [ALIX, 'Alix Bon'],
    ] as const)
      await direct.write(`place/${person}`, { name, language: 'fr', place: privately(person) }, 0);
  }

  /** The process ends at this very instant, and another one takes its place. */
  crash(index: number): void {
    const at = index % this.#replicas.length;
    this.#replicas[at]?.die();
    this.#replicas[at] = this.#boot();
    this.excuses += 1;
    this.isCalm = false;
  }

  pass(ms: number): void {
    this.#now += ms;
    if (ms >= LONGEST_LEASE) this.excuses += 1;
  }

  /** Each replica looks at its agenda, in its own time. */
  tick(): void {
    for (const { bot } of this.#replicas) {
      bot.dailyTest?.tick();
      bot.resetRunner.wakeDue().catch(() => undefined);
      bot.reminders.tick().catch(() => undefined);
    }
  }

  trouble(port: Port, how: Trouble, calls: number): void {
    this.isCalm = false;
    this.#trouble[port].push(...Array.from({ length: calls }, () => how));
  }

  /** From now on everything answers, and one process alone, started afresh, sees to what is left. */
  heal(): void {
    for (const port of PORTS) this.#trouble[port].length = 0;
    for (const { die } of this.#replicas) die();
    this.#replicas.splice(0, Number.POSITIVE_INFINITY, this.#boot());
    this.excuses += 1;
  }

  /** People see this card on a message that was there before. */
  show(posted: Posted, card: Card): void {
    const message = this.messages.get(posted.message);
    if (message !== undefined) message.card = card;
    this.seen.push({ posted, card });
  }

  /** An administrator makes somebody else the gestionnaire principal. */
  async handOver(manager: PersonId): Promise<void> {
    const { deputy: _, ...account } = this.account;
    const accounts = new Accounts(this.store.through(async (_call, happen) => happen()));
    const deputy = manager === CAMILLE ? { deputy: DENIS } : {};
    await accounts.change(account.id, () => ({ ...account, manager, ...deputy }));
  }

  #boot(): Replica {
    let isAlive = true;
    const death = new AbortController();
    const died = once(death.signal, 'abort').then(() => undefined);
    const die = () => {
      isAlive = false;
      death.abort();
    };
    const wire: Wire = async (call, happen) => {
      await this.#reached(call, () => isAlive);
      const trouble = this.#trouble.store.shift();
      if (trouble === 'refused') throw storeFailure(call);
      const answer = happen();
      await this.#reached(`answer to ${call}`, () => isAlive);
      if (trouble !== undefined) throw storeFailure(call);
      return answer;
    };
    const store = this.store.through(wire);
    const bot = createBot({
      channels: new Map([['teams', this.#chat(() => isAlive)]]),
      store,
      journal: new Journal(store, SIGNING),
      sealer: this.#sealer(),
      chorus: { testConnection: (_account, secret) => this.#test(secret, () => isAlive) },
      apiUrl: 'https://chorus.example',
      links: { portalUrl: 'https://portal.example' },
      messages: { fr, en },
      maskedLinks: undefined,
      administrators: [ALIX],
      dailyTest: true,
      changed: () => undefined,
      log: LOG,
      metrics: METRICS,
      now: () => this.now,
    });
    return { bot, died, die };
  }

  /** A call has got where it was going; one of a process that is dead never does. */
  async #reached(call: string, isAlive: () => boolean): Promise<void> {
    await this.scheduler.schedule(Promise.resolve(), call);
    if (!isAlive()) await new Promise(() => undefined);
  }

  #chat(isAlive: () => boolean): Channel {
    const go = async (call: string, happen: () => Posted) => {
      await this.#reached(call, isAlive);
      const trouble = this.#trouble.chat.shift();
      if (trouble === 'later') throw new TryLater(1_000);
      if (trouble === 'gone') throw new PlaceGone('simulated');
      if (trouble === 'refused') throw new Error('simulated: the platform failed');
      const posted = happen();
      await this.#reached(`answer to ${call}`, isAlive);
      if (trouble !== 'lost') return posted;
      this.excuses += 1;
      throw new Error('simulated: the answer was lost');
    };
    return {
      platform: 'teams',
      show: (place, card) =>
        go('show', () => {
          const message = `message ${++this.#messages}`;
          const posted = { place, message };
          this.messages.set(message, { to: place.address.conversation ?? '', first: card, card });
          this.seen.push({ posted, card });
          return posted;
        }),
      replace: async (posted, card) => {
        await go('replace', () => {
          this.show(posted, card);
          return posted;
        });
      },
    };
  }

  async #test(secret: Secret, isAlive: () => boolean): Promise<Verdict> {
    await this.#reached('test', isAlive);
    const trouble = this.#trouble.chorus.shift();
    const text = secret.reveal();
    const isRight = text === this.chorusPassword;
    if (isRight && trouble === undefined) this.acceptedByChorus.add(text);
    await this.#reached('answer to test', isAlive);
    if (trouble !== undefined) return { outcome: 'unknown', reason: 'timeout' };
    return isRight
      ? { outcome: 'accepted', structures: [], complete: true }
      : { outcome: 'refused', reason: 'technicalAccount' };
  }

  #sealer(): Sealing {
    return {
      seal: async (secret, binding) => this.#seal(secret, binding),
      open: async (sealed, binding) => {
        const found = this.sealed.get(sealed);
        if (found === undefined || JSON.stringify(found.binding) !== JSON.stringify(binding))
          throw new SealBroken(binding, 'was changed');
        return new Secret(found.text);
      },
      isFresh: () => true,
    };
  }

  #seal(secret: Secret, { account, version, purpose }: Binding): string {
    const sealed = `sealed ${this.sealed.size + 1}`;
    this.sealed.set(sealed, { text: secret.reveal(), binding: { account, version, purpose } });
    return sealed;
  }
}
