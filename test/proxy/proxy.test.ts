import { createHash } from 'node:crypto';
import http, { createServer, type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getGlobalDispatcher, setGlobalDispatcher, WebSocket } from 'undici';
import { slackFetch } from '../../src/bot/slack/fetch.ts';
import { SigningKeys } from '../../src/bot/teams/signing-keys.ts';
import { ChorusClient } from '../../src/chorus/client.ts';
import { createLog } from '../../src/log.ts';
import { dispatcherFor, type ProxyConfig, proxyOf, useProxy } from '../../src/proxy.ts';
import { Secret } from '../../src/secret.ts';
import { Piste } from '../chorus/piste.ts';
import { ProxyProcess } from './proxy.ts';

const UNHURRIED = { connect: 30_000, test: 90_000 };

let proxy: ProxyProcess;
let config: ProxyConfig;
const piste = new Piste();

beforeAll(async () => {
  proxy = new ProxyProcess();
  const url = await proxy.start();
  config = { httpsProxy: url, httpProxy: url, noProxy: 'direct.test, .inside.test:81' };
  await piste.start();
});
afterAll(async () => {
  await piste.stop();
  await proxy.stop();
});

function clientBehind(given: ProxyConfig | undefined, host = 'piste.test'): ChorusClient {
  const port = new URL(piste.url).port;
  return new ChorusClient({
    tokenUrl: `http://${host}:${port}/api/oauth/token`,
    apiUrl: `http://${host}:${port}`,
    piste: { clientId: piste.clientId, clientSecret: new Secret(piste.clientSecret) },
    timeouts: UNHURRIED,
    proxy: given,
  });
}

async function verdictBehind(given: ProxyConfig | undefined, host?: string) {
  const client = clientBehind(given, host);
  return client
    .testConnection({ login: piste.login }, new Secret(piste.password))
    .finally(() => client.close());
}

describe('the connection test', () => {
  test('goes through the proxy, which alone knows the name', async () => {
    expect(await verdictBehind(config)).toMatchObject({ outcome: 'accepted' });
    expect(proxy.seen.join()).toContain('piste.test');
    expect(await verdictBehind(undefined)).toMatchObject({ reason: 'dns' });
  });

  test('goes past it where NO_PROXY says so', async () => {
    const before = proxy.seen.length;
    expect(await verdictBehind({ ...config, noProxy: '127.0.0.1' }, '127.0.0.1')).toMatchObject({
      outcome: 'accepted',
    });
    expect(proxy.seen).toHaveLength(before);
  });

  test('names the proxy that is not there, or asks for a password, or reaches nobody', async () => {
    const nobody = { ...config, httpProxy: 'http://127.0.0.1:1' };
    expect(await verdictBehind(nobody)).toMatchObject({
      reason: 'proxy',
      diagnosis: { proxy: '127.0.0.1:1', code: 'ECONNREFUSED' },
    });
    const strict = new ProxyProcess('mairie:canary');
    const url = await strict.start();
    const client = new ChorusClient({
      tokenUrl: 'https://piste.test:1/token',
      apiUrl: 'https://piste.test:1',
      piste: { clientId: 'a', clientSecret: new Secret('b') },
      timeouts: UNHURRIED,
      proxy: { httpsProxy: url, httpProxy: undefined, noProxy: undefined },
    });
    const refused = await client.testConnection({ login: 'a' }, new Secret('b'));
    expect(refused).toMatchObject({ reason: 'proxy', diagnosis: { status: 407 } });
    const known = url.replace('//', '//mairie:canary@');
    const allowed = await verdictBehind({ httpsProxy: known, httpProxy: known, noProxy: undefined });
    expect(allowed).toMatchObject({ outcome: 'accepted' });
    expect(JSON.stringify([refused, allowed])).not.toContain('canary');
    await client.close();
    await strict.stop();
  });
});

describe('once the process uses the proxy', () => {
  const before = { dispatcher: getGlobalDispatcher(), http: http.globalAgent, https: https.globalAgent };
  const upgraded = new Set<Duplex>();
  let server: Server;
  let port: number;

  beforeAll(async () => {
    server = createServer((_request, answer) => answer.end('{"ok":true}'));
    server.on('upgrade', (request, socket) => {
      socket.on('error', () => undefined);
      upgraded.add(socket);
      const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
      const accept = createHash('sha1').update(key).digest('base64');
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
      socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
    useProxy(config);
  });
  afterAll(async () => {
    for (const socket of upgraded) socket.destroy();
    await getGlobalDispatcher().destroy();
    setGlobalDispatcher(before.dispatcher);
    http.globalAgent = before.http;
    https.globalAgent = before.https;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  test('Slack is called through it', async () => {
    const answer = await slackFetch(`http://slack.test:${port}/api/auth.test`, { method: 'POST', body: '' });
    expect(await answer.text()).toBe('{"ok":true}');
    expect(proxy.seen.join()).toContain('slack.test');
  });

  test('Slack’s web socket is opened through it', async () => {
    const socket = new WebSocket(`ws://wss.slack.test:${port}/link`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve);
      socket.addEventListener('error', reject);
    });
    socket.close();
    expect(proxy.seen.join()).toContain('wss.slack.test');
  });

  test('Microsoft’s keys are fetched through it', async () => {
    const keys = new SigningKeys({
      metadataUrl: `http://keys.test:${port}/.well-known/openidconfiguration`,
      log: createLog('silent'),
    });
    // What it answers is no list of keys.
    await expect(keys.find('any')).rejects.toThrow();
    expect(proxy.seen.join()).toContain('keys.test');
  });

  test('Microsoft’s login is asked through it, by its own library', async () => {
    const application = new ConfidentialClientApplication({
      auth: {
        clientId: 'a',
        clientSecret: 'b',
        authority: `https://login.test:${port}/tenant`,
        knownAuthorities: [`login.test:${port}`],
      },
    });
    await application.acquireTokenByClientCredential({ scopes: ['x/.default'] }).catch(() => undefined);
    expect(proxy.seen).toContain(`CONNECT login.test:${port}`);
  });

  test('the connector’s calls, by node:http, go through it; those of NO_PROXY do not', async () => {
    const get = (host: string) =>
      new Promise<string>((resolve) => {
        http
          .get({ host, port, path: '/v3/conversations' }, (reply) => {
            reply.resume();
            reply.on('end', () => resolve('answered'));
          })
          .on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      });
    expect(await get('connector.test')).toBe('answered');
    expect(proxy.seen.join()).toContain('connector.test');
    expect(await get('direct.test')).toBe('ENOTFOUND');
    expect(proxy.seen.join()).not.toContain('direct.test');
  });
});

test.each([
  ['https://a.test/x', 'p:1'],
  ['http://a.test/x', 'q:2'],
  ['wss://a.test', 'p:1'],
  ['https://direct.test', undefined],
  ['https://below.direct.test', undefined],
  ['https://notdirect.test', 'p:1'],
  ['http://x.inside.test:81', undefined],
  ['http://x.inside.test', 'q:2'],
])('%s is called by way of %s', (address, host) => {
  const given = { httpsProxy: 'http://p:1', httpProxy: 'http://user:secret@q:2', noProxy: config.noProxy };
  expect(proxyOf(given, address)).toBe(host);
  expect(proxyOf({ ...given, noProxy: '*' }, address)).toBeUndefined();
});

test('without a proxy, none is used, whatever the environment says', async () => {
  process.env.HTTP_PROXY = 'http://127.0.0.1:1';
  try {
    const dispatcher = dispatcherFor({ httpsProxy: undefined, httpProxy: undefined, noProxy: undefined });
    await dispatcher.close();
    expect(await verdictBehind(undefined, '127.0.0.1')).toMatchObject({ outcome: 'accepted' });
  } finally {
    delete process.env.HTTP_PROXY;
  }
});
