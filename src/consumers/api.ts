import rateLimit from '@fastify/rate-limit';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { closeSilentConnections } from '../http.ts';
import { errorFields, type Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Readiness } from '../readiness.ts';
import { mountCredentialRoutes } from './credential-routes.ts';
import { OPENAPI } from './openapi.ts';
import type { PasswordRelease } from './release.ts';
import { isUsable, type KnownTokens, type Token } from './tokens.ts';
import { mountVaultRoutes, vaultError } from './vault-routes.ts';

export interface ApiOptions {
  readonly knownTokens: KnownTokens;
  readonly release: PasswordRelease;
  readonly readiness: Pick<Readiness, 'failed'>;
  readonly metrics: Pick<Metrics, 'expose'>;
  /** Certificate and key in PEM; absent: plain HTTP, on loopback only. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly log: Log;
  readonly now: () => Date;
}

/** Requests a minute: of one token, and from one address without a token that is known. */
const RATE = { token: 600, address: 60 } as const;
const NO_HEADERS = { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false };
const LONGEST_AUTHORIZATION = 256;
/** Whatever a parameter is called in which one of ours stands. */
const TOKEN_IN_ADDRESS = /[?&](access_)?token=|chorus_[a-z0-9]{12}_/i;
/** Characters of a login in an address. What is longer is no route, and a 404 says that an account was removed. */
const LONGEST_LOGIN = 4 * 1024;

/** Why a request has no token: nothing was sent, or what was sent is wrong in itself, or no such token may be used. */
type NoToken = 'missing' | 'malformed' | 'unknown';

/** What both kinds of routes share: who asks. */
export interface Asking {
  tokenOf(request: FastifyRequest): Token | NoToken;
}

/**
 * The private HTTP API for programs: `/v1/credentials/{login}`, the read path of Vault's KV version 2, `/openapi.json`
 * and `/metrics`. It is not listening yet.
 *
 * A request that has no usable token for the account is refused before the store is read.
 */
export async function createApi(options: ApiOptions): Promise<FastifyInstance> {
  const { knownTokens, release, readiness, metrics, tls, log, now } = options;
  const app = fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    routerOptions: { maxParamLength: LONGEST_LOGIN },
    requestTimeout: 20_000,
    connectionTimeout: 40_000,
    return503OnClosing: false,
    ...(tls === undefined ? {} : { https: { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' as const } }),
    frameworkErrors: (error, _request, reply) =>
      refuse(reply, error.statusCode ?? 400, 'The request is not valid'),
  }) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  closeSilentConnections(app);
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    done();
  });

  // The limit asks first, and the route again: a token is looked at once for each request.
  const found = new WeakMap<FastifyRequest, Token | NoToken>();
  const find = (request: FastifyRequest): Token | NoToken => {
    const given = givenToken(request);
    if (typeof given === 'string') return given;
    const token = knownTokens.find(given.text);
    return token !== undefined && isUsable(token, request.ip, now()) ? token : 'unknown';
  };
  const asking: Asking = {
    tokenOf(request) {
      const known = found.get(request) ?? find(request);
      found.set(request, known);
      return known;
    },
  };
  await app.register(rateLimit, {
    timeWindow: 60_000,
    cache: 10_000,
    keyGenerator: (request) => {
      const token = asking.tokenOf(request);
      return typeof token === 'string' ? `address ${request.ip}` : `token ${token.id}`;
    },
    max: (_request, key) => (key.startsWith('token ') ? RATE.token : RATE.address),
    // A program obeys `Retry-After`, where it asks too often. Of its other requests nobody reads how many are left.
    addHeadersOnExceeding: NO_HEADERS,
    allowList: (request) => request.routeOptions.config.isOpen === true,
    errorResponseBuilder: (_request, { ttl }) =>
      Object.assign(new Error('Too many requests'), { statusCode: 429, retryAfterMs: ttl }),
  });

  app.setNotFoundHandler((request, reply) => refuse(reply, 404, 'There is no such route', isVault(request)));
  app.setErrorHandler((error, request, reply) => {
    const { statusCode = 500, name } = error as { statusCode?: number; name?: string };
    if (statusCode >= 400 && statusCode < 500) {
      const why = statusCode === 429 ? 'Too many requests; obey Retry-After' : 'The request is not valid';
      return refuse(reply, statusCode, why, isVault(request));
    }
    log.error('api.failed', { route: request.routeOptions.url, ...errorFields(error) });
    const isUnreadable = name === 'SealBroken';
    return refuse(
      reply,
      isUnreadable ? 500 : 503,
      isUnreadable
        ? 'The stored password cannot be opened; the bot’s administrator has to act'
        : 'The store does not answer; try again later',
      isVault(request),
    );
  });

  mountCredentialRoutes(app, { asking, release, refuse });
  mountVaultRoutes(app, { asking, release, now });
  app.get('/openapi.json', { config: { isOpen: true } }, () => OPENAPI);
  // With the reason of each failure, which the public port does not give.
  app.get('/readyz', { config: { isOpen: true } }, async (_request, reply) => {
    const failed = await readiness.failed();
    return failed.length === 0 ? { status: 'ok' } : reply.code(503).send({ status: 'unavailable', failed });
  });
  app.get('/metrics', { config: { isOpen: true } }, async (_request, reply) => {
    const { contentType, text } = await metrics.expose('private');
    return reply.type(contentType).send(text);
  });
  return app;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route needs no token, and is not limited. */
    readonly isOpen?: boolean;
  }
}

export type Refuse = typeof refuse;

/** Problem details of RFC 9457, or Vault's own shape for Vault's clients. */
function refuse(reply: FastifyReply, status: number, detail: string, forVault = false): FastifyReply {
  if (forVault) return vaultError(reply, status, status === 403 ? 'permission denied' : detail);
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail }));
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

function isVault({ url }: FastifyRequest): boolean {
  return /^\/v1\/(chorus|sys|auth)\//.test(url);
}

/** `Authorization: Bearer …` or `X-Vault-Token: …`, one of them, once. A token never stands in the address. */
function givenToken(request: FastifyRequest): { readonly text: string } | Exclude<NoToken, 'unknown'> {
  const sent: string[] = [];
  const { rawHeaders } = request.raw;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase();
    if (name === 'authorization' || name === 'x-vault-token') sent.push(name);
  }
  if (TOKEN_IN_ADDRESS.test(request.url) || sent.length > 1) return 'malformed';
  const [name] = sent;
  if (name === undefined) return 'missing';
  const value = String(request.headers[name] ?? '').trim();
  if (value === '') return 'missing';
  if (value.length > LONGEST_AUTHORIZATION) return 'malformed';
  if (name === 'x-vault-token') return { text: value };
  const bearer = /^bearer +(\S+)$/i.exec(value)?.[1];
  return bearer === undefined ? 'malformed' : { text: bearer };
}
