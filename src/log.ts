import { isNativeError } from 'node:util/types';
import { type DestinationStream, pino } from 'pino';
import type { LogLevel } from './config.ts';

/** All that a log line may say beside its event. What is not named here is dropped, at run time too. */
const ALLOWED = {
  /** One for each click or message. */
  correlation: 'string',
  platform: 'string',
  /** `teams:<tenant>:<user>` or `slack:<team>:<user>`. */
  person: 'string',
  /** The id of a technical account. */
  account: 'string',
  /** Of a password that is kept. */
  version: 'number',
  step: 'string',
  verb: 'string',
  outcome: 'string',
  reason: 'string',
  count: 'number',
  durationMs: 'number',
  /** The pattern of an HTTP route, never the address that was asked for. */
  route: 'string',
  status: 'number',
  check: 'string',
  port: 'number',
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

/** One JSON object a line, on standard output unless told otherwise. Nothing but an event and allowed fields gets in. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
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
    info: (event, fields) => logger.info(allowed(fields), event),
    warn: (event, fields) => logger.warn(allowed(fields), event),
    error: (event, fields) => logger.error(allowed(fields), event),
  };
}

function allowed(fields: Fields | undefined): Fields {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (!Object.hasOwn(ALLOWED, name) || typeof value !== ALLOWED[name as keyof Fields]) continue;
    kept[name] =
      typeof value === 'string' ? value.slice(0, name === 'stack' ? LONGEST_STACK : LONGEST_VALUE) : value;
  }
  return kept;
}

/**
 * What may be told of an error: its name, its code, its stack without the message, the names of its causes.
 * A message is never told: `JSON.parse` puts the whole text it could not read into its own.
 */
export function errorFields(error: unknown): Pick<Fields, 'error' | 'code' | 'cause' | 'stack'> {
  if (!isError(error)) return { error: typeof error };
  const causes: string[] = [];
  for (let cause = error.cause; isError(cause) && causes.length < 5; cause = cause.cause) {
    causes.push([nameOf(cause), codeOf(cause)].filter(Boolean).join(' '));
  }
  return {
    error: nameOf(error),
    code: codeOf(error),
    cause: causes.length > 0 ? causes.join(' < ') : undefined,
    stack: framesOf(error),
  };
}

/** Also of an error that was made in another context (a test runner's, a worker's). */
function isError(value: unknown): value is Error {
  return value instanceof Error || isNativeError(value);
}

const WORD = /^[A-Za-z0-9_.-]{1,60}$/;
const FRAME = /^ {4}at .{1,300}:\d+:\d+\)?$/;

function nameOf({ name }: Error): string {
  return wordOf(name) ?? 'Error';
}

function codeOf(error: Error): string | undefined {
  return wordOf((error as { code?: unknown }).code);
}

/** Anything can be thrown, and anything can stand in its properties. */
function wordOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && WORD.test(text) ? text : undefined;
}

/** The lines of the stack that follow the message, as far as they look like frames. */
function framesOf({ message, stack }: Error): string | undefined {
  if (typeof stack !== 'string') return undefined;
  const afterMessage = stack.slice(Math.max(0, stack.indexOf(message)) + message.length);
  return afterMessage
    .split('\n')
    .filter((line) => FRAME.test(line))
    .map((line) => line.trim())
    .join('\n');
}
