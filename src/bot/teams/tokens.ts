import { decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import type { TeamsConfig } from '../../config.ts';
import type { Log } from '../../log.ts';
import { SigningKeys } from './signing-keys.ts';

/** Microsoft's are well under 2,000 characters. */
const LONGEST_TOKEN = 8_000;
/** Three parts that are there, and nothing around them. */
const HEADER = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/;
const ALGORITHMS = ['RS256', 'RS384', 'RS512'];
/** So much Microsoft's clock and ours may differ. */
const CLOCK_TOLERANCE_SECONDS = 300;

/** Of Microsoft's public cloud. */
const PUBLIC_ISSUER = 'https://api.botframework.com';
const PUBLIC_METADATA_URL = 'https://login.botframework.com/v1/.well-known/openidconfiguration';

/** What a token must say of the activity with which it came. */
export interface SignedToken {
  readonly channelId: string;
  readonly serviceUrl: string;
}

/** The token does not show that the Bot Connector has sent this. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super('The token is refused', options);
    this.code = code;
  }
}

/**
 * Verifies the tokens with which the Bot Connector signs what it sends, and no others: those of the emulator and of
 * skills have other issuers. Of a token that is refused nothing is kept.
 * https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#connector-to-bot
 */
export class TeamsTokens {
  /** The bot, to which a token must be addressed. */
  readonly #appId: string;
  readonly #issuer: string;
  readonly #keys: SigningKeys;

  constructor({ appId, endpoints }: TeamsConfig, log: Log) {
    this.#appId = appId;
    this.#issuer = endpoints.ToBotFromChannelTokenIssuer ?? PUBLIC_ISSUER;
    const metadataUrl = endpoints.ToBotFromChannelOpenIdMetadataUrl ?? PUBLIC_METADATA_URL;
    this.#keys = new SigningKeys({ metadataUrl, log });
  }

  /** Fetches the issuer's keys. Throws `KeysUnavailable` where they cannot be had. */
  async fetchKeys(): Promise<void> {
    await this.#keys.find('');
  }

  /** Throws {@link TokenRefused}, or `KeysUnavailable` where it cannot be told. */
  async verify(authorization: string, { channelId, serviceUrl }: SignedToken): Promise<void> {
    const token = authorization.length <= LONGEST_TOKEN ? HEADER.exec(authorization)?.[1] : undefined;
    if (token === undefined) throw new TokenRefused('malformed');
    const { kid, iss } = unverified(token);
    // Before any key is looked for: whoever made it up makes nobody ask for keys.
    if (iss !== this.#issuer) throw new TokenRefused('issuer');
    const key = kid === undefined ? undefined : await this.#keys.find(kid);
    if (key === undefined) throw new TokenRefused('key');
    const { payload } = await jwtVerify(token, key.getKey, {
      issuer: this.#issuer,
      audience: this.#appId,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      requiredClaims: ['exp'],
    }).catch((cause: unknown) => {
      throw new TokenRefused('signature', { cause });
    });
    if (payload.aud !== this.#appId) throw new TokenRefused('audience');
    if (payload.serviceurl !== serviceUrl) throw new TokenRefused('serviceUrl');
    if (key.endorsements.length > 0 && !key.endorsements.includes(channelId))
      throw new TokenRefused('endorsement');
  }
}

/** What a token says, for looking up whose it may be. */
function unverified(token: string): { readonly kid: string | undefined; readonly iss: unknown } {
  try {
    const { kid, alg } = decodeProtectedHeader(token);
    if (typeof alg !== 'string' || !ALGORITHMS.includes(alg)) throw new TokenRefused('algorithm');
    return { kid: typeof kid === 'string' ? kid : undefined, iss: decodeJwt(token).iss };
  } catch (cause) {
    throw cause instanceof TokenRefused ? cause : new TokenRefused('malformed', { cause });
  }
}
