import { randomBytes, randomUUID } from 'node:crypto';
import { APP, ISSUER, SERVICE } from '../teams/teams-endpoint.ts';

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const long = () => randomBytes(3_800).toString('hex');
const exp = () => Math.floor(Date.now() / 1000) + 600;

/** Tokens that nobody has signed, each with something of its own that could be kept. */
export const FORGERIES: Readonly<Record<string, () => string>> = {
  tenant: () =>
    `${part({ alg: 'none' })}.${part({ iss: `https://sts.windows.net/${long()}/`, tid: long().slice(0, 3_000), exp: exp() })}.x`,
  'tenant of 10 kB': () =>
    `${part({ alg: 'none' })}.${part({ iss: 'x', tid: randomBytes(5_000).toString('hex') })}.x`,
  'issuer of the emulator': () =>
    `${part({ alg: 'RS256', kid: 'k1' })}.${part({ iss: `https://login.microsoftonline.com/${randomUUID()}/v2.0`, tid: randomUUID(), ver: '2.0' })}.${long().slice(0, 342)}`,
  skill: () =>
    `${part({ alg: 'RS256', kid: 'k1' })}.${part({ iss: ISSUER, aud: APP, appid: randomUUID(), ver: '1.0', exp: exp() })}.${long().slice(0, 342)}`,
  key: () =>
    `${part({ alg: 'RS256', kid: randomUUID() })}.${part({ iss: ISSUER, aud: APP, serviceurl: SERVICE, exp: exp() })}.${long().slice(0, 342)}`,
  'service address': () =>
    `${part({ alg: 'RS256', kid: 'k1' })}.${part({ iss: ISSUER, aud: APP, serviceurl: `${SERVICE}${randomUUID()}`, exp: exp() })}.${long().slice(0, 342)}`,
};
