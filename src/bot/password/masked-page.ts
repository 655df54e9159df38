import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ActionData, Form } from '../../cards/card.ts';
import { CARRIED_FIELD, NONCE_FIELD, renderFormPage, renderNoticePage } from '../../cards/form-page.ts';
import { LINE_FIELDS, PASSWORD_FIELD } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import { Secret } from '../../secret.ts';
import type { Sealing } from '../../store/seal.ts';
import { type Store, StoreUnavailable } from '../../store/store.ts';
import type { Conversation, Language, Opened, Person, Place } from '../channel.ts';
import { PAGE_HEADERS, readerOf } from '../pages.ts';

/** What a link opens: one form, for one person, until it is used or over. */
interface Link {
  readonly person: Person;
  readonly place: Place;
  readonly form: string;
  readonly data: ActionData;
  /** ISO instant. */
  readonly until: string;
}

/** A link lives that long, in ms. */
const LINK_LIFE = 5 * 60_000;
const AGENDA = 'masked-links';
/** Each new link clears away this many that are over, so that they cannot pile up. */
const SWEEP = 5;
const PATH = '/saisie';
/** A password of 10,000 characters, which gets its own sentence, is three times as long in a form. */
const LONGEST_BODY = 128 * 1024;

/**
 * One-time links to the masked page: given to one person, bound to the account, the reset and its revision.
 * Only a hash of a link's token is kept.
 */
export class MaskedLinks {
  readonly #store: Store;
  readonly #publicUrl: string;
  readonly #now: () => Date;

  /** `publicUrl` does not end in a slash. */
  constructor(store: Store, publicUrl: string, now: () => Date) {
    this.#store = store;
    this.#publicUrl = publicUrl;
    this.#now = now;
  }

  /** The address of a page that shows the form which `turn` opened, with `data`. */
  async offer({ person, place, form }: Opened, data: ActionData): Promise<string> {
    await this.#sweep();
    const token = randomBytes(32).toString('base64url');
    const until = new Date(this.#now().getTime() + LINK_LIFE);
    const key = keyOf(token);
    // Before the record: an instant too many in the agenda finds nothing to clear away.
    await this.#store.schedule(AGENDA, key, until);
    const link: Link = { person, place, form, data, until: until.toISOString() };
    await this.#store.write(key, link, 0);
    return `${this.#publicUrl}${PATH}/${token}`;
  }

  /** undefined: there was never such a link, it is over, or it was used. */
  async find(token: string): Promise<Link | undefined> {
    const found = await this.#store.read<Link>(keyOf(token));
    const isOver = found === undefined || Date.parse(found.value.until) <= this.#now().getTime();
    return isOver ? undefined : found.value;
  }

  async use(token: string): Promise<void> {
    const key = keyOf(token);
    const last = await this.#store.read(key);
    if (last !== undefined) await this.#store.remove(key, last.version);
    await this.#store.unschedule(AGENDA, key);
  }

  async #sweep(): Promise<void> {
    for (const key of await this.#store.due(AGENDA, this.#now(), SWEEP)) {
      const over = await this.#store.read(key);
      if (over !== undefined) await this.#store.remove(key, over.version);
      await this.#store.unschedule(AGENDA, key);
    }
  }
}

export interface MaskedPageOptions {
  readonly links: MaskedLinks;
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
  const { links, conversation, messages, publicUrl, sealer, log } = options;
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
      const m = readerOf(request.headers, messages);
      const { statusCode = 500 } = error as { statusCode?: number };
      const [status, text] =
        error instanceof StoreUnavailable
          ? [503, m.conversation.storeDown]
          : [statusCode, statusCode < 500 ? m.page.notVerified : m.conversation.failed];
      if (status >= 500) log.error('http.failed', { route: request.routeOptions.url, ...errorFields(error) });
      return lastWord(reply.code(status), m, { title: m.conversation.failedTitle, text });
    });

    scope.get(`${PATH}/:token`, async (request, reply) => {
      const link = await links.find(tokenOf(request));
      if (link === undefined) return over(request, reply);
      const { person, place, form, data } = link;
      const m = messages[person.language];
      const opened = { person, place, form, data, correlation: randomUUID() };
      const answer = await conversation.opened(opened);
      if (answer.kind === 'refusal') return lastWord(reply, m, { title: m.form.title, text: answer.text });
      return showForm(request, reply, link, answer.form);
    });

    scope.post(`${PATH}/:token`, async (request, reply) => {
      const token = tokenOf(request);
      // Where the store does not tell whether the link still holds, the form comes back, and nothing is done.
      const found = await links.find(token).catch((error: unknown) => {
        if (!(error instanceof StoreUnavailable)) throw error;
        return 'not told' as const;
      });
      if (found === undefined) return over(request, reply);
      const isUnproven = found === 'not told';
      const sent = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
      const link = await carriedIn(sent, token);
      if (link === undefined || !isOurs(request, sent.get(NONCE_FIELD) ?? '')) {
        const m = readerOf(request.headers, messages);
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
      await links.use(token).catch((error: unknown) => log.warn('maskedPage.notUsed', errorFields(error)));
      return lastWord(reply, m, { ...answer, after: m.page.back });
    });
    mounted();
  });

  /** Each page that is shown has a nonce of its own. */
  async function showForm(
    request: FastifyRequest,
    reply: FastifyReply,
    link: Link,
    form: Form,
  ): Promise<FastifyReply> {
    const token = tokenOf(request);
    const nonce = randomBytes(16).toString('base64url');
    const path = `${new URL(publicUrl).pathname.replace(/\/$/, '')}${PATH}/${token}`;
    reply.header(
      'set-cookie',
      `${NONCE_FIELD}=${nonce}; Path=${path}; Max-Age=${LINK_LIFE / 1000}; HttpOnly; SameSite=Strict${secure}`,
    );
    const carried = await sealer.seal(new Secret(JSON.stringify(link)), carriedFor(token));
    const m = messages[link.person.language];
    return show(reply, renderFormPage(m, form, { action: token, nonce, carried, until: link.until }));
  }

  /** What our own form carries; undefined where it was not made for this link. */
  async function carriedIn(sent: URLSearchParams, token: string): Promise<Link | undefined> {
    try {
      const carried = await sealer.open(sent.get(CARRIED_FIELD) ?? '', carriedFor(token));
      return JSON.parse(carried.reveal());
    } catch {
      return undefined;
    }
  }

  function over(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const m = readerOf(request.headers, messages);
    return lastWord(reply.code(410), m, { title: m.page.overTitle, text: m.page.over });
  }
}

function carriedFor(token: string) {
  return { account: keyOf(token), version: 0, purpose: 'draft' } as const;
}

function tokenOf({ params }: FastifyRequest): string {
  return (params as { token: string }).token;
}

function keyOf(token: string): string {
  return `masked-link/${createHash('sha256').update(token).digest('base64url')}`;
}

function isOurs({ headers }: FastifyRequest, nonce: string): boolean {
  const cookie = new RegExp(`(?:^|;\\s*)${NONCE_FIELD}=([^;]+)`).exec(headers.cookie ?? '')?.[1] ?? '';
  const [one, other] = [Buffer.from(cookie), Buffer.from(nonce)];
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
