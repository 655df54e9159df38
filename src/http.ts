import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import { withDeadline } from './deadline.ts';
import { errorFields, type Log } from './log.ts';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';
import { Refusal } from './refusal.ts';
import { VERSION } from './version.ts';

export interface HttpOptions {
  readonly log: Log;
  /** Undefined: they are exposed elsewhere. */
  readonly metrics: Pick<Metrics, 'expose'> | undefined;
  readonly readiness: Pick<Readiness, 'failed'>;
  readonly limits?: Limits;
}

export interface Limits {
  /** A route may ask for another. */
  readonly bodyBytes: number;
  readonly headersBytes: number;
  /** To send all headers; to send the whole request. */
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Without a byte in either direction: longer than the longest answer, a connection test of 20 s. */
  readonly idleTimeoutMs: number;
}

export const LIMITS: Limits = {
  bodyBytes: 256 * 1024,
  headersBytes: 16 * 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 20_000,
  idleTimeoutMs: 40_000,
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
export function createHttp({ log, metrics, readiness, limits = LIMITS }: HttpOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestTimeoutMs,
    connectionTimeout: limits.idleTimeoutMs,
    // A click that comes on an open connection while the server stops is still answered.
    return503OnClosing: false,
    http: {
      maxHeaderSize: limits.headersBytes,
      headersTimeout: limits.headersTimeoutMs,
      // Node looks for slow clients that often, by default every 30 s.
      connectionsCheckingInterval: Math.min(2_000, limits.headersTimeoutMs),
    },
    frameworkErrors: (error, _request, reply) => refuse(reply.headers(SAFE_HEADERS), error.statusCode ?? 400),
    clientErrorHandler: hangUp,
  });
  app.removeContentTypeParser('text/plain');
  closeSilentConnections(app);

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
    const status = refusalStatus(error);
    if (status !== undefined) return refuse(reply, status);
    log.error('http.failed', { route: request.routeOptions.url, ...errorFields(error) });
    return refuse(reply, 500);
  });

  app.get('/healthz', () => ({ status: 'ok', version: VERSION }));
  // Why it is not ready is told on the private port, and by the doctor.
  app.get('/readyz', async (_request, reply) => {
    const failed = await readiness.failed();
    if (failed.length === 0) return { status: 'ok' };
    return reply.code(503).send({ status: 'unavailable', failed: failed.map(({ check }) => check) });
  });
  if (metrics !== undefined)
    app.get('/metrics', async (_request, reply) => {
      const { contentType, text } = await metrics.expose('public');
      return reply.type(contentType).send(text);
    });
  return app;
}

/** Opens the port, and gives it. Throws a {@link Refusal} that names the variable where it cannot be opened. */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
  prefix: '' | 'API_' = '',
): Promise<number> {
  try {
    return Number(new URL(await app.listen({ host, port })).port);
  } catch (cause) {
    const line = whyNotListening((cause as NodeJS.ErrnoException).code, port, prefix);
    throw line === undefined ? cause : new Refusal(line, { cause });
  }
}

function whyNotListening(code: string | undefined, port: number, prefix: string): string | undefined {
  switch (code) {
    case 'EADDRINUSE':
      return `${prefix}PORT : le port ${port} est déjà pris sur cette machine ; arrêtez le programme qui l’occupe, ou donnez un autre ${prefix}PORT`;
    case 'EACCES':
      return `${prefix}PORT : le bot n’a pas le droit d’ouvrir le port ${port} ; donnez un ${prefix}PORT au-dessus de 1023`;
    case 'EADDRNOTAVAIL':
      return `${prefix}HOST : cette machine n’a pas cette adresse ; donnez 0.0.0.0, ou une des siennes`;
    default:
      return undefined;
  }
}

/**
 * Has the stop close every connection on which no request has come yet. Node takes such a one for busy, so that whoever
 * only keeps a connection open would hold the stop up to its deadline.
 */
export function closeSilentConnections(app: FastifyInstance): void {
  const silent = new Set<Socket>();
  app.server.on(app.server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', ({ socket }: IncomingMessage) => silent.delete(socket));
  app.addHook('preClose', (done) => {
    for (const socket of silent) socket.destroy();
    done();
  });
}

/**
 * Stops the server: no new connection, what has begun is finished, then the `onClose` hooks of the channels run.
 * What is not finished after `timeoutMs` is cut off.
 */
export async function stopHttp(app: FastifyInstance, timeoutMs = 10_000): Promise<void> {
  // Node closes the connections that are idle now; those that were answering become idle later.
  const idlers = setInterval(() => app.server.closeIdleConnections(), 50);
  await withDeadline(app.close(), timeoutMs, () => app.server.closeAllConnections());
  clearInterval(idlers);
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send({ error: STATUS_CODES[status] });
}

/** The status by which a request is refused for what it is; undefined where the fault is ours. Anything may be thrown. */
function refusalStatus(error: unknown): number | undefined {
  try {
    const { statusCode } = error as { readonly statusCode?: number };
    return statusCode !== undefined && statusCode >= 400 && statusCode < 500 && statusCode in STATUS_CODES
      ? statusCode
      : undefined;
  } catch {
    return undefined;
  }
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
