import { Agent, request } from 'undici';
import { PISTE } from '../demo/chorus/seed.ts';
import { ChorusClient } from '../src/chorus/client.ts';
import { Secret } from '../src/secret.ts';
import { loginOf, PASSWORD } from './accounts.ts';
import { type Bench, inTurn, type Measured } from './bench.ts';
import { Server } from './server.ts';

const ATTACHMENTS = '/cpro/utilisateurs/v1/monCompte/recuperer/rattachements';
const TESTS = 300;

export const benches: Bench[] = [
  { name: 'connection test cpu', unit: 'µs', run: () => againstTheSimulator(processorTime) },
  { name: 'connection test time', unit: 'ms', run: () => againstTheSimulator(wallTime) },
];

type Measure = (work: () => Promise<void>) => Promise<number>;

/** The whole verdict, and undici sending the same two requests: one for a token, one for a row. */
async function againstTheSimulator(measure: Measure): Promise<Measured> {
  const simulator = await Server.start<{ url: string }>('simulator', { accounts: 1 });
  const { url } = simulator.ready;
  const tokenUrl = `${url}/api/oauth/token`;
  const client = new ChorusClient({
    tokenUrl,
    apiUrl: url,
    piste: { clientId: PISTE.clientId, clientSecret: new Secret(PISTE.clientSecret) },
  });
  const bare = new Agent();
  try {
    const account = { login: loginOf(0) };
    const password = new Secret(PASSWORD);
    return await inTurn(
      9,
      () =>
        measure(async () => {
          // A token of its own each time, as after an hour.
          await client.testApplication();
          const { outcome } = await client.testCredentials(account, password);
          if (outcome !== 'accepted') throw new Error(`the test ended ${outcome}`);
        }),
      () =>
        measure(async () => {
          const headers = await bareHeaders(tokenUrl, bare);
          const body = JSON.stringify({
            parametresRecherche: { nbResultatsParPage: 1, pageResultatDemandee: 1 },
          });
          const answer = await request(`${url}${ATTACHMENTS}`, {
            method: 'POST',
            headers,
            body,
            dispatcher: bare,
          });
          await answer.body.json();
        }),
    );
  } finally {
    await client.close();
    await bare.close();
    await simulator.stop();
  }
}

async function bareHeaders(tokenUrl: string, dispatcher: Agent): Promise<Record<string, string>> {
  const answer = await request(tokenUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: PISTE.clientId,
      client_secret: PISTE.clientSecret,
      scope: 'openid',
    }).toString(),
    dispatcher,
  });
  const { access_token: token } = (await answer.body.json()) as { access_token: string };
  return {
    authorization: `Bearer ${token}`,
    'cpro-account': Buffer.from(`${loginOf(0)}:${PASSWORD}`).toString('base64'),
    'content-type': 'application/json;charset=utf-8',
  };
}

/** Processor time of this process for one test, in µs: the simulator's is its own. */
async function processorTime(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  for (let number = 0; number < TESTS; number++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / TESTS;
}

/** From the call to the verdict, in ms, the simulator's part included. */
async function wallTime(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  for (let number = 0; number < TESTS; number++) await work();
  return (performance.now() - started) / TESTS;
}
