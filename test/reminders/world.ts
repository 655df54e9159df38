import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@keyv/redis';
import type { Check } from '../../src/bot/account/daily-test.ts';
import type { Channel, Clicked, Place, Posted } from '../../src/bot/channel.ts';
import { Administrators } from '../../src/bot/outgoing/administrators.ts';
import { LivingCards } from '../../src/bot/outgoing/living-cards.ts';
import { PrivateNotices, type PrivateNoticesDependencies } from '../../src/bot/outgoing/private-notices.ts';
import type { ReminderRecord } from '../../src/bot/reminders/plan.ts';
import { type Pace, Reminders } from '../../src/bot/reminders/reminders.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { Card } from '../../src/cards/card.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { plain } from '../../src/cards/text.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { PersonId, Platform } from '../../src/person.ts';
import { AccountRecords } from '../../src/store/account-records.ts';
import { type Account, type AccountId, Accounts, accountId } from '../../src/store/accounts.ts';
import type { Credentials } from '../../src/store/credentials.ts';
import { openStore } from '../../src/store/open.ts';
import { People } from '../../src/store/people.ts';
import { Resets } from '../../src/store/resets.ts';
import type { Store } from '../../src/store/store.ts';
import { paris } from '../paris.ts';
import { ageClaims } from '../store/age-claims.ts';

export const CAMILLE: PersonId = 'teams:t:camille';
export const DENIS: PersonId = 'teams:t:denis';
export const ALIX: PersonId = 'teams:t:alix';
const NAMES: Readonly<Record<string, string>> = {
  [CAMILLE]: 'Camille Roy',
  [DENIS]: 'Denis Petit',
  [ALIX]: 'Alix Bon',
};

export const TEAM: Place = { platform: 'teams', private: false, address: { conversation: 'team' } };
export const SECOND_TEAM: Place = { platform: 'slack', private: false, address: { channel: 'C2' } };

/** Where this person's private messages go. */
export function privately(person: string): Place {
  return { platform: 'teams', private: true, address: { conversation: person } };
}

/** The first lines of a card as a person reads them. */
export function read({ title, body }: Card): string {
  const lines = body.flatMap((block) => {
    if ('text' in block) return [plain(block.text)];
    return 'items' in block ? block.items.map(plain) : [];
  });
  return [title, ...lines].join('\n');
}

interface Message {
  readonly to: string;
  readonly at: Date;
  /** The first card is what was posted; the others have replaced it. */
  readonly cards: Card[];
}

/** A platform that keeps what it is told, and fails when it is told to. */
export class RecordingChannel implements Channel {
  readonly platform: Platform;
  readonly messages = new Map<string, Message>();
  readonly attempts: string[] = [];
  readonly #now: () => Date;
  /** What the next posts to a conversation throw; gives undefined where they go through. */
  refuse: (conversation: string) => Error | undefined = () => undefined;
  /** Where it is given: somebody who was never met can be written to. */
  privately?: (person: PersonId) => Place;

  constructor(platform: Platform, now: () => Date) {
    this.platform = platform;
    this.#now = now;
  }

  async show(place: Place, card: Card): Promise<Posted> {
    const to = place.address.conversation ?? place.address.channel ?? '';
    this.attempts.push(to);
    const refusal = this.refuse(to);
    if (refusal !== undefined) throw refusal;
    const message = randomUUID();
    this.messages.set(message, { to, at: this.#now(), cards: [card] });
    return { place, message };
  }

  async replace({ message }: Posted, card: Card): Promise<void> {
    this.messages.get(message)?.cards.push(card);
  }

  /** What a conversation shows now, the oldest first. */
  shown(to: string): Card[] {
    return [...this.messages.values()]
      .filter((each) => each.to === to)
      .map(({ cards }) => cards.at(-1) as Card);
  }

  /** The titles of what was posted to a conversation, the oldest first. */
  titles(to: string): string[] {
    return [...this.messages.values()]
      .filter((each) => each.to === to)
      .map(({ cards }) => (cards[0] as Card).title);
  }

  message(to: string, title: string): Posted {
    const found = [...this.messages].findLast(
      ([, each]) => each.to === to && each.cards.at(-1)?.title === title,
    );
    if (found === undefined) throw new Error(`nothing in ${to} is titled ${title}`);
    return { place: privately(to), message: found[0] };
  }
}

const folders: string[] = [];

/** A store of its own for each world. */
export const DRIVERS: Readonly<Record<string, () => Promise<string>>> = {
  LMDB: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'reminders-'));
    folders.push(folder);
    return `lmdb:${folder}`;
  },
  Redis: freshRedis,
};

/** A database of the run's Redis that nobody has used yet, nor will. */
export async function freshRedis(): Promise<string> {
  for (;;) {
    const url = `${process.env.TEST_REDIS_URL}/${randomInt(1, 10_000)}`;
    const client = createClient({ url });
    await client.connect();
    const isMine =
      (await client.set('taken', '1', { NX: true } as object)) !== null && (await client.dbSize()) === 1;
    client.destroy();
    if (isMine) return url;
  }
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** One replica, or more, on one store, with a clock that only moves when it is told to. */
export class World {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly people: People<Place>;
  readonly checks: AccountRecords<Check>;
  /** Of all replicas of this world. */
  readonly metrics = createMetrics();
  readonly resets: Resets<ResetRecord>;
  readonly teams: RecordingChannel;
  readonly slack: RecordingChannel;
  readonly cards: LivingCards;
  readonly administrators: Administrators;
  readonly notices: PrivateNotices;
  readonly logged: string[] = [];
  readonly #url: string;
  readonly #reminders: Reminders;
  readonly #stores: Store[] = [];
  readonly #replicas: Reminders[] = [];
  #now: Date;
  #numbers = 0;

  private constructor(url: string, store: Store, start: string) {
    this.#url = url;
    this.#now = paris(start);
    this.store = store;
    this.accounts = new Accounts(store);
    this.people = this.#peopleIn(store);
    this.checks = new AccountRecords(store, 'check');
    this.resets = new Resets(store);
    this.teams = new RecordingChannel('teams', () => this.#now);
    this.slack = new RecordingChannel('slack', () => this.#now);
    this.cards = new LivingCards(this.#channels, () => undefined);
    this.administrators = this.#administratorsOn(store);
    this.notices = new PrivateNotices(this.#toTellOn(store));
    this.#reminders = this.#on(store);
  }

  static async open(driver: string, start: string): Promise<World> {
    const url = (await DRIVERS[driver]?.()) ?? '';
    return new World(url, await openStore(url), start);
  }

  get reminders(): Reminders {
    return this.#reminders;
  }

  get now(): Date {
    return this.#now;
  }

  get #channels(): ReadonlyMap<Platform, Channel> {
    return new Map<Platform, Channel>([
      ['teams', this.teams],
      ['slack', this.slack],
    ]);
  }

  /** Another process on the same store, with a connection of its own. */
  async replica(pace?: Pace): Promise<Reminders> {
    const store = await openStore(this.#url);
    this.#stores.push(store);
    return this.#on(store, pace);
  }

  /** What replicas hold for a time ends so much sooner. */
  ageClaims(ms: number): Promise<void> {
    return ageClaims(this.#url, ms);
  }

  async close(): Promise<void> {
    await Promise.all(this.#replicas.map((each) => each.stop()));
    await this.cards.settled();
    await Promise.all([this.store, ...this.#stores].map((each) => each.close()));
  }

  /** The true expiry was read on the portal, ISO. */
  async correct({ id }: Account, at: string): Promise<void> {
    await this.accounts.change(id, (account) => ({ ...account, expiry: { at, estimated: false } }));
  }

  /** An account of Camille's, whose deputy is Denis, and which nobody has told anything about. */
  async account(expires: string, more: Partial<Account> = {}): Promise<Account> {
    const login = `TECH_${++this.#numbers}`;
    await this.accounts.add({
      login,
      siret: '21590350100017',
      structure: `Commune ${this.#numbers}`,
      manager: CAMILLE,
      deputy: DENIS,
      alertMonths: 12,
      expiry: { at: paris(expires).toISOString(), estimated: false },
      addedAt: this.#now.toISOString(),
      ...more,
    });
    const account = await this.accounts.find(accountId(login));
    if (account === undefined) throw new Error('not added');
    return account;
  }

  /** So many accounts like this one, of which the agenda knows nothing. Gives their ids. */
  async accountsOutsideTheAgenda(count: number, like: Omit<Account, 'id'>): Promise<AccountId[]> {
    const logins = Array.from({ length: count }, (_, i) => `OUTSIDE_${i}`);
    for (let first = 0; first < count; first += 500) {
      const some = logins.slice(first, first + 500);
      await Promise.all(
        some.map((login) => {
          const id = accountId(login);
          return this.store.write(`account/${id}`, { ...like, id, login }, 0);
        }),
      );
    }
    return logins.map(accountId);
  }

  /** These people have spoken to the bot in private. */
  async meet(...persons: PersonId[]): Promise<void> {
    for (const id of persons) {
      const person = { id, name: NAMES[id] ?? id, language: 'fr' as const };
      this.reminders.knownPeople.spokeTo({ person, place: privately(id), correlation: 'c' });
    }
    await this.reminders.settled();
  }

  /** Somebody presses « Reporter le rappel » on the card with this title. */
  snooze(person: PersonId, account: Account, until: string, title: string) {
    const clicked: Clicked = {
      person: { id: person, name: NAMES[person] ?? '', language: 'fr' },
      place: privately(person),
      correlation: 'c',
      verb: 'snooze',
      data: { account: account.id, until },
      clicked: this.teams.message(person, title),
    };
    return this.reminders.snooze(clicked);
  }

  /** Teams takes what it is sent, and does not answer; `sending` resolves with what makes it fail in the end. */
  standStill(): { readonly sending: Promise<(error: Error) => void>; goOn(): void } {
    const sending = new Promise<(error: Error) => void>((resolve) => {
      this.teams.show = () => new Promise((_, reject) => resolve(reject));
    });
    return { sending, goOn: () => delete (this.teams as { show?: unknown }).show };
  }

  setClock(text: string): void {
    this.#now = paris(text);
  }

  /** The clock stands at `text`, and every replica looks at the agenda until there is nothing left. */
  async at(text: string, replicas: readonly Reminders[] = [this.reminders]): Promise<void> {
    this.setClock(text);
    await this.tick(replicas);
  }

  async tick(replicas: readonly Reminders[] = [this.reminders]): Promise<void> {
    for (let round = 0; round < 3; round++) await Promise.all(replicas.map((each) => each.tick()));
    await this.cards.settled();
  }

  /** The password was renewed at the clock's instant. */
  async renew(account: Account, expires: string): Promise<void> {
    const expiry = { at: paris(expires).toISOString(), estimated: true };
    await this.accounts.change(account.id, (before) => ({
      ...before,
      expiry,
      lastUpdated: this.#now.toISOString(),
    }));
  }

  #peopleIn(store: Store): People<Place> {
    return new People(store, (person) => this.teams.privately?.(person as PersonId));
  }

  #administratorsOn(store: Store): Administrators {
    return new Administrators({ administrators: [ALIX], ...this.#toTellOn(store) });
  }

  #toTellOn(store: Store): PrivateNoticesDependencies {
    return {
      store,
      people: this.#peopleIn(store),
      channels: this.#channels,
      messages: { fr, en },
      log: createLog('info', { write: (line) => this.logged.push(line) }),
    };
  }

  #on(store: Store, pace?: Pace): Reminders {
    const credentials: Pick<Credentials, 'slots'> = {
      slots: async () => ({
        current: {
          version: 2,
          heldSince: this.#now.toISOString(),
          heldBy: 'Camille Roy',
          expiry: { at: this.#now.toISOString(), estimated: false },
        },
        setAside: [],
      }),
    };
    const replica = new Reminders({
      store,
      accounts: new Accounts(store),
      people: this.#peopleIn(store),
      records: new AccountRecords<ReminderRecord>(store, 'reminder'),
      checks: new AccountRecords<Check>(store, 'check'),
      credentials,
      resets: new Resets<ResetRecord>(store),
      administrators: this.#administratorsOn(store),
      dailyTest: undefined,
      channels: this.#channels,
      cards: this.cards,
      messages: { fr, en },
      metrics: this.metrics,
      log: createLog('info', { write: (line) => this.logged.push(line) }),
      now: () => this.#now,
      ...(pace === undefined ? {} : { pace }),
    });
    this.#replicas.push(replica);
    return replica;
  }
}
