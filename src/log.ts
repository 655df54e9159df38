import { isNativeError } from 'node:util/types';
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from './config/variables.ts';
import { withoutInvisible } from './invisible.ts';
import type { Secret } from './secret.ts';

/** All that a log line may say beside its event. What is not named here is dropped, at run time too. */
const ALLOWED = {
  /** One for each click or message. */
  correlation: 'string',
  /** Slack's name for one thing that came over its web socket. */
  envelope: 'string',
  platform: 'string',
  /** `teams:<tenant>:<user>` or `slack:<team>:<user>`. */
  person: 'string',
  /** A tenant of Teams, or a workspace of Slack. */
  tenant: 'string',
  /** The id of a technical account. */
  account: 'string',
  /** Of a password that is kept. */
  version: 'number',
  /** Of a record in the store. */
  key: 'string',
  /** Of an entry of the journal. */
  hash: 'string',
  step: 'string',
  verb: 'string',
  outcome: 'string',
  reason: 'string',
  /** A scope that Slack asks for, and the application does not have. */
  needed: 'string',
  /** Where in what was sent something else was expected: names of fields, never a value. */
  field: 'string',
  /** Of an answer of Chorus Pro; its libellé is cleaned, and without anything that was sent. */
  class: 'string',
  codeRetour: 'number',
  libelle: 'string',
  correlationId: 'string',
  environment: 'string',
  proxy: 'string',
  count: 'number',
  durationMs: 'number',
  /** The pattern of an HTTP route, never the address that was asked for. */
  route: 'string',
  status: 'number',
  check: 'string',
  port: 'number',
  /** Of this program. */
  botVersion: 'string',
  signal: 'string',
  /** Of an error, from {@link errorFields}. */
  error: 'string',
  code: 'string',
  cause: 'string',
  stack: 'string',
} as const;

interface TypeOf {
  readonly string: string;
  readonly number: number;
}

export type Fields = { readonly [Name in keyof typeof ALLOWED]?: TypeOf[(typeof ALLOWED)[Name]] | undefined };

/** A name written in the code. A text put together at run time does not compile: it could hold anything. */
type Literal<Text extends string> = Record<never, never> extends Record<Text, 1> ? never : Text;

type Write = <Event extends string>(event: Literal<Event>, fields?: Fields) => void;

export interface Log {
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}

/** Longer than any id or path; a value that is longer is not what its field is for. */
const LONGEST_VALUE = 300;
const LONGEST_STACK = 4_000;

/**
 * One JSON object a line, on standard output unless told otherwise. Nothing but an event and allowed fields gets in;
 * of their texts, what is invisible and what looks like a token goes, and `secrets` wherever they stand.
 */
export function createLog(
  level: LogLevel,
  destination?: DestinationStream,
  secrets: readonly Secret[] = [],
): Log {
  const logger = pino(
    {
      level,
      // No process id, no host name.
      base: null,
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return {
    info: (event, fields) => logger.info(allowed(fields, secrets), event),
    warn: (event, fields) => logger.warn(allowed(fields, secrets), event),
    error: (event, fields) => logger.error(allowed(fields, secrets), event),
  };
}

function allowed(fields: Fields | undefined, secrets: readonly Secret[]): Fields {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (!Object.hasOwn(ALLOWED, name) || typeof value !== ALLOWED[name as keyof Fields]) continue;
    kept[name] = typeof value === 'string' ? harmless(value, name === 'stack', secrets) : value;
  }
  return kept;
}

/** Tokens of Slack and of Microsoft, and the user and password of an address: all after their first letters. */
const TOKENS = /\b(?:xox[a-z]|xapp|xoxe\.xox[bp])-[\w-]+|\beyJ[\w.-]+/g;
const ADDRESS_SECRET = /:\/\/[^\s/@]+@/g;

function harmless(text: string, isStack: boolean, secrets: readonly Secret[]): string {
  const short = text.slice(0, isStack ? LONGEST_STACK : LONGEST_VALUE);
  const visible = isStack ? short.split('\n').map(withoutInvisible).join('\n') : withoutInvisible(short);
  return secrets.reduce(
    (shown, secret) => secret.hideIn(shown),
    visible.replace(TOKENS, '[secret]').replace(ADDRESS_SECRET, '://[secret]@'),
  );
}

type ErrorFields = Pick<Fields, 'error' | 'code' | 'needed' | 'field' | 'cause' | 'stack'>;

/**
 * What may be told of anything that was thrown: its name, its code, its stack without the message, the names and codes of
 * its causes. A message is never told: `JSON.parse` puts the whole text it could not read into its own. Never throws.
 */
export function errorFields(error: unknown): ErrorFields {
  const name = isError(error) ? nameOf(error) : error === null ? 'null' : typeof error;
  const causes: string[] = [];
  for (let cause = property(error, 'cause'); isError(cause) && causes.length < 5; ) {
    causes.push([nameOf(cause), codeOf(cause)].filter(Boolean).join(' '));
    cause = property(cause, 'cause');
  }
  const fields: ErrorFields = {
    error: name,
    code: codeOf(error),
    needed: scopesOf(error),
    field: fieldOf(error),
    cause: causes.length > 0 ? causes.join(' < ') : undefined,
    stack: isError(error) ? framesOf(error) : undefined,
  };
  // What is unknown is left out, so that it does not overwrite what the caller knows.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** A word of somebody else's program (an error's code, a reason), as far as it looks like one; anything else is not told. */
export function foreignWord(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && WORD.test(text) ? text : undefined;
}

/**
 * A sentence of somebody else's program: its plain words and the codes we know, with « … » for all the rest. No key,
 * token, name or address is a plain word.
 */
export function plainWords(text: string): string {
  const words = text
    .slice(0, LONGEST_LOOKED_AT)
    .split(/\s+/, MOST_WORDS)
    .map((word) => (PLAIN_WORD.test(word) ? word : (MICROSOFT_CODE.exec(word)?.[0] ?? '…')));
  return words.filter((word, index) => word !== '' && (word !== '…' || words[index - 1] !== '…')).join(' ');
}

/** Also of an error that was made in another context (a test runner's, a worker's). */
function isError(value: unknown): boolean {
  try {
    return value instanceof Error || isNativeError(value);
  } catch {
    // A proxy may throw at every look.
    return false;
  }
}

/** Anything can be thrown, anything can stand in its properties, and to read one can throw. */
function property(value: unknown, name: string): unknown {
  if (value === undefined || value === null) return undefined;
  try {
    return (value as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

const WORD = /^[A-Za-z0-9_.-]{1,60}$/;
const PLAIN_WORD = /^(?:[A-Z]?[a-z]{1,20}|[A-Z][A-Za-z]{1,50}(?:Error|Exception)|\d{1,3}|-|)[.,:;!?]?$/;
const MOST_WORDS = 60;
const SCOPES = /^[a-z0-9_.:,-]{1,200}$/;
const MICROSOFT_CODE = /\bAADSTS\d{3,9}\b/;
const REDIS_REPLIES = ['ErrorReply', 'SimpleError', 'BlobError'];
const REDIS_CODE = /^[A-Z]{2,20}(?= |$)/;
const FRAME =
  /^ {4}at (?:async )?(?:[^/\\:]{1,200} \()?(?:file:\/\/|node:|\/|[A-Z]:\\)[^()]{1,300}:\d+:\d+\)?$/;
/** No message of ours and no stack is longer. */
const LONGEST_LOOKED_AT = 100_000;

function nameOf(error: unknown): string {
  const name = foreignWord(property(error, 'name'));
  if (name !== undefined && name !== 'Error') return name;
  // Redis' client gives its errors no name of their own.
  return foreignWord(property(property(error, 'constructor'), 'name')) ?? 'Error';
}

/** The code that helps most: Microsoft's own, Slack's word, that of Redis' answer, the error's, or that of one it gathers. */
function codeOf(error: unknown): string | undefined {
  const message = shortText(property(error, 'message'));
  const gathered = property(error, 'errors');
  return (
    MICROSOFT_CODE.exec(message)?.[0] ??
    foreignWord(property(property(error, 'data'), 'error')) ??
    (REDIS_REPLIES.includes(nameOf(error)) ? REDIS_CODE.exec(message)?.[0] : undefined) ??
    foreignWord(property(error, 'code')) ??
    (Array.isArray(gathered) ? foreignWord(property(property(gathered, '0'), 'code')) : undefined)
  );
}

function scopesOf(error: unknown): string | undefined {
  const needed = property(property(error, 'data'), 'needed');
  return typeof needed === 'string' && SCOPES.test(needed) ? needed : undefined;
}

/** Of an error of zod: the first field that is not what was expected. */
function fieldOf(error: unknown): string | undefined {
  const path = property(property(property(error, 'issues'), '0'), 'path');
  if (!Array.isArray(path)) return undefined;
  return path
    .slice(0, 10)
    .map((name) => foreignWord(name) ?? '?')
    .join('.');
}

/** The lines of the stack that follow the message, as far as they look like frames. */
function framesOf(error: unknown): string | undefined {
  const stack = property(error, 'stack');
  if (typeof stack !== 'string') return undefined;
  const message = property(error, 'message');
  const start = typeof message === 'string' ? Math.max(0, stack.indexOf(message)) + message.length : 0;
  return stack
    .slice(start, start + LONGEST_LOOKED_AT)
    .split('\n')
    .filter((line) => FRAME.test(line))
    .map((line) => line.trim())
    .join('\n');
}

function shortText(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LONGEST_LOOKED_AT) : '';
}
