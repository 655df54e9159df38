import { PISTE } from '../../../demo/chorus/seed.ts';
import type { Simulator } from '../../../demo/chorus/simulator.ts';

export const RATTACHEMENTS = '/cpro/utilisateurs/v1/monCompte/recuperer/rattachements';
export const DESTINATAIRE = '/cpro/transverses/v1/recuperer/structures/actives/destinataire';

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A search for one page of the rattachements. */
export function search(page = 1, size = 100) {
  return {
    parametresRecherche: {
      nbResultatsParPage: size,
      pageResultatDemandee: page,
      triColonne: 'IdentifiantStructure',
      triSens: 'Ascendant',
    },
  };
}

export async function askToken(simulator: Simulator, change: Record<string, string> = {}): Promise<Answer> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: PISTE.clientId,
    client_secret: PISTE.clientSecret,
    scope: 'openid',
    ...change,
  });
  return read(await fetch(simulator.tokenUrl, { method: 'POST', body, redirect: 'manual' }));
}

/** A call as the contract wants it, but for what `change` says; a header of '' is left out. */
export async function call(
  simulator: Simulator,
  path: string,
  credentials: { readonly login: string; readonly password: string },
  change: { headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const token = JSON.parse((await askToken(simulator)).text).access_token;
  const { login, password } = credentials;
  const headers = {
    authorization: `Bearer ${token}`,
    'cpro-account': Buffer.from(`${login}:${password}`, 'utf8').toString('base64'),
    'content-type': 'application/json;charset=utf-8',
    ...change.headers,
  };
  return read(
    await fetch(simulator.apiUrl + path, {
      method: 'POST',
      redirect: 'manual',
      headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== '')),
      body: change.body ?? JSON.stringify(path === RATTACHEMENTS ? search() : {}),
    }),
  );
}

async function read(answer: Response): Promise<Answer> {
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}
