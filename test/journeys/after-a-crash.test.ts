import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Verdict } from '../../src/chorus/verdict.ts';
import { Secret } from '../../src/secret.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { openDependencies, quiet } from '../faults/dependencies.ts';
import { privately, RecordingChannel } from '../reminders/world.ts';
import { until } from '../until.ts';

const ACCOUNT = 'tech_1';
const ACCEPTED: Verdict = { outcome: 'accepted', structures: [], complete: true };
const never = () => new Promise<never>(() => undefined);
const realNow = Date.now;

let folder: string;
let store: Store;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crash-'));
  store = await openStore(`lmdb:${folder}`);
  await new Accounts(store).add({
    login: ACCOUNT,
    siret: '21590350100017',
    structure: 'Commune',
    manager: 'teams:t:claire',
    alertMonths: 12,
    addedAt: new Date().toISOString(),
    conclusiveTest: new Date().toISOString(),
  });
});

afterEach(async () => {
  jest.restoreAllMocks();
  await store.close();
  rmSync(folder, { recursive: true });
});

function open(testConnection: () => Promise<Verdict>, channel: RecordingChannel) {
  const sealer = new Sealer([{ kid: 'key', bytes: new Uint8Array(32) }]);
  const now = () => new Date(Date.now());
  return openDependencies({ store, sealer, chorus: { testConnection }, channel, now, ...quiet() });
}

/** What was typed in the form of the configuration card, on its way. */
function submit({ passwords }: ReturnType<typeof open>): void {
  const turn = {
    person: { id: 'teams:t:claire', name: 'Claire', language: 'fr' },
    place: privately('claire'),
    correlation: 'c',
    form: 'configurationPassword',
    data: { account: ACCOUNT, submission: 'once', beforeSubmit: 0 },
    lines: { expiry: '18/04/2027 02:00:00' },
  } as const;
  void passwords.submit(turn, new Secret('goZckgkKevikl'));
}

const channel = () => new RecordingChannel('teams', () => new Date());

test('a test that a crash cut off is started anew the moment it is overdue', async () => {
  const tested = new Promise<void>((called) => {
    submit(
      open(() => {
        called();
        return never();
      }, channel()),
    );
  });
  await tested;

  const next = open(async () => ACCEPTED, channel());
  const testAt = (await next.resetRecords.load(ACCOUNT))?.value.reset.testAt ?? '';
  jest.spyOn(Date, 'now').mockReturnValue(Date.parse(testAt));
  await next.resetRunner.wakeDue();
  await next.settled();
  expect((await next.resetRecords.load(ACCOUNT))?.value.reset.step).toBe('accepted');
});

test.each<Verdict>([
  ACCEPTED,
  { outcome: 'refused', reason: 'technicalAccount' },
  { outcome: 'unknown', reason: 'unavailable' },
])(
  'the card of a verdict ($outcome) that a crash kept from being drawn is drawn soon after',
  async (verdict) => {
    const before = channel();
    const crashed = open(async () => verdict, before);
    // There it stands still for ever, and reads nothing of the store any more.
    const standsStill = new Promise<void>((reached) => {
      before.replace = () => {
        reached();
        return never();
      };
    });
    submit(crashed);
    await standsStill;
    await until(async () => (await crashed.resetRecords.load(ACCOUNT))?.value.reset.step === verdict.outcome);

    const after = channel();
    const drawn = jest.spyOn(after, 'replace');
    const next = open(never, after);
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + 27_000);
    await next.resetRunner.wakeDue();
    await next.settled();
    expect(drawn).toHaveBeenCalledTimes(1);
  },
);
