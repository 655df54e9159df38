import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type Bot, type BotPorts, createBot } from '../../src/bot/bot.ts';
import type {
  Channel,
  Clicked,
  Opened,
  Person,
  Place,
  Posted,
  Submitted,
  Turn,
} from '../../src/bot/channel.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { ActionData, Card } from '../../src/cards/card.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import type { Verdict } from '../../src/chorus/verdict.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Secret } from '../../src/secret.ts';
import { type Account, type AccountId, Accounts, accountId } from '../../src/store/accounts.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { Resets } from '../../src/store/resets.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Operation, Store, Versioned } from '../../src/store/store.ts';

export const CAMILLE: Person = { id: 'teams:t:camille', name: 'Camille Roy', language: 'fr' };
export const DENIS: Person = { id: 'teams:t:denis', name: 'Denis Petit', language: 'en' };
/** An administrator of the bot. */
export const ALIX: Person = { id: 'teams:t:alix', name: 'Alix Bon', language: 'fr' };
export const EVE: Person = { id: 'teams:t:eve', name: 'Eve', language: 'fr' };
const LINKS = { portalUrl: 'https://portal.example' };
const START = Date.parse('2027-03-01T09:30:00.000Z');
const ACCEPTED: Verdict = { outcome: 'accepted', structures: [], complete: true };

/** What comes when it is told to. */
export function later<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((given) => {
    resolve = given;
  });
  return { promise, resolve };
}

/** A conversation of one person with the bot. */
export function privately(person: Person, address: string = person.id): Place {
  return { platform: 'teams', private: true, address: { conversation: address } };
}

function turnOf(person: Person): Turn {
  return { person, place: privately(person), correlation: 'turn-1' };
}

/** What changes anything in a store. */
const CHANGES = new Set([
  ...['write', 'remove', 'apply', 'claim', 'claimMany', 'release', 'releaseMany'],
  ...['schedule', 'unschedule', 'scheduleMany'],
]);

/** Opens a world for the tests of a file, which `given` takes, and begins and ends each of them in it. */
export function openForTests(given: (world: ResetWorld) => void): void {
  let world: ResetWorld;
  beforeAll(async () => {
    world = await ResetWorld.open();
    given(world);
  });
  afterAll(() => world.close());
  beforeEach(() => world.beginTest());
  afterEach(() => world.endTest());
}

/** A bot on a store of its own, with a chat and a Chorus Pro that only note what they are asked. */
export class ResetWorld {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly resets: Resets<ResetRecord>;
  readonly journal: Journal;
  bot!: Bot;
  /** The account of this test: Camille manages it, Denis is her deputy. */
  id!: AccountId;
  now = START;
  shown: { readonly place: Place; readonly card: Card }[] = [];
  drawn: { readonly posted: Posted; readonly card: Card }[] = [];
  logged: Record<string, unknown>[] = [];
  /** The passwords that Chorus Pro was asked about. */
  asked: string[] = [];
  /** Of each, whether nobody waited for it. */
  inBackground: boolean[] = [];
  /** What Chorus Pro answers, one after the other; accepted when there is nothing more. */
  verdicts: (Verdict | Promise<Verdict>)[] = [];
  /** What happens just before a state of the reset is saved, once. */
  beforeSave: (() => Promise<unknown>) | undefined;
  /** What happens just before the account is saved, once. */
  beforeAccountSave: (() => Promise<unknown>) | undefined;
  /** What the chat answers where it does not take a message. */
  refuse: (place: Place) => Error | undefined = () => undefined;
  /** Why the platform does not change this message. */
  refuseToReplace: (posted: Posted) => Error | undefined = () => undefined;
  /** The calls of the store that change anything. */
  changes: string[] = [];
  /** How often the store was written to. */
  writes = 0;
  readonly #folder: string;
  #accounts = 0;
  #messages = 0;

  static async open(): Promise<ResetWorld> {
    const folder = mkdtempSync(join(tmpdir(), 'reset-'));
    return new ResetWorld(folder, await openStore(`lmdb:${folder}`));
  }

  private constructor(folder: string, real: Store) {
    this.#folder = folder;
    this.store = this.#watched(real);
    this.sealer = new Sealer([{ kid: 'key', bytes: randomBytes(32) }]);
    this.accounts = new Accounts(this.store);
    this.credentials = new Credentials(this.store, this.sealer);
    this.journal = new Journal(this.store, this.sealer);
    this.resets = new Resets(this.store);
  }

  async close(): Promise<void> {
    await this.bot.settled();
    await this.store.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** An account of its own, a bot that has just started, and nothing seen yet. */
  async beginTest(login = `TECH_${this.#accounts + 1}@cpro.fr`): Promise<void> {
    this.#accounts += 1;
    [this.shown, this.drawn, this.logged, this.asked, this.verdicts] = [[], [], [], [], []];
    this.inBackground = [];
    [this.now, this.beforeSave, this.beforeAccountSave] = [START, undefined, undefined];
    [this.refuse, this.refuseToReplace] = [() => undefined, () => undefined];
    this.id = accountId(login);
    await this.accounts.add({
      login,
      siret: '21590350100017',
      structure: 'Commune de Saint-Aubin',
      manager: CAMILLE.id,
      deputy: DENIS.id,
      alertMonths: 12,
      addedAt: new Date(START).toISOString(),
    });
    this.bot = this.openReplica();
    [this.writes, this.changes] = [0, []];
  }

  /** The next test's agenda is empty. */
  async endTest(): Promise<void> {
    await this.bot.settled();
    await this.resets.wakeAt(this.id, undefined);
  }

  /** What this person clicks in this test. */
  messageOf(person: Person): string {
    return `card of ${person.id} for ${this.id}`;
  }

  /** One more bot on the same store; `answerWithinMs` where a verdict is waited for in vain. */
  openReplica(options: Pick<BotPorts, 'answerWithinMs'> = {}): Bot {
    return createBot({
      channels: new Map([['teams' as const, this.#channel]]),
      store: this.store,
      sealer: this.sealer,
      journal: this.journal,
      chorus: {
        testConnection: async (_account, secret, { isBackground = false } = {}) => {
          this.asked.push(secret.reveal());
          this.inBackground.push(isBackground);
          return (await this.verdicts.shift()) ?? ACCEPTED;
        },
      },
      apiUrl: 'https://chorus.example',
      links: LINKS,
      messages: { fr, en },
      maskedLinks: undefined,
      administrators: [ALIX.id],
      dailyTest: false,
      ...options,
      changed: () => undefined,
      log: createLog('info', { write: (line: string) => void this.logged.push(JSON.parse(line)) }),
      metrics: createMetrics(),
      now: () => new Date(this.now),
    });
  }

  /** The account has a password in use. */
  async holdsPassword(password: string): Promise<void> {
    const expiry = { at: '2027-03-06T09:00:00.000Z', estimated: false };
    const about = { heldBy: 'administrateur', heldSince: new Date(this.now), expiry };
    const { version } = await this.credentials.keep(this.id, new Secret(password), about);
    await this.credentials.promote(this.id, version, new Date(this.now));
  }

  async account(): Promise<Account> {
    const found = await this.accounts.find(this.id);
    if (found === undefined) throw new Error('there is no account');
    return found;
  }

  async saved(): Promise<Versioned<ResetRecord>> {
    const found = await this.resets.load(this.id);
    if (found === undefined) throw new Error('there is no reset');
    return found;
  }

  /** What the living card's buttons send as it stands. */
  async cardData(): Promise<ActionData> {
    const { reset } = (await this.saved()).value;
    return { account: this.id, reset: reset.id, revision: reset.revision };
  }

  clicks(person: Person, verb: string, data: ActionData): Clicked {
    const clicked = { place: privately(person), message: this.messageOf(person) };
    return { ...turnOf(person), verb, data, clicked };
  }

  opens(person: Person, form: string, data: ActionData): Opened {
    return { ...turnOf(person), form, data };
  }

  submits(person: Person, form: string, data: ActionData): Submitted {
    return { ...turnOf(person), form, data, lines: { expiry: '18/04/2028 02:00:00' } };
  }

  /** Waits for this to be so. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setImmediate(resolve));
  }

  #watched(real: Store): Store {
    const saving = this.#raced(real);
    return new Proxy(saving, {
      get: (_, name: keyof Store) => {
        const method = saving[name].bind(saving) as (...given: unknown[]) => unknown;
        return (...given: unknown[]) => {
          if (CHANGES.has(name)) this.changes.push(name);
          return method(...given);
        };
      },
    });
  }

  #raced(real: Store): Store {
    return new Proxy(real, {
      get: (_, name: keyof Store) => {
        const saving = async (keys: readonly string[]) => {
          this.writes += keys.length;
          if (keys.includes(`account/${this.id}`)) {
            const happen = this.beforeAccountSave;
            this.beforeAccountSave = undefined;
            await happen?.();
          }
          if (!keys.includes(`reset/${this.id}`)) return;
          const happen = this.beforeSave;
          this.beforeSave = undefined;
          await happen?.();
        };
        if (name === 'apply') {
          return async (operations: readonly Operation[]) => {
            await saving(operations.flatMap((each) => (each.type === 'write' ? [each.key] : [])));
            return real.apply(operations);
          };
        }
        if (name !== 'write') return real[name].bind(real);
        return async (key: string, value: unknown, version: number) => {
          await saving([key]);
          return real.write(key, value, version);
        };
      },
    });
  }

  readonly #channel: Channel = {
    platform: 'teams',
    show: async (place, card) => {
      const refusal = this.refuse(place);
      if (refusal !== undefined) throw refusal;
      this.shown.push({ place, card });
      return { place, message: `message-${++this.#messages}` };
    },
    replace: async (posted, card) => {
      const refusal = this.refuseToReplace(posted);
      if (refusal !== undefined) throw refusal;
      this.drawn.push({ posted, card });
    },
  };
}
