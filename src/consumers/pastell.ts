import { z } from 'zod';
import type { Secret } from '../secret.ts';
import type { Attempt, FailedAttempt, News } from './deliveries.ts';
import type { PastellDestination } from './destinations.ts';
import { type Outbound, type OutboundAnswer, type OutboundRequest, reasonOfFailure } from './outbound.ts';

/** Pastell's own test asks Chorus Pro, for up to 60 s. */
const TIMEOUT_MS = 90_000;
const LONGEST_MESSAGE = 200;

const connectorShape = z.object({
  id_connecteur: z.string(),
  data: z.object({ user_login: z.string().optional() }).loose(),
});
const testShape = z.object({ result: z.unknown(), last_message: z.string().optional() });
const errorShape = z.object({ 'error-message': z.string() });

/** What a look at the connector shows, before anything is written into it. */
export type PastellCheck = { readonly isRight: true } | { readonly isRight: false; readonly why: string };

/**
 * Writes the password into a connector of Pastell, then has Pastell test it.
 *
 * Nothing is written unless the connector is one of Chorus Pro (`cpp`) and has this login.
 */
export async function pushToPastell(
  outbound: Outbound,
  destination: PastellDestination,
  secret: Secret,
  { login, password }: News & { readonly password: Secret },
): Promise<Attempt> {
  const call = caller(outbound, destination, secret);
  const check = await checkConnector(call, login);
  const given = [password, secret];
  if ('answer' in check) return failed(check.answer, given);
  if (!check.isRight) return { outcome: 'failed', result: check.why };
  const form = new URLSearchParams({ user_login: login, user_password: password.reveal() });
  const written = await call('PATCH', '/content', form.toString());
  if (written.status !== 200) return failed(written, given);
  // From here on Chorus Pro may have been asked, whatever Pastell says of it.
  const tested = await call('POST', '/action/test-cpp', '').catch(reasonOfFailure);
  if (typeof tested === 'string') return { outcome: 'failed', result: untested(tested), isTried: true };
  if (tested.status !== 200) return { ...failed(tested, given), isTried: true };
  const { success, data } = testShape.safeParse(parse(tested.body));
  if (!success)
    return { outcome: 'failed', result: untested('une réponse que je ne connais pas'), isTried: true };
  const message = clean(data.last_message ?? '', given);
  return data.result === true || data.result === 1 || data.result === '1'
    ? { outcome: 'taken', result: `Pastell : ${message}` }
    : {
        outcome: 'failed',
        result: `Pastell a reçu le mot de passe, mais son test dit : ${message}`,
        isTried: true,
      };
}

/** Looks at the connector, and writes nothing. */
export async function checkPastell(
  outbound: Outbound,
  destination: PastellDestination,
  secret: Secret,
  login: string,
): Promise<PastellCheck> {
  const check = await checkConnector(caller(outbound, destination, secret), login);
  return 'answer' in check ? { isRight: false, why: failed(check.answer, [secret]).result } : check;
}

type Call = (method: OutboundRequest['method'], path: string, body?: string) => Promise<OutboundAnswer>;

function caller(outbound: Outbound, destination: PastellDestination, secret: Secret): Call {
  const { baseUrl, entity, connector, user, viaProxy } = destination;
  const authorization =
    user === undefined
      ? `Bearer ${secret.reveal()}`
      : `Basic ${Buffer.from(`${user}:${secret.reveal()}`).toString('base64')}`;
  return (method, path, body) =>
    outbound.call(
      {
        method,
        url: `${baseUrl}/api/v2/entite/${entity}/connecteur/${connector}${path}`,
        headers: {
          accept: 'application/json',
          authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
        },
        ...(body === undefined ? {} : { body }),
        timeoutMs: TIMEOUT_MS,
      },
      viaProxy,
    );
}

async function checkConnector(
  call: Call,
  login: string,
): Promise<PastellCheck | { readonly answer: OutboundAnswer }> {
  const answer = await call('GET', '');
  if (answer.status !== 200) return { answer };
  const { success, data } = connectorShape.safeParse(parse(answer.body));
  if (!success) return { isRight: false, why: 'Pastell a répondu autre chose qu’un connecteur' };
  if (data.id_connecteur !== 'cpp')
    return {
      isRight: false,
      why: `ce connecteur n’est pas un connecteur Chorus Pro (${clean(data.id_connecteur, [])})`,
    };
  if (data.data.user_login?.toLowerCase() !== login.toLowerCase())
    return { isRight: false, why: 'ce connecteur a un autre identifiant de compte technique' };
  return { isRight: true };
}

function untested(why: string): string {
  return `Pastell a reçu le mot de passe, mais son test n’a pas abouti (${why})`;
}

/** Pastell says in `error-message` what it refuses. */
function failed({ status, body, retryAfterMs }: OutboundAnswer, given: readonly Secret[]): FailedAttempt {
  const { success, data } = errorShape.safeParse(parse(body));
  const message = success ? ` : ${clean(data['error-message'], given)}` : '';
  return { outcome: 'failed', result: `Pastell a répondu HTTP ${status}${message}`, retryAfterMs };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Foreign text: without the secrets that were given to whoever wrote it, on one line, without control characters, and short. */
function clean(text: string, given: readonly Secret[]): string {
  return given
    .reduce((shown, secret) => secret.hideIn(shown), text)
    .replace(/<[^<>]{0,200}>/g, ' ')
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_MESSAGE);
}
