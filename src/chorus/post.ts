import { type Dispatcher, request } from 'undici';
import { codeRetourOf, correlationIdOf, jsonIn, libelleOf, type TokenAnswer, tokenOf } from './body.ts';
import type { UnknownReason } from './verdict.ts';

/** What came back, whatever it is. */
export interface Answer {
  readonly outcome: 'answered';
  readonly at: 'token' | 'api';
  readonly status: number;
  /** The header `WWW-Authenticate`. */
  readonly challenge: string;
  /** As much of the body as is read. */
  readonly text: string;
  /** Undefined: it is no JSON, or longer than what is read. */
  readonly json: unknown;
  readonly codeRetour: number | undefined;
  /** Cleaned, and without anything that was sent. */
  readonly libelle: string | undefined;
  /** Of the token's service only. */
  readonly token: TokenAnswer | undefined;
  readonly correlationId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

/** There was no answer, or none that could be read to its end. */
export interface Failure {
  readonly outcome: 'failed';
  readonly at: 'token' | 'api';
  readonly reason: UnknownReason;
  /** Of the error. */
  readonly code: string | undefined;
  /** What a proxy answered instead, and which. */
  readonly status?: number | undefined;
  readonly proxy?: string | undefined;
}

export interface Call {
  readonly at: 'token' | 'api';
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly deadline: AbortSignal;
  readonly dispatcher: Dispatcher;
  /** The proxy that stands between, as `host:port`; undefined: none. */
  readonly proxy: string | undefined;
  /** In bytes; what comes after is not read. */
  readonly longestBody: number;
  /** Takes what was sent, and is secret, out of a text that comes back. */
  readonly withoutSecrets: (text: string) => string;
}

/** Longer than any maintenance that is planned; what asks for more is a mistake. */
const LONGEST_RETRY_AFTER_SECONDS = 7 * 86_400;

/** The only way out to Chorus Pro and PISTE. It never rejects. */
export async function post(call: Call): Promise<Answer | Failure> {
  const { at, url, body, headers, deadline: signal, dispatcher } = call;
  try {
    const reply = await request(url, { method: 'POST', headers, body, signal, dispatcher });
    const text = await textOf(reply, call.longestBody);
    const json = jsonIn(text);
    return {
      outcome: 'answered',
      at,
      status: reply.statusCode,
      challenge: String(reply.headers['www-authenticate'] ?? ''),
      text,
      json,
      codeRetour: codeRetourOf(json),
      libelle: libelleOf(json, call.withoutSecrets),
      token: at === 'token' ? tokenOf(json) : undefined,
      correlationId: correlationIdOf(reply.headers['x-correlationid']),
      retryAfterSeconds: secondsUntil(reply.headers['retry-after']),
    };
  } catch (error) {
    const code = codeOf(error);
    if (signal.aborted) return { outcome: 'failed', at, reason: 'timeout', code };
    const { proxy } = call;
    const status = statusOfProxy(error);
    const isOfProxy = proxy !== undefined && (status !== undefined || isOutOfReach(code));
    return isOfProxy
      ? { outcome: 'failed', at, reason: 'proxy', code, status, proxy }
      : { outcome: 'failed', at, reason: reasonOf(code), code };
  }
}

/** In the charset that the answer names; without one, UTF-8, or ISO-8859-1 where it is none (integrators have seen both). */
async function textOf({ headers, body }: Dispatcher.ResponseData, longest: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > longest) break;
  }
  const whole = Buffer.concat(chunks).subarray(0, longest);
  const named = /charset\s*=\s*"?([\w:.-]+)/i.exec(String(headers['content-type'] ?? ''))?.[1];
  return decoderOf(named)?.decode(whole) ?? decoded(whole);
}

function decoderOf(charset: string | undefined): { decode(bytes: Buffer): string } | undefined {
  try {
    return charset === undefined ? undefined : new TextDecoder(charset);
  } catch {
    return undefined;
  }
}

function decoded(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('latin1');
  }
}

/** `Retry-After`, in seconds or as a date; nothing where it makes no sense. */
function secondsUntil(retryAfter: string | string[] | undefined): number | undefined {
  const text = String(retryAfter ?? '');
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000);
  return seconds >= 0 ? Math.min(seconds, LONGEST_RETRY_AFTER_SECONDS) : undefined;
}

/** What a proxy answers that opens no tunnel: 407 for a name and a password, 502 or 503 where it reaches nobody. */
function statusOfProxy(error: unknown): number | undefined {
  const found = /^Proxy response \((\d{3})\)/.exec(String((error as Error | undefined)?.message ?? ''));
  return found === null ? undefined : Number(found[1]);
}

/** Behind a proxy, it is the proxy itself that is not reached. */
function isOutOfReach(code = ''): boolean {
  return /^(ENOTFOUND|EAI_|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)/.test(code);
}

function codeOf(error: unknown): string | undefined {
  const { name = '', code = '' } = (error ?? {}) as Partial<NodeJS.ErrnoException>;
  if (/^[A-Z0-9_]{1,60}$/.test(code)) return code;
  // What undici's parser does not read may have no code of its own.
  return name === 'HTTPParserError' ? 'HPE_INVALID' : undefined;
}

const TLS = /CERT|ERR_TLS|ERR_SSL|UNABLE_TO_|^EPROTO$|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)$/;

/** What an error of undici, of the socket or of TLS means to a person. */
function reasonOf(code = ''): UnknownReason {
  if (TLS.test(code)) return 'tls';
  if (/^(ENOTFOUND|EAI_|EDNS)/.test(code)) return 'dns';
  if (/^UND_ERR_(HEADERS|BODY)_TIMEOUT$/.test(code)) return 'timeout';
  // What does not speak HTTP is not Chorus Pro.
  if (/^(HPE_|UND_ERR_SOCKET|UND_ERR_CONNECT_TIMEOUT|UND_ERR_RES_CONTENT_LENGTH)/.test(code))
    return 'unreachable';
  return /^(UND_ERR_|$)/.test(code) ? 'unexpected' : 'unreachable';
}
