/** One of the « Structures définies dans Chorus Pro ». */
export interface Structure {
  /** SIRET, or RIDET, TAHITI, EU VAT, non-EU: whatever Chorus Pro names it by. */
  readonly siret: string;
  readonly name: string;
}

/** What is known after a connection test. Only `accepted` promotes a password; nothing throws one away. */
export type Verdict = Accepted | Refused | Unknown;

export interface Accepted {
  readonly outcome: 'accepted';
  readonly structures: readonly Structure[];
  /** False where a page of the list could not be read, or there are more than are read: the password is right all the same. */
  readonly complete: boolean;
  /** Rows of the list that name no structure. */
  readonly unreadable?: number;
  /** Of the account's own structure: missing from a complete list, or attached without being ACTIF. */
  readonly own?: 'absent' | 'inactive';
  readonly diagnosis?: Diagnosis;
}

/** Chorus Pro has said no to this login with this password. */
export interface Refused {
  readonly outcome: 'refused';
  readonly reason: RefusedReason;
  readonly diagnosis?: Diagnosis;
}

/** Neither a yes nor a no. */
export interface Unknown {
  readonly outcome: 'unknown';
  readonly reason: UnknownReason;
  readonly retryAfterSeconds?: number;
  /** Before then a person may not ask either: all attempts of the day are spent. */
  readonly peopleRetryAfterSeconds?: number;
  readonly diagnosis?: Diagnosis;
}

/** What support asks for. Nothing in it is secret: foreign text is cleaned, and what was sent is blotted out of it. */
export interface Diagnosis {
  /** Who gave the answer: PISTE's token service, or the API. */
  readonly at: 'token' | 'api';
  /** Absent: there was no answer. */
  readonly status?: number;
  readonly codeRetour?: number;
  readonly libelle?: string;
  /** `x-correlationid`: support asks for it. */
  readonly correlationId?: string;
  /** The error of the network, such as ENOTFOUND. */
  readonly code?: string;
  /** The proxy, where one stands between: host and port. */
  readonly proxy?: string;
  readonly durationMs: number;
  readonly environment: Environment;
}

/** `other`: addresses of one's own. */
export type Environment = 'production' | 'sandbox' | 'other';

export type RefusedReason =
  /** A 401 on a token that is good, in whatever words. */
  | 'technicalAccount'
  /** `codeRetour` other than 0: a locked account, a missing right. */
  | 'refusedInWords';

export type UnknownReason =
  | 'pisteApplication'
  | 'pisteAnswer'
  | 'tokenRefused'
  | 'notAuthorised'
  | 'notSubscribed'
  | 'notRouted'
  | 'wrongEnvironment'
  | 'wrongAddress'
  | 'busy'
  | 'unavailable'
  | 'timeout'
  | 'dns'
  | 'unreachable'
  | 'tls'
  | 'proxy'
  | 'attemptsSpent'
  | 'notOpened'
  | 'unexpected';

export type Reason = 'accepted' | RefusedReason | UnknownReason;
