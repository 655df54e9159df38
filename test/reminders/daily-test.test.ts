import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DailyTest } from '../../src/bot/account/daily-test.ts';
import { tellTrouble } from '../../src/bot/account/test-trouble.ts';
import { ConnectionTests, type TestRecord } from '../../src/bot/reset/connection-test.ts';
import { fr } from '../../src/cards/messages.ts';
import { plain } from '../../src/cards/text.ts';
import { verdictSentence } from '../../src/cards/verdict-cards.ts';
import type { Unknown, Verdict } from '../../src/chorus/verdict.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { PersonId } from '../../src/person.ts';
import { Secret } from '../../src/secret.ts';
import { AccountRecords } from '../../src/store/account-records.ts';
import { type Account, accountId } from '../../src/store/accounts.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import type { SealingKey } from '../../src/store/keys.ts';
import { Sealer } from '../../src/store/seal.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { TestAttempts } from '../../src/store/test-attempts.ts';
import { paris } from '../paris.ts';
import { SIGNING } from '../signing-keys.ts';
import { ALIX, CAMILLE, DENIS, read, removeFolders, World } from './world.ts';

const DAY = 24 * 60 * 60_000;
const ACCEPTED: Verdict = { outcome: 'accepted', structures: [], complete: true };
const REFUSED: Verdict = { outcome: 'refused', reason: 'technicalAccount' };
const PISTE: Verdict = { outcome: 'unknown', reason: 'pisteApplication' };
const UNKNOWN: Verdict = { outcome: 'unknown', reason: 'timeout' };
const STRANGE = { at: 'api', status: 418, durationMs: 1, environment: 'other' } as const;
const KEY: SealingKey = { kid: 'k', bytes: new Uint8Array(32).fill(7) };

let world: World;
let credentials: Credentials;
let account: Account;
let start: Date;
let day = 0;
/** The passwords that Chorus Pro was asked about, and what it says of each. */
let asked: string[] = [];
let verdicts: Record<string, Verdict> = {};
/** What happens while Chorus Pro is asked about a password. */
let meanwhile: Record<string, () => Promise<unknown>> = {};
let isRunning = false;

beforeEach(async () => {
  world = await World.open('LMDB', '12/01/2027 12:00:00');
  credentials = new Credentials(world.store, new Sealer([KEY]));
  account = await world.account('18/03/2028');
  start = world.now;
  day = 0;
  asked = [];
  verdicts = {};
  meanwhile = {};
  isRunning = false;
  await world.meet(CAMILLE, DENIS, ALIX);
});
afterEach(() => world.close());
afterAll(removeFolders);

/** All that stands in what was posted to this person. */
const wordsTo = (person: PersonId) => world.teams.shown(person).map(read).join('\n');

const clock = () => new Date(start.getTime() + day * DAY);

function dailyTest(): DailyTest {
  return new DailyTest({
    store: world.store,
    accounts: world.accounts,
    checks: world.checks,
    credentials,
    journal: new Journal(world.store, SIGNING),
    tests: new ConnectionTests({
      store: world.store,
      testRecords: new AccountRecords<TestRecord>(world.store, 'test'),
      journal: new Journal(world.store, SIGNING),
      credentials,
      chorus: {
        testConnection: async (_account, secret) => {
          const password = secret.reveal();
          asked.push(password);
          await meanwhile[password]?.();
          return verdicts[password] ?? ACCEPTED;
        },
      },
      metrics: createMetrics(),
      log: createLog('silent'),
      now: clock,
    }),
    resetRunner: { isRunning: async () => isRunning },
    administrators: world.administrators,
    notices: world.notices,
    log: createLog('silent'),
    now: clock,
  });
}

async function keep(password: string, isCurrent: boolean): Promise<number> {
  const { version } = await credentials.keep(account.id, new Secret(password), {
    heldBy: 'Camille Roy',
    heldSince: clock(),
    expiry: { at: paris('18/03/2029').toISOString(), estimated: true },
  });
  if (isCurrent) await credentials.promote(account.id, version, clock());
  return version;
}

/** One day passes, and with it the minute of every account; `replicas` look at the agenda. */
async function aDay(replicas: readonly DailyTest[] = [dailyTest()]): Promise<void> {
  await replicas[0]?.plan([account.id]);
  day += 1;
  for (let round = 0; round < 2; round++) {
    for (const each of replicas) each.tick();
    await Promise.all(replicas.map((each) => each.settled()));
  }
}

/** What the manager was told, in titles. */
async function told(): Promise<string[]> {
  await world.reminders.tick();
  return world.teams.titles(CAMILLE);
}

describe('the daily test', () => {
  test('asks once a day, however many replicas there are', async () => {
    await keep('current', true);
    const replicas = [dailyTest(), dailyTest(), dailyTest()];
    for (let i = 1; i <= 4; i++) {
      await aDay(replicas);
      expect(asked).toHaveLength(i);
    }
  });

  test('is spread over the day, at the same minute of each', async () => {
    const ids = Array.from({ length: 400 }, (_, i) => accountId(`account-${i}`));
    const test = dailyTest();
    await test.plan(ids);
    const planned = await world.store.scheduled('checks', ids);
    const quarters = [0, 0, 0, 0];
    for (const at of planned) {
      const offset = (at as Date).getTime() - start.getTime();
      expect(offset).toBeGreaterThan(0);
      expect(offset).toBeLessThanOrEqual(DAY);
      const quarter = Math.min(3, Math.floor((4 * offset) / DAY));
      quarters[quarter] = (quarters[quarter] ?? 0) + 1;
    }
    for (const count of quarters) expect(count).toBeGreaterThan(60);
  });

  test('that is accepted says nothing, and lets the previous password go', async () => {
    await keep('previous', true);
    await keep('current', true);
    await aDay();
    expect(await told()).toEqual([]);
    expect((await credentials.slots(account.id)).previous).toBeUndefined();
  });

  test('that is refused warns at once, and is not made again', async () => {
    await keep('current', true);
    verdicts.current = REFUSED;
    for (let i = 0; i < 5; i++) await aDay();
    expect(asked).toEqual(['current']);
    expect(await told()).toEqual([fr.reminders.refusedTitle]);
  });

  test('goes on once a person had the password accepted, or has entered another one', async () => {
    await keep('current', true);
    verdicts.current = REFUSED;
    await aDay();
    await world.accounts.change(account.id, (a) => ({
      ...a,
      conclusiveTest: new Date(clock().getTime() + 1).toISOString(),
    }));
    await aDay();
    expect(asked).toEqual(['current', 'current']);
    await keep('another', true);
    await aDay();
    expect(asked).toEqual(['current', 'current', 'another']);
  });

  test('that ends without an answer is made again the next day, and says nothing', async () => {
    await keep('current', true);
    verdicts.current = UNKNOWN;
    await aDay();
    await aDay();
    expect(asked).toHaveLength(2);
    expect(await told()).toEqual([]);
  });

  test('leaves a password alone while a reset runs: the old one may be dead by then', async () => {
    await keep('current', true);
    isRunning = true;
    await aDay();
    expect(asked).toEqual([]);
  });

  test('of a suspended account asks nothing, and goes on once it is resumed', async () => {
    await keep('current', true);
    await world.accounts.change(account.id, (before) => ({ ...before, suspendedAt: start.toISOString() }));
    await aDay();
    expect(asked).toEqual([]);
    await world.accounts.change(account.id, ({ suspendedAt: _, ...before }) => before);
    await aDay();
    expect(asked).toEqual(['current']);
  });

  test('of an account without a password, or that was removed, asks nothing', async () => {
    await aDay();
    await keep('current', true);
    await world.accounts.remove(account.id);
    await aDay();
    expect(asked).toEqual([]);
    expect(await world.store.scheduled('checks', [account.id])).toEqual([undefined]);
  });

  test('of an account that is removed while Chorus Pro is asked leaves no verdict to the next one of this name', async () => {
    await keep('current', true);
    verdicts.current = REFUSED;
    meanwhile.current = async () => {
      await world.accounts.remove(account.id);
      await world.checks.forget(account.id);
    };
    await aDay();
    expect(asked).toEqual(['current']);
    expect(await world.checks.find(account.id)).toBeUndefined();
  });

  test('that PISTE itself refuses is told to the administrators, once a day, and blamed on no password', async () => {
    await keep('current', true);
    verdicts.current = PISTE;
    await aDay();
    await aDay();
    expect(asked).toHaveLength(2);
    expect(world.teams.titles(ALIX)).toEqual(['Application PISTE refusée']);
    expect(await told()).toEqual([]);
  });

  test.each<[string, Unknown['reason'], number]>([
    ['no right to call', 'notAuthorised', 2],
    ['a login of the other environment', 'wrongEnvironment', 2],
    ['a name that is not found', 'dns', 2],
    ['a breakdown', 'unavailable', 3],
    ['no answer in time', 'timeout', 3],
  ])('that meets %s tells the administrators once it lasts, and no manager', async (_, reason, days) => {
    await keep('current', true);
    verdicts.current = { outcome: 'unknown', reason };
    for (let i = 1; i < days; i++) await aDay();
    expect(world.teams.titles(ALIX)).toEqual([]);
    await aDay();
    expect(world.teams.titles(ALIX)).toEqual([fr.reminders.testTroubleTitle]);
    expect(await told()).toEqual([]);
  });

  test('that meets an answer that nobody foresaw tells the administrators and the manager on the second day', async () => {
    await keep('current', true);
    verdicts.current = { outcome: 'unknown', reason: 'unexpected', diagnosis: STRANGE };
    await aDay();
    expect([world.teams.titles(ALIX), await told()]).toEqual([[], []]);
    await aDay();
    const { testTroubleTitle } = fr.reminders;
    expect([world.teams.titles(ALIX), await told()]).toEqual([[testTroubleTitle], [testTroubleTitle]]);
    expect(wordsTo(CAMILLE)).toContain(
      plain(verdictSentence(fr, { reason: 'unexpected', diagnosis: STRANGE })),
    );
  });

  test('of a password that was tried too often by others tells the administrators and the manager on the second day, once', async () => {
    await keep('current', true);
    const attempts = new TestAttempts(world.store, clock);
    for (let i = 0; i < 4; i++) {
      expect(world.teams.titles(ALIX)).toHaveLength(i < 2 ? 0 : 1);
      day += 1;
      const { current } = await credentials.slots(account.id);
      for (let n = 0; n < 5; n++) await attempts.note(account.id, current?.version ?? 0, false);
      day -= 1;
      await aDay();
    }
    expect(asked).toEqual([]);
    expect(await told()).toEqual([fr.reminders.testTroubleTitle]);
    expect(wordsTo(CAMILLE)).toContain(plain(verdictSentence(fr, { reason: 'attemptsSpent' })));
  });

  test('of a password that does not open tells the manager on the second day, and once for all their accounts', async () => {
    await keep('current', true);
    credentials = new Credentials(
      world.store,
      new Sealer([{ kid: 'other', bytes: new Uint8Array(32).fill(8) }]),
    );
    await aDay();
    expect(await told()).toEqual([]);
    await aDay();
    expect(asked).toEqual([]);
    expect(await told()).toEqual([fr.reminders.testTroubleTitle]);
    expect(wordsTo(CAMILLE)).toContain(plain(verdictSentence(fr, { reason: 'notOpened' })));
    const { administrators, notices } = world;
    const alarm = { administrators, notices, log: createLog('silent') };
    const verdict: Unknown = { outcome: 'unknown', reason: 'notOpened' };
    for (const login of ['TECH_1_1@cpro.fr', 'TECH_1_2@cpro.fr'])
      await tellTrouble(alarm, { ...account, login }, verdict, { kind: 'rest', days: 2 });
    expect(await told()).toHaveLength(1);
  });

  test('that comes to nothing now and then, with a yes between, tells nobody', async () => {
    await keep('current', true);
    for (let i = 0; i < 6; i++) {
      verdicts.current = i % 2 === 0 ? { outcome: 'unknown', reason: 'dns' } : ACCEPTED;
      await aDay();
    }
    expect(world.teams.titles(ALIX)).toEqual([]);
  });

  test('tells one cause once, however many accounts it concerns', async () => {
    await keep('current', true);
    const verdict: Unknown = { outcome: 'unknown', reason: 'notAuthorised' };
    const others = Array.from({ length: 5 }, (_none, i) => ({ login: `TECH_1_${i}@cpro.fr` }));
    const { administrators, notices } = world;
    const alarm = { administrators, notices, log: createLog('silent') };
    for (const other of others)
      await tellTrouble(alarm, { ...account, ...other }, verdict, { kind: 'rest', days: 2 });
    expect(world.teams.titles(ALIX)).toEqual([fr.reminders.testTroubleTitle]);
  });

  test('that is refused in words tells the manager those words at once', async () => {
    await keep('current', true);
    const diagnosis = {
      at: 'api',
      status: 200,
      codeRetour: 20003,
      durationMs: 1,
      environment: 'other',
    } as const;
    verdicts.current = {
      outcome: 'refused',
      reason: 'refusedInWords',
      diagnosis: { ...diagnosis, libelle: 'Utilisateur verrouillé' },
    };
    await aDay();
    expect(await told()).toEqual([fr.reminders.refusedTitle]);
    expect(JSON.stringify([...world.teams.messages.values()])).toContain('20003, Utilisateur verrouillé');
  });
});

describe('a pending password that nobody goes on with', () => {
  test('is promoted where it is the one that works: its reset had reached the portal', async () => {
    await keep('current', true);
    const version = await keep('pending', false);
    verdicts.current = REFUSED;
    await aDay();
    expect((await credentials.slots(account.id)).current?.version).toBe(version);
    expect(await world.accounts.find(account.id)).toMatchObject({
      lastUpdated: clock().toISOString(),
      expiry: { at: paris('18/03/2029').toISOString(), estimated: true },
    });
    expect(await told()).toEqual([]);
  });

  test('that another one replaces during the test is neither tested nor promoted in its place (P2)', async () => {
    await keep('current', true);
    const abandoned = await keep('abandoned', false);
    verdicts = { current: REFUSED, abandoned: REFUSED };
    meanwhile.current = () => keep('entered meanwhile', false);
    await aDay();
    expect(asked).toEqual(['current', 'abandoned']);
    const { current, pending } = await credentials.slots(account.id);
    expect([current?.version, pending?.version]).toEqual([abandoned - 1, abandoned + 1]);
  });

  test('that is promoted gives the account its date at the next test, where it could not at once', async () => {
    await keep('current', true);
    await keep('pending', false);
    verdicts.current = REFUSED;
    const { change } = world.accounts;
    world.accounts.change = () => Promise.reject(new StoreUnavailable('just then'));
    await aDay();
    expect((await world.accounts.find(account.id))?.lastUpdated).toBeUndefined();
    world.accounts.change = change;
    await aDay();
    expect(await world.accounts.find(account.id)).toMatchObject({
      lastUpdated: new Date(start.getTime() + DAY).toISOString(),
      expiry: { at: paris('18/03/2029').toISOString(), estimated: true },
    });
  });

  test('is pointed out to the manager where the old one still works', async () => {
    await keep('current', true);
    await keep('pending', false);
    for (let i = 0; i < 3; i++) await aDay();
    expect(asked).toEqual(['current', 'current', 'current']);
    expect(await told()).toEqual(['Un nouveau mot de passe est gardé, mais pas encore en service']);
  });

  test('is tested once, and kept, where both are refused', async () => {
    await keep('current', true);
    const version = await keep('pending', false);
    verdicts = { current: REFUSED, pending: REFUSED };
    for (let i = 0; i < 3; i++) await aDay();
    expect(asked).toEqual(['current', 'pending']);
    expect((await credentials.slots(account.id)).pending?.version).toBe(version);
    expect(await told()).toEqual([fr.reminders.refusedTitle]);
  });

  test('is tested every day where Chorus Pro gives no answer about it', async () => {
    await keep('pending', false);
    verdicts.pending = UNKNOWN;
    await aDay();
    await aDay();
    verdicts.pending = ACCEPTED;
    await aDay();
    expect(asked).toEqual(['pending', 'pending', 'pending']);
    expect((await credentials.slots(account.id)).current).toBeDefined();
  });
});

test('a stranger to all this hears nothing of it', async () => {
  const stranger: PersonId = 'teams:t:stranger';
  await world.meet(stranger);
  await keep('current', true);
  verdicts.current = REFUSED;
  await aDay();
  await told();
  expect(world.teams.titles(stranger)).toEqual([]);
});
