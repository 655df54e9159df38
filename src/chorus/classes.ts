import type { Answer } from './post.ts';
import type { Environment, Reason, RefusedReason, UnknownReason } from './verdict.ts';

/** What a reason is called in the log, in the metrics and to support, and what follows from it. */
export interface Class {
  readonly name: string;
  readonly outcome: 'accepted' | 'refused' | 'unknown';
  /** The answer may have judged the password: it counts among the attempts of the day (API contract: accounts may lock). */
  readonly isAttempt: boolean;
  /** Who can mend it: people of this account, the bot's administrators, or time alone. */
  readonly mendedBy: 'account' | 'administrators' | 'time' | 'nobody';
}

/**
 * Every class of answers. Each has a sentence with a cure in `cards/messages.verdict.ts`, in French and in English.
 * `docs/connection-test.md` is made from this and from {@link ROWS}.
 */
export const CLASSES: Readonly<Record<Reason, Class>> = {
  accepted: classOf('accepted', 'nobody'),
  technicalAccount: classOf('refused: technical account', 'account', { outcome: 'refused', isAttempt: true }),
  refusedInWords: classOf('refused by Chorus Pro in words', 'account', {
    outcome: 'refused',
    isAttempt: true,
  }),
  pisteApplication: classOf('refused: PISTE application', 'administrators'),
  pisteAnswer: classOf('PISTE answered badly', 'administrators'),
  tokenRefused: classOf('token refused by the API', 'administrators'),
  notAuthorised: classOf('not authorised', 'administrators'),
  notSubscribed: classOf('not authorised: subscription, terms or raccordement', 'administrators'),
  notRouted: classOf('not authorised: address not known to PISTE', 'administrators'),
  wrongEnvironment: classOf('not authorised: login of the other environment', 'administrators'),
  wrongAddress: classOf('wrong address or environment', 'administrators'),
  busy: classOf('later: too many calls', 'time'),
  unavailable: classOf('later: maintenance or breakdown', 'time'),
  timeout: classOf('later: no answer in time', 'time'),
  dns: classOf('unreachable: name not found', 'administrators'),
  unreachable: classOf('unreachable: connection', 'administrators'),
  tls: classOf('unreachable: TLS', 'administrators'),
  proxy: classOf('unreachable: proxy', 'administrators'),
  attemptsSpent: classOf('not asked: attempts of the day are spent', 'time'),
  notOpened: classOf('not asked: the kept password cannot be opened', 'account'),
  unexpected: classOf('the rest', 'administrators', { isAttempt: true }),
};

/** One row of the table: the first that fits an answer gives its class. */
export interface Row {
  readonly at: 'token' | 'api' | 'both';
  /** `status`: these only; undefined: any. */
  readonly status?: readonly number[];
  /** What else has to be so, in words for the reader of the table. */
  readonly and?: string;
  readonly fits?: (answer: Answer, context: Context) => boolean;
  readonly reason: Reason;
}

/** What an answer is judged with, besides itself. */
export interface Context {
  readonly login: string;
  readonly environment: Environment;
  /** What was sent: some answers give it back. */
  readonly sent: string;
}

const SERVER_ERRORS = Array.from({ length: 100 }, (_, i) => 500 + i);
const REDIRECTS = [301, 302, 303, 307, 308];

/** The API contract's tables « Answers to tell apart » and « More answers to tell apart », in the order of judgement. */
export const ROWS: readonly Row[] = [
  { at: 'both', status: [429], reason: 'busy' },
  { at: 'both', status: SERVER_ERRORS, reason: 'unavailable' },
  { at: 'both', status: [408], reason: 'timeout' },
  { at: 'both', status: [407], reason: 'proxy' },
  { at: 'both', status: [202, ...REDIRECTS, 404, 405, 415], reason: 'wrongAddress' },

  { at: 'token', status: [200], and: 'a token', fits: hasToken, reason: 'accepted' },
  { at: 'token', status: [400, 401, 403], reason: 'pisteApplication' },
  { at: 'token', reason: 'pisteAnswer' },

  { at: 'api', status: [200], and: 'codeRetour 0', fits: said(0), reason: 'accepted' },
  {
    at: 'api',
    status: [200],
    and: 'codeRetour 20000, TRA_MSG_00.015 (no result)',
    fits: saidNoResult,
    reason: 'accepted',
  },
  { at: 'api', status: [200], and: 'another codeRetour', fits: saidSomething, reason: 'refusedInWords' },
  {
    at: 'api',
    status: [401],
    and: 'invalid_token, in the header or the body, of a renewed token',
    fits: namesToken,
    reason: 'tokenRefused',
  },
  { at: 'api', status: [401], and: 'anything else, on a fresh token', reason: 'technicalAccount' },
  { at: 'api', status: [400], and: 'invalid_request: no bearer', fits: missesToken, reason: 'tokenRefused' },
  {
    at: 'api',
    status: [403],
    and: 'a login of the other environment',
    fits: isOfOtherEnvironment,
    reason: 'wrongEnvironment',
  },
  { at: 'api', status: [403], and: 'realm DefaultRealm', fits: realm('DefaultRealm'), reason: 'notRouted' },
  {
    at: 'api',
    status: [403],
    and: 'realm PISTE, or an echo of the request',
    fits: (answer, context) => realm('PISTE')(answer) || echoes(answer, context),
    reason: 'notSubscribed',
  },
  { at: 'api', status: [403], reason: 'notAuthorised' },
  { at: 'api', reason: 'unexpected' },
];

/** The class of an answer: that of the first row that fits. */
export function reasonOf(answer: Answer, context: Context): Reason {
  const row = ROWS.find(
    ({ at, status, fits }) =>
      (at === 'both' || at === answer.at) &&
      (status === undefined || status.includes(answer.status)) &&
      (fits === undefined || fits(answer, context)),
  );
  return row?.reason ?? 'unexpected';
}

/** Whether a 401 is about PISTE's token, as far as it says so. */
export function namesToken({ challenge, text }: Answer): boolean {
  return /\binvalid_token\b/.test(`${challenge} ${text}`);
}

/** Whether a 401 has words at all; one without may be about the token or about the password. */
export function isMute({ challenge, text }: Answer): boolean {
  return !/unauthorized|login|password|mot de passe|authentif|ldap|codeRetour/i.test(`${challenge} ${text}`);
}

/** A technical login's environment by its ending (API contract: `@cpro.fr` and `@cpp2017.fr`). */
function environmentOfLogin(login: string): 'production' | 'sandbox' | undefined {
  if (/@cpro\.fr$/i.test(login.trim())) return 'production';
  return /@cpp2017\.fr$/i.test(login.trim()) ? 'sandbox' : undefined;
}

/** The bot's environment, where this login belongs to the other one; otherwise undefined. */
export function wrongEnvironmentFor(
  login: string,
  environment: Environment,
): Exclude<Environment, 'other'> | undefined {
  const own = environmentOfLogin(login);
  return environment === 'other' || own === undefined || own === environment ? undefined : environment;
}

function isOfOtherEnvironment(_: unknown, { login, environment }: Context): boolean {
  return wrongEnvironmentFor(login, environment) !== undefined;
}

export function isRefusal(reason: Reason): reason is RefusedReason {
  return CLASSES[reason].outcome === 'refused';
}

export function isUnknown(reason: Reason): reason is UnknownReason {
  return CLASSES[reason].outcome === 'unknown';
}

function classOf(
  name: string,
  mendedBy: Class['mendedBy'],
  { outcome = 'unknown', isAttempt = false }: Partial<Class> = {},
): Class {
  return { name, outcome: name === 'accepted' ? 'accepted' : outcome, isAttempt, mendedBy };
}

function hasToken({ token }: Answer): boolean {
  return token !== undefined;
}

function said(code: number) {
  return ({ codeRetour }: Answer): boolean => codeRetour === code;
}

/** « No result » comes after the password was accepted. */
function saidNoResult({ codeRetour, text }: Answer): boolean {
  return codeRetour === 20000 && text.includes('TRA_MSG_00.015');
}

function saidSomething({ codeRetour }: Answer): boolean {
  return codeRetour !== undefined;
}

function missesToken({ challenge }: Answer): boolean {
  return /\binvalid_request\b/.test(challenge);
}

function realm(name: string) {
  return ({ challenge }: Answer): boolean => challenge.includes(`realm="${name}"`);
}

/** A 403 that gives the request back, or names the path, is one of a path that is known. */
function echoes({ text }: Answer, { sent }: Context): boolean {
  const body = text.trim();
  if (body === '' || /^\{\s*\}$/.test(body)) return false;
  return body === sent || /parametresRecherche|recuperer\//.test(body);
}
