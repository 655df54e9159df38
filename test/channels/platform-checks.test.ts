import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkPlatforms } from '../../src/platform-checks.ts';
import { Secret } from '../../src/secret.ts';

/** Takes every connection, and never answers. */
let silence: Server;
const sockets = new Set<Socket>();

beforeAll(async () => {
  silence = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
  await once(silence, 'listening');
});
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  silence.close();
});

test('whatever hangs, each question ends in its time, and none counts as a refusal', async () => {
  const url = `http://127.0.0.1:${(silence.address() as AddressInfo).port}`;
  const findings = await checkPlatforms(
    {
      teams: {
        appId: '11111111-1111-4111-8111-111111111111',
        appType: 'SingleTenant',
        appPassword: new Secret('app-secret'),
        tenantId: '22222222-2222-4222-8222-222222222222',
        endpoints: {
          ToBotFromChannelOpenIdMetadataUrl: `${url}/openid`,
          ToBotFromChannelTokenIssuer: undefined,
          ToChannelFromBotLoginUrl: undefined,
          ToChannelFromBotOAuthScope: undefined,
        },
      },
      slack: {
        botToken: new Secret('xoxb-token'),
        apiUrl: `${url}/api/`,
        events: { mode: 'socket', appToken: new Secret('xapp-token') },
      },
      // Microsoft's login is asked by way of it.
      proxy: { httpsProxy: url, httpProxy: undefined, noProxy: undefined },
    },
    20,
  );
  expect(
    findings.map(({ about, failure, missingScopes }) => [about, failure?.isRefused, missingScopes]),
  ).toEqual([
    ['teamsSecret', false, []],
    ['teamsKeys', false, []],
    ['slackToken', false, []],
    ['slackAppToken', false, []],
  ]);
  expect(findings.map(({ failure }) => failure?.code)).toEqual([
    'TimeoutError',
    'TimeoutError',
    'TimeoutError',
    'TimeoutError',
  ]);
});

test('of a platform that is off nothing is asked', async () => {
  expect(await checkPlatforms({ teams: undefined, slack: undefined, proxy: undefined }, 20)).toEqual([]);
});
