import { type Dispatcher, request } from 'undici';
import { type Unknown, type UnknownReason, undecided } from './verdict.ts';

/** An answer that is neither an overload nor a breakdown: those are verdicts already. */
export interface Answer {
  readonly outcome: 'answered';
  readonly status: number;
  /** The header `WWW-Authenticate`. */
  readonly challenge: string;
  readonly text: string;
}

/**
 * The only way out to Chorus Pro and PISTE. Trouble that has nothing to do with the call is already told here.
 * It never rejects.
 */
export async function post(
  url: string,
  {
    body,
    headers,
    deadline,
    dispatcher,
  }: {
    readonly body: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly deadline: AbortSignal;
    readonly dispatcher: Dispatcher;
  },
): Promise<Answer | Unknown> {
  try {
    const reply = await request(url, {
      method: 'POST',
      headers,
      body,
      signal: deadline,
      dispatcher,
    });
    const text = await reply.body.text();
    const status = reply.statusCode;
    if (status === 429 || status >= 500) {
      return undecided(status === 429 ? 'busy' : 'unavailable', secondsUntil(reply.headers['retry-after']));
    }
    return {
      outcome: 'answered',
      status,
      challenge: String(reply.headers['www-authenticate'] ?? ''),
      text,
    };
  } catch (error) {
    return undecided(deadline.aborted ? 'timeout' : reasonOf(error));
  }
}

/** `Retry-After`, in seconds or as a date; at most a day, and nothing where it makes no sense. */
function secondsUntil(retryAfter: string | string[] | undefined): number | undefined {
  const text = String(retryAfter ?? '');
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return seconds >= 0 ? Math.min(seconds, 86_400) : undefined;
}

/** What an error of undici, of the socket or of TLS means to a person. */
function reasonOf(error: unknown): UnknownReason {
  const code = String((error as NodeJS.ErrnoException).code ?? '');
  if (/CERT|ERR_TLS|ERR_SSL|UNABLE_TO_|^EPROTO$|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)$/.test(code)) {
    return 'tls';
  }
  if (code === 'UND_ERR_SOCKET' || code === 'UND_ERR_CONNECT_TIMEOUT') return 'unreachable';
  return /^(UND_ERR_|HPE_|$)/.test(code) ? 'unexpected' : 'unreachable';
}
