import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createBot } from '../../src/bot/bot.ts';
import type { Channel, Clicked, Person, Place, Posted, Submitted, Turn } from '../../src/bot/channel.ts';
import { resetCard } from '../../src/bot/reset/card.ts';
import { begun, keptTested } from '../../src/bot/reset/decisions.ts';
import { ResetHolders } from '../../src/bot/reset/holder.ts';
import { type ResetRecord, ResetRecords } from '../../src/bot/reset/record.ts';
import type { ResetRunner } from '../../src/bot/reset/runner.ts';
import type { Card } from '../../src/cards/card.ts';
import { noticeCard } from '../../src/cards/conversation-cards.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { plain } from '../../src/cards/text.ts';
import { verdictSentence } from '../../src/cards/verdict-cards.ts';
import {
  NUDGE_AFTER,
  PAUSE_REMINDER,
  TEST_OVERDUE,
  TIME_OUT,
  WARN_AFTER,
} from '../../src/chorus/procedures/reset.ts';
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
import { type Operation, type Store, StoreUnavailable, type Versioned } from '../../src/store/store.ts';
import { until } from '../until.ts';

const CAMILLE: Person = { id: 'teams:t:camille', name: 'Camille Roy', language: 'fr' };
const DENIS: Person = { id: 'teams:t:denis', name: 'Denis Petit', language: 'en' };
const EVE: Person = { id: 'teams:t:eve', name: 'Eve', language: 'fr' };
const LINKS = { portalUrl: 'https://portal.example' };
const EXPIRY = { at: '2028-04-18T00:00:00.000Z', estimated: true };
const START = Date.parse('2027-03-01T09:30:00.000Z');
const MINUTE = 60_000;
const STRUCTURES = Array.from({ length: 12 }, (_, i) => ({ siret: `${i}`, name: `Commune ${i}` }));
const ACCEPTED: Verdict = { outcome: 'accepted', structures: STRUCTURES, complete: true };
const REFUSED: Verdict = { outcome: 'refused', reason: 'technicalAccount' };
const UNKNOWN: Verdict = { outcome: 'unknown', reason: 'timeout' };

const folder = mkdtempSync(join(tmpdir(), 'reset-'));
let store: Store;
let accounts: Accounts;
let sealer: Sealer;
let credentials: Credentials;
let journal: Journal;
let resets: Resets<ResetRecord>;
let holders: ResetHolders;
let settled: () => Promise<void>;
let runner: ResetRunner;
let now: number;
let id: AccountId;
let count = 0;
let messages = 0;

/** What the world was told. */
let shown: { readonly place: Place; readonly card: Card }[];
let drawn: { readonly posted: Posted; readonly card: Card }[];
let changed: string[];
let logged: Record<string, unknown>[];
let counted: string[];
let asked: string[];
/** What Chorus Pro answers, one after the other; accepted when there is nothing more. */
let verdicts: (Verdict | Promise<Verdict>)[];
/** What happens just before a state of the reset is saved, once. */
let beforeSave: (() => Promise<unknown>) | undefined;
/** The states of the reset that were to be saved. */
let written: ResetRecord[];
/** A record that the store cannot give. */
let unreadable: string | undefined;
/** What happens before the platform shows a message. */
let beforeShow: (() => Promise<unknown>) | undefined;

const channel: Channel = {
  platform: 'teams',
  show: async (place, card) => {
    await beforeShow?.();
    shown.push({ place, card });
    return { place, message: `message-${++messages}` };
  },
  replace: async (posted, card) => {
    drawn.push({ posted, card });
  },
};

beforeAll(async () => {
  store = raced(await openStore(`lmdb:${folder}`));
  sealer = new Sealer([{ kid: 'key', bytes: randomBytes(32) }]);
  accounts = new Accounts(store);
  credentials = new Credentials(store, sealer);
  journal = new Journal(store, sealer);
  resets = new Resets(store);
  const records = new ResetRecords(resets, () => new Date(now));
  holders = new ResetHolders({ accounts, records, messages: { fr, en } });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

beforeEach(async () => {
  [shown, drawn, changed, logged, counted, asked, verdicts] = [[], [], [], [], [], [], []];
  now = START;
  id = accountId(`tech_${++count}@cpro.fr`);
  await accounts.add({
    login: id,
    siret: '21590350100017',
    structure: 'Commune de Saint-Aubin',
    manager: CAMILLE.id,
    deputy: DENIS.id,
    alertMonths: 12,
    addedAt: new Date(START).toISOString(),
  });
  [beforeSave, beforeShow, unreadable, written] = [undefined, undefined, undefined, []];
  openBot(60 * MINUTE);
});
afterEach(async () => {
  await quiet();
  // The next test's agenda is empty, and its messages show no other reset.
  await resets.wakeAt(id, undefined);
  await accounts.remove(id);
});

/** A bot whose answers wait so long for Chorus Pro. */
function openBot(answerWithinMs: number): void {
  ({ resetRunner: runner, settled } = createBot({
    channels: new Map([['teams' as const, channel]]),
    store,
    sealer,
    journal,
    chorus: {
      testConnection: async (_account, secret) => {
        asked.push(secret.reveal());
        return (await verdicts.shift()) ?? ACCEPTED;
      },
    },
    apiUrl: 'https://chorus.example',
    links: LINKS,
    messages: { fr, en },
    maskedLinks: undefined,
    administrators: [],
    dailyTest: false,
    changed: (account) => void changed.push(account.id),
    log: createLog('info', { write: (line: string) => void logged.push(JSON.parse(line)) }),
    metrics: { ...createMetrics(), connectionTest: (outcome) => void counted.push(outcome) },
    now: () => new Date(now),
    answerWithinMs,
  }));
}

/** The same store, with `beforeSave`, `written` and `unreadable`. */
function raced(real: Store): Store {
  return new Proxy(real, {
    get(_, name: keyof Store) {
      if (name === 'read' && unreadable !== undefined) {
        return async (key: string) => {
          if (key === unreadable) throw new StoreUnavailable('unreadable');
          return real.read(key);
        };
      }
      const saving = async (key: string, value: unknown) => {
        if (key !== `reset/${id}`) return;
        written.push(value as ResetRecord);
        const happen = beforeSave;
        beforeSave = undefined;
        await happen?.();
      };
      if (name === 'apply') {
        return async (operations: readonly Operation[]) => {
          for (const each of operations) if (each.type === 'write') await saving(each.key, each.value);
          return real.apply(operations);
        };
      }
      if (name !== 'write') return real[name].bind(real);
      return async (key: string, value: unknown, version: number) => {
        await saving(key, value);
        return real.write(key, value, version);
      };
    },
  });
}

function privately(person: Person, address: string = person.id): Place {
  return { platform: 'teams', private: true, address: { conversation: address } };
}

function turnOf(person: Person): Turn {
  return { person, place: privately(person), correlation: 'turn-1' };
}

/** A click beside the conversation, or on the card of a message. */
function clickOf(person: Person, message?: string): Clicked {
  const clicked = message === undefined ? {} : { clicked: { place: privately(person), message } };
  return { ...turnOf(person), verb: 'begin', data: { account: id }, ...clicked };
}

/** A click on the living card as it stands. */
async function drawnFrom(person: Person, message = 'living'): Promise<Clicked> {
  const { reset } = (await saved()).value;
  return {
    ...clickOf(person, message),
    data: { account: id, reset: reset.id, revision: reset.revision },
  };
}

async function saved(): Promise<Versioned<ResetRecord>> {
  const found = await resets.load(id);
  if (found === undefined) throw new Error('there is no reset');
  return found;
}

/** The reset as something else leaves it, under its next version. */
async function saveAnew(change: (record: ResetRecord) => ResetRecord): Promise<void> {
  const { value, version } = await saved();
  await resets.save(id, change(value), version);
}

/** Something else notes that the living card is on another message. */
const noteElsewhere = () =>
  saveAnew((record) => ({ ...record, posted: { place: record.place, message: 'elsewhere' } }));

/** An administrator makes somebody else the gestionnaire principal, and there is no deputy any more. */
async function handOver(person: Person): Promise<void> {
  await accounts.change(id, ({ deputy: _, ...rest }) => ({ ...rest, manager: person.id }));
}

const stepNow = async () => (await saved()).value.reset.step;

async function account(): Promise<Account> {
  const found = await accounts.find(id);
  if (found === undefined) throw new Error('there is no account');
  return found;
}

/** The card as it must look now, for this reader. */
async function cardNow(m = fr): Promise<Card> {
  return resetCard(m, await account(), (await saved()).value, { links: LINKS, now: new Date(now) });
}

/** Begins on a message, and says « C'est fait » so often. */
async function walk(times: number): Promise<void> {
  await runner.begin(clickOf(CAMILLE, 'living'), id);
  for (let i = 0; i < times; i++) await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
  await quiet();
}

/** All that goes on in the background has ended. */
async function quiet(): Promise<void> {
  await settled();
}

/** Seals a password and tells the runner, as the form does. */
async function keep(password: string, running: Versioned<ResetRecord> | undefined, person = CAMILLE) {
  const by = { heldBy: person.name, heldSince: new Date(now), expiry: EXPIRY };
  const kept = await credentials.keep(id, new Secret(password), by);
  const turn: Submitted = { ...turnOf(person), form: 'password', data: { account: id }, lines: {} };
  const about = { trimmed: true, submission: 'form-1', resetId: running?.value.reset.id };
  const outcome = await runner.passwordKept(turn, await account(), { kept, ...about });
  if (outcome === undefined || 'refusal' in outcome) return outcome as undefined;
  const { step, verdict } = outcome;
  return { step, ...(verdict && { verdict: verdict.then((reached) => reached?.step) }) };
}

/** What the journal says of this account, the oldest first. */
async function recorded() {
  const entries = await journal.entries({ limit: 100 });
  return entries.filter((entry) => entry.account === id).reverse();
}

const dueAt = async () => {
  const [instant] = await store.scheduled('resets', [id]);
  return instant?.getTime();
};

/** Chorus Pro has been asked. */
async function asking(): Promise<void> {
  await until(() => asked.length > 0);
}

/** An answer of Chorus Pro that comes when it is told to. */
function later<T>() {
  let answer: (value: T) => void = () => undefined;
  const promise = new Promise<T>((resolve) => {
    answer = resolve;
  });
  return { promise, answer };
}

describe('beginning a reset', () => {
  test('by a click beside the conversation posts its card there, once for two clicks', async () => {
    const first = await runner.begin(clickOf(CAMILLE), id);
    expect(shown).toHaveLength(1);
    const answers = [first, await runner.begin(clickOf(CAMILLE), id)];
    expect(shown).toEqual([{ place: privately(CAMILLE), card: await cardNow() }]);
    expect((await saved()).value).toMatchObject({
      holder: CAMILLE,
      place: privately(CAMILLE),
      posted: { place: privately(CAMILLE), message: `message-${messages}` },
    });
    const answer = { kind: 'card', card: await cardNow(), postedIn: privately(CAMILLE) };
    expect(answers).toEqual([answer, answer]);
  });

  test('by a click beside the conversation posts a card of its own, however soon after one that was interrupted', async () => {
    await runner.begin(clickOf(CAMILLE), id);
    await runner.act(await drawnFrom(CAMILLE, `message-${messages}`), { kind: 'abandon' });
    await quiet();
    await runner.begin(clickOf(CAMILLE), id);
    expect(shown).toHaveLength(2);
    expect(shown[1]).toEqual({ place: privately(CAMILLE), card: await cardNow() });
    expect((await saved()).value).toMatchObject({
      reset: { step: 'signIn' },
      posted: { message: `message-${messages}` },
    });
  });

  test('that could not be shown is shown to whoever clicks again at once', async () => {
    beforeShow = async () => {
      throw new Error('the platform failed');
    };
    await expect(runner.begin(clickOf(CAMILLE), id)).rejects.toThrow('the platform failed');
    beforeShow = undefined;
    await runner.begin(clickOf(CAMILLE), id);
    expect(shown).toEqual([{ place: privately(CAMILLE), card: await cardNow() }]);
    expect((await saved()).value.posted).toBeDefined();
  });

  test('that somebody else began a moment ago posts the card of whoever manages the account by now', async () => {
    await runner.begin(clickOf(CAMILLE), id);
    await handOver(EVE);
    await runner.begin(clickOf(EVE), id);
    expect(shown).toHaveLength(2);
    expect((await saved()).value).toMatchObject({ holder: EVE, posted: { place: privately(EVE) } });
  });

  test('of two accounts one after the other posts and draws the card of each', async () => {
    await walk(2);
    await runner.begin(clickOf(CAMILLE), id);
    const other = accountId(`other_${id}`);
    await accounts.add({ ...(await account()), login: other });
    await runner.begin(clickOf(CAMILLE), other);
    expect(shown).toHaveLength(2);
    await Promise.all([
      runner.begin(clickOf(CAMILLE, 'one'), id),
      runner.begin(clickOf(CAMILLE, 'the other'), other),
    ]);
    await quiet();
    expect(drawn.map(({ posted }) => posted.message)).toEqual(expect.arrayContaining(['one', 'the other']));
    await resets.wakeAt(other, undefined);
  });

  test('by a click on a card makes that message its living card', async () => {
    const answer = await runner.begin(clickOf(CAMILLE, 'clicked'), id);
    await quiet();
    expect(answer).toEqual({ kind: 'card', card: await cardNow() });
    expect((await saved()).value.posted?.message).toBe('clicked');
    expect(shown).toEqual([]);
    expect(drawn).toEqual([
      { posted: { place: privately(CAMILLE), message: 'clicked' }, card: await cardNow() },
    ]);
  });

  test('in the conversation posts the living card anew, where it is said', async () => {
    await runner.begin(clickOf(CAMILLE, 'clicked'), id);
    const elsewhere = privately(CAMILLE, 'another conversation');
    expect(await runner.beginHere({ ...turnOf(CAMILLE), place: elsewhere }, id)).toEqual([]);
    expect(shown).toEqual([{ place: elsewhere, card: await cardNow() }]);
    expect((await saved()).value).toMatchObject({
      place: elsewhere,
      posted: { message: `message-${messages}` },
    });
  });

  test('is written down, logged and told to the lists, and wakes the bot in time', async () => {
    await runner.begin(clickOf(CAMILLE, 'clicked'), id);
    await quiet();
    expect(await recorded()).toEqual([
      {
        at: new Date(START).toISOString(),
        who: CAMILLE.id,
        what: 'resetStarted',
        account: id,
        from: 'teams',
      },
    ]);
    expect(changed).toEqual([id]);
    expect(logged).toEqual([
      expect.objectContaining({
        event: 'reset.step',
        account: id,
        step: 'signIn',
        correlation: 'turn-1',
        person: CAMILLE.id,
      }),
    ]);
    expect(await dueAt()).toBe(START + WARN_AFTER);
  });

  test('is refused to somebody else as if there were no account, in either way', async () => {
    const refusal = { kind: 'refusal', text: fr.conversation.notYours };
    expect(await runner.begin(clickOf(EVE, 'clicked'), id)).toEqual(refusal);
    expect(await runner.begin(clickOf(EVE, 'clicked'), 'none@cpro.fr')).toEqual(refusal);
    expect(await runner.beginHere(turnOf(EVE), id)).toEqual([
      noticeCard(fr.conversation.heldTitle, fr.conversation.notYours),
    ]);
    expect(await resets.load(id)).toBeUndefined();
    expect(shown).toEqual([]);
  });

  test('of a suspended account is refused with its reason; one that runs already goes on', async () => {
    const suspendedAt = new Date(START).toISOString();
    await accounts.change(id, (account) => ({ ...account, suspendedAt }));
    const refusal = { kind: 'refusal', text: fr.conversation.suspended(fr.date(suspendedAt)) };
    expect(await runner.begin(clickOf(CAMILLE, 'clicked'), id)).toEqual(refusal);
    expect(await resets.load(id)).toBeUndefined();
    await accounts.change(id, ({ suspendedAt: _, ...account }) => account);
    await walk(1);
    await accounts.change(id, (account) => ({ ...account, suspendedAt }));
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect((await runner.begin(clickOf(CAMILLE, 'again'), id)).kind).toBe('card');
  });

  test('while the manager holds it tells the deputy who does, and since when, in their own language', async () => {
    await runner.begin(clickOf(CAMILLE, 'clicked'), id);
    const text = en.conversation.heldBy('Camille Roy', en.moment(new Date(START).toISOString()));
    expect(await runner.begin(clickOf(DENIS, 'other'), id)).toEqual({ kind: 'refusal', text });
    expect(await runner.act(await drawnFrom(DENIS), { kind: 'done' })).toEqual({ kind: 'refusal', text });
    expect((await saved()).value.holder).toEqual(CAMILLE);
  });

  test('at once by two people gives it to one of them, and tells the other', async () => {
    const answers = await Promise.all([
      runner.begin(clickOf(CAMILLE, 'one'), id),
      runner.begin(clickOf(DENIS, 'other'), id),
    ]);
    expect(answers.map(({ kind }) => kind).sort()).toEqual(['card', 'refusal']);
    expect((await saved()).value.reset.revision).toBe(1);
  });

  test('after one that has ended is a new one, in place of the old', async () => {
    await walk(1);
    const first = await saved();
    await runner.act(await drawnFrom(CAMILLE), { kind: 'abandon' });
    expect(await stepNow()).toBe('abandoned');
    await runner.begin(clickOf(DENIS, 'other'), id);
    const second = await saved();
    expect(second.value.reset.id).not.toBe(first.value.reset.id);
    expect(second.value).toMatchObject({ reset: { step: 'signIn', revision: 1 }, holder: DENIS });
  });

  test('while one runs shows the one that does', async () => {
    await walk(2);
    const answer = await runner.begin(clickOf(CAMILLE, 'elsewhere'), id);
    expect(answer).toEqual({ kind: 'card', card: await cardNow() });
    expect((await saved()).value).toMatchObject({
      reset: { step: 'copyPassword' },
      posted: { message: 'elsewhere' },
    });
  });

  test('on a platform that is not there fails', async () => {
    const place: Place = { ...privately(CAMILLE), platform: 'slack' };
    await expect(runner.beginHere({ ...turnOf(CAMILLE), place }, id)).rejects.toThrow('no channel for slack');
  });
});

describe('a click on the living card', () => {
  test('leads on, and draws the card on its message', async () => {
    await walk(0);
    const answer = await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    await quiet();
    expect(await stepNow()).toBe('openApplication');
    expect(answer).toEqual({ kind: 'card', card: await cardNow() });
    expect(drawn.at(-1)).toEqual({
      posted: { place: privately(CAMILLE), message: 'living' },
      card: await cardNow(),
    });
  });

  test('where no reset is known is out of date', async () => {
    expect(await runner.act(clickOf(CAMILLE, 'old'), { kind: 'done' })).toEqual({
      kind: 'refusal',
      text: fr.conversation.outOfDate,
    });
  });

  test('by somebody else is refused', async () => {
    await walk(0);
    expect(await runner.act(await drawnFrom(EVE), { kind: 'abandon' })).toEqual({
      kind: 'refusal',
      text: fr.conversation.notYours,
    });
    expect(await stepNow()).toBe('signIn');
  });

  test.each([
    ['an older revision', { revision: 0 }],
    ['another reset', { reset: 'another' }],
  ])('of %s changes nothing, and makes that card the living one', async (_, stale) => {
    await walk(1);
    const { data, ...click } = await drawnFrom(CAMILLE, 'old message');
    const answer = await runner.act({ ...click, data: { ...data, ...stale } }, { kind: 'done' });
    await quiet();
    expect(await stepNow()).toBe('openApplication');
    expect(answer).toEqual({ kind: 'card', card: await cardNow() });
    expect((await saved()).value.posted?.message).toBe('old message');
    expect(drawn.at(-1)?.posted.message).toBe('old message');
  });

  test('of an older revision on the living card itself, or beside the conversation, leaves it the living one', async () => {
    await walk(1);
    const { version } = await saved();
    const { clicked: _, ...beside } = await drawnFrom(CAMILLE);
    const data = { ...beside.data, revision: 0 };
    await runner.act({ ...beside, data }, { kind: 'done' });
    await runner.act({ ...(await drawnFrom(CAMILLE)), data }, { kind: 'done' });
    expect(await saved()).toMatchObject({ version, value: { posted: { message: 'living' } } });
  });

  test('of an older revision, overtaken while its card becomes the living one, shows where things stand', async () => {
    await walk(1);
    const { data, ...click } = await drawnFrom(CAMILLE, 'old message');
    const present = await drawnFrom(CAMILLE);
    beforeSave = () => runner.act(present, { kind: 'done' });
    const answer = await runner.act({ ...click, data: { ...data, revision: 0 } }, { kind: 'done' });
    expect(await stepNow()).toBe('copyPassword');
    expect(answer).toEqual({ kind: 'card', card: await cardNow() });
  });

  test('of an older revision, overtaken by another reset, becomes the card of that one', async () => {
    await walk(1);
    const { data, ...click } = await drawnFrom(CAMILLE, 'old message');
    beforeSave = () => saveAnew((record) => ({ ...record, reset: { ...record.reset, id: 'another' } }));
    await runner.act({ ...click, data: { ...data, revision: 0 } }, { kind: 'done' });
    expect((await saved()).value.posted?.message).toBe('old message');
  });

  test('of an older revision, while the reset is forgotten, leaves it forgotten', async () => {
    await walk(1);
    const { data, ...click } = await drawnFrom(CAMILLE, 'old message');
    beforeSave = () => resets.forget(id);
    const answer = await runner.act({ ...click, data: { ...data, revision: 0 } }, { kind: 'done' });
    expect(answer).toEqual({ kind: 'refusal', text: fr.conversation.outOfDate });
    expect(await resets.load(id)).toBeUndefined();
  });

  test('that starts no test is answered at once', async () => {
    await walk(0);
    // Or it would wait for an hour.
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(asked).toEqual([]);
  });

  test('that makes no sense there saves nothing', async () => {
    await walk(0);
    const { version } = await saved();
    await runner.act(await drawnFrom(CAMILLE), { kind: 'retry' });
    expect((await saved()).version).toBe(version);
  });

  test('that comes twice at one moment has one effect', async () => {
    await walk(0);
    const click = await drawnFrom(CAMILLE);
    await Promise.all([runner.act(click, { kind: 'done' }), runner.act(click, { kind: 'done' })]);
    expect(await stepNow()).toBe('openApplication');
  });

  test('which only the noting of a message overtook has its effect all the same', async () => {
    await walk(0);
    const click = await drawnFrom(CAMILLE);
    beforeSave = noteElsewhere;
    await runner.act(click, { kind: 'done' });
    expect(await stepNow()).toBe('openApplication');
  });

  test('which another click overtook shows what that one did', async () => {
    await walk(1);
    const click = await drawnFrom(CAMILLE);
    beforeSave = () => runner.act(click, { kind: 'back' });
    const answer = await runner.act(click, { kind: 'done' });
    expect(await stepNow()).toBe('signIn');
    expect(answer).toEqual({ kind: 'card', card: await cardNow() });
  });

  test('which another reset overtook, of the same revision, shows that one', async () => {
    await walk(0);
    const click = await drawnFrom(CAMILLE);
    beforeSave = () => saveAnew((record) => ({ ...record, reset: { ...record.reset, id: 'another' } }));
    await runner.act(click, { kind: 'done' });
    expect((await saved()).value.reset).toMatchObject({ id: 'another', step: 'signIn' });
  });

  test('which somebody else’s reset overtook, from its beginning to its end, shows how that one ended', async () => {
    await walk(0);
    beforeSave = () =>
      saveAnew(({ reset, ...record }) => ({
        ...record,
        holder: DENIS,
        reset: { ...reset, id: 'another', step: 'abandoned' },
      }));
    expect(await runner.act(await drawnFrom(CAMILLE), { kind: 'done' })).toEqual({
      kind: 'card',
      card: await cardNow(),
    });
  });

  test('while the reset is forgotten by an administrator leaves it forgotten', async () => {
    await walk(0);
    beforeSave = () => resets.forget(id);
    const answer = await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(answer).toEqual({ kind: 'refusal', text: fr.conversation.outOfDate });
    expect(await resets.load(id)).toBeUndefined();
  });

  test('keeps the hour at which the bot must wake only where it comes nearer', async () => {
    await walk(0);
    now += MINUTE;
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(await dueAt()).toBe(START + WARN_AFTER);
    await walk(3);
    expect(await stepNow()).toBe('awaitEmail');
    expect(await dueAt()).toBe(now + NUDGE_AFTER);
  });

  test('by a manager who was named meanwhile goes on where the former one stood, on their own card', async () => {
    await walk(2);
    await handOver(EVE);
    await runner.act(await drawnFrom(EVE, 'of Eve'), { kind: 'done' });
    expect((await saved()).value).toMatchObject({
      reset: { step: 'submitRequest' },
      holder: EVE,
      place: privately(EVE),
      posted: { message: 'of Eve' },
    });
    expect(await holders.find(turnOf(CAMILLE), id)).toEqual({ refusal: fr.conversation.notYours });
  });

  test('by a manager who was named meanwhile does not draw on the card of the former one', async () => {
    await walk(2);
    await handOver(EVE);
    const found = await holders.find(turnOf(EVE), id);
    expect(found).toMatchObject({ saved: { value: { holder: EVE } } });
    expect('saved' in found && found.saved?.value.posted).toBeUndefined();
  });
});

describe('a reset that changes hands at the very moment when something is saved', () => {
  /** Just before the next save, Eve is the gestionnaire principal and has gone on with the reset. */
  const eveTakesOver = async () => {
    await handOver(EVE);
    await runner.begin(clickOf(EVE, 'of Eve'), id);
  };
  const ofEve = { holder: EVE, place: privately(EVE), posted: { message: 'of Eve' } };
  const refusal = { kind: 'refusal', text: fr.conversation.notYours };

  test('stays with whoever has taken it over, though the card of the former one is posted only now', async () => {
    beforeShow = eveTakesOver;
    await runner.begin(clickOf(CAMILLE), id);
    expect((await saved()).value).toMatchObject(ofEve);
  });

  test('is not moved on by the click of the former one, who is told that it is not theirs', async () => {
    await walk(1);
    beforeSave = eveTakesOver;
    expect(await runner.act(await drawnFrom(CAMILLE), { kind: 'done' })).toEqual(refusal);
    expect((await saved()).value).toMatchObject({ reset: { step: 'openApplication' }, holder: EVE });
  });

  test('is not shown to the former one by an old card either', async () => {
    await walk(1);
    const { data, ...click } = await drawnFrom(CAMILLE, 'old message');
    beforeSave = eveTakesOver;
    expect(await runner.act({ ...click, data: { ...data, revision: 0 } }, { kind: 'done' })).toEqual(refusal);
    expect((await saved()).value).toMatchObject({ holder: EVE, posted: { message: 'of Eve' } });
  });

  test('stays with whoever leads it, where a third one may not lead it either', async () => {
    await walk(1);
    beforeSave = async () => {
      await handOver(DENIS);
      await runner.begin(clickOf(DENIS, 'of Denis'), id);
      await handOver(EVE);
    };
    expect(await runner.act(await drawnFrom(CAMILLE), { kind: 'done' })).toEqual(refusal);
    expect((await saved()).value).toMatchObject({ reset: { step: 'openApplication' }, holder: DENIS });
  });

  test('stays with whoever leads it, where the account is gone', async () => {
    await walk(1);
    beforeSave = async () => {
      await eveTakesOver();
      await accounts.remove(id);
    };
    expect(await runner.act(await drawnFrom(CAMILLE), { kind: 'done' })).toEqual(refusal);
    expect((await saved()).value.holder).toEqual(EVE);
  });

  test('goes to the new one, though the former one’s card was being noted', async () => {
    await walk(1);
    await handOver(EVE);
    beforeSave = noteElsewhere;
    await runner.begin(clickOf(EVE, 'of Eve'), id);
    expect((await saved()).value).toMatchObject(ofEve);
  });

  test('is moved on by the new one, though the former one’s card was being noted', async () => {
    await walk(1);
    await handOver(EVE);
    beforeSave = noteElsewhere;
    await runner.act(await drawnFrom(EVE, 'of Eve'), { kind: 'done' });
    expect((await saved()).value).toMatchObject({
      reset: { step: 'copyPassword' },
      holder: EVE,
      posted: { message: 'of Eve' },
    });
  });

  test('learns of the new one’s password, and its card comes to them', async () => {
    await walk(2);
    await handOver(EVE);
    const found = await holders.find(turnOf(EVE), id);
    beforeSave = noteElsewhere;
    expect(await keep('new', 'saved' in found ? found.saved : undefined, EVE)).toEqual({
      step: 'submitRequest',
    });
    expect((await saved()).value).toMatchObject({ reset: { kept: 1 }, holder: EVE, place: privately(EVE) });
    expect(shown).toEqual([{ place: privately(EVE), card: await cardNow() }]);
  });

  test('learns of the former one’s password as well, and stays with the new one', async () => {
    await walk(2);
    beforeSave = eveTakesOver;
    expect(await keep('new', await saved())).toEqual({ refusal: fr.conversation.notYours });
    expect((await saved()).value).toMatchObject({ reset: { kept: 1 }, holder: EVE });
  });
});

describe('a password that was kept', () => {
  test('during the walk waits for the e-mail, and the card says so', async () => {
    await walk(2);
    const reached = await keep('new', await saved());
    await quiet();
    expect(reached).toEqual({ step: 'submitRequest' });
    expect((await saved()).value).toMatchObject({
      reset: { step: 'submitRequest', kept: 1 },
      keptSince: new Date(START).toISOString(),
      trimmed: true,
      submission: 'form-1',
    });
    expect(asked).toEqual([]);
    expect(drawn.at(-1)?.card).toEqual(await cardNow());
    expect((await recorded()).map(({ who, what }) => [who, what])).toContainEqual([
      CAMILLE.id,
      'passwordKept',
    ]);
  });

  test('without a reset begins one with it, tests it, makes it current, and has a card of its own', async () => {
    const reached = await keep('new', undefined);
    await quiet();
    expect(reached).toEqual({ step: 'accepted' });
    expect(asked).toEqual(['new']);
    expect(counted).toEqual(['accepted']);
    expect((await credentials.current(id))?.secret.reveal()).toBe('new');
    expect(await account()).toMatchObject({ expiry: EXPIRY, lastUpdated: new Date(START).toISOString() });
    const { value } = await saved();
    expect(value).toMatchObject({ holder: CAMILLE, place: privately(CAMILLE) });
    expect(value.posted?.message).toBe(`message-${messages}`);
    expect(value.structures).toEqual({ shown: STRUCTURES.slice(0, 10), total: 12 });
    // The first card is posted while the test runs, and no notice comes: the answer itself tells the verdict.
    expect(shown).toHaveLength(1);
    expect(drawn.at(-1)).toEqual({ posted: value.posted, card: await cardNow() });
    expect((await recorded()).map(({ what }) => what).sort()).toEqual(['passwordAccepted', 'passwordKept']);
  });

  test('in place of a reset that has ended begins a new one', async () => {
    await walk(0);
    const first = await saved();
    await runner.act(await drawnFrom(CAMILLE), { kind: 'abandon' });
    expect(await keep('new', undefined)).toEqual({ step: 'accepted' });
    expect((await saved()).value.reset.id).not.toBe(first.value.reset.id);
  });

  test('where the reset takes none tells nothing to it, and stays sealed', async () => {
    await walk(1);
    const { version } = await saved();
    expect(await keep('new', await saved())).toBeUndefined();
    expect((await saved()).version).toBe(version);
    expect((await credentials.pending(id))?.secret.reveal()).toBe('new');
  });

  test('after a refused one is tested in its place, and what the earlier one showed is gone', async () => {
    await walk(4);
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    verdicts = [REFUSED];
    expect(await keep('wrong', await saved())).toEqual({ step: 'refused' });
    await saveAnew((record) => ({ ...record, structures: { shown: [], total: 7 } }));
    verdicts = [REFUSED];
    expect(await keep('wrong too', await saved())).toEqual({ step: 'refused' });
    expect((await saved()).value.structures).toBeUndefined();
    expect(asked).toEqual(['wrong', 'wrong too']);
  });

  test('is told again to a reset that was touched meanwhile', async () => {
    await walk(2);
    const running = await saved();
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(await keep('new', running)).toEqual({ step: 'submitRequest' });
    expect((await saved()).value.reset.kept).toBe(1);
  });

  test('is not told to another reset than its own', async () => {
    await walk(2);
    const running = await saved();
    await runner.act(await drawnFrom(CAMILLE), { kind: 'abandon' });
    await walk(2);
    expect(await keep('new', running)).toBeUndefined();
    expect((await saved()).value.reset.kept).toBeUndefined();
  });

  test('is not told to a reset that was forgotten meanwhile', async () => {
    await walk(2);
    const running = await saved();
    await resets.forget(id);
    expect(await keep('new', running)).toBeUndefined();
    expect(await resets.load(id)).toBeUndefined();
  });
});

describe('a password that is kept from a reset that was stopped', () => {
  beforeEach(async () => {
    await walk(2);
    await keep('kept', await saved());
    await runner.act(await drawnFrom(CAMILLE), { kind: 'abandon' });
    await quiet();
    expect(await stepNow()).toBe('abandoned');
  });

  test.each([
    ['begins a reset that asks about it', begun],
    ['has it tested', keptTested],
  ])('stays with whoever typed it where the deputy %s (P10)', async (_what, decide) => {
    verdicts = [ACCEPTED];
    await runner.begin(clickOf(DENIS, 'other'), id, decide);
    await quiet();
    expect((await saved()).value).toMatchObject({ holder: DENIS, typedBy: CAMILLE.id, reset: { kept: 1 } });
  });

  test('is nobody’s of whom it is known where another version was kept since', async () => {
    await credentials.keep(id, new Secret('another'), {
      heldBy: 'Eve',
      heldSince: new Date(now),
      expiry: EXPIRY,
    });
    await runner.begin(clickOf(DENIS, 'other'), id, begun);
    expect((await saved()).value.typedBy).toBeUndefined();
  });
});

describe('the connection test', () => {
  /** A reset whose password is kept and whose e-mail is awaited. */
  async function awaitEmail(): Promise<void> {
    await walk(2);
    await keep('new', await saved());
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    await quiet();
  }

  test('that answers soon is the answer to the click, and no notice comes', async () => {
    await awaitEmail();
    const answer = await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(await stepNow()).toBe('accepted');
    expect(answer).toEqual({ kind: 'card', card: await cardNow() });
    await quiet();
    expect(shown).toEqual([]);
    expect(drawn.at(-1)?.card).toEqual(await cardNow());
    expect(await store.claim(`test/${id}`, 1_000)).toEqual(expect.any(String));
  });

  test('that takes long is told to the card and in a notice, and to whoever waits for the verdict', async () => {
    openBot(1);
    const answer = later<Verdict>();
    verdicts = [answer.promise];
    const reached = await keep('new', undefined);
    expect(reached?.step).toBe('testing');
    const { title } = await cardNow();
    while (!drawn.some(({ card }) => card.title === title))
      await new Promise((resolve) => setImmediate(resolve));
    shown = [];
    answer.answer(ACCEPTED);
    expect(await reached?.verdict).toBe('accepted');
    await quiet();
    expect(drawn.at(-1)?.card).toEqual(await cardNow());
    expect(shown).toEqual([
      {
        place: privately(CAMILLE),
        card: noticeCard(fr.test.accepted.title, fr.test.verdictNotice.accepted('Commune de Saint-Aubin')),
      },
    ]);
    const logs = logged.filter(({ step }) => step === 'accepted');
    expect(logs).toHaveLength(1);
    expect(logs[0]).not.toHaveProperty('person');
  });

  test('is not made where another replica is on it', async () => {
    await awaitEmail();
    await store.claim(`test/${id}`, 10_000);
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(asked).toEqual([]);
    expect(await stepNow()).toBe('testing');
    expect(await dueAt()).toBe(now + TEST_OVERDUE);
  });

  test('whose call fails is logged, and may be made again', async () => {
    await awaitEmail();
    verdicts = [Promise.reject(new TypeError('canary'))];
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    await quiet();
    expect(logged.at(-1)).toMatchObject({ event: 'background.failed', error: 'TypeError' });
    now += TEST_OVERDUE;
    await runner.wakeDue();
    await quiet();
    expect(await stepNow()).toBe('accepted');
  });

  test('of a password that is in no slot any more says nothing about it', async () => {
    await awaitEmail();
    await credentials.forget(id);
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(asked).toEqual([]);
    // Chorus Pro was not asked: there is no answer to count.
    expect(counted).toEqual([]);
    expect((await saved()).value.reset).toMatchObject({ step: 'unknown', reason: 'notOpened' });
  });

  test('of a password whose seal is broken says nothing about it, and asks nobody', async () => {
    await awaitEmail();
    const sealed = await sealer.seal(new Secret('of another'), {
      account: 'x',
      version: 1,
      purpose: 'credential',
    });
    const record = await store.read<{ pending: object }>(`credential/${id}`);
    if (record === undefined) throw new Error('no password is kept');
    const { value, version } = record;
    await store.write(`credential/${id}`, { ...value, pending: { ...value.pending, sealed } }, version);
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(asked).toEqual([]);
    expect((await saved()).value.reset).toMatchObject({ step: 'unknown', reason: 'notOpened' });
  });

  test('of a password that the store cannot give is made later', async () => {
    await awaitEmail();
    unreadable = `credential/${id}`;
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect(await stepNow()).toBe('testing');
    unreadable = undefined;
    now += TEST_OVERDUE;
    await runner.wakeDue();
    await quiet();
    expect(await stepNow()).toBe('accepted');
  });

  test('of a reset that is forgotten meanwhile ends, and leaves it forgotten', async () => {
    openBot(1);
    const answer = later<Verdict>();
    verdicts = [answer.promise];
    const reached = await keep('new', undefined);
    await resets.forget(id);
    answer.answer(ACCEPTED);
    expect(await reached?.verdict).toBeUndefined();
    expect(await resets.load(id)).toBeUndefined();
    expect((await credentials.current(id))?.secret.reveal()).toBe('new');
    expect(logged.filter(({ event }) => event === 'background.failed')).toEqual([]);
  });

  test('that ends while the first card is being posted leaves its verdict on that card', async () => {
    const posting = later<void>();
    beforeShow = () => posting.promise;
    const kept = keep('new', undefined);
    await until(async () => (await resets.load(id))?.value.reset.step === 'accepted');
    beforeSave = () => saveAnew((record) => ({ ...record, trimmed: false }));
    posting.answer();
    await kept;
    await quiet();
    const { value } = await saved();
    expect(value.posted?.message).toBe(`message-${messages}`);
    expect(drawn.at(-1)).toEqual({ posted: value.posted, card: await cardNow() });
  });

  test('leaves its verdict to be told by the agenda, once whoever waits would have read it', async () => {
    await awaitEmail();
    written = [];
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    const retryAt = new Date(now + 10_000).toISOString();
    expect(written.flatMap(({ news }) => news ?? [])).toEqual([
      expect.objectContaining({ what: 'verdict', retryAt }),
    ]);
    await quiet();
    expect((await saved()).value.news).toBeUndefined();
  });

  test('that refuses says which credential, changes no password, and shows no structures', async () => {
    await awaitEmail();
    verdicts = [REFUSED];
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    expect((await saved()).value.reset).toMatchObject({ step: 'refused', reason: 'technicalAccount' });
    expect((await saved()).value.structures).toBeUndefined();
    expect(await credentials.current(id)).toBeUndefined();
    expect((await account()).expiry).toBeUndefined();
  });

  test('of an account that was removed meanwhile still ends', async () => {
    await awaitEmail();
    const answer = later<Verdict>();
    verdicts = [answer.promise];
    const acted = runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    await accounts.remove(id);
    answer.answer(ACCEPTED);
    expect((await acted).kind).toBe('card');
    expect(await stepNow()).toBe('accepted');
  });

  test('whose verdict somebody’s noting of a message overtakes is told to the newer state', async () => {
    await awaitEmail();
    const answer = later<Verdict>();
    verdicts = [answer.promise];
    const acted = runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    await asking();
    beforeSave = () => saveAnew((record) => ({ ...record, reset: { ...record.reset, revision: 99 } }));
    answer.answer(ACCEPTED);
    await acted;
    expect((await saved()).value.reset).toMatchObject({ step: 'accepted', revision: 100 });
  });
});

describe('what the bot does by itself', () => {
  test('at an hour that has come for nobody is nothing', async () => {
    await walk(0);
    now += WARN_AFTER - 1;
    const { version } = await saved();
    await runner.wakeDue();
    expect((await saved()).version).toBe(version);
    expect(shown).toEqual([]);
  });

  test.each([
    ['two days of silence', 0, WARN_AFTER, 'signIn'],
    ['a day of silence after Soumettre', 4, NUDGE_AFTER, 'awaitEmail'],
    ['three days of silence', 0, TIME_OUT, 'timedOut'],
  ])('after %s is to say so, once, where the reset is led', async (_, steps, silence, at) => {
    await walk(steps);
    now += silence;
    await runner.wakeDue();
    await quiet();
    expect(await stepNow()).toBe(at);
    const structure = 'Commune de Saint-Aubin';
    const end = fr.moment(new Date(START + TIME_OUT).toISOString());
    const card = {
      signIn: noticeCard(fr.buttons.resume, fr.notices.aboutToTimeOut(structure, end)),
      awaitEmail: noticeCard(fr.buttons.resume, fr.notices.standsStill(structure)),
      timedOut: noticeCard(fr.ends.timedOut.title, fr.notices.timedOut(structure)),
    }[at];
    expect(shown).toEqual([{ place: privately(CAMILLE), card }]);
    expect(drawn.at(-1)?.card).toEqual(await cardNow());
    await runner.wakeDue();
    await quiet();
    expect(shown).toHaveLength(1);
    const next = { signIn: START + TIME_OUT, awaitEmail: START + WARN_AFTER, timedOut: undefined }[at];
    expect(await dueAt()).toBe(next);
  });

  test('reminds of a paused reset every two days, where it is led, and never ends it', async () => {
    await walk(1);
    await runner.act(await drawnFrom(CAMILLE), { kind: 'pause' });
    const since = fr.moment(new Date(now).toISOString());
    expect((await cardNow()).title).toBe(fr.questions.paused.title);
    const reminder = noticeCard(fr.buttons.resume, fr.notices.paused('Commune de Saint-Aubin', since));
    for (const times of [1, 2]) {
      now += PAUSE_REMINDER;
      await runner.wakeDue();
      await quiet();
      expect(shown).toEqual(
        Array.from({ length: times }, () => ({ place: privately(CAMILLE), card: reminder })),
      );
    }
    expect(await stepNow()).toBe('openApplication');
  });

  test('writes down the end as its own doing', async () => {
    await walk(0);
    now += TIME_OUT;
    await runner.wakeDue();
    await quiet();
    expect((await recorded()).at(-1)).toEqual({
      at: new Date(now).toISOString(),
      who: 'bot',
      what: 'resetTimedOut',
      account: id,
    });
  });

  test.each([
    ['accepts', ACCEPTED, 'accepted'],
    ['refuses', REFUSED, 'refused'],
  ] as const)(
    'is to test again while Chorus Pro is down, and to tell when it %s',
    async (_, verdict, step) => {
      verdicts = [UNKNOWN];
      await keep('new', undefined);
      await quiet();
      expect(await stepNow()).toBe('unknown');
      // First the card is drawn once more, in case a crash came before.
      expect(await dueAt()).toBe(START + MINUTE / 3);
      now += MINUTE / 3;
      await runner.wakeDue();
      expect(await dueAt()).toBe(START + MINUTE);
      shown = [];
      verdicts = [UNKNOWN, verdict];
      now = START + MINUTE;
      expect(await runner.wakeDue()).toBeGreaterThanOrEqual(1);
      await quiet();
      // Still unknown is no news.
      expect(shown).toEqual([]);
      now += MINUTE / 3;
      await runner.wakeDue();
      now += 2 * MINUTE;
      await runner.wakeDue();
      await quiet();
      const { title } = fr.test[step];
      expect(shown).toEqual([
        {
          place: privately(CAMILLE),
          card: noticeCard(
            title,
            fr.test.verdictNotice[step](
              'Commune de Saint-Aubin',
              plain(verdictSentence(fr, { reason: 'technicalAccount' })),
            ),
          ),
        },
      ]);
      expect(drawn.at(-1)?.card).toEqual(await cardNow());
    },
  );

  test('is to give way to a click that came at the same moment, and still to say what it has to', async () => {
    await walk(0);
    now += WARN_AFTER;
    beforeSave = () => saveAnew((record) => ({ ...record, reset: { ...record.reset, revision: 99 } }));
    await runner.wakeDue();
    await quiet();
    expect(shown.map(({ card }) => card.title)).toEqual([fr.buttons.resume]);
  });

  test('leaves the card to whoever tests: a look at a test that runs draws nothing, and starts none', async () => {
    await walk(2);
    await keep('new', await saved());
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    const token = await store.claim(`test/${id}`, 60_000);
    await runner.act(await drawnFrom(CAMILLE), { kind: 'done' });
    await quiet();
    drawn = [];
    await resets.wakeAt(id, new Date(now));
    await runner.wakeDue();
    await quiet();
    expect(drawn).toEqual([]);
    expect(asked).toEqual([]);
    now += TEST_OVERDUE;
    await store.release(`test/${id}`, token ?? '');
    await runner.wakeDue();
    expect(drawn.map(({ card }) => card)).toContainEqual(await cardNow());
    await quiet();
    expect(asked).toEqual(['new']);
  });

  test('tells a verdict that nobody could be told of, once', async () => {
    verdicts = [UNKNOWN, REFUSED];
    await keep('new', undefined);
    await quiet();
    shown = [];
    beforeShow = () => Promise.reject(new Error('the platform is down'));
    now += MINUTE;
    await runner.wakeDue();
    await quiet();
    expect(await stepNow()).toBe('refused');
    expect(shown).toEqual([]);
    beforeShow = undefined;
    for (let looks = 0; looks < 3; looks++) {
      now += MINUTE;
      await runner.wakeDue();
      await quiet();
    }
    expect(shown.map(({ card }) => card.title)).toEqual([fr.test.refused.title]);
  });

  test('draws the card again where nothing has changed, and moves the hour to where it belongs', async () => {
    await walk(0);
    now += MINUTE;
    await resets.wakeAt(id, new Date(now));
    drawn = [];
    await runner.wakeDue();
    await quiet();
    expect(drawn.map(({ card }) => card)).toEqual([await cardNow()]);
    expect(await dueAt()).toBe(START + WARN_AFTER);
  });

  test('forgets the hour of an account that is gone, and of a reset that is gone', async () => {
    await walk(0);
    const known = await account();
    await accounts.remove(id);
    await resets.wakeAt(id, new Date(now));
    await runner.wakeDue();
    expect(await dueAt()).toBeUndefined();
    await resets.wakeAt('nobody@cpro.fr', new Date(now));
    await accounts.add(known);
    await resets.forget(id);
    await resets.wakeAt(id, new Date(now));
    expect(await runner.wakeDue()).toBe(2);
    expect(await runner.wakeDue()).toBe(0);
  });

  test('goes on with the next account where one cannot be read, and says which', async () => {
    await walk(0);
    const broken = accountId(`a_broken_${id}`);
    await store.write(`account/${broken}`, { id: broken }, 0);
    await resets.wakeAt(broken, new Date(0));
    now += TIME_OUT;
    await runner.wakeDue();
    expect(await stepNow()).toBe('timedOut');
    expect(logged).toContainEqual(
      expect.objectContaining({ event: 'reset.notWoken', account: broken, error: 'StoreUnavailable' }),
    );
    await resets.wakeAt(broken, undefined);
  });
});

describe('what others ask about a reset', () => {
  test('it runs from its beginning to its end', async () => {
    const known = await account();
    expect(await runner.isRunning(known)).toBe(false);
    await walk(0);
    expect(await runner.isRunning(known)).toBe(true);
    await runner.act(await drawnFrom(CAMILLE), { kind: 'abandon' });
    expect(await runner.isRunning(known)).toBe(false);
  });

  test('its card is drawn anew where there is one', async () => {
    await runner.redraw(await account());
    await walk(0);
    const { value, version } = await saved();
    const { posted: _, ...unposted } = value;
    await resets.save(id, unposted, version);
    drawn = [];
    await runner.redraw(await account());
    await quiet();
    expect(drawn).toEqual([]);
    expect(logged.filter(({ event }) => event !== 'reset.step')).toEqual([]);
    await resets.save(id, value, version + 1);
    drawn = [];
    await runner.redraw(await account());
    await quiet();
    expect(drawn).toEqual([
      { posted: { place: privately(CAMILLE), message: 'living' }, card: await cardNow() },
    ]);
  });

  test('its holder is shown it, and everybody else of the account who holds it, until it has ended', async () => {
    await walk(0);
    expect(await holders.find(turnOf(CAMILLE), id)).toEqual({
      account: await account(),
      saved: await saved(),
    });
    expect(await holders.find(turnOf(DENIS), id)).toHaveProperty('refusal');
    await runner.act(await drawnFrom(CAMILLE), { kind: 'abandon' });
    expect(await holders.find(turnOf(DENIS), id)).toEqual({ account: await account(), saved: await saved() });
  });

  test('a stop waits for a test that runs', async () => {
    const answer = later<Verdict>();
    verdicts = [answer.promise];
    const kept = keep('new', undefined);
    await asking();
    const stepAtTheEnd = runner.settled().then(stepNow);
    // One that did not wait would have read the store before this.
    expect(await stepNow()).toBe('testing');
    answer.answer(ACCEPTED);
    expect(await stepAtTheEnd).toBe('accepted');
    await kept;
  });
});
