import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ChorusClient } from '../../src/chorus/client.ts';
import { diagnosisFields, diagnosisLine } from '../../src/chorus/diagnosis.ts';
import { Secret } from '../../src/secret.ts';
import { ATTACHMENTS, Piste, TOKEN } from './piste.ts';

const piste = new Piste();
let client: ChorusClient;
beforeAll(async () => {
  piste.password = 'canary&"of<a:pass\'word';
  piste.clientSecret = 'canary-of-the-application';
  await piste.start();
  client = new ChorusClient({
    tokenUrl: piste.tokenUrl,
    apiUrl: piste.url,
    environment: 'sandbox',
    piste: { clientId: piste.clientId, clientSecret: new Secret(piste.clientSecret) },
    timeouts: { connect: 30_000, test: 90_000 },
  });
});
afterEach(() => {
  piste.instead = () => undefined;
});
afterAll(async () => {
  await client.close();
  await piste.stop();
});

const verdict = () => client.testConnection({ login: piste.login }, new Secret(piste.password));

test('what support asks for is kept of an answer', async () => {
  piste.instead = ({ path }) =>
    path === ATTACHMENTS
      ? {
          status: 200,
          headers: { 'x-correlationid': 'Id-7a1c0f2e9b3d4c5e6f708192 0' },
          body: { codeRetour: 20003, libelle: 'GCU_MSG_20.003 Utilisateur\u202e\n verrouillé' },
        }
      : undefined;
  expect(diagnosisFields(await verdict())).toEqual({
    class: 'refused by Chorus Pro in words',
    status: 200,
    codeRetour: 20003,
    libelle: 'Utilisateur verrouillé',
    correlationId: 'Id-7a1c0f2e9b3d4c5e6f708192 0',
    durationMs: expect.any(Number),
    environment: 'sandbox',
  });
});

test('of no answer, the error of the network', async () => {
  const nowhere = new ChorusClient({
    tokenUrl: 'http://127.0.0.1:1/token',
    apiUrl: 'http://127.0.0.1:1',
    piste: { clientId: 'a', clientSecret: new Secret('bbbbbbb') },
  });
  const found = await nowhere.testConnection({ login: 'a' }, new Secret('bbbbbbb'));
  await nowhere.close();
  expect(diagnosisLine(found)).toMatch(
    /^class="unreachable: connection" code="ECONNREFUSED" durationMs=\d+ environment="other"$/,
  );
});

test('nothing that was sent comes back in it, however the answer quotes it', async () => {
  const { password, login } = piste;
  const quoted = [
    password,
    encodeURIComponent(password),
    password.replace(/&/, '&amp;').replace(/"/, '&quot;').replace(/</, '&lt;').replace(/'/, '&#39;'),
    JSON.stringify(password),
    Buffer.from(`${login}:${password}`).toString('base64'),
    `${login}:${password}`,
    // In the middle of what would be cut off.
    `${'x'.repeat(190)}${password}`,
  ];
  for (const text of quoted) {
    piste.instead = ({ path, headers }) => ({
      ...(path === TOKEN
        ? { status: 400, body: { error: 'invalid_client', libelle: piste.clientSecret } }
        : { status: 400, body: { codeRetour: 7, libelle: `${text} ${headers.authorization}` } }),
    });
    const api = piste.instead;
    const ofToken = await verdict();
    piste.instead = (call, nth) => (call.path === TOKEN ? undefined : api(call, nth));
    const ofApi = await verdict();
    expect(ofApi).toMatchObject({ diagnosis: { libelle: expect.stringContaining('[secret]') } });
    const shown = [ofToken, ofApi].map((each) => JSON.stringify(each) + diagnosisLine(each)).join();
    expect(shown).not.toContain('canary');
    expect(shown).not.toMatch(/token-\d/);
    expect(shown).not.toContain(Buffer.from(`${login}:`).toString('base64').slice(0, 20));
  }
});
