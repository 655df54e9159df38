import type { Dispatcher } from 'undici';
import { dispatcherFor, type ProxyConfig, proxyOf } from '../proxy.ts';
import type { Secret } from '../secret.ts';
import { CLASSES, isMute, isRefusal, isUnknown, namesToken, reasonOf } from './classes.ts';
import { type Answer, type Failure, post } from './post.ts';
import { activeStructuresIn, attachmentsIn, type Page, StructureList } from './structures.ts';
import { timeLimit } from './time-limit.ts';
import { type Piste, PisteTokens } from './tokens.ts';
import type { Accepted, Diagnosis, Environment, Reason, Refused, Unknown, Verdict } from './verdict.ts';

export interface TechnicalAccount {
  readonly login: string;
  /** Of its own structure, which comes first in the list; a warning where it is not there. */
  readonly siret?: string;
  /** Only where this account has a PISTE application of its own. */
  readonly piste?: Piste;
}

export interface ChorusClientOptions {
  readonly tokenUrl: string;
  /** The address before `/cpro`; one that already ends in `/cpro` is taken as it is. */
  readonly apiUrl: string;
  /** `other` where it is not given: addresses of one's own. */
  readonly environment?: Environment;
  /** The deployment's application, for every account that has none of its own. */
  readonly piste: Piste;
  /** In milliseconds. */
  readonly timeouts?: Timeouts;
  /** Undefined: Chorus Pro is called directly. */
  readonly proxy?: ProxyConfig | undefined;
}

interface Timeouts {
  readonly connect: number;
  /** For a person who waits. */
  readonly test: number;
  /** Where nobody waits; as for a person where it is not given. */
  readonly background?: number;
}

/** In ms. A test that a crash has cut off begins again, and is over, within 30 s of the restart. */
export const TIMEOUTS = { connect: 5_000, test: 20_000, background: 60_000 } as const satisfies Timeouts;
/** In bytes, of one page: 100 structures of a dozen services each are 400 KB. What is longer is not read to its end. */
const LONGEST_PAGE = 4 * 1024 * 1024;
const ROWS_OF_A_PAGE = 100;
const MOST_PAGES = 50;

const NO_TOKEN_IN_TIME: Failure = { outcome: 'failed', at: 'token', reason: 'timeout', code: undefined };

const ATTACHMENTS = '/utilisateurs/v1/monCompte/recuperer/rattachements';
const ACTIVE_STRUCTURES = '/transverses/v1/recuperer/structures/actives/destinataire';
const VAT_RATES = '/transverses/v1/recuperer/tauxtva';

/** Tests a technical account against Chorus Pro through PISTE. One for the process: it keeps connections and tokens. */
export class ChorusClient {
  readonly #apiUrl: string;
  readonly #environment: Environment;
  readonly #piste: Piste;
  readonly #timeouts: Timeouts;
  readonly #dispatcher: Dispatcher;
  readonly #proxy: ProxyConfig | undefined;
  readonly #tokens: PisteTokens;

  constructor({
    tokenUrl,
    apiUrl,
    environment = 'other',
    piste,
    timeouts = TIMEOUTS,
    proxy,
  }: ChorusClientOptions) {
    this.#apiUrl = apiUrl.replace(/(?<!\/)\/+$/, '').replace(/(\/cpro)?$/, '/cpro');
    this.#environment = environment;
    this.#piste = piste;
    this.#timeouts = timeouts;
    this.#proxy = proxy;
    this.#dispatcher = dispatcherFor(proxy, timeouts.connect);
    this.#tokens = new PisteTokens({
      url: tokenUrl,
      timeoutMs: timeouts.background ?? timeouts.test,
      dispatcher: this.#dispatcher,
      proxy: proxyOf(proxy, tokenUrl),
    });
  }

  /**
   * Signs in as the technical account, then reads its structures, which has no bearing on the verdict.
   * Whatever the network or Chorus Pro does is a verdict, never a rejection.
   */
  async testConnection(
    account: TechnicalAccount,
    password: Secret,
    { isBackground = false }: { readonly isBackground?: boolean } = {},
  ): Promise<Verdict> {
    const test = this.#begin(account, password, isBackground);
    try {
      const judged = await this.#judge(test);
      if (judged.outcome !== 'accepted') return judged;
      const { path, page, diagnosis } = judged;
      return { ...(await this.#list(test, path, page)), diagnosis };
    } finally {
      test.lift();
    }
  }

  /** The verdict alone: a token and one row. */
  async testCredentials(account: TechnicalAccount, password: Secret): Promise<Verdict> {
    const test = this.#begin(account, password, false);
    const judged = await this.#judge(test).finally(test.lift);
    if (judged.outcome !== 'accepted') return judged;
    return { outcome: 'accepted', structures: [], complete: false, diagnosis: judged.diagnosis };
  }

  /** Asks PISTE for the deployment's token and nothing more: no technical account is involved. */
  async testApplication(): Promise<Pick<Accepted, 'outcome' | 'diagnosis'> | Unknown> {
    const startedAt = performance.now();
    const { over, lift } = timeLimit(this.#timeouts.test);
    const answer = await Promise.race([this.#tokens.renew(this.#piste), over.then(() => NO_TOKEN_IN_TIME)]);
    lift();
    if (answer.outcome === 'granted') return { outcome: 'accepted' };
    return this.#unknown(answer, { account: { login: '' }, sent: '', startedAt });
  }

  /** Lets the running tests end, then closes the connections. */
  async close(): Promise<void> {
    await this.#dispatcher.close();
  }

  #begin(account: TechnicalAccount, password: Secret, isBackground: boolean): ConnectionTest {
    const { test: timeoutMs, background = timeoutMs } = this.#timeouts;
    const { signal, over, lift } = timeLimit(isBackground ? background : timeoutMs);
    return {
      account,
      password,
      piste: account.piste ?? this.#piste,
      credentials: Buffer.from(`${account.login}:${password.reveal()}`).toString('base64'),
      startedAt: performance.now(),
      deadline: signal,
      overtime: over.then(() => NO_TOKEN_IN_TIME),
      lift,
      isTokenRenewed: false,
    };
  }

  /**
   * One row of the first service to which the application has access. The second and the third are for applications that
   * have not subscribed to the API *Utilisateurs*; the third needs no structure.
   */
  async #judge(test: ConnectionTest): Promise<Judged | Refused | Unknown> {
    let first: Refused | Unknown | undefined;
    for (const path of [ATTACHMENTS, ACTIVE_STRUCTURES, VAT_RATES] as const) {
      const sent = JSON.stringify(path === ATTACHMENTS ? pageOf(1, 1) : {});
      const answer = await this.#call(test, path, sent);
      const verdict = this.#verdictOn(answer, { ...test, sent });
      if (verdict.outcome === 'accepted') {
        const page = pageIn(path, answer as Answer);
        return { outcome: 'accepted', path, page, diagnosis: this.#diagnosisOf(answer, { ...test, sent }) };
      }
      first ??= verdict;
      // All structures at once may be more than is read: they are not what is asked.
      const isForbidden = answer.outcome === 'answered' && answer.at === 'api' && answer.status === 403;
      const isTooLong = path === ACTIVE_STRUCTURES && verdict.reason === 'unexpected' && is200(answer);
      if (!(isForbidden || isTooLong)) return verdict;
    }
    return first as Unknown;
  }

  /** The whole list, page by page; a page that fails leaves it incomplete. */
  async #list(test: ConnectionTest, path: Path, first: Page): Promise<Omit<Accepted, 'diagnosis'>> {
    const list = new StructureList();
    const { siret } = test.account;
    if (path !== ATTACHMENTS) {
      list.add(first);
      return list.accepted(undefined, path === ACTIVE_STRUCTURES);
    }
    if (first.pages <= 1) {
      list.add(first);
      return list.accepted(siret, true);
    }
    let pages = 1;
    for (let number = 1; number <= Math.min(pages, MOST_PAGES); number++) {
      const sent = JSON.stringify(pageOf(number, ROWS_OF_A_PAGE));
      const answer = await this.#call(test, ATTACHMENTS, sent);
      if (this.#verdictOn(answer, { ...test, sent }).outcome !== 'accepted') {
        if (number === 1) list.add(first);
        return list.accepted(siret, false);
      }
      const page = attachmentsIn((answer as Answer).json);
      list.add(page);
      pages = page.pages;
    }
    return list.accepted(siret, pages <= MOST_PAGES);
  }

  /** One call of the API; where its answer is about the token, once more with a new one. */
  async #call(test: ConnectionTest, path: Path, body: string): Promise<Answer | Failure> {
    const token = await this.#tokens.get(test.piste, test.overtime);
    if (token.outcome !== 'granted') return token;
    const answer = await post({
      at: 'api',
      url: `${this.#apiUrl}${path}`,
      body,
      headers: {
        authorization: `Bearer ${token.bearer.reveal()}`,
        'cpro-account': test.credentials,
        'content-type': 'application/json;charset=utf-8',
      },
      deadline: test.deadline,
      dispatcher: this.#dispatcher,
      proxy: proxyOf(this.#proxy, this.#apiUrl),
      longestBody: LONGEST_PAGE,
      withoutSecrets: (text) =>
        test.password.hideIn(token.bearer.hideIn(text.replaceAll(test.credentials, '[secret]'))),
    });
    if (answer.outcome !== 'answered' || answer.status !== 401 || test.isTokenRenewed) return answer;
    // A refusal without a word may be the token's, unless it was granted for this very test.
    const isOld = token.grantedAt < test.startedAt;
    if (!(namesToken(answer) || (isMute(answer) && isOld))) return answer;
    test.isTokenRenewed = true;
    token.renewAt = 0;
    return this.#call(test, path, body);
  }

  #verdictOn(answer: Answer | Failure, about: About): Verdict {
    if (answer.outcome === 'failed' || answer.at === 'token') return this.#unknown(answer, about);
    const reason = this.#reasonOf(answer, about);
    const diagnosis = this.#diagnosisOf(answer, about);
    if (isRefusal(reason)) return { outcome: 'refused', reason, diagnosis };
    if (isUnknown(reason)) return this.#unknown(answer, about);
    return { outcome: 'accepted', structures: [], complete: false, diagnosis };
  }

  #unknown(answer: Answer | Failure, about: About): Unknown {
    const reason = answer.outcome === 'failed' ? answer.reason : this.#reasonOf(answer, about);
    const retryAfterSeconds =
      answer.outcome === 'answered' && CLASSES[reason].mendedBy === 'time'
        ? answer.retryAfterSeconds
        : undefined;
    return {
      outcome: 'unknown',
      reason: isUnknown(reason) ? reason : 'unexpected',
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
      diagnosis: this.#diagnosisOf(answer, about),
    };
  }

  #reasonOf(answer: Answer, { account, sent }: About): Reason {
    return reasonOf(answer, { login: account.login, environment: this.#environment, sent });
  }

  #diagnosisOf(answer: Answer | Failure, { startedAt, password }: About): Diagnosis {
    const known =
      answer.outcome === 'failed'
        ? { code: answer.code, status: answer.status, proxy: answer.proxy }
        : {
            status: answer.status,
            codeRetour: answer.codeRetour,
            // Also of the token's service, whose answer is everybody's.
            libelle: answer.libelle && (password?.hideIn(answer.libelle) ?? answer.libelle),
            correlationId: answer.correlationId,
          };
    return {
      at: answer.at,
      ...(Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)) as object),
      durationMs: Math.round(performance.now() - startedAt),
      environment: this.#environment,
    };
  }
}

type Path = typeof ATTACHMENTS | typeof ACTIVE_STRUCTURES | typeof VAT_RATES;

/** What one test carries through its calls. */
interface ConnectionTest {
  readonly account: TechnicalAccount;
  readonly password: Secret;
  readonly piste: Piste;
  /** The header `cpro-account`. */
  readonly credentials: string;
  /** On the clock of `performance.now()`. */
  readonly startedAt: number;
  readonly deadline: AbortSignal;
  /** Resolves at the deadline: for waiting on what goes on without this test. */
  readonly overtime: Promise<Failure>;
  /** Lifts the deadline, once the test is over. */
  readonly lift: () => void;
  isTokenRenewed: boolean;
}

interface About extends Pick<ConnectionTest, 'account' | 'startedAt'> {
  readonly password?: Secret;
  readonly sent: string;
}

interface Judged {
  readonly outcome: 'accepted';
  readonly path: Path;
  readonly page: Page;
  readonly diagnosis: Diagnosis;
}

function pageOf(number: number, rows: number) {
  return {
    parametresRecherche: {
      nbResultatsParPage: rows,
      pageResultatDemandee: number,
      triColonne: 'IdentifiantStructure',
      triSens: 'Ascendant',
    },
  };
}

function pageIn(path: Path, { json }: Answer): Page {
  return path === ACTIVE_STRUCTURES ? activeStructuresIn(json) : attachmentsIn(json);
}

function is200(answer: Answer | Failure): boolean {
  return answer.outcome === 'answered' && answer.status === 200;
}
