import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { Structure } from '../../src/chorus/verdict.ts';

export interface Call {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON. */
  readonly body?: string | object | Buffer;
  /** How long it keeps the caller waiting, in milliseconds. */
  readonly after?: number;
  /** It keeps the caller waiting until this has happened. */
  readonly once?: Promise<unknown>;
}

export const TOKEN = '/api/oauth/token';
export const ATTACHMENTS = '/cpro/utilisateurs/v1/monCompte/recuperer/rattachements';
export const ACTIVE_STRUCTURES = '/cpro/transverses/v1/recuperer/structures/actives/destinataire';

export const VAT_RATES = '/cpro/transverses/v1/recuperer/tauxtva';

export const WRONG_PASSWORD: Reply = {
  status: 401,
  headers: {
    'www-authenticate':
      'Bearer realm="PISTE",error="Unauthorized",error_description="login or password incorrects"',
  },
};

export const TOKEN_EXPIRED: Reply = {
  status: 401,
  headers: {
    'www-authenticate':
      'Bearer realm="PISTE",error="invalid_token",error_description="The access token expired."',
  },
};

/** PISTE and Chorus Pro as the published contract has them, with one application and one technical account. */
export class Piste {
  clientId = 'app';
  clientSecret = 'app secret';
  login = 'TECH_1_abcdefghijklmn@cpro.fr';
  password = 'goZckgKkevikl';
  structures: readonly Structure[] = [{ siret: '21750001600019', name: 'Commune de Test' }];
  /** Answers first where it gives something: for the rows of the contract that a right call never meets. */
  instead: (call: Call, nth: number) => Reply | undefined = () => undefined;

  readonly calls: Call[] = [];
  connections = 0;
  readonly #tokens = new Set<string>();
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // Another method is another address, as in the contract.
      const call = {
        path: request.method === 'POST' ? (request.url ?? '') : `${request.method} ${request.url}`,
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      const { status, headers, body, after = 0, once } = this.#answer(call);
      const answer = () => {
        const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
        response.writeHead(status, headers).end(isJson ? JSON.stringify(body) : body);
      };
      if (once !== undefined) void once.then(answer);
      else if (after === 0) answer();
      else setTimeout(answer, after).unref();
    });
  }).on('connection', () => this.connections++);

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get tokenUrl(): string {
    return `${this.url}${TOKEN}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  openConnections(): Promise<number> {
    return promisify(this.#server.getConnections.bind(this.#server))();
  }

  callsOf(path: string): Call[] {
    return this.calls.filter((call) => call.path === path);
  }

  /** Takes this token as one that it has granted. */
  know(token: string): void {
    this.#tokens.add(token);
  }

  expireTokens(): void {
    this.#tokens.clear();
  }

  #answer(call: Call): Reply {
    this.calls.push(call);
    const instead = this.instead(call, this.callsOf(call.path).length);
    if (instead !== undefined) return instead;
    if (call.path === TOKEN) return this.#grant(new URLSearchParams(call.body));

    const bearer = /^Bearer (.+)$/.exec(call.headers.authorization ?? '')?.[1];
    if (bearer === undefined) return { status: 400 };
    if (!this.#tokens.has(bearer)) return TOKEN_EXPIRED;

    const account = Buffer.from(String(call.headers['cpro-account']), 'base64').toString('utf8');
    const colon = account.indexOf(':');
    if (account.slice(0, colon) !== this.login || account.slice(colon + 1) !== this.password) {
      return WRONG_PASSWORD;
    }
    if (call.path === ATTACHMENTS) return this.#attachments(call);
    if (call.path === ACTIVE_STRUCTURES) {
      const listeStructures = this.structures.map(({ siret, name }, index) => ({
        idStructureCPP: index,
        identifiant: siret,
        designationStructure: name,
      }));
      return { status: 200, body: { codeRetour: 0, libelle: 'TRA_MSG_00.000', listeStructures } };
    }
    if (call.path === VAT_RATES) return { status: 200, body: { codeRetour: 0, listeTauxTva: [] } };
    return { status: 403, body: {} };
  }

  #grant(form: URLSearchParams): Reply {
    const right =
      form.get('grant_type') === 'client_credentials' &&
      form.get('scope') === 'openid' &&
      form.get('client_id') === this.clientId &&
      form.get('client_secret') === this.clientSecret;
    if (!right)
      return { status: 400, body: { error: 'invalid_client', error_description: 'Unknown client' } };
    const token = `token-${this.callsOf(TOKEN).length}`;
    this.#tokens.add(token);
    return {
      status: 200,
      body: { access_token: token, token_type: 'Bearer', expires_in: 3600, scope: 'openid' },
    };
  }

  #attachments(call: Call): Reply {
    const { nbResultatsParPage, pageResultatDemandee } = JSON.parse(call.body).parametresRecherche;
    const start = (pageResultatDemandee - 1) * nbResultatsParPage;
    return {
      status: 200,
      body: {
        codeRetour: 0,
        libelle: 'GCU_MSG_01_000',
        listeStructureRattachement: this.structures
          .slice(start, start + nbResultatsParPage)
          .map(({ siret, name }, index) => ({
            idStructure: start + index,
            identifiantStructure: siret,
            typeIdentifiantStructure: 'SIRET',
            designationStructure: name,
            roleUtilisateur: 'GESTIONNAIRE',
          })),
        parametresRetour: {
          pageCourante: pageResultatDemandee,
          pages: Math.ceil(this.structures.length / nbResultatsParPage),
          nbResultatsParPage,
          total: this.structures.length,
        },
      },
    };
  }
}
