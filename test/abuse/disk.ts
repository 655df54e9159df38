import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RedisServer } from '../store/redis-server.ts';
import type { Bot } from './bot.ts';

/** All that the bot's store has on its disk: the files of LMDB, or Redis' dump and its log of writes. */
export async function onTheDisk(bot: Bot, redis: RedisServer | undefined): Promise<Buffer> {
  const folder = redis === undefined ? join(bot.folder, 'store') : await dumpOf(redis);
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents = files
    .filter((file) => file.isFile())
    .map((file) => readFile(join(file.parentPath, file.name)));
  return Buffer.concat(await Promise.all(contents));
}

/** Has Redis write its dump beside its log of writes; gives where both lie. */
async function dumpOf(redis: RedisServer): Promise<string> {
  const saved = await redis.command('SAVE');
  if (saved !== '+OK\r\n') throw new Error(saved);
  return (await redis.command('CONFIG', 'GET', 'dir')).split('\r\n')[4] ?? '';
}
