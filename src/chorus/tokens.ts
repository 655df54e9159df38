import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import type { Secret } from '../secret.ts';
import type { TokenAnswer } from './body.ts';
import { type Answer, type Call, type Failure, post } from './post.ts';

/** A PISTE application: what the OAuth token is asked with. */
export interface Piste {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

export interface HeldToken extends Pick<TokenAnswer, 'bearer'> {
  readonly outcome: 'granted';
  /** On the clock of `performance.now()`. */
  readonly grantedAt: number;
  /** The same; 0 once the API has refused it. */
  renewAt: number;
}

/** How long before its end a token is renewed, in milliseconds. */
const TOKEN_MARGIN_MS = 60_000;
/** In bytes. */
const LONGEST_ANSWER = 64 * 1024;

/** The applications' tokens: one request for all who wait for one, kept until shortly before it expires. */
export class PisteTokens {
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #dispatcher: Dispatcher;
  readonly #proxy: string | undefined;
  readonly #tokens = new Map<string, Promise<HeldToken | Answer | Failure>>();

  constructor({
    url,
    timeoutMs,
    dispatcher,
    proxy,
  }: Pick<Call, 'url' | 'dispatcher' | 'proxy'> & { readonly timeoutMs: number }) {
    this.#url = url;
    this.#timeoutMs = timeoutMs;
    this.#dispatcher = dispatcher;
    this.#proxy = proxy;
  }

  /** A token that is good for now, or why there is none; `overtime` where that comes first. */
  async get<Late>(piste: Piste, overtime: Promise<Late>): Promise<HeldToken | Answer | Failure | Late> {
    const application = identityOf(piste);
    for (;;) {
      const asked = this.#tokens.get(application) ?? this.#ask(application, piste);
      const token = await Promise.race([asked, overtime]);
      if (!isToken(token) || performance.now() < token.renewAt) return token;
      if (this.#tokens.get(application) === asked) this.#tokens.delete(application);
    }
  }

  /** A new one, whatever is kept. */
  renew(piste: Piste): Promise<HeldToken | Answer | Failure> {
    return this.#ask(identityOf(piste), piste);
  }

  #ask(application: string, piste: Piste): Promise<HeldToken | Answer | Failure> {
    const asked = this.#grant(piste).then((token) => {
      if (token.outcome !== 'granted') this.#tokens.delete(application);
      return token;
    });
    this.#tokens.set(application, asked);
    return asked;
  }

  async #grant(piste: Piste): Promise<HeldToken | Answer | Failure> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: piste.clientId,
      client_secret: piste.clientSecret.reveal(),
      scope: 'openid',
    });
    const answer = await post({
      at: 'token',
      url: this.#url,
      body: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      // Its own deadline: the token is everybody's, whoever asked for it first.
      deadline: AbortSignal.timeout(this.#timeoutMs),
      dispatcher: this.#dispatcher,
      proxy: this.#proxy,
      longestBody: LONGEST_ANSWER,
      withoutSecrets: (text) => piste.clientSecret.hideIn(text),
    });
    if (answer.outcome !== 'answered' || answer.status !== 200 || answer.token === undefined) return answer;
    const { bearer, lifetimeMs } = answer.token;
    const grantedAt = performance.now();
    const renewAt = grantedAt + (lifetimeMs - Math.min(TOKEN_MARGIN_MS, lifetimeMs / 10));
    return { outcome: 'granted', bearer, grantedAt, renewAt };
  }
}

function isToken(answer: unknown): answer is HeldToken {
  return (answer as { readonly outcome?: string }).outcome === 'granted';
}

/** A token belongs to the pair: a wrong secret must not live on the token of the right one. */
function identityOf(piste: Piste): string {
  return createHash('sha256').update(`${piste.clientId}\0${piste.clientSecret.reveal()}`).digest('base64');
}
