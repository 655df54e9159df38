import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Writes a file for its owner only (0600). Once this resolves it is on the disk, whole. At a crash, or where `parts`
 * throws, what was there before stands unchanged.
 */
export async function writeAtomically(
  file: string,
  parts: AsyncIterable<string> | string | Buffer,
): Promise<void> {
  const unfinished = `${file}.${randomUUID()}`;
  try {
    const sink = createWriteStream(unfinished, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(
      typeof parts === 'string' || Buffer.isBuffer(parts) ? [parts] : Readable.from(parts),
      sink,
    );
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(dirname(file));
}

/** The new name of a file is on the disk only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder.
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
