import { expect, test } from '@jest/globals';
import { AddressRefused, ServiceAddresses } from '../../src/bot/teams/service-address.ts';

const publicCloud = new ServiceAddresses([]);

test.each([
  'https://smba.trafficmanager.net/teams/',
  'https://smba.trafficmanager.net/emea/c0ffee00-0000-4000-8000-000000000001/',
  'https://smba.onyx.prod.teams.trafficmanager.net/',
  'https://smba.infra.gcc.teams.microsoft.com/teams',
])('calls go to %s', (address) => {
  expect(publicCloud.allowed(address)).toBe(address);
});

test.each([
  ['another host under the same domain', 'https://evil.trafficmanager.net/teams/'],
  ['a host that begins like it', 'https://smba.trafficmanager.net.evil.example/'],
  ['a host that ends like it', 'https://xsmba.trafficmanager.net/'],
  ['the domain', 'https://trafficmanager.net/'],
  ['another port', 'https://smba.trafficmanager.net:8443/'],
  ['plain HTTP', 'http://smba.trafficmanager.net/teams/'],
  ['another scheme', 'ftp://smba.trafficmanager.net/'],
  ['a user', 'https://evil@smba.trafficmanager.net/'],
  ['a password', 'https://:evil@smba.trafficmanager.net/'],
  ['the host as a user', 'https://smba.trafficmanager.net@evil.example/'],
  ['the host as a user, in another way', 'https://evil.example\\@smba.trafficmanager.net/'],
  ['a question', 'https://smba.trafficmanager.net/?x=https://evil.example'],
  ['a fragment', 'https://smba.trafficmanager.net/#x'],
  ['a dot at the end', 'https://smba.trafficmanager.net./teams/'],
  ['this machine', 'http://127.0.0.1:3978/'],
  ['a sovereign cloud that nobody configured', 'https://smba.infra.gov.teams.microsoft.us/teams'],
  ['no address', 'smba.trafficmanager.net'],
  ['nothing', ''],
])('calls do not go to %s', (_what, address) => {
  expect(publicCloud.allowed(address)).toBeUndefined();
});

test('an address is written in one way', () => {
  expect(publicCloud.allowed('HTTPS://SMBA.TrafficManager.NET:443\\teams/../emea')).toBe(
    'https://smba.trafficmanager.net/emea',
  );
});

test('calls also go to what the configuration adds, and to nothing beside it', () => {
  const added = new ServiceAddresses(['https://smba.teams.sovcloud-core.fr', 'http://127.0.0.1:4000']);
  expect(added.allowed('https://smba.teams.sovcloud-core.fr/teams/')).toBeDefined();
  expect(added.allowed('http://127.0.0.1:4000/')).toBeDefined();
  expect(added.allowed('https://smba.trafficmanager.net/teams/')).toBeDefined();
  expect(added.allowed('http://127.0.0.1:4001/')).toBeUndefined();
  expect(added.allowed('http://smba.teams.sovcloud-core.fr/teams/')).toBeUndefined();
});

test('the demo calls this machine only', () => {
  const demo = new ServiceAddresses('loopback');
  for (const host of ['localhost', '127.0.0.1', '127.255.0.9', '[::1]'])
    expect(demo.allowed(`http://${host}:4000/`)).toBe(`http://${host}:4000/`);
  for (const host of [
    'smba.trafficmanager.net',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '0.0.0.0',
  ])
    expect(demo.allowed(`http://${host}/`)).toBeUndefined();
  expect(demo.allowed('ftp://localhost/')).toBeUndefined();
});

test('an address that is refused is told by its host', () => {
  expect(new AddressRefused('https://evil.example:8443/x?y').code).toBe('evil.example');
  expect(new AddressRefused('x').code).toBe('none');
});
