import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { change, REMOVED } from './change.ts';
import { JOURNAL, journalRecords } from './journal.ts';
import { once } from './once.ts';
import { type Store, StoreUnavailable } from './store.ts';

const FORMAT = 'chorus-pro-password-bot backup';
const VERSION = 1;
/** How many records are written at a time. */
const AT_ONCE = 16;

/** The file is not what a backup must be. Nothing of what it holds is told. */
export class BackupBroken extends Error {
  override readonly name = 'BackupBroken';
  readonly why: 'notABackup' | 'otherVersion' | 'damaged';

  constructor(why: BackupBroken['why']) {
    super(`The backup is ${why}`);
    this.why = why;
  }
}

interface Kept {
  readonly key: string;
  readonly value: unknown;
}

const header = z.object({ format: z.literal(FORMAT), version: z.int() });
const record = z.object({ key: z.string().min(1), value: z.unknown() });
const footer = z.object({ records: z.int(), sha256: z.string() });

/**
 * Every record as JSON lines, between a header and a checksum. Passwords stay sealed as they are, and their keys are
 * not in it. Claims and agendas are not either: the former expire, the latter follow from the records.
 */
export async function* backupLines(store: Store, at: Date): AsyncIterable<string> {
  const hash = createHash('sha256');
  const line = (value: unknown) => {
    const text = `${JSON.stringify(value)}\n`;
    hash.update(text);
    return text;
  };
  let records = 0;
  yield line({ format: FORMAT, version: VERSION, at });
  for await (const kept of everything(store)) {
    yield line(kept);
    records += 1;
  }
  yield `${JSON.stringify({ records, sha256: hash.digest('hex') })}\n`;
}

/** What has its place before the rest; and one-time links, which are over in minutes. */
const ELSEWHERE = ['reset/', JOURNAL, 'masked-link/'];

/** The bot may write meanwhile: a reset comes before the password it speaks of, and the journal ends where its head says. */
async function* everything(store: Store): AsyncIterable<Kept> {
  const read = async function* (prefix: string, isWanted: (key: string) => boolean): AsyncIterable<Kept> {
    for await (const key of once(store.keys(prefix))) {
      const found = isWanted(key) ? await store.read(key) : undefined;
      if (found !== undefined) yield { key, value: found.value };
    }
  };
  yield* read('reset/', () => true);
  yield* journalRecords(store);
  yield* read('', (key) => !ELSEWHERE.some((prefix) => key.startsWith(prefix)));
}

/**
 * Makes the store hold exactly what the backup holds, and reads it all back. Gives how many records that are.
 * Throws {@link BackupBroken} before anything is written. Cut off in the middle, it is simply run again.
 */
export async function restoreBackup(store: Store, file: string): Promise<number> {
  const keys = new Set<string>();
  for await (const { key } of recordsOf(file)) keys.add(key);
  const write = async ({ key, value }: Kept) => {
    await change(store, key, () => value);
  };
  await Readable.from(recordsOf(file)).forEach(write, { concurrency: AT_ONCE });
  for await (const key of store.keys('')) if (!keys.has(key)) await change(store, key, () => REMOVED);
  for await (const { key, value } of recordsOf(file)) {
    const found = await store.read(key);
    if (!isDeepStrictEqual(found?.value, value))
      throw new StoreUnavailable(`The record ${key} is not as it was written`);
  }
  return keys.size;
}

/** The records of a backup, which is known to be whole only once the last one was given. */
async function* recordsOf(file: string): AsyncIterable<Kept> {
  const hash = createHash('sha256');
  let records = -1;
  let last: string | undefined;
  for await (const line of linesOf(file)) {
    if (last !== undefined) {
      hash.update(`${last}\n`);
      if (records === -1) checkHeader(last);
      else yield parse(record, last, 'damaged');
      records += 1;
    }
    last = line;
  }
  if (records === -1) checkHeader(last ?? '');
  const { sha256, records: promised } = parse(footer, last ?? '', 'damaged');
  if (promised !== records || sha256 !== hash.digest('hex')) throw new BackupBroken('damaged');
}

function checkHeader(line: string): void {
  if (parse(header, line, 'notABackup').version !== VERSION) throw new BackupBroken('otherVersion');
}

function parse<T>(shape: z.ZodType<T>, line: string, why: BackupBroken['why']): T {
  try {
    return shape.parse(JSON.parse(line));
  } catch {
    // No cause: the parser's error quotes the line.
    throw new BackupBroken(why);
  }
}

/** Not by `readline`, which also ends a line at characters that JSON leaves as they are (U+2028). */
async function* linesOf(file: string): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8')) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
