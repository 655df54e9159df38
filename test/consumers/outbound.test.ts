import type { lookup } from 'node:dns';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  ForbiddenDestination,
  Outbound,
  reasonOfFailure,
  refusalOfAddress,
} from '../../src/consumers/outbound.ts';
import { Receiver, status } from './receivers.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

function resolving(...addresses: string[]): Outbound {
  const resolve = ((_host: string, _options: unknown, callback: (...args: unknown[]) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookup;
  const outbound = new Outbound({ resolve });
  opened.push(outbound);
  return outbound;
}

const asked = { method: 'GET', headers: {}, timeoutMs: 10_000 } as const;

describe('an address', () => {
  test.each([
    'http://pastell.example.fr/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fe80::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://0.0.0.0/',
    'https://100.100.100.200/',
    'https://user:pass@pastell.example.fr/',
    'ftp://pastell.example.fr/',
    'not an address',
  ])('is refused: %s', (url) => {
    expect(refusalOfAddress(url)).toEqual(expect.any(String));
  });

  test.each([
    'https://pastell.example.fr/',
    'https://10.1.2.3:8443/',
    'http://127.0.0.1:8080/',
    'http://[::1]/',
  ])('may be called: %s', (url) => {
    expect(refusalOfAddress(url)).toBeUndefined();
  });
});

test.each([
  ['a metadata service', ['169.254.169.254']],
  ['this machine', ['127.0.0.1']],
  ['an IPv4 address in IPv6 clothes', ['::ffff:169.254.1.1']],
  ['one good and one forbidden address', ['10.0.0.1', 'fe80::2']],
])('a name that leads to %s is not called', async (_, addresses) => {
  const failure = await resolving(...addresses)
    .call({ ...asked, url: 'https://pastell.example.fr/' })
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ForbiddenDestination);
});

test('a redirect is not followed', async () => {
  const receiver = await Receiver.open(status(301, { location: 'http://169.254.169.254/' }));
  opened.push(receiver);
  expect(await resolving().call({ ...asked, url: receiver.url })).toMatchObject({ status: 301 });
  expect(receiver.received).toHaveLength(1);
});

test('a server that never answers is given up in time', async () => {
  const receiver = await Receiver.open(() => undefined);
  opened.push(receiver);
  const why = await resolving()
    .call({ ...asked, url: receiver.url, timeoutMs: 50 })
    .catch(reasonOfFailure);
  expect(why).toBe('pas de réponse à temps');
});

test('the proxy is used only where the administrator says so', async () => {
  const proxy = await Receiver.open(status(200));
  opened.push(proxy);
  const outbound = new Outbound({
    proxyUrl: proxy.url,
    resolve: ((_h: string, _o: unknown, callback: (...args: unknown[]) => void) =>
      callback(new Error('no such host'))) as unknown as typeof lookup,
  });
  opened.push(outbound);
  await expect(outbound.call({ ...asked, url: 'https://pastell.example.fr/' })).rejects.toThrow(
    'no such host',
  );
  expect(proxy.received).toEqual([]);
  await expect(resolving().call({ ...asked, url: 'https://pastell.example.fr/' }, true)).rejects.toThrow(
    ForbiddenDestination,
  );
});
