import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { TEAM } from '../slack/fake-slack.ts';

const ISSUER = 'https://api.botframework.com';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

/**
 * Slack, Teams and the issuer of Teams' tokens around a bot that meets a great many people. It knows everybody whom it is
 * asked about, and keeps nothing, so that a test can go on for as long as it likes.
 */
export class FarEdge {
  readonly #server: Server;
  readonly #keys: Keys;
  readonly #jwks: object;
  /** Who waits for a message in this conversation. */
  readonly #waiting = new Map<string, () => void>();

  private constructor(keys: Keys, jwks: object) {
    this.#keys = keys;
    this.#jwks = jwks;
    this.#server = createServer(async (request, response) => {
      const sent = await text(request);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(this.#answer(request.url ?? '', new URLSearchParams(sent))));
    });
  }

  static async start(): Promise<FarEdge> {
    const keys = await generateKeyPair('RS256', { extractable: true });
    const jwk = await exportJWK(keys.publicKey);
    const published = { ...jwk, kid: 'k1', use: 'sig', alg: 'RS256', endorsements: ['msteams'] };
    const edge = new FarEdge(keys, { keys: [published] });
    await new Promise<void>((ready) => edge.#server.listen(0, '127.0.0.1', ready));
    return edge;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  get slackApi(): string {
    return `${this.url}api/`;
  }

  get openIdUrl(): string {
    return `${this.url}openid`;
  }

  /** As Microsoft signs it, for an activity that comes from this address. */
  token(app: string, serviceUrl: string, more: Record<string, unknown>): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...more,
      iss: ISSUER,
      aud: app,
      serviceurl: serviceUrl,
      iat: now,
      nbf: now,
      exp: now + 600,
    };
    return new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(this.#keys.privateKey);
  }

  /** Resolves at the next message in this conversation of Slack. */
  posted(channel: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(channel, resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #answer(path: string, fields: URLSearchParams): object {
    const [, where, method] = path.split(/[/?]/);
    if (where === 'openid') return { issuer: ISSUER, jwks_uri: `${this.url}keys` };
    if (where === 'keys') return this.#jwks;
    // Teams' connector, and the addresses of Slack's answers.
    if (where !== 'api') return { ok: true, id: '1' };
    switch (method) {
      case 'auth.test':
        return { ok: true, team_id: TEAM, user_id: 'U0BOT', bot_id: 'B0BOT' };
      case 'users.info': {
        const id = fields.get('user') ?? '';
        // Who has an F in front is of another workspace.
        const team_id = id.startsWith('UF') ? `T0${id}` : TEAM;
        return { ok: true, user: { id, team_id, locale: 'fr-FR', profile: { real_name: `Nom de ${id}` } } };
      }
      case 'conversations.info': {
        const id = fields.get('channel') ?? '';
        return { ok: true, channel: { id, is_im: id.startsWith('D'), is_member: true } };
      }
      default: {
        const channel = fields.get('channel') ?? '';
        this.#waiting.get(channel)?.();
        this.#waiting.delete(channel);
        return { ok: true, channel, ts: '1700000000.000100' };
      }
    }
  }
}
