import { errorFields, type Fields, foreignWord } from '../../log.ts';
import { MessageGone, PlaceGone, TryLater } from '../channel.ts';

/**
 * What a word of Slack means to the bot.
 *
 * - `transient`: it may work in a moment, so the call is made again.
 * - `place`: nothing can be posted there; the person is told another way.
 * - `message`: only this message, modal or address can no longer be changed.
 * - `trigger`: the click is too old to open a modal; the person must click again.
 * - `token`: the token or the application lacks something that an administrator must give it.
 *
 * A word that is not in the table is a fault of ours, or new. The person reads that it failed, the log has the word, and
 * the call is not made again.
 */
export type Meaning = 'transient' | 'place' | 'message' | 'trigger' | 'token';

/** From the pages of the methods that the bot calls, https://docs.slack.dev/reference/methods, and from answers that were seen. */
export const WORDS: Readonly<Record<Meaning, readonly string[]>> = {
  transient: [
    'external_channel_migrating',
    'fatal_error',
    'internal_error',
    'message_limit_exceeded',
    'org_login_required',
    'rate_limited',
    'ratelimited',
    'request_timeout',
    'service_unavailable',
    'streaming_state_conflict',
    'team_added_to_org',
    'update_failed',
  ],
  place: [
    'access_denied',
    'account_inactive',
    'app_access_restricted',
    'cannot_dm_bot',
    'cannot_reply_to_message',
    'channel_is_limited_access',
    'channel_not_found',
    'ekm_access_denied',
    'is_archived',
    'is_inactive',
    'messages_tab_disabled',
    'no_permission',
    'not_enabled',
    'not_in_channel',
    'posting_to_channel_denied',
    'restricted_action',
    'restricted_action_non_threadable_channel',
    'restricted_action_read_only_channel',
    'restricted_action_thread_locked',
    'restricted_action_thread_only_channel',
    'team_access_not_granted',
    'team_not_found',
    'thread_not_found',
    'token_revoked',
    'user_disabled',
    'user_not_found',
    'user_not_in_channel',
    'user_not_visible',
  ],
  message: [
    'block_mismatch',
    'cant_update_message',
    'edit_window_closed',
    'expired_url',
    'invalid_url',
    'message_not_found',
    'not_found',
    'used_url',
  ],
  trigger: ['exchanged_trigger_id', 'expired_trigger_id', 'invalid_trigger_id'],
  token: [
    'accesslimited',
    'enterprise_is_restricted',
    'invalid_auth',
    'missing_scope',
    'not_allowed_token_type',
    'not_authed',
    'token_expired',
    'two_factor_setup_required',
  ],
};

const MEANINGS = new Map(
  Object.entries(WORDS).flatMap(([meaning, words]) =>
    words.map((word) => [word, meaning as Meaning] as const),
  ),
);

const DEAD_TOKEN = ['account_inactive', 'invalid_auth', 'not_authed', 'token_revoked'];

/** After that, what is transient is tried again where Slack does not say when. */
export const TRY_AGAIN_AFTER_MS = 1_000;
/** Of Slack's client: 429, a status other than 200, and no answer at all. */
const RATE_LIMITED = 'slack_webapi_rate_limited_error';
const HTTP_ERROR = 'slack_webapi_http_error';
const REQUEST_ERROR = 'slack_webapi_request_error';

interface ClientError {
  readonly code?: unknown;
  /** In seconds. */
  readonly retryAfter?: unknown;
  readonly statusCode?: unknown;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly data?: {
    readonly error?: unknown;
    readonly response_metadata?: { readonly retryAfter?: unknown };
  };
}

/** Slack's own word for what was wrong with a call, such as `channel_not_found`. */
export function platformError(error: unknown): string | undefined {
  const { data } = clientError(error);
  return foreignWord(data?.error);
}

/** What the log says of a call that failed: Slack's own word, and the scope that it asks for. */
export function refusalFields(error: unknown): Fields {
  const isTranslated =
    error instanceof TryLater || error instanceof PlaceGone || error instanceof MessageGone;
  const refusal = isTranslated ? (error.cause ?? error) : error;
  const reason = platformError(refusal) ?? reasonOf(error);
  return { ...errorFields(refusal), reason };
}

function reasonOf(error: unknown): string | undefined {
  return error instanceof PlaceGone || error instanceof MessageGone ? error.reason : undefined;
}

/** Undefined where Slack gave no word, or one that the bot does not know. */
export function meaningOf(error: unknown): Meaning | undefined {
  return MEANINGS.get(platformError(error) ?? '');
}

/** Slack says that this token will never work again. */
export function isTokenDead(error: unknown): boolean {
  const word = error instanceof PlaceGone ? error.reason : platformError(error);
  return word !== undefined && DEAD_TOKEN.includes(word);
}

/** Slack's word where the bot does not know what it means. */
export function unknownWord(error: unknown): string | undefined {
  return meaningOf(error) === undefined ? platformError(error) : undefined;
}

/** How long Slack asks to wait before the next call; undefined where it does not say. */
export function retryAfterMsOf(error: unknown): number | undefined {
  const { retryAfter, headers, data } = clientError(error);
  const seconds = Number(retryAfter ?? headers?.['retry-after'] ?? data?.response_metadata?.retryAfter);
  return seconds > 0 ? seconds * 1000 : undefined;
}

/** What a call of Slack's client threw, as the rest of the bot understands it. Anything else is given back as it is. */
export function translated(error: unknown): unknown {
  if (isTransient(error)) return new TryLater(retryAfterMsOf(error) ?? TRY_AGAIN_AFTER_MS, { cause: error });
  const word = platformError(error) ?? '';
  const meaning = meaningOf(error);
  if (meaning === 'place') return new PlaceGone(word, { cause: error });
  if (meaning === 'message') return new MessageGone(word, { cause: error });
  return error;
}

function isTransient(error: unknown): boolean {
  const { code, statusCode } = clientError(error);
  if (code === RATE_LIMITED || code === REQUEST_ERROR) return true;
  if (code === HTTP_ERROR && typeof statusCode === 'number') return isTransientStatus(statusCode);
  return meaningOf(error) === 'transient';
}

/** Whether a call that was answered with this HTTP status may work in a moment. */
export function isTransientStatus(status: number): boolean {
  return status >= 500 || status === 408 || status === 429;
}

/** Anything may be thrown. */
function clientError(error: unknown): ClientError {
  return (error ?? {}) as ClientError;
}
