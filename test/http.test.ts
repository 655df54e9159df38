import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { STATUS_CODES } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { createHttp, type HttpOptions, LIMITS, stopHttp } from '../src/http.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { Readiness, type ReadinessOptions } from '../src/readiness.ts';
import { until } from './until.ts';

const CANARY = 'goZckgkKevikl';
const running: FastifyInstance[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => stopHttp(app, 0)));
});

interface TestServer {
  readonly app: FastifyInstance;
  readonly url: string;
  readonly port: number;
  readonly log: string[];
  /** Resolves once `/slow` has begun to work, with what lets it end. */
  readonly slowBegan: Promise<() => void>;
}

interface TestOptions extends Partial<HttpOptions> {
  readonly checks?: ReadinessOptions['checks'];
  readonly checkTimeoutMs?: number;
}

/** The server, with a few routes to go wrong on, and those that `more` adds. */
async function start(
  { checks = {}, checkTimeoutMs, ...options }: TestOptions = {},
  more: (app: FastifyInstance) => void = () => undefined,
): Promise<TestServer> {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const app = createHttp({
    log,
    metrics: createMetrics(),
    readiness: new Readiness({
      checks,
      log,
      ...(checkTimeoutMs === undefined ? {} : { timeoutMs: checkTimeoutMs }),
    }),
    ...options,
  });
  running.push(app);
  app.post('/echo', (request) => ({ body: request.body }));
  app.post('/small', { bodyLimit: 10 }, () => ({}));
  app.post('/fails', () => {
    throw new Error(CANARY);
  });
  const slowBegan = new Promise<() => void>((began) => {
    app.post('/slow', () => new Promise((end) => began(() => end({}))));
  });
  more(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { app, url, port: Number(new URL(url).port), log: lines, slowBegan };
}

function post(url: string, body: string, type = 'application/json'): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
}

/** What the server says to these bytes until it hangs up. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (data) => {
      text += data;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

describe('what goes wrong', () => {
  test.each<[string, number, (url: string) => Promise<Response>]>([
    ['an unknown path', 404, (url) => fetch(`${url}/${CANARY}`)],
    ['a path that fastify would read as a pattern', 404, (url) => fetch(`${url}/echo*${CANARY}`)],
    ['another method', 405, (url) => fetch(`${url}/echo?${CANARY}`, { method: 'PUT', body: CANARY })],
    ['a path that is no path', 400, (url) => fetch(`${url}/%${CANARY}`)],
    ['JSON that does not parse', 400, (url) => post(`${url}/echo`, `{"a": ${CANARY}}`)],
    ['an empty body', 400, (url) => post(`${url}/echo`, '')],
    [
      'JSON that would poison a prototype',
      400,
      (url) => post(`${url}/echo`, `{"__proto__":{"${CANARY}":1}}`),
    ],
    ['another type of body', 415, (url) => post(`${url}/echo`, CANARY, 'text/plain')],
    ['a form where JSON is read', 415, (url) => post(`${url}/echo`, CANARY, `x/${CANARY}`)],
    ['a body of 10 MB', 413, (url) => post(`${url}/echo`, JSON.stringify(CANARY.repeat(800_000)))],
    ["a body over the route's own limit", 413, (url) => post(`${url}/small`, JSON.stringify(CANARY))],
    ['a route that throws', 500, (url) => post(`${url}/fails`, '{}')],
  ])('%s gets %d in JSON that repeats nothing', async (_name, status, send) => {
    const { url, log } = await start();
    const response = await send(url);
    const text = await response.text();
    expect(response.status).toBe(status);
    expect(Object.keys(JSON.parse(text))).toEqual(['error']);
    expect(text + JSON.stringify([...response.headers]) + log.join()).not.toContain(CANARY);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a method that a path does not take is told those that it takes', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/healthz`, { method: 'DELETE' });
    expect(response.headers.get('allow')).toBe('GET, HEAD');
    expect((await fetch(`${url}/echo`, { method: 'HEAD' })).status).toBe(405);
  });

  test('a route that throws is logged with its frames and without its message', async () => {
    const { url, log } = await start();
    await post(`${url}/fails`, '{}');
    expect(log).toHaveLength(1);
    expect(JSON.parse(log[0] ?? '')).toMatchObject({
      event: 'http.failed',
      route: '/fails',
      error: 'Error',
      stack: expect.stringContaining('http.test.ts'),
    });
  });

  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const throwing = {
    get statusCode() {
      throw new Error(CANARY);
    },
  };
  test.each<[string, unknown, number]>([
    ['nothing', undefined, 500],
    ['null', null, 500],
    ['a text', CANARY, 500],
    ['a number', 404, 500],
    ['a proxy that throws', revoked.proxy, 500],
    ['an object whose status throws', throwing, 500],
    ['an error with a status that is none', { statusCode: CANARY }, 500],
    ['an error with a status that HTTP does not know', { statusCode: 450.5 }, 500],
    ['an error with a status of ours', { statusCode: 503 }, 500],
    ['an error with a good status', { statusCode: 204 }, 500],
    ['a refusal', { statusCode: 404 }, 404],
  ])('a route may throw anything: %s', async (_name, thrown, status) => {
    const { url, log } = await start({}, (app) => {
      app.get('/sync', () => {
        throw thrown;
      });
      app.get('/async', () => Promise.reject(thrown));
    });
    for (const path of ['/sync', '/async']) {
      const response = await fetch(url + path);
      expect([response.status, await response.json()]).toEqual([status, { error: STATUS_CODES[status] }]);
    }
    expect(log.map((line) => JSON.parse(line).event)).toEqual(
      status === 500 ? ['http.failed', 'http.failed'] : [],
    );
    expect(log.join()).not.toContain(CANARY);
  });

  test('bytes that are not HTTP, and headers that are too long, are answered and cut off', async () => {
    const { port } = await start();
    const noise = await raw(port, `${CANARY}\r\n\r\n`);
    expect(noise).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n.*nosniff.*\{"error":"Bad Request"\}$/s);
    const long = await raw(port, `GET /healthz HTTP/1.1\r\nhost: x\r\nx: ${CANARY.repeat(2_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 .*\{"error":"Request Header Fields Too Large"\}$/s);
    expect(noise + long).not.toContain(CANARY);
  });

  test('a client that dawdles over its headers or its body is cut off', async () => {
    const { port } = await start({ limits: { ...LIMITS, headersTimeoutMs: 200, requestTimeoutMs: 400 } });
    const [headers, body] = await Promise.all([
      raw(port, 'POST /echo HTTP/1.1\r\nhost: x\r\n'),
      raw(
        port,
        'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
      ),
    ]);
    expect(headers).toMatch(/^HTTP\/1\.1 408 /);
    expect(body).toMatch(/^(HTTP\/1\.1 408 |$)/);
  });
});

test('every answer carries the safe headers and no banner', async () => {
  const { url } = await start();
  for (const path of ['/healthz', '/readyz', '/metrics', '/nothing']) {
    const { headers } = await fetch(url + path);
    expect(Object.fromEntries(headers)).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(headers.has('server') || headers.has('x-powered-by')).toBe(false);
  }
});

test('a channel reads other bodies within its own plugin, and nobody else does', async () => {
  const form = 'application/x-www-form-urlencoded';
  const { url } = await start({}, (app) => {
    app.register((scope, _options, done) => {
      scope.addContentTypeParser(form, { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
      scope.post('/raw', (request) => ({ bytes: (request.body as Buffer).toString('hex') }));
      done();
    });
  });
  expect(await (await post(`${url}/raw`, 'a=%20', form)).json()).toEqual({ bytes: '613d253230' });
  expect((await post(`${url}/echo`, 'a=1', form)).status).toBe(415);
});

describe('being ready', () => {
  const fine = async () => undefined;

  test('is 200 when all checks pass', async () => {
    const { url } = await start({ checks: { store: fine } });
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('is 503 with the names of the checks that fail or hang, while the process is alive', async () => {
    const { url, log } = await start({
      checks: {
        fine,
        store: () => Promise.reject(new Error(CANARY)),
        clock: () => new Promise(() => undefined),
      },
      checkTimeoutMs: 50,
    });
    const response = await fetch(`${url}/readyz`);
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: 'unavailable', failed: ['store', 'clock'] },
    ]);
    expect(log.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'ready.failed', check: 'store', error: 'Error' },
      { event: 'ready.failed', check: 'clock', error: 'TimeoutError' },
    ]);
    expect(log.join()).not.toContain(CANARY);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

test('a check may throw anything, and at once: it fails', async () => {
  const { url } = await start({
    checks: {
      nothing: () => Promise.reject(undefined),
      atOnce: () => {
        throw null;
      },
    },
  });
  const response = await fetch(`${url}/readyz`);
  expect([response.status, await response.json()]).toEqual([
    503,
    { status: 'unavailable', failed: ['nothing', 'atOnce'] },
  ]);
});

test('a hundred who ask at once whether it is ready make one check, and those who ask later another one', async () => {
  let checks = 0;
  let asked = 0;
  let pass: () => void = () => undefined;
  const { app } = await start(
    {
      checks: {
        store: () => {
          checks += 1;
          return new Promise<void>((resolve) => {
            pass = resolve;
          });
        },
      },
    },
    (instance) => {
      instance.addHook('preHandler', async () => void asked++);
    },
  );
  for (const round of [1, 2]) {
    const answers = Array.from({ length: 100 }, () => app.inject('/readyz'));
    await until(() => asked === 100 * round && checks === round);
    pass();
    expect((await Promise.all(answers)).filter(({ statusCode }) => statusCode !== 200)).toEqual([]);
    expect(checks).toBe(round);
  }
});

describe('stopping', () => {
  test('finishes what has begun, runs what the channels asked for, and takes nothing new', async () => {
    const order: string[] = [];
    const { app, url, slowBegan } = await start({}, (instance) => {
      instance.addHook('onClose', async () => void order.push('closed'));
      instance.addHook('onResponse', async () => void order.push('answered'));
    });
    const pending = post(`${url}/slow`, '{}');
    const end = await slowBegan;
    const stopping = stopHttp(app);
    await until(() =>
      fetch(`${url}/healthz`).then(
        () => false,
        () => true,
      ),
    );
    expect(order).toEqual([]);
    end();
    const [{ status }] = await Promise.all([pending, stopping]);
    expect(status).toBe(200);
    expect(order).toEqual(['answered', 'closed']);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });

  test('waits for no connection on which nothing has come', async () => {
    // Nothing else would ever end it.
    const { app, port } = await start({ limits: { ...LIMITS, idleTimeoutMs: 0 } });
    const met = once(app.server, 'connection');
    const socket = connect(port, '127.0.0.1');
    const closed = once(socket, 'close');
    await met;
    await stopHttp(app, 600_000);
    await closed;
  }, 60_000);

  test('cuts off what is not finished in time', async () => {
    const { app, url, slowBegan } = await start();
    const pending = post(`${url}/slow`, '{}');
    const outcome = expect(pending).rejects.toThrow();
    await slowBegan;
    // Nothing else would ever end it.
    await stopHttp(app, 20);
    await outcome;
  });
});

test('/healthz and /metrics say which version runs', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const { url } = await start();
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok', version });
  const text = await (await fetch(`${url}/metrics`)).text();
  expect(text).toContain(`chorus_bot_build_info{version="${version}",node="${process.version}"} 1\n`);
});

test('/metrics shows what was counted, as Prometheus reads it', async () => {
  const metrics = createMetrics();
  metrics.turn('teams', 'clicked', 'answered', 0.04);
  metrics.turn('teams', 'clicked', 'answered', 0.2);
  metrics.connectionTest('refused', 'refused: technical account');
  const { url } = await start({ metrics });
  const response = await fetch(`${url}/metrics`);
  const text = await response.text();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  expect(text).toContain('chorus_bot_turns_total{platform="teams",kind="clicked",outcome="answered"} 2\n');
  expect(text).toContain('chorus_bot_turn_seconds_bucket{le="0.05",platform="teams",kind="clicked"} 1\n');
  expect(text).toContain(
    'chorus_bot_connection_tests_total{outcome="refused",class="refused: technical account"} 1\n',
  );
  expect(text).toContain('process_resident_memory_bytes');
});
