import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { isOpenToOthers } from '../private-file.ts';
import { Refusal } from '../refusal.ts';
import { writeAtomically } from './atomic-file.ts';

export interface SealingKey {
  readonly kid: string;
  readonly bytes: Uint8Array;
}

/** Newest first: the first one seals, every one opens. */
export type SealingKeys = readonly [SealingKey, ...SealingKey[]];

/** What the file holds. */
export interface KeysFile {
  readonly keys: SealingKeys;
  /** Every record of the store has its signature: one that has none was stripped of it, and is refused. */
  readonly recordsAuthenticated: boolean;
}

/** How long a change of the file waits for another one, and how often it looks. */
const LOCK_PATIENCE_MS = 10_000;
const LOCK_PAUSE_MS = 20;

const keySetShape = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('oct'),
        kid: z.string().min(1),
        k: z
          .string()
          .transform((k) => Buffer.from(k, 'base64url'))
          .refine((bytes) => bytes.length === 32),
      }),
    )
    .nonempty(),
  /** A JWK Set may have members of our own (RFC 7517, section 5). */
  recordsAuthenticated: z.boolean().default(false),
});

/**
 * Reads the file that `STORE_KEYS_FILE` names: a JWK Set (RFC 7517) of 256-bit `oct` keys, newest first.
 * Throws a `Refusal`.
 */
export async function readKeysFile(file: string): Promise<KeysFile> {
  const text = await readPrivately(file);
  if (text === undefined) throw missing(file);
  const { keys, recordsAuthenticated } = parseKeySet(file, text);
  const [newest, ...older] = keys.map(({ kid, k }) => ({ kid, bytes: k }));
  if (newest === undefined) throw malformed(file);
  return { keys: [newest, ...older], recordsAuthenticated };
}

/** The keys alone: for whoever keeps no records. */
export async function readSealingKeys(file: string): Promise<SealingKeys> {
  return (await readKeysFile(file)).keys;
}

/**
 * Puts a new key first in `file`, which is made (0600) if it is missing. Gives the new key's id.
 * `isStoreNew` counts for a new file only: a store without records has none without a signature.
 */
export async function addSealingKey(file: string, isStoreNew = false): Promise<string> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  return alone(file, async () => {
    const before = await readJson(file);
    const kid = randomUUID();
    const newest = { kty: 'oct', kid, alg: 'A256GCM', use: 'enc', k: randomBytes(32).toString('base64url') };
    await write(file, {
      ...(before ?? (isStoreNew && { recordsAuthenticated: true })),
      keys: [newest, ...(before?.keys ?? [])],
    });
    return kid;
  });
}

/** Writes down that every record of the store has its signature. */
export async function markRecordsAuthenticated(file: string): Promise<void> {
  await alone(file, async () => {
    const before = await readJson(file);
    if (before === undefined) throw missing(file);
    if (before.recordsAuthenticated !== true) await write(file, { ...before, recordsAuthenticated: true });
  });
}

/** Takes out every key that is older than this one. */
export async function removeOlderKeys(file: string, kid: string): Promise<void> {
  await alone(file, async () => {
    const before = await readJson(file);
    if (before === undefined) throw missing(file);
    const place = before.keys.findIndex((key) => (key as { readonly kid: string }).kid === kid);
    if (place !== -1) await write(file, { ...before, keys: before.keys.slice(0, place + 1) });
  });
}

/** The file as it is, with what only others understand. */
interface KeysJson {
  readonly keys: readonly unknown[];
  readonly recordsAuthenticated?: boolean;
}

async function readJson(file: string): Promise<KeysJson | undefined> {
  const text = await readPrivately(file);
  if (text === undefined) return undefined;
  parseKeySet(file, text);
  return JSON.parse(text);
}

async function write(file: string, { keys, ...rest }: KeysJson): Promise<void> {
  await writeAtomically(file, `${JSON.stringify({ ...rest, keys }, null, 2)}\n`);
}

/** Changes of the file come one after the other, also from several processes: each would undo the other's. */
async function alone<T>(file: string, change: () => Promise<T>): Promise<T> {
  const lock = `${file}.lock`;
  const deadline = Date.now() + LOCK_PATIENCE_MS;
  while (!(await isMade(lock))) {
    // A lock whose process was killed is not taken over: to tell it from one in use is for a person.
    if (Date.now() > deadline) {
      throw new Refusal(
        `STORE_KEYS_FILE : une autre commande change ${file} ; si aucune ne tourne, effacez ${lock}`,
      );
    }
    await sleep(LOCK_PAUSE_MS);
  }
  try {
    return await change();
  } finally {
    await rm(lock, { force: true });
  }
}

/** false: there is such a file. */
async function isMade(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readPrivately(file: string): Promise<string | undefined> {
  try {
    if (isOpenToOthers(await stat(file))) {
      throw new Refusal(
        `STORE_KEYS_FILE : d’autres que vous peuvent lire ${file} ; lancez « chmod 600 ${file} »`,
      );
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Refusal(`STORE_KEYS_FILE : ${file} ne peut pas être lu ; rendez-le lisible pour le bot`);
  }
}

function parseKeySet(file: string, text: string): z.infer<typeof keySetShape> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // No cause: the parser's error quotes the keys.
    throw malformed(file);
  }
  const parsed = keySetShape.safeParse(json);
  if (!parsed.success) throw malformed(file);
  return parsed.data;
}

function missing(file: string): Error {
  return new Refusal(
    `STORE_KEYS_FILE : ${file} n’existe pas ; créez-le avec « npm run admin -- keys generate »`,
  );
}

function malformed(file: string): Error {
  return new Refusal(
    `STORE_KEYS_FILE : ${file} n’est pas un JWK Set de clés « oct » de 256 bits ; remettez-y la copie que vous en gardez`,
  );
}
