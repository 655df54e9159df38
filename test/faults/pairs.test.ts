import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Person } from '../../src/bot/channel.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import { fr } from '../../src/cards/messages.ts';
import { hasEnded } from '../../src/chorus/procedures/reset.ts';
import { type AccountId, Accounts, accountId } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { mayReset } from '../../src/store/rights.ts';
import type { Operation, Store } from '../../src/store/store.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import type { Dependencies } from './dependencies.ts';
import { addAccount, CLAIRE, HUGO, openBot, saysKept, submit, turnOf } from './submissions.ts';
import { FULL, tell } from './volume.ts';

const ROUNDS = FULL ? 1_000 : 20;

/** What somebody has read in the end. */
type Outcome = 'succeeded' | { readonly read: string };

/** Something that one of two people does about one account, while the other does the same or something else. */
type Act = (account: AccountId, person: Person, replica: Dependencies) => Promise<Outcome>;

let redis: RedisServer;
let stores: Store[];
let replicas: [Dependencies, Dependencies];
/** Every state of a reset that was saved, in the order in which they were, by account. */
const saved = new Map<string, ResetRecord[]>();

beforeAll(async () => {
  redis = await RedisServer.start(...DURABLE);
  stores = (await Promise.all([1, 2].map(() => openStore(redis.url)))).map(remembering);
  replicas = stores.map((store) => openBot(store)) as typeof replicas;
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await redis.stop();
});

/** The same store, which remembers what was saved of resets. The version tells which was first. */
function remembering(real: Store): Store {
  const note = (key: string, value: unknown, version: number) => {
    if (!key.startsWith('reset/')) return;
    const states = saved.get(key) ?? [];
    saved.set(key, states);
    states[version] = value as ResetRecord;
  };
  return new Proxy(real, {
    get: (_, name: keyof Store) => {
      if (name === 'apply')
        return async (operations: readonly Operation[]) => {
          const applied = await real.apply(operations);
          for (const each of operations)
            if (applied.isApplied && each.type === 'write') note(each.key, each.value, each.version);
          return applied;
        };
      const method = real[name];
      return method.bind(real);
    },
  });
}

const begin: Act = async (account, person, { conversation }) => {
  const turn = turnOf(person);
  const clicked = { place: turn.place, message: `card of ${person.id}` };
  const answer = await conversation.clicked({ ...turn, verb: 'begin', data: { account }, clicked });
  return answer.kind === 'card' ? 'succeeded' : { read: answer.text };
};

/** From the configuration, as often as it takes: whoever reads that something is under way looks again. */
const submitPassword: Act = async (account, person, replica) => {
  for (;;) {
    const answer = await submit(replica, account, `of-${person.name}-for-${account}`, person);
    if (saysKept(answer)) return 'succeeded';
    if (answer.kind === 'notice') return { read: answer.text };
    if (answer.form.error !== fr.form.busy) return { read: answer.form.error ?? '' };
  }
};

const abandon: Act = async (account, person, { conversation, resetRecords }) => {
  const reset = (await resetRecords.load(account))?.value.reset;
  const data = { account, reset: reset?.id ?? '', revision: reset?.revision ?? 0 };
  const answer = await conversation.clicked({ ...turnOf(person), verb: 'abandon', data });
  return answer.kind === 'card' ? 'succeeded' : { read: answer.text };
};

/** What `account set --manager … --no-deputy` writes: this person alone may act from now on. */
const handOver: Act = async (account, person, replica) => {
  const [store] = stores as [Store];
  await new Accounts(replica === replicas[0] ? store : (stores[1] as Store)).change(
    account,
    ({ deputy: _, ...rest }) => ({ ...rest, manager: person.id }),
  );
  return 'succeeded';
};

const ACTS = { begin, 'submit from the configuration': submitPassword, 'hand over': handOver, abandon };
const NAMES = Object.keys(ACTS) as (keyof typeof ACTS)[];
const PAIRS = NAMES.flatMap((one, i) => NAMES.slice(i).map((other) => [one, other] as const));
const seen = { pairs: 0, rounds: 0, 'told who and since when': 0, 'told that it is not theirs any more': 0 };

afterAll(() => tell('pairs', `${PAIRS.length} pairs × ${ROUNDS} rounds`, seen));

/** Who may lead next: nobody takes a running reset from somebody who may still act for the account. */
async function expectOneHolder(account: AccountId, handedOver: boolean): Promise<void> {
  const states = (saved.get(`reset/${account}`) ?? []).filter((state) => state !== undefined);
  for (const [i, after] of states.entries()) {
    const before = states[i - 1];
    if (before === undefined) continue;
    if (after.reset.id !== before.reset.id) expect(hasEnded(before.reset)).toBe(true);
    else if (after.holder.id !== before.holder.id) expect(handedOver).toBe(true);
  }
}

test.each(PAIRS)(
  '« %s » and « %s » at once, by two people, leave one holder',
  async (one, other) => {
    const [first, second] = replicas;
    for (let round = 1; round <= ROUNDS; round++) {
      const account = accountId(`${one}-${other}-${round}`.replaceAll(' ', '_'));
      await addAccount(stores[0] as Store, first.credentials, account);
      // Whoever is to abandon a reset has one; of two who both abandon, the first does.
      const leader = one === 'abandon' ? CLAIRE : other === 'abandon' ? HUGO : undefined;
      if (leader !== undefined) await begin(account, leader, first);

      const outcomes = await Promise.all([
        ACTS[one](account, CLAIRE, first),
        ACTS[other](account, HUGO, second),
      ]);
      await Promise.all([first.settled(), second.settled()]);

      const isHandedOver = one === 'hand over' || other === 'hand over';
      await expectOneHolder(account, isHandedOver);
      const record = (await first.resetRecords.load(account))?.value;
      const held =
        record === undefined
          ? ''
          : fr.conversation.heldBy(record.holder.name, fr.moment(record.reset.startedAt));
      const losers = outcomes.filter((outcome) => outcome !== 'succeeded');
      for (const { read } of losers) {
        const isTold = read.startsWith(held) && held !== '';
        const isDismissed = isHandedOver && read.startsWith(fr.conversation.notYours);
        if (isTold) seen['told who and since when'] += 1;
        if (isDismissed) seen['told that it is not theirs any more'] += 1;
        // Whoever lost to a reset that has ended meanwhile was told of it while it ran.
        if (leader === undefined) expect([read, isTold || isDismissed]).toEqual([read, true]);
      }
      // Two who both want to lead: one does, and the other reads so.
      if (leader === undefined && !isHandedOver) expect(losers).toHaveLength(1);
      const account_ = await new Accounts(stores[0] as Store).find(account);
      if (record !== undefined && account_ !== undefined && !hasEnded(record.reset) && !isHandedOver)
        expect(mayReset(record.holder.id, account_)).toBe(true);
      seen.rounds += 1;
      // A click looks at all accounts of its person.
      await new Accounts(stores[0] as Store).remove(account);
    }
    seen.pairs += 1;
  },
  3_600_000,
);
