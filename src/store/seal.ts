import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from 'jose';
import { Secret } from '../secret.ts';
import type { SealingKey, SealingKeys } from './keys.ts';

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
export type Signing = Pick<Sealer, 'sign' | 'hasSigned'>;

export interface Signature {
  readonly kid: string;
  /** Base64url. */
  readonly mac: string;
}

/** Seals passwords and tokens as compact JWE (RFC 7516): `dir`, A256GCM, with the binding in the protected header. */
export class Sealer {
  #keys: SealingKeys;
  readonly #reread: () => Promise<SealingKeys>;

  /** `reread` is asked once more for the keys where one is missing: another process may have added it. */
  constructor(keys: SealingKeys, reread = async () => keys) {
    this.#keys = keys;
    this.#reread = reread;
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
  sign(text: string): Signature {
    const [key] = this.#keys;
    return { kid: key.kid, mac: macOf(text, key).toString('base64url') };
  }

  /** Whether one of the keys made this signature of this text. */
  async hasSigned(text: string, signature: Signature | undefined): Promise<boolean> {
    const key = await this.#keyNamed(signature?.kid);
    if (key === undefined) return false;
    const [right, given] = [macOf(text, key), Buffer.from(String(signature?.mac), 'base64url')];
    return given.length === right.length && timingSafeEqual(given, right);
  }

  async #keyNamed(kid: string | undefined): Promise<SealingKey | undefined> {
    const find = () => this.#keys.find((key) => key.kid === kid);
    const known = find();
    if (known !== undefined || kid === undefined) return known;
    this.#keys = await this.#reread().catch(() => this.#keys);
    return find();
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

/** Under a key of its own: that of the cipher serves the cipher alone. */
function macOf(text: string, { bytes }: SealingKey): Buffer {
  const key = hkdfSync('sha256', bytes, '', 'chorus-pro-password-bot signature', 32);
  return createHmac('sha256', Buffer.from(key)).update(text).digest();
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
