/** The two API services and the token service, each of which can be forced to answer something else. */
export type Target = 'token' | 'rattachements' | 'destinataire';

/** An answer given instead of the honest one. */
export type Forced = (
  | { readonly kind: 'status'; readonly status: 429 | 500 | 503; readonly retryAfter?: string }
  | { readonly kind: 'not-subscribed'; readonly body: 'empty' | 'braces' | 'echo' }
  | { readonly kind: 'invalid-token'; readonly reason: 'expired' | 'unknown' }
  | { readonly kind: 'bad-parameters' }
  | { readonly kind: 'business'; readonly codeRetour: number; readonly libelle: string }
  /** The honest answer, after this many milliseconds. */
  | { readonly kind: 'slow'; readonly ms: number }
  | { readonly kind: 'garbage' }
  /** A valid answer of this many bytes, sent in pieces and without a Content-Length. */
  | { readonly kind: 'oversized'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly location: string }
  /** The connection is reset before any answer. */
  | { readonly kind: 'reset' }
  /** A 200 whose body comes at one byte a second and never ends. */
  | { readonly kind: 'trickle' }
) & {
  /** Forced for this many calls, then honest again; absent: until told otherwise. */
  readonly times?: number;
};

export type SecondFactor = 'email' | 'application' | 'key';

/** What the contract leaves open, and what can go wrong. Every field can be changed while the simulator runs. */
export interface Behaviour {
  /** Milliseconds from Soumettre to the confirmation in the mailbox. */
  emailDelayMs: number;
  /** Milliseconds from that e-mail to the moment the API takes the new password. */
  activationDelayMs: number;
  /** How the portal may ask who somebody is, besides the password (AIFE, since 18 September 2024); of several one is chosen. */
  secondFactors: readonly SecondFactor[];
  /** So many mailed codes that arrive when they have already expired. */
  expiredCodes: number;
  /** Where the confirmation goes: to whoever signed in, or to the technical account's address *Contact*. */
  confirmationTo: 'signedIn' | 'contact';
  /** `expires_in` of a token, in seconds. */
  tokenSeconds: number;
  /** The most `rattachements` gives on one page, whatever was asked. */
  maxPageSize: number;
  /** A refused technical password: the present header, or the older body. */
  refusal: 'header' | 'older-body';
  /** The status for a call without `cpro-account`. */
  missingAccount: 400 | 401 | 403;
  /** Bad parameters: 400 with `{codeRetour,libelle}`, or an empty 400. */
  badParameters: 'body' | 'empty';
  /** Refused passwords in a row that lock an account; null: never. */
  lockAfter: number | null;
  forced: Readonly<Partial<Record<Target, Forced>>>;
}

export const QUIET: Readonly<Behaviour> = {
  emailDelayMs: 0,
  activationDelayMs: 0,
  secondFactors: ['email'],
  expiredCodes: 0,
  confirmationTo: 'signedIn',
  tokenSeconds: 3600,
  maxPageSize: 100,
  refusal: 'header',
  missingAccount: 401,
  badParameters: 'body',
  lockAfter: null,
  forced: {},
};
