import type { ServerResponse } from 'node:http';
import type { Installation } from '@slack/bolt';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type NoticePage, renderInstallPage, renderNoticePage } from '../../cards/form-page.ts';
import type { Messages } from '../../cards/messages.ts';
import { visibleName } from '../../invisible.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Language } from '../channel.ts';
import { messagesFor, PAGE_HEADERS } from '../outgoing/pages.ts';
import { installerOf, type SlackInstallations } from './installations.ts';
import { INSTALL_PATH, REDIRECT_PATH } from './oauth.ts';

export interface InstallPagesOptions {
  readonly installations: SlackInstallations;
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** The person refused in Slack, or the request is not one that this browser has begun in the last ten minutes. */
const THEIR_DOING = new Set([
  'slack_oauth_installer_authorization_error',
  'slack_oauth_missing_state',
  'slack_oauth_invalid_state',
  'slack_oauth_missing_code',
]);

/**
 * `GET /slack/install` leads to Slack, which leads back to `GET /slack/oauth_redirect`. Bolt's provider believes only
 * what it began in the same browser: a signed state that lives for ten minutes, and the same one in a cookie.
 */
export function mountInstallPages(scope: FastifyInstance, options: InstallPagesOptions): void {
  const { installations, messages } = options;

  scope.get(INSTALL_PATH, async (request, reply) => {
    const m = messagesFor(request.headers, messages);
    const provider = await installations.provider({
      renderHtmlForInstallPath: (address) => renderInstallPage(m, address),
    });
    await answer(reply, (raw) => provider.handleInstallPath(request.raw, raw));
  });

  scope.get(REDIRECT_PATH, async (request, reply) => {
    // Slack's own pages lead here without a state: whoever comes from there begins on ours.
    const { state, error } = request.query as { state?: unknown; error?: unknown };
    if (!state && !error) return reply.redirect(`${installations.publicUrl}${INSTALL_PATH}`);
    const provider = await installations.provider();
    return answer(reply, (raw) => provider.handleCallback(request.raw, raw, callbacks(request, options)));
  });
}

function callbacks({ headers }: FastifyRequest, options: InstallPagesOptions) {
  const { installations, messages, allowedTenants, log } = options;
  const m = messagesFor(headers, messages);
  const page = (raw: ServerResponse, status: number, notice: NoticePage) =>
    raw.writeHead(status).end(renderNoticePage(m, notice));

  return {
    /** false: it is not kept. */
    async afterInstallation(given: Installation, _url: unknown, _request: unknown, raw: ServerResponse) {
      const ids = [given.team?.id, given.enterprise?.id];
      const isAllowed = allowedTenants === undefined || ids.some((id) => allowedTenants.has(id ?? ''));
      if (isAllowed && given.bot !== undefined) return true;
      const tenant = installerOf(given);
      const person = `slack:${tenant}:${given.user.id}`;
      const reason = isAllowed ? 'noBotToken' : 'notAllowed';
      log.warn('slack.installRefused', { platform: 'slack', tenant, person, reason });
      const isGivenBack = await installations.giveBack(given);
      page(raw, 403, {
        title: m.install.refusedTitle,
        text: isAllowed ? m.install.failed : m.install.notAllowed(tenant, isGivenBack),
      });
      return false;
    },
    async successAsync(given: Installation, _url: unknown, _request: unknown, raw: ServerResponse) {
      const name = (given.isEnterpriseInstall === true ? given.enterprise : given.team)?.name ?? '';
      page(raw, 200, { title: m.install.doneTitle, text: m.install.done(visibleName(name)) });
    },
    async failureAsync(
      error: Error & { code: string },
      _url: unknown,
      _request: unknown,
      raw: ServerResponse,
    ) {
      const isTheirs = THEIR_DOING.has(error.code);
      log.warn('slack.installRefused', { platform: 'slack', ...errorFields(error) });
      page(raw, isTheirs ? 400 : 502, {
        title: m.install.refusedTitle,
        text: isTheirs ? m.install.notVerified : m.install.failed,
      });
    },
  };
}

/** Bolt writes the answer itself, under the headers of all of our pages. */
async function answer(reply: FastifyReply, work: (raw: ServerResponse) => Promise<void>): Promise<void> {
  const { raw } = reply.headers(PAGE_HEADERS).hijack();
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) raw.setHeader(name, value);
  await work(raw).finally(() => raw.end());
}
