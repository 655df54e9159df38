import type { Usage } from '../server.ts';

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
