import { createHash } from 'node:crypto';
import { Agent } from 'undici';
import { Secret } from '../secret.ts';
import {
  activeStructuresShape,
  attachmentsShape,
  jsonOf,
  type Page,
  readPage,
  refusedBy401,
  tokenRefusalShape,
  tokenShape,
} from './answers.ts';
import { type Answer, post } from './post.ts';
import { accepted, type Refused, type Unknown, undecided, type Verdict } from './verdict.ts';

/** A PISTE application: what the OAuth token is asked with. */
export interface Piste {
  readonly clientId: string;
  readonly clientSecret: Secret;
}

export interface TechnicalAccount {
  readonly login: string;
  /** Only where this account has a PISTE application of its own. */
  readonly piste?: Piste;
}

export interface ChorusClientOptions {
  readonly tokenUrl: string;
  /** The address before `/cpro`; one that already ends in `/cpro` is taken as it is. */
  readonly apiUrl: string;
  /** The deployment's application, for every account that has none of its own. */
  readonly piste: Piste;
  /** In milliseconds. */
  readonly timeouts?: Timeouts;
}

interface Timeouts {
  readonly connect: number;
  readonly test: number;
}

/** In ms. A test that a crash has cut off begins again, and is over, within 30 s of the restart. */
const TIMEOUTS: Timeouts = { connect: 5_000, test: 20_000 };
const LONGEST_ANSWER = 256 * 1024;
const MOST_PAGES = 50;
/** How long before its end a token is renewed, in milliseconds. */
const TOKEN_MARGIN = 60_000;

const ATTACHMENTS = '/utilisateurs/v1/monCompte/recuperer/rattachements';
const ACTIVE_STRUCTURES = '/transverses/v1/recuperer/structures/actives/destinataire';

/** Tests a technical account against Chorus Pro through PISTE. One for the process: it keeps connections and tokens. */
export class ChorusClient {
  readonly #tokenUrl: string;
  readonly #apiUrl: string;
  readonly #piste: Piste;
  readonly #timeouts: Timeouts;
  readonly #agent: Agent;
  readonly #tokens = new Map<string, Promise<Token | Refused | Unknown>>();

  constructor({ tokenUrl, apiUrl, piste, timeouts = TIMEOUTS }: ChorusClientOptions) {
    this.#tokenUrl = tokenUrl;
    this.#apiUrl = apiUrl.replace(/(?<!\/)\/+$/, '').replace(/(\/cpro)?$/, '/cpro');
    this.#piste = piste;
    this.#timeouts = timeouts;
    this.#agent = new Agent({
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off.
      connect: { timeout: timeouts.connect, rejectUnauthorized: true },
      maxResponseSize: LONGEST_ANSWER,
    });
  }

  /**
   * Signs in as the technical account and reads its structures.
   * Whatever the network or Chorus Pro does is a verdict, never a rejection.
   */
  async testConnection(account: TechnicalAccount, password: Secret): Promise<Verdict> {
    const deadline = AbortSignal.timeout(this.#timeouts.test);
    return this.#signIn({
      piste: account.piste ?? this.#piste,
      credentials: Buffer.from(`${account.login}:${password.reveal()}`).toString('base64'),
      deadline,
      overtime: new Promise((resolve) => {
        deadline.addEventListener('abort', () => resolve(undecided('timeout')));
      }),
      tokenRenewed: false,
    });
  }

  /** Asks PISTE for the deployment's token and nothing more: no technical account is involved. */
  async testApplication(): Promise<{ readonly outcome: 'accepted' } | Refused | Unknown> {
    const token = await this.#askToken(identityOf(this.#piste), this.#piste);
    return token.outcome === 'granted' ? { outcome: 'accepted' } : token;
  }

  /** Lets the running tests end, then closes the connections. */
  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #signIn(test: ConnectionTest): Promise<Verdict> {
    const first = await this.#attachments(test, 1);
    if (first.outcome === 'forbidden') return this.#activeStructures(test);
    if (first.outcome !== 'read') return first;

    const structures = [...first.structures];
    for (let number = 2; number <= Math.min(first.pages, MOST_PAGES); number++) {
      const page = await this.#attachments(test, number);
      if (page.outcome === 'refused') return page;
      if (page.outcome !== 'read') return accepted(structures, { complete: false });
      structures.push(...page.structures);
    }
    return accepted(structures, { complete: first.pages <= MOST_PAGES });
  }

  async #attachments(test: ConnectionTest, page: number): Promise<Page | Forbidden | Refused | Unknown> {
    const answer = await this.#call(test, ATTACHMENTS, {
      parametresRecherche: {
        nbResultatsParPage: 100,
        pageResultatDemandee: page,
        triColonne: 'IdentifiantStructure',
        triSens: 'Ascendant',
      },
    });
    return answer.outcome === 'answered' ? readPage(answer, attachmentsShape) : answer;
  }

  /** The fallback: an application need not have subscribed to the API *Utilisateurs*. */
  async #activeStructures(test: ConnectionTest): Promise<Verdict> {
    const answer = await this.#call(test, ACTIVE_STRUCTURES, {});
    if (answer.outcome === 'forbidden') return undecided('notSubscribed');
    if (answer.outcome !== 'answered') return answer;
    const page = readPage(answer, activeStructuresShape);
    return page.outcome === 'read' ? accepted(page.structures, { complete: true }) : page;
  }

  /** One call of the API. What it gives as `answered` is a 200. */
  async #call(
    test: ConnectionTest,
    path: string,
    parameters: object,
  ): Promise<Answer | Forbidden | Refused | Unknown> {
    const token = await this.#token(test);
    if (token.outcome !== 'granted') return token;

    const answer = await post(`${this.#apiUrl}${path}`, {
      body: JSON.stringify(parameters),
      headers: {
        authorization: `Bearer ${token.bearer.reveal()}`,
        'cpro-account': test.credentials,
        'content-type': 'application/json;charset=utf-8',
      },
      deadline: test.deadline,
      dispatcher: this.#agent,
    });
    if (answer.outcome !== 'answered' || answer.status === 200) return answer;
    if (answer.status === 403) return { outcome: 'forbidden' };

    const refused = answer.status === 401 ? refusedBy401(answer) : undefined;
    if (refused === 'technicalAccount') return { outcome: 'refused', credential: refused };
    if (refused === 'bearer' && !test.tokenRenewed) {
      test.tokenRenewed = true;
      token.renewAt = 0;
      return this.#call(test, path, parameters);
    }
    return undecided('unexpected');
  }

  /** The application's token: one request for all who wait for it, kept until shortly before it expires. */
  async #token(test: ConnectionTest): Promise<Token | Refused | Unknown> {
    const application = identityOf(test.piste);
    for (;;) {
      const asked = this.#tokens.get(application) ?? this.#askToken(application, test.piste);
      const token = await Promise.race([asked, test.overtime]);
      if (token.outcome !== 'granted' || performance.now() < token.renewAt) return token;
      if (this.#tokens.get(application) === asked) this.#tokens.delete(application);
    }
  }

  #askToken(application: string, piste: Piste): Promise<Token | Refused | Unknown> {
    const asked = this.#grantToken(piste).then((token) => {
      if (token.outcome !== 'granted') this.#tokens.delete(application);
      return token;
    });
    this.#tokens.set(application, asked);
    return asked;
  }

  async #grantToken(piste: Piste): Promise<Token | Refused | Unknown> {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: piste.clientId,
      client_secret: piste.clientSecret.reveal(),
      scope: 'openid',
    });
    // Its own deadline: the token is everybody's, whoever asked for it first.
    const deadline = AbortSignal.timeout(this.#timeouts.test);
    const answer = await post(this.#tokenUrl, {
      body: form.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      deadline,
      dispatcher: this.#agent,
    });
    if (answer.outcome !== 'answered') return answer;

    const granted = tokenShape.safeParse(jsonOf(answer));
    if (answer.status === 200 && granted.success) {
      const { access_token, expires_in } = granted.data;
      const lifetime = expires_in * 1000;
      return {
        outcome: 'granted',
        bearer: new Secret(access_token),
        renewAt: performance.now() + lifetime - Math.min(TOKEN_MARGIN, lifetime / 10),
      };
    }
    const refusal = tokenRefusalShape.safeParse(jsonOf(answer));
    if ((answer.status === 400 || answer.status === 401) && refusal.success) {
      return { outcome: 'refused', credential: 'pisteApplication' };
    }
    return undecided('unexpected');
  }
}

/** What one test carries through its calls. */
interface ConnectionTest {
  readonly piste: Piste;
  /** The header `cpro-account`. */
  readonly credentials: string;
  readonly deadline: AbortSignal;
  /** Resolves at the deadline: for waiting on what goes on without this test. */
  readonly overtime: Promise<Unknown>;
  tokenRenewed: boolean;
}

interface Token {
  readonly outcome: 'granted';
  readonly bearer: Secret;
  /** On the clock of `performance.now()`; 0 once the API has refused it. */
  renewAt: number;
}

interface Forbidden {
  readonly outcome: 'forbidden';
}

/** A token belongs to the pair: a wrong secret must not live on the token of the right one. */
function identityOf(piste: Piste): string {
  return createHash('sha256').update(`${piste.clientId}\0${piste.clientSecret.reveal()}`).digest('base64');
}
