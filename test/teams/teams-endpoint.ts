import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Conversation, Submitted } from '../../src/bot/channel.ts';
import { TeamsChannel } from '../../src/bot/teams/channel.ts';
import { helpCard } from '../../src/cards/conversation-cards.ts';
import { fr } from '../../src/cards/messages.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';

export const APP = '11111111-1111-4111-8111-111111111111';
export const TENANT = '22222222-2222-4222-8222-222222222222';
export const ISSUER = 'https://api.botframework.com';
export const SERVICE = 'https://smba.trafficmanager.net/emea/';

/** A click on « Aide ». */
export const ACTIVITY = {
  type: 'invoke',
  name: 'adaptiveCard/action',
  id: '1',
  channelId: 'msteams',
  serviceUrl: SERVICE,
  from: { id: '29:x', name: 'X', aadObjectId: 'x' },
  recipient: { id: `28:${APP}` },
  conversation: { id: 'a:1', conversationType: 'personal', tenantId: TENANT },
  channelData: { tenant: { id: TENANT } },
  value: { action: { type: 'Action.Execute', verb: 'help', data: {} } },
};

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/** The bot's endpoint in Teams, before which tokens are shown, with an issuer of our own behind it. */
export class TeamsEndpoint {
  readonly honest: Keys;
  readonly stranger: Keys;
  /** The public key, as the issuer publishes it. */
  readonly jwk: JWK & { readonly endorsements: readonly string[] };
  /** Every line that was logged. */
  readonly lines: string[] = [];
  /** How many clicks got through. */
  answered = 0;
  /** How often the issuer was asked for something. */
  fetches = 0;
  /** The issuer answers 500. */
  isDown = false;
  #url = '';
  readonly #issuer: Server;
  readonly #app: FastifyInstance = fastify({ forceCloseConnections: true });

  private constructor(honest: Keys, stranger: Keys, jwk: TeamsEndpoint['jwk']) {
    this.honest = honest;
    this.stranger = stranger;
    this.jwk = jwk;
    this.#issuer = createServer((request, response) => {
      this.fetches += 1;
      if (this.isDown) {
        response.writeHead(500).end();
        return;
      }
      const { port } = this.#issuer.address() as AddressInfo;
      const metadata = { issuer: ISSUER, jwks_uri: `http://127.0.0.1:${port}/keys` };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(request.url === '/keys' ? { keys: [jwk] } : metadata));
    });
  }

  /** `endorsements`: the channels that may sign with the issuer's key. */
  static async open(endorsements: readonly string[] = ['msteams']): Promise<TeamsEndpoint> {
    const [honest, stranger] = await Promise.all([newKeys(), newKeys()]);
    const jwk = await exportJWK(honest.publicKey);
    const endpoint = new TeamsEndpoint(honest, stranger, {
      ...jwk,
      kid: 'k1',
      use: 'sig',
      alg: 'RS256',
      endorsements,
    });
    await endpoint.#open();
    return endpoint;
  }

  /** Where the issuer's OpenID metadata are. */
  get metadataUrl(): string {
    return `http://127.0.0.1:${(this.#issuer.address() as AddressInfo).port}/openid`;
  }

  async #open(): Promise<void> {
    await new Promise<void>((ready) => this.#issuer.listen(0, '127.0.0.1', ready));
    const channel = new TeamsChannel({
      authentication: {
        appId: APP,
        appType: 'SingleTenant',
        appPassword: new Secret('application-secret'),
        tenantId: TENANT,
        endpoints: {
          ToBotFromChannelOpenIdMetadataUrl: this.metadataUrl,
          ToBotFromChannelTokenIssuer: undefined,
          ToChannelFromBotLoginUrl: undefined,
          ToChannelFromBotOAuthScope: undefined,
        },
      },
      allowedTenants: new Set([TENANT]),
      reportHealth: () => undefined,
      log: createLog('trace', { write: (line) => this.lines.push(line) }),
    });
    /** Answers a click with the help card, and counts; a form with what was typed. */
    const conversation = {
      clicked: async () => {
        this.answered += 1;
        return { kind: 'card', card: helpCard(fr, true) };
      },
      submitted: async ({ lines }: Submitted) => ({ kind: 'notice', title: '', text: JSON.stringify(lines) }),
    } as unknown as Conversation;
    channel.mount(this.#app, conversation);
    this.#url = await this.#app.listen({ host: '127.0.0.1', port: 0 });
  }

  /** A token as Microsoft signs it, with what is changed of its claims, its key and its header. */
  async token(
    change: Record<string, unknown> = {},
    keys = this.honest,
    header: object = {},
  ): Promise<string> {
    return new SignJWT({ ...claims(), ...change })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1', ...header })
      .sign(keys.privateKey);
  }

  /** A click with this header `authorization`. */
  click(authorization: string | undefined, change: Record<string, unknown> = {}): Promise<Response> {
    return this.post(JSON.stringify({ ...ACTIVITY, ...change }), authorization);
  }

  post(body: string, authorization?: string): Promise<Response> {
    return fetch(`${this.#url}/api/messages`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
    });
  }

  async close(): Promise<void> {
    await this.#app.close();
    this.#issuer.closeAllConnections();
    this.#issuer.close();
  }
}

/** What stands in an honest token, now. */
export function claims() {
  const now = Math.floor(Date.now() / 1000);
  return { iss: ISSUER, aud: APP, serviceurl: SERVICE, iat: now, nbf: now, exp: now + 600 };
}

function newKeys(): Promise<Keys> {
  return generateKeyPair('RS256', { extractable: true });
}
