import { afterEach, expect, test } from '@jest/globals';
import { Ticker, type TickerOptions } from '../src/ticker.ts';
import { until } from './until.ts';

const tickers: Ticker[] = [];
afterEach(async () => {
  await Promise.all(tickers.splice(0).map((ticker) => ticker.stop()));
});

function startTicker(options: Partial<TickerOptions>): Ticker {
  const ticker = new Ticker({
    pauseMs: 2,
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
  const ticker = startTicker({
    work: async () => {
      times += 1;
      if (times !== 2) throw new Error(`${times}`);
    },
    failed: (error) => failures.push((error as Error).message),
    now: () => new Date(clock++),
  });
  expect(ticker.lastEnd).toEqual(new Date(0));
  await until(() => times >= 4);
  expect(ticker.lastEnd).toEqual(new Date(1));
  expect(failures.slice(0, 2)).toEqual(['1', '3']);
});

test('a ticker whose work takes long is not begun again meanwhile, and holds up no other', async () => {
  let begun = 0;
  let others = 0;
  let end: () => void = () => undefined;
  startTicker({
    work: () => {
      begun += 1;
      return new Promise<void>((resolve) => {
        end = resolve;
      });
    },
  });
  startTicker({ ended: () => (others += 1) });
  await until(() => others >= 5);
  expect(begun).toBe(1);
  end();
  await until(() => begun >= 2);
  end();
});

test('a ticker that is stopped ends what it is doing, and does no more', async () => {
  let begun = 0;
  let ended = 0;
  let others = 0;
  let end: () => void = () => undefined;
  const work = () => {
    begun += 1;
    return new Promise<void>((resolve) => {
      end = resolve;
    });
  };
  const ticker = startTicker({ work, ended: () => (ended += 1) });
  await until(() => begun);
  const stopped = ticker.stop();
  end();
  await stopped;
  expect(ended).toBe(1);
  // As many turns as another one of the same pace has had by then.
  startTicker({ ended: () => (others += 1) });
  await until(() => others >= 5);
  expect([begun, ended]).toEqual([1, 1]);
});

test('a ticker that is to begin at once does not wait for its pause', async () => {
  let times = 0;
  startTicker({
    pauseMs: 3_600_000,
    isAtOnce: true,
    work: async () => {
      times += 1;
    },
  });
  await until(() => times === 1);
});
