import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { PlaceGone, TryLater, type Turn } from '../../src/bot/channel.ts';
import type { DeliveryPace } from '../../src/bot/outgoing/deadline.ts';
import type { TestRecord } from '../../src/bot/reset/connection-test.ts';
import { createResets } from '../../src/bot/reset/create.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { ResetRunner } from '../../src/bot/reset/runner.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { NO_USE, type PasswordUse } from '../../src/cards/report-card.ts';
import type { Reset } from '../../src/chorus/procedures/reset.ts';
import { begin } from '../../src/chorus/procedures/transitions.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Secret } from '../../src/secret.ts';
import { AccountRecords } from '../../src/store/account-records.ts';
import type { Account } from '../../src/store/accounts.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { PortalEntries } from '../../src/store/portal-entries.ts';
import { Sealer } from '../../src/store/seal.ts';
import { paris } from '../paris.ts';
import { SIGNING } from '../signing-keys.ts';
import { ALIX, CAMILLE, DENIS, DRIVERS, privately, read, removeFolders, TEAM, World } from './world.ts';

const START = '12/01/2027 12:00:00';
const TWO_DAYS_LATER = '14/01/2027 12:00:00';
const WARNING = 'attend depuis deux jours';
const HOLDER = { id: CAMILLE, name: 'Camille Roy', language: 'fr' } as const;

describe.each(Object.keys(DRIVERS))('what there is to tell of a reset, on %s', (driver) => {
  let world: World;
  let runner: ResetRunner;
  let credentials: Credentials;
  let account: Account;
  let use: PasswordUse;

  beforeEach(async () => {
    world = await World.open(driver, START);
    credentials = new Credentials(world.store, new Sealer([{ kid: 'k', bytes: new Uint8Array(32).fill(7) }]));
    use = NO_USE;
    runner = replica();
    account = await world.account('18/03/2028');
    await world.meet(ALIX);
  });
  afterEach(async () => {
    await runner.settled();
    await world.close();
  });
  afterAll(removeFolders);

  /** A process of the bot. */
  function replica(pace?: DeliveryPace): ResetRunner {
    const { store, accounts, people, resets, cards, administrators, teams } = world;
    const messages = { fr, en };
    const log = createLog('info', { write: (line) => world.logged.push(line) });
    const now = () => world.now;
    const channels = new Map([['teams' as const, teams]]);
    return createResets({
      ...{
        store,
        accounts,
        people,
        resets,
        cards,
        administrators,
        channels,
        messages,
        log,
        now,
        credentials,
      },
      portalEntries: new PortalEntries(store),
      useOf: async () => use,
      testRecords: new AccountRecords<TestRecord>(store, 'test'),
      patientChannels: channels,
      ...(pace === undefined ? {} : { pace }),
      journal: new Journal(store, SIGNING),
      chorus: { testConnection: async () => ({ outcome: 'accepted', structures: [], complete: true }) },
      links: { portalUrl: 'https://portail.example' },
      metrics: createMetrics(),
      answerWithinMs: 60_000,
      changed: () => undefined,
    }).resetRunner;
  }

  /** Camille's reset stands here since the clock's instant. */
  async function stands(change: Partial<Reset> = {}): Promise<void> {
    const reset = { ...begin('r', 'signIn', world.now).reset, ...change };
    const place = privately(CAMILLE);
    const posted = { place, message: 'living' };
    await world.resets.save(account.id, { reset, holder: HOLDER, place, posted }, 0);
    await world.resets.wakeAt(account.id, world.now);
  }

  /** The clock stands at `text`, and every replica has looked at the agenda and done what it found. */
  async function at(text: string, replicas: readonly ResetRunner[] = [runner]): Promise<void> {
    world.setClock(text);
    for (let round = 0; round < 2; round++) {
      await Promise.all(replicas.map((each) => each.wakeDue()));
      await Promise.all(replicas.map((each) => each.settled()));
    }
  }

  const told = () => world.teams.shown(CAMILLE).map(read);
  const turn: Turn = { person: HOLDER, place: privately(CAMILLE), correlation: 'c' };

  test('is told once, by one replica', async () => {
    await stands();
    await at(TWO_DAYS_LATER, [runner, replica(), replica()]);
    await at('14/01/2027 12:30:00');
    expect(told()).toEqual([expect.stringContaining(WARNING)]);
  });

  test.each([
    [
      'stands still',
      { step: 'awaitEmail', submitted: true },
      '13/01/2027 12:00:00',
      "n'a pas avancé depuis hier",
    ],
    ['is about to time out', {}, TWO_DAYS_LATER, WARNING],
    ['has timed out', { warned: true }, '15/01/2027 12:00:00', "s'est arrêtée : personne n'a cliqué"],
  ] as const)(
    'that it %s is tried again with growing pauses, until it is sent',
    async (_, change, when, text) => {
      await stands(change);
      world.teams.refuse = () => new Error('500');
      await at(when);
      const attempts = [world.teams.attempts.length];
      const minutes = [0.9, 1, 5, 6, 20, 21];
      for (const minute of minutes) {
        const clock = new Date(paris(when).getTime() + minute * 60_000);
        await at(clock.toLocaleString('fr-FR', { timeZone: 'Europe/Paris' }).replace(',', ''));
        attempts.push(world.teams.attempts.length);
      }
      // After 1, 5 and 15 minutes.
      expect(attempts).toEqual([1, 1, 2, 2, 3, 3, 4]);
      world.teams.refuse = () => undefined;
      await at(when.replace('12:00', '13:21'));
      await at(when.replace('12:00', '23:00'));
      expect(told()).toEqual([expect.stringContaining(text)]);
    },
  );

  test('waits for as long as the platform asks', async () => {
    await stands();
    world.teams.refuse = () => new TryLater(10 * 60_000);
    await at(TWO_DAYS_LATER);
    world.teams.refuse = () => undefined;
    await at('14/01/2027 12:09:00');
    expect(told()).toEqual([]);
    await at('14/01/2027 12:10:00');
    expect(told()).toHaveLength(1);
  });

  test('is told by another process where the first has died with it', async () => {
    await stands();
    const leaseMs = 600_000;
    const dying = replica({ patienceMs: 600_000, leaseMs });
    const { sending, goOn } = world.standStill();
    world.setClock(TWO_DAYS_LATER);
    await dying.wakeDue();
    const died = await sending;
    goOn();
    await at(TWO_DAYS_LATER);
    expect(told()).toEqual([]);
    await world.ageClaims(leaseMs);
    await at(TWO_DAYS_LATER);
    expect(told()).toHaveLength(1);
    died(new Error('killed'));
    await dying.settled();
    await at('14/01/2027 23:00:00');
    expect(told()).toHaveLength(1);
  });

  test('is told to the administrators where the place is gone, and not tried again', async () => {
    await stands();
    world.teams.refuse = (to) => (to === CAMILLE ? new PlaceGone('403') : undefined);
    await at(TWO_DAYS_LATER);
    await at('14/01/2027 23:00:00');
    expect(world.teams.attempts.filter((to) => to === CAMILLE)).toHaveLength(1);
    const notices = world.teams.shown(ALIX).map(read);
    expect(notices).toEqual([expect.stringMatching(/à Camille Roy dans Teams \(motif : 403\).*deux jours/s)]);
  });

  test('is told to the gestionnaire principal, in private, once whoever leads it has lost the right', async () => {
    await stands();
    await world.meet(DENIS);
    await world.accounts.change(account.id, (before) => ({ ...before, manager: DENIS, deputy: DENIS }));
    await at(TWO_DAYS_LATER);
    expect(told()).toEqual([]);
    expect(world.teams.shown(DENIS).map(read)).toEqual([expect.stringContaining(WARNING)]);
  });

  test('is told to the administrators where nobody knows where to write to the gestionnaire principal', async () => {
    await stands();
    await world.accounts.change(account.id, (before) => ({ ...before, manager: DENIS, deputy: DENIS }));
    await at(TWO_DAYS_LATER);
    expect(told()).toEqual([]);
    expect(world.teams.shown(ALIX).map(read)).toEqual([expect.stringContaining(DENIS)]);
  });

  test('of a reset that an earlier version let live before others is told in private', async () => {
    await stands();
    await world.meet(CAMILLE);
    const { value, version } = (await world.resets.load(account.id)) ?? { value: undefined, version: 0 };
    await world.resets.save(account.id, { ...(value as ResetRecord), place: TEAM }, version);
    await at(TWO_DAYS_LATER);
    expect(world.teams.titles('team')).toEqual([]);
    expect(told()).toEqual([expect.stringContaining(WARNING)]);
  });

  test('of an account that was removed is told to nobody', async () => {
    await stands();
    await world.accounts.remove(account.id);
    await at(TWO_DAYS_LATER);
    expect([...told(), ...world.teams.shown(ALIX)]).toEqual([]);
  });

  test('is kept where nobody at all can be told that the place is gone', async () => {
    await stands();
    world.teams.refuse = (to) => (to === CAMILLE ? new PlaceGone('403') : new Error('500'));
    await at(TWO_DAYS_LATER);
    world.teams.refuse = (to) => (to === CAMILLE ? new PlaceGone('403') : undefined);
    await at('14/01/2027 12:01:00');
    expect(world.teams.shown(ALIX)).toHaveLength(1);
  });

  test('is pointless once somebody has gone on', async () => {
    await stands({ step: 'awaitEmail', submitted: true });
    world.teams.refuse = () => new Error('500');
    await at('13/01/2027 12:00:00');
    world.teams.refuse = () => undefined;
    const data = { account: account.id, reset: 'r', revision: 1 };
    await runner.act({ ...turn, verb: 'emailNotYet', data }, { kind: 'emailNotYet' });
    await at('13/01/2027 23:00:00');
    expect(told()).toEqual([]);
    expect(await world.resets.due(paris('14/01/2027 11:00:00'), 10)).toEqual([]);
  });

  test('gives way to what is more urgent', async () => {
    await stands({ step: 'awaitEmail', submitted: true });
    world.teams.refuse = () => new Error('500');
    await at('13/01/2027 12:00:00');
    await at('14/01/2027 12:00:00');
    world.teams.refuse = () => undefined;
    await at('14/01/2027 23:00:00');
    expect(told()).toEqual([expect.stringContaining(WARNING)]);
  });

  describe('the question whether the password is in the application', () => {
    const THREE_DAYS_LATER = '15/01/2027 12:00:00';
    let version: number;
    beforeEach(async () => {
      const expiry = { at: paris('18/03/2029').toISOString(), estimated: true };
      const about = { heldBy: 'Camille Roy', heldSince: world.now, expiry };
      ({ version } = await credentials.keep(account.id, new Secret('n3wPassword'), about));
      await credentials.promote(account.id, version, world.now);
    });

    /** At the last step, of which Camille says that it is done; or nobody says anything. */
    async function stoodAtTheEnd(isDone: boolean): Promise<void> {
      await stands({ step: 'report', kept: version });
      const data = { account: account.id, reset: 'r', revision: 1 };
      if (isDone) await runner.act({ ...turn, verb: 'done', data }, { kind: 'done' });
      await runner.settled();
    }

    test.each([
      ['who said that it is done', true],
      ['who said nothing', false],
    ])('is asked once, by one replica, three days later, of whoever led it and %s', async (_, isDone) => {
      await stoodAtTheEnd(isDone);
      await at('15/01/2027 11:59:59');
      expect(told()).toEqual([]);
      await at(THREE_DAYS_LATER, [runner, replica(), replica()]);
      expect(told()).toEqual([expect.stringContaining("L'avez-vous bien saisi dans votre application")]);
      await at('30/01/2027 12:00:00', [runner, replica()]);
      expect(told()).toHaveLength(1);
      expect(await world.resets.wakesAt(account.id)).toBeUndefined();
    });

    test('comes late, and not lost, where the platform was down', async () => {
      await stoodAtTheEnd(true);
      world.teams.refuse = () => new Error('500');
      await at(THREE_DAYS_LATER);
      world.teams.refuse = () => undefined;
      await at('15/01/2027 12:00:30');
      expect(told()).toEqual([]);
      await at('15/01/2027 12:01:00');
      expect(told()).toHaveLength(1);
    });

    test.each<[string, PasswordUse]>([
      ['a program', { ...NO_USE, programs: [{ name: 'odoo', tookAt: '2027-01-13T09:00:00.000Z' }] }],
      ['Pastell', { ...NO_USE, destinations: [{ kind: 'pastell', state: 'delivered' }] }],
      ['whoever typed it', { ...NO_USE, takenBackAt: '2027-01-13T09:00:00.000Z' }],
    ])('is not asked where %s has taken it', async (_, taken) => {
      await stoodAtTheEnd(true);
      use = taken;
      await at(THREE_DAYS_LATER);
      await at('16/01/2027 12:00:00');
      expect(told()).toEqual([]);
    });

    test.each<[string, PasswordUse]>([
      ['a program may read it and has not', { ...NO_USE, programs: [{ name: 'odoo' }] }],
      [
        'a webhook alone has told of it',
        { ...NO_USE, destinations: [{ kind: 'webhook', state: 'delivered' }] },
      ],
    ])('is asked where %s', async (_, untaken) => {
      await stoodAtTheEnd(true);
      use = untaken;
      await at(THREE_DAYS_LATER);
      expect(told()).toHaveLength(1);
    });

    test('is not asked of a password that another one has replaced', async () => {
      await stoodAtTheEnd(true);
      const expiry = { at: paris('18/03/2029').toISOString(), estimated: true };
      const about = { heldBy: 'administrateur', heldSince: world.now, expiry };
      const newer = await credentials.keep(account.id, new Secret('n3werPassword'), about);
      await credentials.promote(account.id, newer.version, world.now);
      await at(THREE_DAYS_LATER);
      expect(told()).toEqual([]);
    });

    test('is asked where nobody has clicked the last step away, and the card says that the reset has ended', async () => {
      await stoodAtTheEnd(false);
      await world.cards.settled();
      const titles: string[] = [];
      world.teams.replace = async (_posted, { title }) => void titles.push(title);
      await at(THREE_DAYS_LATER);
      await world.cards.settled();
      expect(told()).toHaveLength(1);
      expect(titles).toEqual([fr.ends.done.title]);
    });

    test('does not draw the card of the reset anew', async () => {
      await stoodAtTheEnd(true);
      await world.cards.settled();
      const replaced: string[] = [];
      world.teams.replace = async ({ message }) => void replaced.push(message);
      await at(THREE_DAYS_LATER);
      await world.cards.settled();
      expect(told()).toHaveLength(1);
      expect(replaced).toEqual([]);
    });
  });

  describe('the verdict', () => {
    beforeEach(async () => {
      const { version } = await credentials.keep(account.id, new Secret('n3wPassword'), {
        heldBy: 'Camille Roy',
        heldSince: world.now,
        expiry: { at: paris('18/03/2029').toISOString(), estimated: true },
      });
      await stands({ step: 'unknown', kept: version, testAt: world.now.toISOString() });
    });

    test('that nobody waited for is told, however long the platform is down', async () => {
      world.teams.refuse = () => new Error('500');
      await at('12/01/2027 12:00:01');
      await at('13/01/2027 12:00:00');
      world.teams.refuse = () => undefined;
      await at('14/01/2027 12:00:00');
      expect(told()).toEqual([expect.stringContaining('accepte le nouveau mot de passe')]);
      expect(await world.resets.due(paris('14/01/2027 13:00:00'), 10)).toEqual([]);
    });

    test('that is the answer to a click is not told again', async () => {
      const data = { account: account.id, reset: 'r', revision: 1 };
      await runner.act({ ...turn, verb: 'retry', data }, { kind: 'retry' });
      await runner.settled();
      expect((await world.resets.load(account.id))?.value.reset.step).toBe('accepted');
      await at('12/01/2027 12:30:00');
      expect(told()).toEqual([]);
    });

    test('that is the answer to a click of which nothing was heard, because the process died, is told after all', async () => {
      const data = { account: account.id, reset: 'r', revision: 1 };
      const dying = replica();
      const { change } = world.resets;
      // The process gets as far as the verdict.
      world.resets.change = async (id, decide) => {
        const changed = await change.call(world.resets, id, decide);
        if ((await world.resets.load(id))?.value.reset.step === 'accepted') throw new Error('killed');
        return changed as never;
      };
      await dying.act({ ...turn, verb: 'retry', data }, { kind: 'retry' });
      world.resets.change = change;
      await at('12/01/2027 12:00:30');
      expect(told()).toEqual([expect.stringContaining('accepte le nouveau mot de passe')]);
    });
  });

  test('a wake-up never takes the place of an earlier one that was asked for meanwhile', async () => {
    await stands();
    const soon = new Date(world.now.getTime() + 26_000);
    const { change } = world.resets;
    world.resets.change = async (id, decide) => {
      const changed = await change.call(world.resets, id, decide);
      await world.resets.wakeAt(id, soon);
      return changed as never;
    };
    await runner.wakeDue();
    world.resets.change = change;
    expect(await world.resets.wakesAt(account.id)).toEqual(soon);
  });
});
