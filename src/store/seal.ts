import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { Secret } from '../secret.ts';
import { type KeysFile, readKeysFile, type SealingKey, type SealingKeys } from './keys.ts';

/** What a sealed text is for. It opens for nothing else. */
export interface Binding {
  /** Or the workspace, where Slack's tokens are sealed. */
  readonly account: string;
  readonly version: number;
  readonly purpose: 'credential' | 'draft' | 'installation' | 'destination';
}

/** A sealed text that was changed, moved to another record, or sealed with a key that is not here. Names the record only. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
  readonly binding: Binding;
  readonly why: string;

  constructor(binding: Binding, why: string, options?: ErrorOptions) {
    super(`The sealed ${binding.purpose} of ${binding.account}, version ${binding.version}, ${why}`, options);
    this.binding = binding;
    this.why = why;
  }
}

/** What whoever keeps secrets needs of the cipher. */
export type Sealing = Pick<Sealer, 'seal' | 'open' | 'isFresh'>;

/** What whoever keeps a text that must not be forged, and is no secret, needs of the keys. */
export type Signing = Pick<Sealer, 'sign' | 'check'>;

/** What whoever keeps records needs of the keys. */
export type RecordSigning = Pick<Sealer, 'sign' | 'check' | 'isNewest' | 'areRecordsAuthenticated'>;

export interface Signature {
  readonly kid: string;
  /** Base64url. */
  readonly mac: string;
}

/** What a signature is for. It is good for nothing else: each has keys of its own. */
export type SignatureUse = keyof typeof DERIVATIONS;

const DERIVATIONS = {
  journal: 'chorus-pro-password-bot signature',
  record: 'chorus-pro-password-bot record',
  backup: 'chorus-pro-password-bot backup',
} as const;

/** `keyMissing`: it may be right, but its key is not at hand. */
export type SignatureCheck = 'right' | 'wrong' | 'keyMissing';

/** How long a file is relied upon that allows records without a signature: a rotation may forbid them meanwhile. */
const PERMISSION_LASTS_MS = 10_000;

interface SealerOptions {
  readonly recordsAuthenticated?: boolean;
  /** Asked once more for the keys where one is missing: another process may have added it. */
  readonly reread?: () => Promise<KeysFile>;
}

/** With the keys of this file, which is read again where one is missing. */
export async function openSealer(keysFile: string): Promise<Sealer> {
  const reread = () => readKeysFile(keysFile);
  const { keys, recordsAuthenticated } = await reread();
  return new Sealer(keys, { recordsAuthenticated, reread });
}

/**
 * All that is done with the keys. Passwords and tokens are sealed as compact JWE (RFC 7516): `dir`, A256GCM, with the
 * binding in the protected header. What must not be forged, and is no secret, is signed: HMAC-SHA-256.
 */
export class Sealer {
  #keys: SealingKeys;
  #recordsAuthenticated: boolean;
  #permittedUntil = 0;
  readonly #reread: () => Promise<KeysFile>;

  constructor(keys: SealingKeys, { recordsAuthenticated = false, reread }: SealerOptions = {}) {
    this.#keys = keys;
    this.#recordsAuthenticated = recordsAuthenticated;
    this.#reread = reread ?? (async () => ({ keys, recordsAuthenticated }));
  }

  async seal(secret: Secret, { account, version, purpose }: Binding): Promise<string> {
    const [{ kid, bytes }] = this.#keys;
    return new CompactEncrypt(new TextEncoder().encode(secret.reveal()))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid, account, version, purpose })
      .encrypt(bytes);
  }

  /** Throws `SealBroken` unless this very text was sealed for this binding. */
  async open(sealed: string, binding: Binding): Promise<Secret> {
    // A record that was changed can hold anything in its place.
    if (typeof sealed !== 'string' || !isCanonical(sealed)) throw new SealBroken(binding, 'was changed');
    const key = await this.#keyNamed(readHeader(sealed)?.kid);
    if (key === undefined) throw new SealBroken(binding, 'needs a key that is not in STORE_KEYS_FILE');
    try {
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, key.bytes, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      });
      if (!isBoundTo(binding, protectedHeader)) throw new SealBroken(binding, 'belongs to another record');
      return new Secret(new TextDecoder().decode(plaintext));
    } catch (cause) {
      if (cause instanceof SealBroken) throw cause;
      throw new SealBroken(binding, 'was changed', { cause });
    }
  }

  /** With the newest key. */
  sign(text: string, use: SignatureUse): Signature {
    const [key] = this.#keys;
    return { kid: key.kid, mac: macOf(text, key, use) };
  }

  /** Whether one of the keys made this signature of this text, for this use. */
  async check(text: string, signature: Signature | undefined, use: SignatureUse): Promise<SignatureCheck> {
    // What was changed can hold anything in its place.
    if (typeof signature?.kid !== 'string') return 'wrong';
    const key = this.#find(signature.kid) ?? (await this.#keyNamed(signature.kid));
    if (key === undefined) return 'keyMissing';
    const [right, given] = [Buffer.from(macOf(text, key, use)), Buffer.from(String(signature.mac))];
    return given.length === right.length && timingSafeEqual(given, right) ? 'right' : 'wrong';
  }

  /** Whether it was signed with the newest key. */
  isNewest({ kid }: Signature): boolean {
    return kid === this.#keys[0].kid;
  }

  /** Whether a record without a signature is to be refused. */
  async areRecordsAuthenticated(): Promise<boolean> {
    if (!this.#recordsAuthenticated && Date.now() >= this.#permittedUntil) {
      await this.#readAgain();
      this.#permittedUntil = Date.now() + PERMISSION_LASTS_MS;
    }
    return this.#recordsAuthenticated;
  }

  async #keyNamed(kid: string | undefined): Promise<SealingKey | undefined> {
    const known = this.#find(kid);
    if (known !== undefined || kid === undefined) return known;
    await this.#readAgain();
    return this.#find(kid);
  }

  #find(kid: string | undefined): SealingKey | undefined {
    return this.#keys.find((key) => key.kid === kid);
  }

  /** A file that cannot be read changes nothing. */
  async #readAgain(): Promise<void> {
    const file = await this.#reread().catch(() => undefined);
    if (file === undefined) return;
    this.#keys = file.keys;
    // It is never taken back while this process runs.
    this.#recordsAuthenticated ||= file.recordsAuthenticated;
  }

  /** Whether it was sealed with the newest key. */
  isFresh(sealed: string): boolean {
    return readHeader(sealed)?.kid === this.#keys[0].kid;
  }
}

/**
 * The same cipher; `alarm` hears of each seal of our own records that does not open, beside whoever asked for it.
 * A draft comes back from outside: one that does not open is nobody's record.
 */
export function alarmed(sealer: Sealing, alarm: (broken: SealBroken) => void): Sealing {
  return {
    seal: (secret, binding) => sealer.seal(secret, binding),
    isFresh: (sealed) => sealer.isFresh(sealed),
    open: async (sealed, binding) => {
      try {
        return await sealer.open(sealed, binding);
      } catch (error) {
        if (error instanceof SealBroken && binding.purpose !== 'draft') alarm(error);
        throw error;
      }
    },
  };
}

const derived = new WeakMap<SealingKey, Map<SignatureUse, KeyObject>>();

/** Base64url, under a key derived for this use: that of the cipher serves the cipher alone. */
function macOf(text: string, key: SealingKey, use: SignatureUse): string {
  return createHmac('sha256', keyFor(key, use)).update(text).digest('base64url');
}

/** Derived once: that takes longer than to sign with it. */
function keyFor(key: SealingKey, use: SignatureUse): KeyObject {
  const ofKey = derived.get(key) ?? new Map<SignatureUse, KeyObject>();
  derived.set(key, ofKey);
  const known = ofKey.get(use);
  if (known !== undefined) return known;
  const fresh = createSecretKey(Buffer.from(hkdfSync('sha256', key.bytes, '', DERIVATIONS[use], 32)));
  ofKey.set(use, fresh);
  return fresh;
}

function readHeader(sealed: string): { readonly kid?: string } | undefined {
  try {
    return decodeProtectedHeader(sealed);
  } catch {
    return undefined;
  }
}

function isBoundTo(binding: Binding, header: Readonly<Record<string, unknown>>): boolean {
  return (
    header.account === binding.account &&
    header.version === binding.version &&
    header.purpose === binding.purpose
  );
}

/** A decoder forgives stray characters and spare bits at the end of a part; a seal forgives nothing. */
function isCanonical(sealed: string): boolean {
  return sealed.split('.').every((part) => Buffer.from(part, 'base64url').toString('base64url') === part);
}
