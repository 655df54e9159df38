import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { App, Receiver } from '@slack/bolt';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FifoMap } from 'toad-cache';
import { inTime } from '../../deadline.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Secret } from '../../secret.ts';
import type { Store } from '../../store/store.ts';

export interface SlackRequestsOptions {
  readonly signingSecret: Secret;
  readonly store: Store;
  readonly log: Log;
}

/** Slack's clock and ours differ by that much at most, either way. */
const CLOCK_DIFFERENCE_S = 5 * 60;
/** Twice the difference of clocks: after that the clock refuses a replay. */
const REMEMBERED_MS = 10 * 60_000;
/** How long the store may take to tell whether a request is new: Slack waits for 3 s in all. */
const STORE_PATIENCE_MS = 1_000;
const REMEMBERED_AT_MOST = 20_000;
/** A view of 250 kB (Slack's limit) is about three times as long in a form. */
const LONGEST_BODY_BYTES = 1024 * 1024;

type Why = 'unsigned' | 'clock' | 'signature' | 'replay';

/** What stands beside a request's body in Bolt's context, whichever handler it goes to. */
export interface Arrival {
  /** By `performance.now()`. */
  readonly arrivedAt: number;
  /** The store did not tell whether another replica has had this very request: it may be a replay. */
  readonly isUnproven: boolean;
}

/**
 * Bolt's receiver on the bot's own server: `POST /slack/events`, signed by Slack, each request once.
 * https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export class SlackRequests implements Receiver {
  readonly #options: SlackRequestsOptions;
  /** The signatures of the last minutes: what this replica has had needs no store. */
  readonly #seen = new FifoMap<true>(REMEMBERED_AT_MOST, REMEMBERED_MS);
  #app: App | undefined;

  constructor(options: SlackRequestsOptions) {
    this.#options = options;
  }

  init(app: App): void {
    this.#app = app;
  }

  /** The server is started and stopped by whoever composed it. */
  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  /** Puts the route on a scope of its own: it reads raw bytes, which nobody else may. */
  mount(scope: FastifyInstance): void {
    const { log } = this.#options;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      '*',
      { parseAs: 'buffer', bodyLimit: LONGEST_BODY_BYTES },
      (_request, body, done) => done(null, body),
    );
    scope.setErrorHandler((error, _request, reply) => {
      const { statusCode: status = 500 } = error as { statusCode?: number };
      log.warn('slack.refused', { platform: 'slack', status, ...errorFields(error) });
      return reply.code(status).send({ error: 'Bad Request' });
    });
    scope.post('/slack/events', (request, reply) => this.#answer(request, reply));
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const arrivedAt = performance.now();
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const signed = this.#signature(request.headers, bytes);
    if ('whyNot' in signed) return this.#refuse(reply, 401, signed.whyNot);
    const isFirst = await this.#isFirst(signed.signature);
    if (isFirst === false) return this.#refuse(reply, 401, 'replay');
    const body = readBody(request.headers['content-type'] ?? '', bytes);
    if (body === undefined) return this.#refuse(reply, 400, 'unreadable');
    // How Slack makes sure that it has reached the right address.
    if (body.ssl_check !== undefined) return reply.send();
    if (body.type === 'url_verification' && typeof body.challenge === 'string')
      return reply.send({ challenge: body.challenge });
    const arrival: Arrival = { arrivedAt, isUnproven: isFirst === undefined };
    const answer = await this.#process(body, request.headers, arrival);
    return answer === undefined ? this.#refuse(reply, 400, 'notUnderstood') : reply.send(answer.body);
  }

  /** Bolt's answer as soon as it acknowledges; undefined where it never does. What is left goes on after the answer. */
  #process(
    body: Record<string, unknown>,
    headers: FastifyRequest['headers'],
    arrival: Arrival,
  ): Promise<{ readonly body: unknown } | undefined> {
    return new Promise((resolve) => {
      const ack = async (response?: unknown) => resolve({ body: response ?? '' });
      const retry = Number(headers['x-slack-retry-num']);
      const event = {
        body,
        ack,
        customProperties: { ...arrival },
        ...(Number.isInteger(retry) ? { retryNum: retry } : {}),
      };
      const processed = this.#app?.processEvent(event) ?? Promise.resolve();
      processed
        .catch((error: unknown) => this.#options.log.error('slack.failed', errorFields(error)))
        .finally(() => resolve(undefined));
    });
  }

  #signature(
    headers: FastifyRequest['headers'],
    body: Buffer,
  ): { readonly signature: string } | { readonly whyNot: Why } {
    const { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature } = headers;
    if (typeof signature !== 'string' || typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) {
      return { whyNot: 'unsigned' };
    }
    const { signingSecret } = this.#options;
    const difference = Math.abs(Date.now() / 1000 - Number(timestamp));
    if (difference > CLOCK_DIFFERENCE_S) return { whyNot: 'clock' };
    const mac = createHmac('sha256', signingSecret.reveal()).update(`v0:${timestamp}:`).update(body);
    return isSame(signature, `v0=${mac.digest('hex')}`) ? { signature } : { whyNot: 'signature' };
  }

  /** Whether no replica has had this very request before; undefined where the store does not tell. */
  async #isFirst(signature: string): Promise<boolean | undefined> {
    const key = createHash('sha256').update(signature).digest('base64url');
    if (this.#seen.get(key) === true) return false;
    this.#seen.set(key, true);
    return inTime(this.#options.store.claim(`slack-request/${key}`, REMEMBERED_MS), STORE_PATIENCE_MS).then(
      (token) => token !== undefined,
      () => undefined,
    );
  }

  #refuse(
    reply: FastifyReply,
    status: 400 | 401,
    reason: Why | 'unreadable' | 'notUnderstood',
  ): FastifyReply {
    this.#options.log.warn('slack.refused', { platform: 'slack', status, reason });
    return reply.code(status).send({ error: status === 401 ? 'Unauthorized' : 'Bad Request' });
  }
}

/** Compared in a time that tells nothing of where they differ. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** JSON for events, a form for commands, a form with JSON in `payload` for the rest; undefined for anything else. */
function readBody(contentType: string, bytes: Buffer): Record<string, unknown> | undefined {
  const text = bytes.toString('utf8');
  if (contentType.startsWith('application/json')) return readJson(text);
  if (!contentType.startsWith('application/x-www-form-urlencoded')) return undefined;
  const fields = new URLSearchParams(text);
  const payload = fields.get('payload');
  return payload === null ? Object.fromEntries(fields) : readJson(payload);
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    // The parser's message quotes what it could not read.
    return undefined;
  }
}
