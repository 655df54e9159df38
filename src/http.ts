import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { errorFields, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export interface HttpOptions {
  readonly log: Log;
  readonly metrics: Metrics;
  /** What must work for the bot to be of use, by name; a check that fails throws. */
  readonly checks: Readonly<Record<string, () => Promise<unknown>>>;
  readonly limits?: Limits;
}

/** Sizes in bytes, times in milliseconds. */
export interface Limits {
  /** A route may ask for another. */
  readonly body: number;
  readonly headers: number;
  /** To send all headers; to send the whole request. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** Without a byte in either direction: longer than the longest answer, a connection test of 20 s. */
  readonly idleTimeout: number;
  readonly check: number;
}

export const LIMITS: Limits = {
  body: 256 * 1024,
  headers: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 20_000,
  idleTimeout: 40_000,
  check: 2_000,
};

const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * The server on which the channels put their routes: `/healthz`, `/readyz`, `/metrics`, and for everything
 * that goes wrong a JSON answer that repeats nothing of what was sent.
 *
 * It reads JSON only. A channel that needs another body, or its raw bytes for a signature, registers its own
 * content type parser within its own plugin (`app.register`), where nobody else sees it. One that hijacks the
 * reply to write the raw answer itself sends `reply.getHeaders()` with it, or the safe headers are lost.
 */
export function createHttp({ log, metrics, checks, limits = LIMITS }: HttpOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: limits.body,
    requestTimeout: limits.requestTimeout,
    connectionTimeout: limits.idleTimeout,
    // A click that comes on an open connection while the server stops is still answered.
    return503OnClosing: false,
    http: {
      maxHeaderSize: limits.headers,
      headersTimeout: limits.headersTimeout,
      // Node looks for slow clients that often, by default every 30 s.
      connectionsCheckingInterval: Math.min(2_000, limits.headersTimeout),
    },
    frameworkErrors: (error, _request, reply) => refuse(reply.headers(SAFE_HEADERS), error.statusCode ?? 400),
    clientErrorHandler: hangUp,
  });
  app.removeContentTypeParser('text/plain');

  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(SAFE_HEADERS);
    done();
  });
  // Kept here, since fastify would read what was asked for as the pattern of a route, and throw on some.
  const methods = new Map<string, string>();
  app.addHook('onRoute', ({ url, method }) => {
    methods.set(url, [methods.get(url) ?? [], method].flat().join(', '));
  });
  app.setNotFoundHandler((request, reply) => {
    const [path = '/'] = request.url.split('?', 1);
    const allow = methods.get(path);
    return allow === undefined ? refuse(reply, 404) : refuse(reply.header('allow', allow), 405);
  });
  app.setErrorHandler((error, request, reply) => {
    const { statusCode = 500 } = error as { statusCode?: number };
    if (statusCode >= 400 && statusCode < 500) return refuse(reply, statusCode);
    log.error('http.failed', { route: request.routeOptions.url, ...errorFields(error) });
    return refuse(reply, 500);
  });

  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const results = await Promise.all(
      Object.entries(checks).map(async ([name, check]) => {
        const error = await failure(check, limits.check);
        if (error !== undefined) log.warn('ready.failed', { check: name, ...errorFields(error) });
        return { name, error };
      }),
    );
    const failed = results.filter(({ error }) => error !== undefined).map(({ name }) => name);
    return failed.length === 0 ? { status: 'ok' } : reply.code(503).send({ status: 'unavailable', failed });
  });
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metrics.expose();
    return reply.type(contentType).send(text);
  });
  return app;
}

/**
 * Stops the server: no new connection, what has begun is finished, then the `onClose` hooks of the channels run.
 * What is not finished after `withinMs` is cut off.
 */
export async function stopHttp(app: FastifyInstance, withinMs = 10_000): Promise<void> {
  const enough = new AbortController();
  const tooLate = wait(withinMs, undefined, { signal: enough.signal }).then(
    () => app.server.closeAllConnections(),
    () => undefined,
  );
  // Node closes the connections that are idle now; those that were answering become idle later.
  const idlers = setInterval(() => app.server.closeIdleConnections(), 50);
  await Promise.race([app.close(), tooLate]);
  clearInterval(idlers);
  enough.abort();
}

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send({ error: STATUS_CODES[status] });
}

/** What the check threw, or that it took too long; undefined when it passed. */
async function failure(check: () => Promise<unknown>, withinMs: number): Promise<unknown> {
  const enough = new AbortController();
  const failed = check().then(
    () => undefined,
    (error: unknown) => error,
  );
  const tooLate = wait(withinMs, new TimeoutError(), { signal: enough.signal });
  const error = await Promise.race([failed, tooLate.catch(() => undefined)]);
  enough.abort();
  return error;
}

/** Answers what never became a request: headers too long or too slow, bytes that are not HTTP. */
function hangUp(error: { readonly code: string }, socket: Socket): void {
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  if (socket.writable && error.code !== 'ECONNRESET') {
    const headers = Object.entries({
      ...SAFE_HEADERS,
      'content-type': 'application/json',
      connection: 'close',
    });
    const head = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${head}\r\n{"error":"${STATUS_CODES[status]}"}`,
    );
  }
  socket.destroySoon();
}
