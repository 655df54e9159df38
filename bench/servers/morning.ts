import { readFileSync } from 'node:fs';
import type { Due } from '../bare-store.ts';

export interface TickerOptions {
  readonly url: string;
  /** The accounts that are due on every one of these mornings, ISO. */
  readonly due: readonly Due[];
  readonly mornings: readonly string[];
}

/** What one morning took, in ms, and what the process has of memory after it. */
export interface Morning {
  readonly tick: number;
  /** The claims and the reads alone, a few times. */
  readonly reads: readonly number[];
  readonly memory: Memory;
}

/** In bytes. */
export interface Memory {
  /** The most that was ever resident. */
  readonly peak: number;
  /** Now, without the pages of files, which the system shares and takes back as it likes. */
  readonly own: number;
}

const TIMES = 3;

/** In ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** Each time in ms. */
export async function timedOften(work: () => Promise<unknown>): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < TIMES; time++) found.push(await timed(work));
  return found;
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
