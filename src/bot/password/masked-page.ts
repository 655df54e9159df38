import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Form } from '../../cards/card.ts';
import { CARRIED_FIELD, NONCE_FIELD, renderFormPage, renderNoticePage } from '../../cards/form-page.ts';
import { LINE_FIELDS, PASSWORD_FIELD } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import { Secret } from '../../secret.ts';
import type { Sealing } from '../../store/seal.ts';
import { StoreUnavailable } from '../../store/store.ts';
import type { Conversation, Language } from '../channel.ts';
import { cookieNamed, messagesFor, PAGE_HEADERS } from '../outgoing/pages.ts';
import { storeTrouble } from '../store-trouble.ts';
import {
  MASKED_LINK_LIFE_MS,
  MASKED_PATH,
  type MaskedLink,
  type MaskedLinks,
  maskedLinkKey,
} from './masked-links.ts';

/** A password of 10,000 characters, which gets its own sentence, is three times as long in a form. */
const LONGEST_BODY = 128 * 1024;

export interface MaskedPageOptions {
  readonly maskedLinks: MaskedLinks;
  readonly conversation: Conversation;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly publicUrl: string;
  readonly sealer: Sealing;
  readonly log: Log;
}

/**
 * `GET` and `POST /saisie/:token`: the private form on a page of the bot's own, where what is typed is masked.
 *
 * A submission is believed when the token, a cookie that no other site can send and the form's own nonce agree. The
 * form itself carries what it is about, sealed: where the store fails, it comes back with all that was typed (P6).
 */
export function mountMaskedPage(app: FastifyInstance, options: MaskedPageOptions): void {
  const { maskedLinks, conversation, messages, publicUrl, sealer, log } = options;
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';

  app.register((scope, _options, mounted) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: LONGEST_BODY },
      (_request, body, done) => done(null, new URLSearchParams(String(body))),
    );

    // As the server's own handler, with a page for an answer.
    scope.setErrorHandler((error, request, reply) => {
      const m = messagesFor(request.headers, messages);
      const { statusCode = 500 } = error as { statusCode?: number };
      const trouble = storeTrouble(m.conversation, error);
      const [status, text] =
        trouble !== undefined
          ? [503, trouble]
          : [statusCode, statusCode < 500 ? m.page.notVerified : m.conversation.failed];
      if (status >= 500) log.error('http.failed', { route: request.routeOptions.url, ...errorFields(error) });
      return lastWord(reply.code(status), m, { title: m.conversation.failedTitle, text });
    });

    scope.get(`${MASKED_PATH}/:token`, async (request, reply) => {
      const link = await maskedLinks.find(tokenOf(request));
      if (link === undefined) return over(request, reply);
      const { person, place, form, data } = link;
      const m = messages[person.language];
      const opened = { person, place, form, data, correlation: randomUUID() };
      const answer = await conversation.opened(opened);
      if (answer.kind !== 'form') return lastWord(reply, m, { title: m.form.title, text: answer.text });
      return showForm(request, reply, link, answer.form);
    });

    scope.post(`${MASKED_PATH}/:token`, async (request, reply) => {
      const token = tokenOf(request);
      // Where the store does not tell whether the link still holds, the form comes back, and nothing is done.
      const found = await maskedLinks.find(token).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        return 'not told' as const;
      });
      if (found === undefined) return over(request, reply);
      const isUnproven = found === 'not told';
      const sent = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      const link = await carriedIn(sent, token);
      if (link === undefined || !isOurs(request, sent.get(NONCE_FIELD) ?? '')) {
        const m = messagesFor(request.headers, messages);
        return lastWord(reply.code(403), m, { title: m.form.title, text: m.page.notVerified });
      }
      const { person, place, form, data } = link;
      const m = messages[person.language];
      const password = new Secret(sent.get(PASSWORD_FIELD) ?? '');
      const lines = Object.fromEntries(LINE_FIELDS.map((id) => [id, sent.get(id) ?? '']));
      const submitted = { person, place, form, data, lines, correlation: randomUUID(), isUnproven };
      const answer = await conversation.submitted(submitted, password);
      if (answer.kind === 'form') {
        const status = isUnproven ? 503 : 422;
        return showForm(request, reply.code(status), { ...link, data: answer.form.data }, answer.form);
      }
      // A link that outlives its use opens a form that has been submitted already.
      await maskedLinks
        .use(token)
        .catch((error: unknown) => log.warn('maskedPage.notUsed', errorFields(error)));
      return lastWord(reply, m, { ...answer, after: m.page.back });
    });
    mounted();
  });

  /** Each page that is shown has a nonce of its own. */
  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    link: MaskedLink,
    form: Form,
  ): Promise<FastifyReply> {
    const token = tokenOf(request);
    const nonce = randomBytes(16).toString('base64url');
    const path = `${new URL(publicUrl).pathname.replace(/\/$/, '')}${MASKED_PATH}/${token}`;
    reply.header(
      'set-cookie',
      `${NONCE_FIELD}=${nonce}; Path=${path}; Max-Age=${MASKED_LINK_LIFE_MS / 1000}; HttpOnly; SameSite=Strict${secure}`,
    );
    const carried = await sealer.seal(new Secret(JSON.stringify(link)), carriedFor(token));
    const m = messages[link.person.language];
    return show(reply, renderFormPage(m, form, { action: token, nonce, carried, until: link.until }));
  }

  /** What our own form carries; undefined where it was not made for this link. */
  async function carriedIn(sent: URLSearchParams, token: string): Promise<MaskedLink | undefined> {
    try {
      const carried = await sealer.open(sent.get(CARRIED_FIELD) ?? '', carriedFor(token));
      return JSON.parse(carried.reveal());
    } catch {
      return undefined;
    }
  }

  function over(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const m = messagesFor(request.headers, messages);
    return lastWord(reply.code(410), m, { title: m.page.overTitle, text: m.page.over });
  }
}

function carriedFor(token: string) {
  return { account: maskedLinkKey(token), version: 0, purpose: 'draft' } as const;
}

function tokenOf({ params }: FastifyRequest): string {
  return (params as { token: string }).token;
}

function isOurs({ headers }: FastifyRequest, nonce: string): boolean {
  const [one, other] = [Buffer.from(cookieNamed(NONCE_FIELD, headers)), Buffer.from(nonce)];
  return nonce !== '' && one.length === other.length && timingSafeEqual(one, other);
}

function lastWord(
  reply: FastifyReply,
  m: Messages,
  notice: Parameters<typeof renderNoticePage>[1],
): FastifyReply {
  return show(reply, renderNoticePage(m, notice));
}

function show(reply: FastifyReply, page: string): FastifyReply {
  return reply.headers(PAGE_HEADERS).send(page);
}
