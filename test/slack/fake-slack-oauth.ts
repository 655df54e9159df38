import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

export const CLIENT = { id: '1234567890.0987654321', secret: '0123456789abcdef0123456789abcdef' };

/** Where a token works. */
export interface Workspace {
  readonly team: string;
  readonly enterprise?: string;
  /** The organisation has installed the application for all of its workspaces. */
  readonly isOrgWide?: boolean;
}

interface Code {
  readonly where: Workspace;
  readonly redirect_uri: string;
  readonly at: number;
  used: boolean;
}

/** A code lives for ten minutes, and works once. https://docs.slack.dev/authentication/installing-with-oauth */
const CODE_LIFE = 10 * 60_000;
/** In seconds. https://docs.slack.dev/authentication/using-token-rotation */
const TOKEN_LIFE = 43_200;

/** Slack's page of consent, and `oauth.v2.access` behind it: which tokens there are, and where they work. */
export class FakeSlackOAuth {
  readonly tokens = new Map<string, Workspace>();
  /** The workspace that the person picks on the page of consent; undefined: they refuse. */
  chosen: Workspace | undefined;
  /** The application has switched token rotation on. */
  rotates = false;
  /** The application gives the person's own token too, and a webhook, as an application set up otherwise would. */
  givesMore = false;
  /** How many seconds a token lives that was not yet renewed. */
  firstLife = TOKEN_LIFE;
  readonly #codes = new Map<string, Code>();
  readonly #refreshers = new Map<string, Workspace>();
  readonly #user: string;
  readonly #bot: string;

  constructor(user: string, bot: string) {
    this.#user = user;
    this.#bot = bot;
  }

  /** https://docs.slack.dev/authentication/installing-with-oauth#asking */
  mount(app: FastifyInstance): void {
    app.get('/oauth/v2/authorize', async (request, reply) => {
      const { client_id, redirect_uri, scope, state } = request.query as Record<string, string>;
      if (client_id !== CLIENT.id || !redirect_uri || !scope) return reply.code(400).send('invalid');
      const back = new URL(redirect_uri);
      back.searchParams.set('state', state ?? '');
      if (this.chosen === undefined) back.searchParams.set('error', 'access_denied');
      else back.searchParams.set('code', this.#code(this.chosen, redirect_uri));
      return reply.redirect(back.href);
    });
  }

  /** https://docs.slack.dev/reference/methods/oauth.v2.access */
  access(fields: Record<string, string>) {
    const no = (error: string) => ({ ok: false, error });
    if (fields.client_id !== CLIENT.id) return no('invalid_client_id');
    if (fields.client_secret !== CLIENT.secret) return no('bad_client_secret');
    if (fields.grant_type === 'refresh_token') {
      const where = this.#refreshers.get(fields.refresh_token ?? '');
      if (where === undefined) return no('invalid_refresh_token');
      this.#refreshers.delete(fields.refresh_token ?? '');
      return this.#granted(where, TOKEN_LIFE);
    }
    const code = this.#codes.get(fields.code ?? '');
    if (code === undefined || Date.now() - code.at > CODE_LIFE) return no('invalid_code');
    if (code.used) return no('code_already_used');
    if (code.redirect_uri !== fields.redirect_uri) return no('bad_redirect_uri');
    code.used = true;
    return this.#granted(code.where, this.firstLife);
  }

  /** The application is removed there: what it was given works no more. */
  uninstall(id: string): void {
    for (const [token, { team, enterprise, isOrgWide }] of this.tokens) {
      if (id === (isOrgWide === true ? enterprise : team)) this.tokens.delete(token);
    }
  }

  #code(where: Workspace, redirect_uri: string): string {
    const code = randomUUID();
    this.#codes.set(code, { where, redirect_uri, at: Date.now(), used: false });
    return code;
  }

  #personToken(where: Workspace) {
    const access_token = `xoxp-${where.team}-${randomUUID()}`;
    this.tokens.set(access_token, where);
    return { id: this.#user, access_token, token_type: 'user', scope: 'users:read' };
  }

  #granted(where: Workspace, expires_in: number) {
    const { team, enterprise, isOrgWide = false } = where;
    const access_token = `${this.rotates ? 'xoxe.' : ''}xoxb-${isOrgWide ? enterprise : team}-${randomUUID()}`;
    const refresh_token = `xoxe-1-${randomUUID()}`;
    this.tokens.set(access_token, where);
    if (this.rotates) this.#refreshers.set(refresh_token, where);
    return {
      ok: true,
      access_token,
      token_type: 'bot',
      scope: 'chat:write',
      bot_user_id: this.#bot,
      app_id: 'A0CHORUS',
      team: isOrgWide ? null : { id: team, name: `Mairie ${team}` },
      enterprise: enterprise === undefined ? null : { id: enterprise, name: `Métropole ${enterprise}` },
      is_enterprise_install: isOrgWide,
      ...(this.givesMore
        ? {
            authed_user: this.#personToken(where),
            incoming_webhook: {
              url: 'https://hooks.slack.com/services/T/B/webhook-secret',
              channel: '#c',
              channel_id: 'C1',
            },
          }
        : { authed_user: { id: this.#user } }),
      ...(this.rotates ? { refresh_token, expires_in } : {}),
    };
  }
}
