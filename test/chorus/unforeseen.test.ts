import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { plain } from '../../src/cards/text.ts';
import { verdictSentence } from '../../src/cards/verdict-cards.ts';
import { CLASSES } from '../../src/chorus/classes.ts';
import { ChorusClient } from '../../src/chorus/client.ts';
import { diagnosisLine, reasonOfVerdict } from '../../src/chorus/diagnosis.ts';
import { Secret } from '../../src/secret.ts';

/** Many times more with `FUZZ`. */
const RUNS = Number(process.env.FUZZ ?? 200);
const PASSWORD = 'canary-of-a-password';

/** What the server writes: the bytes of an answer, and whether it hangs up in the middle. */
interface Written {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly length: 'right' | 'none' | 'too long' | 'chunked';
  readonly keeps: number;
}

let server: Server;
let url: string;
let next: { readonly token: Written; readonly api: Written };
let client: ChorusClient;

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    let asked = '';
    socket.on('data', (chunk) => {
      asked += chunk.toString('latin1');
      const length = /content-length: (\d+)/i.exec(asked)?.[1];
      const end = asked.indexOf('\r\n\r\n') + 4;
      if (end < 4 || asked.length < end + Number(length ?? 0)) return;
      const written = asked.startsWith('POST /token') ? next.token : next.api;
      asked = '';
      socket.end(bytesOf(written));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function bytesOf({ status, headers, body, length, keeps }: Written): Buffer {
  const told = {
    right: [`content-length: ${body.length}`],
    none: [],
    'too long': [`content-length: ${body.length + 7}`],
    chunked: ['transfer-encoding: chunked'],
  }[length];
  const lines = [`HTTP/1.1 ${status} Any`, 'connection: close', ...told];
  const head = [...lines, ...headers.map(([name, value]) => `${name}: ${value}`)].join('\r\n');
  const chunks =
    length === 'chunked' && body.length > 0
      ? Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')])
      : body;
  const whole = Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), chunks]);
  return whole.subarray(0, Math.ceil(whole.length * keeps));
}

const nested = (depth: number) => Buffer.from(`${'['.repeat(depth)}${']'.repeat(depth)}`);
const word = fc.constantFrom(
  PASSWORD,
  'invalid_token',
  'Utilisateur verrouillé',
  '\u202e\u0000\n',
  '<html>',
  'TRA_MSG_00.015',
);
const business = fc.record(
  {
    codeRetour: fc.oneof(fc.constantFrom(0, 401, 20000, 20003), fc.anything({ maxDepth: 1 })),
    libelle: fc.oneof(word, fc.anything({ maxDepth: 1 })),
    access_token: fc.oneof(fc.string(), fc.anything({ maxDepth: 1 })),
    expires_in: fc.oneof(fc.integer(), fc.anything({ maxDepth: 1 })),
    listeStructureRattachement: fc.oneof(fc.array(fc.anything({ maxDepth: 2 })), fc.anything()),
    parametresRetour: fc.oneof(fc.record({ pages: fc.oneof(fc.integer(), fc.anything()) }), fc.anything()),
  },
  { requiredKeys: [] },
);
const json = (value: unknown) => Buffer.from(JSON.stringify(value, inText) ?? '');
const inText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);
const body = fc.oneof(
  { weight: 4, arbitrary: business.map(json) },
  { weight: 1, arbitrary: business.map((value) => Buffer.from(json(value).toString(), 'latin1')) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4_000 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 20_000 }).map(nested) },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(5 * 1024 * 1024, 0x20)) },
);
const headerText = fc.string({ unit: 'grapheme-ascii', maxLength: 40 });
const header = fc.oneof(
  fc.tuple(
    fc.constant('content-type'),
    fc.constantFrom('text/html', 'application/json;charset=iso-8859-1', 'a;charset=nothing'),
  ),
  fc.tuple(
    fc.constant('www-authenticate'),
    fc.oneof(
      fc.constantFrom('Bearer realm="PISTE"', 'Bearer realm="DefaultRealm",error="invalid_token"'),
      headerText,
    ),
  ),
  fc.tuple(fc.constantFrom('retry-after', 'x-correlationid', 'location', 'content-encoding'), headerText),
);
const written: fc.Arbitrary<Written> = fc.record({
  status: fc.oneof(
    fc.constantFrom(200, 200, 200, 400, 401, 403, 404, 429, 503),
    fc.integer({ min: 100, max: 999 }),
  ),
  headers: fc.array(header, { maxLength: 4 }),
  body,
  length: fc.constantFrom('right', 'none', 'too long', 'chunked'),
  keeps: fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 1, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  ),
});
const GRANTED: Written = {
  status: 200,
  headers: [],
  body: json({ access_token: 'a-token', expires_in: 3600 }),
  length: 'right',
  keeps: 1,
};

test(`of ${RUNS} answers that nobody foresaw, each has a class and a sentence, and none is accepted but a 200 with codeRetour 0`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.constant(GRANTED), written), written, async (token, api) => {
      next = { token, api };
      client = new ChorusClient({
        tokenUrl: `${url}/token`,
        apiUrl: url,
        environment: 'production',
        piste: { clientId: 'a', clientSecret: new Secret('canary-of-piste') },
        timeouts: { connect: 30_000, test: 1_000 },
      });
      const verdict = await client.testConnection({ login: 'TECH_1@cpro.fr' }, new Secret(PASSWORD));
      await client.close();
      const reason = reasonOfVerdict(verdict);
      expect(CLASSES[reason].outcome).toBe(verdict.outcome);
      for (const m of Object.values(LANGUAGES)) {
        const view = { reason, ...(verdict.diagnosis && { diagnosis: verdict.diagnosis }) };
        expect(plain(verdictSentence(m, view)).length).toBeGreaterThan(20);
      }
      expect(JSON.stringify(verdict) + diagnosisLine(verdict)).not.toContain('canary');
      if (verdict.outcome === 'accepted') {
        const text = api.body.toString('latin1');
        expect(api.status).toBe(200);
        expect(text).toMatch(/"codeRetour":(0|20000)\b/);
      }
    }),
    { numRuns: RUNS },
  );
}, 600_000);
