import { randomInt, randomUUID } from 'node:crypto';
import { format } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { CompactSign, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { APP, claims, ISSUER, SERVICE, TENANT, TeamsEndpoint } from '../teams/teams-endpoint.ts';
import { hitsIn, newMark } from './canary.ts';
import { tell, volume } from './volume.ts';

const FORGED = volume(400, 10_000);
const HONEST = volume(50, 1_000);
/** In a claim of every token, and so in no line that is logged or printed. */
const MARK = newMark();

interface Attempt {
  readonly authorization: string | undefined;
  /** What is changed of an honest activity. */
  readonly activity?: Record<string, unknown>;
}

let endpoint: TeamsEndpoint;
let elliptic: Awaited<ReturnType<typeof generateKeyPair>>;
const printed: string[] = [];
let forged = 0;
let accepted = 0;
let honest = 0;
let admitted = 0;

beforeAll(async () => {
  for (const way of ['error', 'warn', 'log'] as const) {
    jest.spyOn(console, way).mockImplementation((...words) => void printed.push(format(...words)));
  }
  endpoint = await TeamsEndpoint.open();
  elliptic = await generateKeyPair('ES256');
});
afterAll(async () => {
  await endpoint.close();
  tell('tokens', { forged, accepted, honest, admitted });
});

const evil = () => `https://${randomUUID()}.example/`;
const bearer = async (token: Promise<string> | string) => ({ authorization: `Bearer ${await token}` });
/** Signed with the right key, and wrong in what it says. */
const saying = (change: Record<string, unknown>) => bearer(endpoint.token({ mark: MARK, ...change }));
/** Right in what it says, and signed by a stranger. */
const fromStranger = (header: object) => bearer(endpoint.token({ mark: MARK }, endpoint.stranger, header));
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const payload = () => part({ ...claims(), mark: MARK });
const seconds = () => Math.floor(Date.now() / 1000);

/** With the public key as a shared secret, in each form in which somebody could have it. */
async function symmetric(alg: string): Promise<Attempt> {
  const secrets = [
    await exportSPKI(endpoint.honest.publicKey),
    JSON.stringify(endpoint.jwk),
    endpoint.jwk.n ?? '',
    endpoint.jwk.kid ?? '',
  ];
  const secret = new TextEncoder().encode((secrets[randomInt(secrets.length)] ?? '').padEnd(64, '\n'));
  return bearer(new SignJWT({ ...claims(), mark: MARK }).setProtectedHeader({ alg, kid: 'k1' }).sign(secret));
}

async function withParts(change: (parts: [string, string, string]) => readonly string[]): Promise<Attempt> {
  const parts = (await endpoint.token({ mark: MARK })).split('.') as [string, string, string];
  return bearer(change(parts).join('.'));
}

function flipped(text: string): string {
  const at = randomInt(text.length - 4);
  return text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
}

/** Each makes another one each time. */
const FORGERIES: readonly (() => Promise<Attempt>)[] = [
  // No signature at all.
  ...['none', 'None', 'NONE', 'nOnE', ''].map(
    (alg) => () => bearer(`${part({ alg, kid: 'k1' })}.${payload()}.`),
  ),
  () => bearer(`${part({ alg: 'none' })}.${payload()}.AAAA`),
  () => withParts(([head, body]) => [head, body, '']),
  () => withParts(([head, body]) => [head, body]),
  // A signature of another kind, or by another key.
  ...['HS256', 'HS384', 'HS512'].map((alg) => () => symmetric(alg)),
  () => fromStranger({}),
  () => fromStranger({ kid: randomUUID() }),
  () => fromStranger({ kid: undefined }),
  ...['__proto__', '../k1', 'k1\u0000', 'K1', ''].map((kid) => () => fromStranger({ kid })),
  () => fromStranger({ jwk: { ...endpoint.jwk, n: 'AQAB' } }),
  () => fromStranger({ jku: evil(), x5u: evil() }),
  () =>
    bearer(
      new CompactSign(new TextEncoder().encode(JSON.stringify({ ...claims(), mark: MARK })))
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .sign(elliptic.privateKey),
    ),
  // Another audience, issuer, address or time.
  ...[TENANT, '', `${APP}x`, APP.slice(1), null, [TENANT]].map((aud) => () => saying({ aud })),
  () => saying({ aud: randomUUID() }),
  () => saying({ aud: undefined }),
  ...[`${ISSUER}/`, `${ISSUER}.evil.example`, ISSUER.toUpperCase(), '', null, [ISSUER]].map(
    (iss) => () => saying({ iss }),
  ),
  () => saying({ iss: evil() }),
  () => saying({ iss: undefined }),
  () => saying({ serviceurl: evil() }),
  () => saying({ serviceurl: `${SERVICE}x` }),
  () => saying({ serviceurl: undefined }),
  async () => ({ ...(await saying({})), activity: { serviceUrl: evil() } }),
  () => saying({ exp: seconds() - randomInt(310, 10_000_000), nbf: 0 }),
  () => saying({ nbf: seconds() + randomInt(310, 10_000_000) }),
  () => saying({ exp: 'never' }),
  // Another tenant, or another channel.
  async () => ({ ...(await saying({})), activity: { channelData: { tenant: { id: randomUUID() } } } }),
  async () => ({
    ...(await saying({})),
    activity: { channelData: null, conversation: { id: 'a:1', tenantId: APP } },
  }),
  async () => ({ ...(await saying({})), activity: { channelData: null, conversation: { id: 'a:1' } } }),
  async () => ({ ...(await saying({})), activity: { channelId: 'directline' } }),
  // Something of an honest one.
  () => withParts(([head, body, seal]) => [flipped(head), body, seal]),
  () => withParts(([head, body, seal]) => [head, flipped(body), seal]),
  () => withParts(([head, body, seal]) => [head, body, flipped(seal)]),
  () => withParts(([head, , seal]) => [head, payload().slice(0, -9), seal]),
  () =>
    withParts(([head, , seal]) => [head, part({ ...claims(), exp: seconds() + 9_999, mark: MARK }), seal]),
  () => withParts(([head, body, seal]) => [head, body, seal, seal]),
  () => withParts(([head, body, seal]) => [seal, body, head]),
  () => withParts((parts) => [parts.join('.').slice(0, randomInt(10, 200))]),
  async () => ({ authorization: undefined }),
  async () => ({ authorization: 'Bearer' }),
  async () => ({ authorization: `Basic ${Buffer.from(`${APP}:${MARK}`).toString('base64')}` }),
  async () => ({ authorization: await endpoint.token({ mark: MARK }) }),
  async () => ({ authorization: `Bearer Bearer ${await endpoint.token({ mark: MARK })}` }),
  async () => ({ authorization: `Bearer ${'x.'.repeat(3_000)}` }),
  async () => ({ authorization: `Bearer ${part({ alg: 'RS256' })}.${randomUUID()}.${randomUUID()}` }),
];

test('no forged token is let in', async () => {
  for (; forged < FORGED; forged++) {
    const { authorization, activity } = await (
      FORGERIES[forged % FORGERIES.length] as () => Promise<Attempt>
    )();
    const before = endpoint.answered;
    const { status } = await endpoint.click(authorization, activity);
    if (endpoint.answered > before) accepted += 1;
    if (status !== 401 && status !== 403) throw new Error(`${status} for ${authorization}`);
  }
  expect(forged).toBeGreaterThanOrEqual(FORGERIES.length);
  expect(accepted).toBe(0);
});

test('every honest one is', async () => {
  for (; honest < HONEST; honest++) {
    const now = seconds();
    // As old, and as young, as the five minutes allow by which clocks may differ.
    const token = await endpoint.token({
      mark: MARK,
      nbf: now + randomInt(-3_000, 240),
      exp: now + randomInt(-240, 3_600),
    });
    const { status } = await endpoint.click(`Bearer ${token}`);
    if (status === 200) admitted += 1;
  }
  expect(admitted).toBe(HONEST);
  expect(endpoint.answered).toBe(HONEST);
});

test('nothing is printed, and nothing that a token says is logged', () => {
  expect(printed).toEqual([]);
  expect(endpoint.lines.length).toBeGreaterThan(0);
  expect(hitsIn(endpoint.lines.join(''), MARK)).toEqual([]);
});
