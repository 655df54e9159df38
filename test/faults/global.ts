import { execFileSync } from 'node:child_process';
import startRedis from '../redis.global.ts';

/** What the faults need before they start: the processes that get killed, compiled, and a Redis. */
export default async function prepare(): Promise<void> {
  execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
  await startRedis();
}
