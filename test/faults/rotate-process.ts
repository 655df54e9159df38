import { once } from 'node:events';
import { Credentials } from '../../src/store/credentials.ts';

// « keys rotate » as an administrator types it, which stands still once it has sealed so many passwords anew, tells its
// parent so, and goes on when that answers; or is killed there.
const STAND_STILL_AFTER = Number(process.env.STAND_STILL_AFTER);

let resealed = 0;
let answer: Promise<void> | undefined;
const { reseal } = Credentials.prototype;

Credentials.prototype.reseal = async function (...account): Promise<number> {
  const count = await reseal.apply(this, account);
  resealed += count;
  if (resealed >= STAND_STILL_AFTER) {
    answer ??= standStill();
    await answer;
  }
  return count;
};

async function standStill(): Promise<void> {
  const answered = once(process, 'message');
  process.send?.(resealed);
  await answered;
  process.disconnect();
}

void import('../../src/admin.ts');
