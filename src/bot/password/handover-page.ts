import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { renderNoticePage } from '../../cards/form-page.ts';
import { HANDOVER_SCRIPT, renderHandedOver, renderHandoverPage } from '../../cards/handover-page.ts';
import { PAGE_STYLE } from '../../cards/html-document.ts';
import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import { StoreUnavailable } from '../../store/store.ts';
import type { Language } from '../channel.ts';
import { cookieNamed, messagesFor } from '../outgoing/pages.ts';
import { HANDOVER_PATH, type Handover, type HandoverRefusal } from './handover.ts';

export interface HandoverPageOptions {
  readonly handover: Handover;
  readonly messages: Readonly<Record<Language, Messages>>;
  /** Does not end in '/'. */
  readonly publicUrl: string;
  /** The page says so. */
  readonly isQualification?: boolean;
  readonly log: Log;
}

const COOKIE = 'handover';
const COOKIE_LIFE_SECONDS = 5 * 60;

/** The page's own script and style, and calls to itself: nothing else. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    `script-src '${sha256(HANDOVER_SCRIPT)}'`,
    `style-src '${sha256(PAGE_STYLE)}'`,
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; '),
} as const;

/**
 * `GET` and `POST /retrait/:token`: whoever typed a password takes it back.
 *
 * No GET has the password in it or uses anything up, so that a preview robot gets nothing and spoils nothing. A POST is
 * believed when it comes from this page: its origin, a cookie that no other site can send and the form's nonce agree.
 */
export function mountHandoverPage(app: FastifyInstance, options: HandoverPageOptions): void {
  const { handover, messages, publicUrl, isQualification = false, log } = options;
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  const origin = new URL(publicUrl).origin;

  app.register((scope, _options, mounted) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: 4 * 1024 },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );

    scope.setErrorHandler((error, request, reply) => {
      const m = messagesFor(request.headers, messages);
      const { statusCode = 500 } = error as { statusCode?: number };
      const isStore = error instanceof StoreUnavailable;
      const status = isStore ? 503 : statusCode;
      if (status >= 500) log.error('http.failed', { route: request.routeOptions.url, ...errorFields(error) });
      const text = isStore ? m.handover.storeDown : status < 500 ? m.page.notVerified : m.handover.failed;
      return lastWord(request, reply.code(status), m, text);
    });

    scope.get(`${HANDOVER_PATH}/:token`, async (request, reply) => {
      const opened = await handover.open(tokenOf(request));
      if (opened.outcome !== 'open') return refuse(request, reply, opened);
      const nonce = randomBytes(16).toString('base64url');
      const action = `${new URL(publicUrl).pathname.replace(/\/$/, '')}${HANDOVER_PATH}/${tokenOf(request)}`;
      reply.header(
        'set-cookie',
        `${COOKIE}=${nonce}; Path=${action}; Max-Age=${COOKIE_LIFE_SECONDS}; HttpOnly; SameSite=Strict${secure}`,
      );
      const { account, language, until, leftMs } = opened;
      const { structure, login } = account;
      const page = renderHandoverPage(messages[language], {
        structure,
        login,
        isQualification,
        action,
        nonce,
        until,
        leftMs,
      });
      return reply.headers(HEADERS).send(page);
    });

    scope.post(`${HANDOVER_PATH}/:token`, async (request, reply) => {
      const sent = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      if (!isOwnPage(request, sent.get('nonce') ?? '', origin)) {
        const m = messagesFor(request.headers, messages);
        return lastWord(request, reply.code(403), m, m.page.notVerified);
      }
      const taken = await handover.take(tokenOf(request));
      if (taken.outcome !== 'handedOver') return refuse(request, reply, taken);
      const { account, secret, language } = taken;
      const password = secret.reveal();
      return wantsJson(request)
        ? reply.send({ password })
        : reply
            .headers(HEADERS)
            .send(renderHandedOver(messages[language], { ...account, isQualification }, password));
    });
    mounted();
  });

  function refuse(
    request: FastifyRequest,
    reply: FastifyReply,
    { outcome, language }: { readonly outcome: HandoverRefusal; readonly language?: Language },
  ): FastifyReply {
    const m = language === undefined ? messagesFor(request.headers, messages) : messages[language];
    return lastWord(request, reply.code(outcome === 'notYours' ? 403 : 410), m, m.handover.refusals[outcome]);
  }

  /** The script shows the text where the person is; without it they read a page. */
  function lastWord(request: FastifyRequest, reply: FastifyReply, m: Messages, text: string): FastifyReply {
    if (wantsJson(request)) return reply.send({ text });
    return reply
      .headers(HEADERS)
      .send(renderNoticePage(m, { title: m.handover.title, text, after: m.page.back }));
  }
}

function wantsJson({ headers }: FastifyRequest): boolean {
  return headers.accept === 'application/json';
}

function isOwnPage({ headers }: FastifyRequest, nonce: string, origin: string): boolean {
  const site = headers['sec-fetch-site'];
  // A form of a page without a referrer is sent with the origin « null ».
  if (headers.origin !== undefined && headers.origin !== 'null' && headers.origin !== origin) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  const [one, other] = [Buffer.from(cookieNamed(COOKIE, headers)), Buffer.from(nonce)];
  return nonce !== '' && one.length === other.length && timingSafeEqual(one, other);
}

function tokenOf({ params }: FastifyRequest): string {
  return (params as { token: string }).token;
}

function sha256(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
