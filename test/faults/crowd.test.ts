import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Clicked, Person } from '../../src/bot/channel.ts';
import { fr } from '../../src/cards/messages.ts';
import { accountId } from '../../src/store/accounts.ts';
import { Journal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { SIGNING } from '../signing-keys.ts';
import { DURABLE, RedisServer } from '../store/redis-server.ts';
import type { Dependencies } from './dependencies.ts';
import { addAccount, CLAIRE, HUGO, openBot, passwordsOf, saysKept, submit, turnOf } from './submissions.ts';
import { FULL, tell } from './volume.ts';

const ROUNDS = FULL ? 200 : 10;
const CROWD = 50;

let redis: RedisServer;
let stores: Store[];
let replicas: Dependencies[];

beforeAll(async () => {
  redis = await RedisServer.start(...DURABLE);
  stores = await Promise.all([1, 2, 3].map(() => openStore(redis.url)));
  replicas = stores.map((store) => openBot(store));
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await redis.stop();
});

/** On the replica that the load balancer happens to choose. */
const replica = (i: number): Dependencies => replicas[i % 3] as Dependencies;

/** Claire and Hugo with many windows each, and people whose account it is not. */
function somebody(i: number): Person {
  if (i % 5 < 2) return CLAIRE;
  return i % 5 < 4 ? HUGO : { id: `teams:t:stranger${i}`, name: `Stranger ${i}`, language: 'fr' };
}

async function recorded(what: 'resetStarted' | 'passwordKept', account: string): Promise<number> {
  const [store] = stores as [Store];
  const entries = await new Journal(store, SIGNING).entries({ limit: 200 });
  return entries.filter((entry) => entry.account === account && entry.what === what).length;
}

test(`${CROWD} people start and submit at once: one wins, and the others are told who and since when`, async () => {
  const seen = { rounds: ROUNDS, people: CROWD, won: 0, told: 0, strangers: 0, kept: 0, lost: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    const account = accountId(`crowd-${round}`);
    const [store] = stores as [Store];
    await addAccount(store, replica(0).credentials, account);

    const starts = await Promise.all(
      Array.from({ length: CROWD }, async (_, i) => {
        const turn = turnOf(somebody(i));
        const clicked = { place: turn.place, message: `card-${i}` };
        const click: Clicked = { ...turn, verb: 'begin', data: { account }, clicked };
        return { person: turn.person, answer: await replica(i).resetRunner.begin(click, account) };
      }),
    );
    for (const each of replicas) await each.settled();
    const saved = await replica(0).resetRecords.load(account);
    const { holder, reset } = saved?.value ?? { holder: CLAIRE, reset: undefined };
    const held = fr.conversation.heldBy(holder.name, fr.moment(reset?.startedAt ?? ''));
    expect(await recorded('resetStarted', account)).toBe(1);
    seen.won += 1;
    for (const { person, answer } of starts) {
      if (person.id === holder.id) expect(answer.kind).toBe('card');
      else if (person.id === CLAIRE.id || person.id === HUGO.id) {
        expect(answer).toEqual({ kind: 'refusal', text: held });
        seen.told += 1;
      } else {
        expect(answer).toEqual({ kind: 'refusal', text: fr.conversation.notYours });
        seen.strangers += 1;
      }
    }

    // The same crowd in the form of another account, where no reset runs: each types another password.
    const second = accountId(`crowd-${round}-submit`);
    await addAccount(store, replica(0).credentials, second);
    const submits = await Promise.all(
      Array.from({ length: CROWD }, async (_, i) => {
        const password = `password-${round}-${i}`;
        return { password, answer: await submit(replica(i), second, password, somebody(i)) };
      }),
    );
    for (const each of replicas) await each.settled();
    const kept = submits.filter(({ answer }) => saysKept(answer)).map(({ password }) => password);
    const passwords = await passwordsOf(replica(0), second);
    seen.kept += kept.length;
    seen.lost += kept.filter((password) => !passwords.includes(password)).length;
    expect(await recorded('passwordKept', second)).toBe(1);
    // Whoever came first is tested and in use, and nobody else's password has pushed anything aside.
    expect([kept, passwords]).toEqual([[passwords[0]], [passwords[0], 'first']]);
  }
  const { won, told, strangers, kept, lost } = seen;
  tell(
    'crowd',
    `${ROUNDS} rounds × ${CROWD} people: ${won} starts won, ${told} told who and since when, ${strangers} strangers told nothing; ${kept} passwords kept, ${lost} lost`,
    seen,
  );
  expect([won, kept, lost]).toEqual([ROUNDS, ROUNDS, 0]);
}, 3_600_000);
