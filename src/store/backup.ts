import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { JOURNAL, journalRecords } from './journal.ts';
import { once } from './once.ts';
import type { Signing } from './seal.ts';
import { ANY_VERSION, ifRefused, RecordRefused, type Store, StoreUnavailable } from './store.ts';

const FORMAT = 'chorus-pro-password-bot backup';
const VERSION = 2;
/** Of a version of the bot that signed neither records nor backups. */
const UNSIGNED_VERSION = 1;
/** How many records are written at a time. */
const AT_ONCE = 16;
/** By how much versions grow at a restore: more than were given since the backup, so that none is given twice. */
export const RAISED_BY = 1_000;

/** The file is not what a backup must be. Nothing of what it holds is told. */
export class BackupBroken extends Error {
  override readonly name = 'BackupBroken';
  /**
   * `unsigned`: an earlier version made it, and anybody can have written it. `forged`: none of the keys has signed what
   * it holds. `keyMissing`: it was signed with a key that is not in `STORE_KEYS_FILE`.
   */
  readonly why: 'notABackup' | 'otherVersion' | 'damaged' | 'unsigned' | 'forged' | 'keyMissing';

  constructor(why: BackupBroken['why']) {
    super(`The backup is ${why}`);
    this.why = why;
  }
}

interface Kept {
  readonly key: string;
  readonly value: unknown;
  readonly version: number;
}

const header = z.object({ format: z.literal(FORMAT), version: z.int(), at: z.string().exactOptional() });
/** An unsigned backup has no versions. */
const record = z.object({ key: z.string().min(1), value: z.unknown(), version: z.int().min(0).default(0) });
const footer = z.object({
  records: z.int(),
  sha256: z.string(),
  signature: z.object({ kid: z.string(), mac: z.string() }).exactOptional(),
});
type Footer = z.infer<typeof footer>;

/**
 * Every record as JSON lines, between a header and a signed checksum. Passwords stay sealed as they are, and their keys
 * are not in it. Claims and agendas are not either: the former expire, the latter follow from the records. A record that
 * is refused is left out.
 */
export async function* backupLines(store: Store, keys: Signing, at: Date): AsyncIterable<string> {
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
  const sum = { records, sha256: hash.digest('hex') };
  yield `${JSON.stringify({ ...sum, signature: keys.sign(signedText(sum), 'backup') })}\n`;
}

function signedText({ records, sha256 }: Footer): string {
  return JSON.stringify(['backup', records, sha256]);
}

/** What has its place before the rest; and one-time links, which are over in minutes. */
const ELSEWHERE = ['reset/', JOURNAL, 'masked-link/'];

/** The bot may write meanwhile: a reset comes before the password it speaks of, and the journal ends where its head says. */
async function* everything(store: Store): AsyncIterable<Kept> {
  const read = async function* (prefix: string, isWanted: (key: string) => boolean): AsyncIterable<Kept> {
    for await (const key of once(store.keys(prefix))) {
      const found = isWanted(key) ? await store.read(key).catch(ifRefused) : undefined;
      if (found !== undefined && !(found instanceof RecordRefused)) yield { key, ...found };
    }
  };
  yield* read('reset/', () => true);
  yield* journalRecords(store);
  yield* read('', (key) => !ELSEWHERE.some((prefix) => key.startsWith(prefix)));
}

/**
 * Reads a backup to its end without restoring it. Gives how many records it holds, when it was made and whether
 * somebody with the keys has signed it. Throws {@link BackupBroken}.
 */
export async function verifyBackup(
  keys: Signing,
  file: string,
): Promise<{ readonly records: number; readonly madeAt: string | undefined; readonly isSigned: boolean }> {
  const sum = await readToEnd(file, async () => undefined);
  await assertSigned(sum, keys, true);
  return { records: sum.records, madeAt: await madeAtOf(file), isSigned: sum.signature !== undefined };
}

async function madeAtOf(file: string): Promise<string | undefined> {
  for await (const line of linesOf(file)) return parse(header, line, 'notABackup').at;
  return undefined;
}

export interface RestoreOptions {
  /** Also a backup that nobody has signed. */
  readonly acceptsUnsigned?: boolean;
}

/**
 * Makes the store hold exactly what the backup holds, each record at a version that it never had, and reads it all back.
 * Gives how many records that are, and whether somebody with the keys has signed them. Throws {@link BackupBroken} before anything is written. Cut off in the middle, it is
 * simply run again.
 */
export async function restoreBackup(
  store: Store,
  keys: Signing,
  file: string,
  { acceptsUnsigned = false }: RestoreOptions = {},
): Promise<{ readonly records: number; readonly isSigned: boolean }> {
  const restored = new Set<string>();
  const sum = await readToEnd(file, async ({ key }) => restored.add(key));
  await assertSigned(sum, keys, acceptsUnsigned);
  const write = async (kept: Kept) => {
    await put(store, kept);
  };
  await Readable.from(recordsOf(file)).forEach(write, { concurrency: AT_ONCE });
  // Also what is refused there, at whatever version.
  for await (const key of store.keys('')) if (!restored.has(key)) await store.remove(key, ANY_VERSION);
  const again = await readToEnd(file, async ({ key, value }) => {
    const found = await store.read(key);
    if (!isDeepStrictEqual(found?.value, value))
      throw new StoreUnavailable(`The record ${key} is not as it was written`);
  });
  // Another file has taken its place meanwhile.
  if (!isDeepStrictEqual(again, sum)) throw new BackupBroken('damaged');
  return { records: restored.size, isSigned: sum.signature !== undefined };
}

async function put(store: Store, { key, value, version }: Kept): Promise<void> {
  const found = await store.read(key).catch(ifRefused);
  const newVersion = Math.max(found?.version ?? 0, version) + RAISED_BY;
  await store.apply([{ type: 'write', key, value, version: ANY_VERSION, newVersion }]);
}

async function assertSigned(sum: Footer, keys: Signing, acceptsUnsigned: boolean): Promise<void> {
  if (sum.signature === undefined) {
    if (acceptsUnsigned) return;
    throw new BackupBroken('unsigned');
  }
  const check = await keys.check(signedText(sum), sum.signature, 'backup');
  if (check !== 'right') throw new BackupBroken(check === 'wrong' ? 'forged' : 'keyMissing');
}

/** Gives what stands at the end of a backup, once each of its records was seen. */
async function readToEnd(file: string, see: (kept: Kept) => Promise<unknown>): Promise<Footer> {
  const records = recordsOf(file);
  for (;;) {
    const next = await records.next();
    if (next.done) return next.value;
    await see(next.value);
  }
}

/** The records of a backup, which is known to be whole only once it gives what stands at its end. */
async function* recordsOf(file: string): AsyncGenerator<Kept, Footer> {
  const hash = createHash('sha256');
  let version: number | undefined;
  let records = 0;
  let last: string | undefined;
  for await (const line of linesOf(file)) {
    if (last !== undefined) {
      hash.update(`${last}\n`);
      if (version === undefined) version = versionIn(last);
      else {
        yield parse(record, last, 'damaged');
        records += 1;
      }
    }
    last = line;
  }
  version ??= versionIn(last ?? '');
  const sum = parse(footer, last ?? '', 'damaged');
  const isWhole = sum.records === records && sum.sha256 === hash.digest('hex');
  const isSigned = sum.signature !== undefined;
  if (!isWhole || isSigned !== (version === VERSION)) throw new BackupBroken('damaged');
  return sum;
}

function versionIn(line: string): number {
  const { version } = parse(header, line, 'notABackup');
  if (version !== VERSION && version !== UNSIGNED_VERSION) throw new BackupBroken('otherVersion');
  return version;
}

function parse<Shape extends z.ZodType>(
  shape: Shape,
  line: string,
  why: BackupBroken['why'],
): z.infer<Shape> {
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
