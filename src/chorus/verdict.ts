/** One of the « Structures définies dans Chorus Pro ». */
export interface Structure {
  readonly siret: string;
  readonly name: string;
}

/** What is known after a connection test. Only `accepted` and `refused` say anything about the password. */
export type Verdict =
  | {
      readonly outcome: 'accepted';
      readonly structures: readonly Structure[];
      /** False when a later page of the list could not be read: the password is right all the same. */
      readonly complete: boolean;
    }
  | Refused
  | Unknown;

export interface Refused {
  readonly outcome: 'refused';
  readonly credential: 'technicalAccount' | 'pisteApplication';
}

export interface Unknown {
  readonly outcome: 'unknown';
  readonly reason: UnknownReason;
  readonly retryAfterSeconds?: number;
}

export type UnknownReason =
  /** Nobody answers at that address: name, firewall, connection cut. */
  | 'unreachable'
  /** Somebody answers, too slowly. */
  | 'timeout'
  /** The server's certificate is not to be trusted. */
  | 'tls'
  /** 429: too many calls. */
  | 'busy'
  /** 5xx: maintenance or breakdown. */
  | 'unavailable'
  /** 403 on both calls: the PISTE application has not subscribed, or the raccordement is missing. */
  | 'notSubscribed'
  /** Anything the contract does not foresee: a redirect, an answer too long or unreadable, another refusal. */
  | 'unexpected';

export function accepted(structures: readonly Structure[], { complete }: { complete: boolean }): Verdict {
  const bySiret = new Map(structures.map((structure) => [structure.siret, structure]));
  return { outcome: 'accepted', structures: [...bySiret.values()], complete };
}

export function undecided(reason: UnknownReason, retryAfterSeconds?: number): Unknown {
  return { outcome: 'unknown', reason, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) };
}
