import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { fetch } from 'undici';
import { z } from 'zod';
import { errorFields, type Log } from '../../log.ts';

/** How long the issuer may take for both of its documents. */
const FETCH_TIMEOUT_MS = 3_000;
/** Microsoft announces a new key long before it signs with it, and lets keys be kept for days. */
const FRESH_MS = 24 * 60 * 60_000;
const LONGEST_KEPT_MS = 5 * FRESH_MS;
/** A token may name any key: so often at most the issuer is asked for one that is not there. */
const UNKNOWN_KEY_PAUSE_MS = 5 * 60_000;
const FAILURE_PAUSE_MS = { first: 1_000, longest: 60_000 } as const;

const metadataShape = z.looseObject({ jwks_uri: z.url() });
const keysShape = z.looseObject({
  keys: z.array(
    z.looseObject({
      kid: z.string().optional(),
      kty: z.string(),
      /** The channels that may sign with it. */
      endorsements: z.array(z.string()).optional(),
    }),
  ),
});

/** A key with which the issuer signs. */
export interface SigningKey {
  readonly endorsements: readonly string[];
  readonly getKey: JWTVerifyGetKey;
}

/** The issuer's keys are not known, and it does not answer: no token can be verified for the moment. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, options?: ErrorOptions) {
    super('The keys of the issuer cannot be had', options);
    this.retryAfterMs = retryAfterMs;
  }
}

export interface SigningKeysOptions {
  /** The issuer's OpenID metadata, which say where its keys are. */
  readonly metadataUrl: string;
  readonly log: Log;
  /** In ms; never goes back. */
  readonly now?: () => number;
  /** Aborts a fetch that takes too long. */
  readonly timeout?: () => AbortSignal;
}

/**
 * The keys of the tokens' issuer. However many tokens come, and whatever they name, one fetch runs at a time, it ends
 * in time, and after a failure nobody asks again for a while.
 */
export class SigningKeys {
  readonly #metadataUrl: string;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #timeout: () => AbortSignal;
  #keys: ReadonlyMap<string, SigningKey> = new Map();
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #retryAt = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(options: SigningKeysOptions) {
    const { metadataUrl, log, now = () => performance.now(), timeout = timeLimit } = options;
    this.#metadataUrl = metadataUrl;
    this.#log = log;
    this.#now = now;
    this.#timeout = timeout;
  }

  /** The key of this id; undefined where the issuer has none. Throws {@link KeysUnavailable}. */
  async find(id: string): Promise<SigningKey | undefined> {
    const ageMs = this.#now() - this.#fetchedAt;
    const known = ageMs < LONGEST_KEPT_MS ? this.#keys.get(id) : undefined;
    if (known !== undefined) {
      // The failure is logged; meanwhile the key is good.
      if (ageMs >= FRESH_MS) this.#refresh().catch(() => undefined);
      return known;
    }
    if (ageMs < UNKNOWN_KEY_PAUSE_MS) return undefined;
    await this.#refresh();
    return this.#keys.get(id);
  }

  async #refresh(): Promise<void> {
    const pauseMs = this.#retryAt - this.#now();
    if (pauseMs > 0) throw new KeysUnavailable(pauseMs);
    this.#running ??= this.#fetch().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  async #fetch(): Promise<void> {
    try {
      const signal = this.#timeout();
      const { jwks_uri } = metadataShape.parse(await fetchJson(this.#metadataUrl, signal));
      this.#keys = keysOf(keysShape.parse(await fetchJson(jwks_uri, signal)));
      this.#fetchedAt = this.#now();
      this.#failures = 0;
    } catch (cause) {
      const pauseMs = Math.min(FAILURE_PAUSE_MS.first * 2 ** this.#failures, FAILURE_PAUSE_MS.longest);
      this.#failures += 1;
      this.#retryAt = this.#now() + pauseMs;
      this.#log.warn('teams.keysUnavailable', { platform: 'teams', ...errorFields(cause) });
      throw new KeysUnavailable(pauseMs, { cause });
    }
  }
}

function timeLimit(): AbortSignal {
  return AbortSignal.timeout(FETCH_TIMEOUT_MS);
}

async function fetchJson(url: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(url, { signal, redirect: 'error' });
  if (!response.ok) throw new Error(`The issuer answers ${response.status}`);
  return response.json();
}

function keysOf({ keys }: z.infer<typeof keysShape>): ReadonlyMap<string, SigningKey> {
  return new Map(
    keys.flatMap((key): [string, SigningKey][] => {
      if (key.kid === undefined) return [];
      const getKey = createLocalJWKSet({ keys: [key] } as JSONWebKeySet);
      return [[key.kid, { endorsements: key.endorsements ?? [], getKey }]];
    }),
  );
}
