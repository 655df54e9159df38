import { beforeEach, describe, expect, test } from '@jest/globals';
import { type Channel, MessageGone, type Place, PlaceGone, type Posted } from '../../src/bot/channel.ts';
import { LivingCards } from '../../src/bot/outgoing/living-cards.ts';
import type { Card } from '../../src/cards/card.ts';
import { noticeCard } from '../../src/cards/conversation-cards.ts';

const HERE: Place = { platform: 'teams', private: true, address: { conversation: 'here' } };
const THERE: Place = { ...HERE, address: { conversation: 'there' } };
const card = (title: string) => noticeCard(title, '');

let done: string[];
let failures: unknown[];
let posts: number;
/** What the platform answers to replacements, by message; it takes the others. */
let refusals: Map<string, Error>;
let refusesPosts: Error | undefined;
let cards: LivingCards;

const name = ({ place, message }: Posted) => `${place.address.conversation}/${message}`;
const channel: Channel = {
  platform: 'teams',
  async show(place, { title }) {
    if (refusesPosts !== undefined) throw refusesPosts;
    const posted = { place, message: `new-${++posts}` };
    done.push(`posted ${title} as ${name(posted)}`);
    return posted;
  },
  async replace(posted, { title }) {
    const refusal = refusals.get(posted.message);
    if (refusal !== undefined) throw refusal;
    done.push(`${title} on ${name(posted)}`);
  },
};

beforeEach(() => {
  [done, failures, posts, refusals, refusesPosts] = [[], [], 0, new Map(), undefined];
  cards = new LivingCards(new Map([['teams' as const, channel]]), (error) => failures.push(error));
});

const old: Posted = { place: HERE, message: 'old' };

describe('a card whose message can no longer be replaced', () => {
  test('is posted anew in the same place, and lives on the new message from then on', async () => {
    refusals.set('old', new MessageGone('cant_update_message'));
    const moves: Posted[] = [];
    const moved = async (to: Posted) => moves.push(to);
    cards.draw('reset', { posted: old, order: 1, card: () => card('one'), moved });
    await cards.settled();
    expect(done).toEqual(['posted one as here/new-1']);
    expect(moves).toEqual([{ place: HERE, message: 'new-1' }]);
    expect(failures).toEqual([]);
  });

  test('is posted once, where it is drawn again before anybody knows of the new message', async () => {
    refusals.set('old', new MessageGone('404'));
    const later: { go(): void } = { go: () => undefined };
    const moved = () => new Promise<void>((resolve) => Object.assign(later, { go: resolve }));
    cards.draw('reset', { posted: old, order: 1, card: () => card('one'), moved });
    while (done.length === 0) await new Promise((resolve) => setImmediate(resolve));
    cards.draw('reset', { posted: old, order: 2, card: () => card('two'), moved });
    later.go();
    await cards.settled();
    expect(done).toEqual(['posted one as here/new-1', 'two on here/new-1']);
  });

  test('is given up where nobody asked for it to be posted', async () => {
    const gone = new MessageGone('404');
    refusals.set('old', gone);
    cards.draw('folded up', { posted: old, order: 1, card: () => card('one') });
    cards.drawNow(old, card('two'));
    await cards.settled();
    expect(done).toEqual([]);
    expect(failures).toEqual([gone, gone]);
  });

  test('says so where its place is gone too', async () => {
    refusals.set('old', new MessageGone('404'));
    refusesPosts = new PlaceGone('is_archived');
    let moves = 0;
    const moved = async () => moves++;
    cards.draw('reset', { posted: old, order: 1, card: () => card('one'), moved });
    await cards.settled();
    expect(failures).toEqual([refusesPosts]);
    expect(moves).toBe(0);
  });

  test('is not posted anew for any other failure', async () => {
    refusals.set('old', new PlaceGone('is_archived'));
    cards.draw('reset', { posted: old, order: 1, card: () => card('one'), moved: async () => undefined });
    await cards.settled();
    expect(done).toEqual([]);
    expect(failures).toHaveLength(1);
  });
});

describe('a card is made when its turn has come', () => {
  test('so that it shows what its reader may still see then', async () => {
    let mayRead = true;
    let goOn: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const made = async (): Promise<Card> => {
      await waiting;
      return card(mayRead ? 'secret' : 'closed');
    };
    cards.draw('reset', { posted: old, order: 1, card: made });
    mayRead = false;
    goOn();
    await cards.settled();
    expect(done).toEqual(['closed on here/old']);
  });

  test('and the message stays as it is where there is none', async () => {
    cards.draw('reset', { posted: old, order: 1, card: () => undefined });
    cards.drawLater(old, Promise.resolve(undefined));
    await cards.settled();
    expect([done, failures]).toEqual([[], []]);
  });

  test('and one that cannot be made keeps the next from nothing', async () => {
    const failure = new Error('the store is down');
    cards.draw('reset', { posted: old, order: 1, card: () => Promise.reject(failure) });
    await cards.settled();
    cards.draw('reset', { posted: old, order: 1, card: () => card('one') });
    await cards.settled();
    expect(failures).toEqual([failure]);
    expect(done).toEqual(['one on here/old']);
  });
});

test('messages of one number in two conversations are two messages', async () => {
  cards.drawNow({ place: HERE, message: '1700.1' }, card('mine'));
  cards.drawNow({ place: THERE, message: '1700.1' }, card('theirs'));
  await cards.settled();
  expect(done).toEqual(['mine on here/1700.1', 'theirs on there/1700.1']);
});

test('an older card never covers a newer one', async () => {
  for (const order of [2, 1]) cards.draw('reset', { posted: old, order, card: () => card(`${order}`) });
  await cards.settled();
  expect(done).toEqual(['2 on here/old']);
});

test('what waits while a platform stands still does not grow without end', async () => {
  let answer: () => void = () => undefined;
  const standsStill = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const asked = new Set<string>();
  const slow: Channel = {
    ...channel,
    replace: async ({ message }) => {
      asked.add(message);
      await standsStill;
    },
  };
  const waiting = new LivingCards(new Map([['teams' as const, slow]]), (error) => failures.push(error));
  for (let i = 0; i < 6_000; i++) waiting.drawNow({ place: HERE, message: `${i}` }, card('one'));
  expect(failures).toHaveLength(1_000);
  answer();
  await waiting.settled();
  expect(asked.size).toBe(5_000);
});
