import { readFileSync } from 'node:fs';
import type { Usage } from '../server.ts';
import type { Memory } from '../tick.ts';

/** What the benchmark asked this process for. */
export function givenOptions<Options>(): Options {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** Tells the benchmark that this process is ready, answers its questions, and ends with it. */
export function serveParent(
  ready: object,
  stop: () => Promise<void>,
  answer: () => Promise<object> = usageUntilNow,
): void {
  process.on('message', () => void answer().then((told) => process.send?.(told)));
  process.once('disconnect', () => void stop().finally(() => process.exit(0)));
  process.send?.(ready);
}

async function usageUntilNow(): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, resident: process.memoryUsage.rss() };
}

/** As Linux counts it; elsewhere what Node knows, which is less. */
export function memory(): Memory {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    const bytes = (field: string) =>
      1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]);
    return { peak: bytes('VmHWM'), own: bytes('RssAnon') };
  } catch {
    const resident = process.memoryUsage.rss();
    return { peak: resident, own: resident };
  }
}

const TIMES = 3;

/** Each time in ms. */
export async function timedOften(work: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < TIMES; time++) found.push(await timed(work));
  return found;
}

/** In ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
