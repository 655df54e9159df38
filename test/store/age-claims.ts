import { createClient } from '@keyv/redis';

/** A claim in Redis ends by Redis's own clock, which no test can move: what is left of each is shortened instead. */
const AGE = `
for _, key in ipairs(redis.call('KEYS', 'chorus:claims:*')) do
  redis.call('PEXPIRE', key, math.max(0, redis.call('PTTL', key) - ARGV[1]))
end`;

/** Makes what was claimed for a time, in the store at this address, end so much sooner. */
export async function ageClaims(url: string, ms: number): Promise<void> {
  if (url.startsWith('lmdb:')) {
    // A claim in LMDB ends by the clock of the process.
    const { now } = Date;
    Date.now = () => now() + ms;
    return;
  }
  const client = createClient({ url });
  await client.connect();
  await client.sendCommand(['EVAL', AGE, '0', String(ms)]);
  client.destroy();
}
