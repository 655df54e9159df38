import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { Ticker, type TickerOptions } from '../src/ticker.ts';

const tickers: Ticker[] = [];
afterEach(async () => {
  await Promise.all(tickers.splice(0).map((ticker) => ticker.stop()));
});

function beating(options: Partial<TickerOptions>): Ticker {
  const ticker = new Ticker({
    pause: 2,
    work: async () => undefined,
    failed: () => undefined,
    ended: () => undefined,
    now: () => new Date(0),
    ...options,
  });
  tickers.push(ticker);
  return ticker;
}

test('a ticker goes on after a failure, which is told, and which is no end', async () => {
  let clock = 0;
  let times = 0;
  const failures: unknown[] = [];
  const ticker = beating({
    work: async () => {
      times += 1;
      if (times !== 2) throw new Error(`${times}`);
    },
    failed: (error) => failures.push((error as Error).message),
    now: () => new Date(clock++),
  });
  expect(ticker.lastEnd).toEqual(new Date(0));
  while (times < 4) await sleep(2);
  expect(ticker.lastEnd).toEqual(new Date(1));
  expect(failures.slice(0, 2)).toEqual(['1', '3']);
});

test('a ticker whose work takes long is not begun again meanwhile, and holds up no other', async () => {
  let begun = 0;
  let others = 0;
  let end: () => void = () => undefined;
  beating({
    work: () => {
      begun += 1;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
  });
  beating({ ended: () => (others += 1) });
  while (others < 5) await sleep(2);
  expect(begun).toBe(1);
  end();
  while (begun < 2) await sleep(2);
  end();
});

test('a ticker that is stopped ends what it is doing, and does no more', async () => {
  let begun = 0;
  let ended = 0;
  const work = () => {
    begun += 1;
    return sleep(30);
  };
  const ticker = beating({ work, ended: () => (ended += 1) });
  while (begun === 0) await sleep(1);
  await ticker.stop();
  expect(ended).toBe(1);
  await sleep(50);
  expect(ended).toBe(1);
});
