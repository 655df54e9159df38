import { LruMap } from 'toad-cache';
import { visibleName } from '../../invisible.ts';
import { PlaceGone } from '../channel.ts';
import { patiently } from '../outgoing/retries.ts';
import type { SlackCalls } from './calls.ts';

/** So long what Slack said of a person or a channel is believed. */
const BELIEVED_MS = 5 * 60_000;
const REMEMBERED_AT_MOST = 5_000;
/** So long Slack is asked again; then whoever waits for it reads that it failed. */
const PATIENCE_MS = 30_000;

/** Someone in Slack, as far as the bot cares. */
export interface Member {
  /** Of the workspace that the person belongs to, wherever they write from. */
  readonly team: string;
  readonly enterprise: string | undefined;
  readonly name: string;
  readonly locale: string;
  /** A guest, an application, somebody who left or whom Slack does not show. */
  readonly isOutsider: boolean;
}

/** `absent`: the bot does not take part in it. */
export type ConversationKind = 'direct' | 'channel' | 'shared' | 'absent';

/** Somebody whom Slack does not show to the bot. */
const UNKNOWN: Member = { team: '', enterprise: undefined, name: '', locale: '', isOutsider: true };

/** Who people are and what channels are, as Slack says it. */
export class SlackDirectory {
  readonly #calls: SlackCalls;
  readonly #members = new LruMap<Promise<Member>>(REMEMBERED_AT_MOST, BELIEVED_MS);
  readonly #conversations = new LruMap<Promise<ConversationKind>>(REMEMBERED_AT_MOST, BELIEVED_MS);

  constructor(calls: SlackCalls) {
    this.#calls = calls;
  }

  member(team: string, user: string): Promise<Member> {
    return remembered(this.#members, `${team}/${user}`, async () => {
      const member = await this.#readMember(team, user);
      // Somebody who is new may not be shown yet.
      if (member === UNKNOWN) this.#members.delete(`${team}/${user}`);
      return member;
    });
  }

  conversation(team: string, channel: string): Promise<ConversationKind> {
    return remembered(this.#conversations, `${team}/${channel}`, () => this.#readConversation(team, channel));
  }

  /** Something has changed in this conversation: Slack is asked about it again. */
  forgetConversation(team: string, channel: string): void {
    this.#conversations.delete(`${team}/${channel}`);
  }

  async #readMember(team: string, user: string): Promise<Member> {
    const asked = patiently(
      () => this.#calls.once(team, (api) => api.users.info({ user, include_locale: true })),
      PATIENCE_MS,
    );
    const { user: found } = await asked.catch(goneAs({ user: undefined }));
    if (found === undefined) return UNKNOWN;
    return {
      team: found.team_id ?? '',
      enterprise: found.enterprise_user?.enterprise_id,
      name: visibleName(found.profile?.real_name || found.real_name || found.name || ''),
      locale: found.locale ?? '',
      isOutsider: [found.is_restricted, found.is_ultra_restricted, found.is_bot, found.deleted].includes(
        true,
      ),
    };
  }

  async #readConversation(team: string, channel: string): Promise<ConversationKind> {
    const asked = patiently(
      () => this.#calls.once(team, (api) => api.conversations.info({ channel })),
      PATIENCE_MS,
    );
    // A private conversation without the bot looks to it as if there were none.
    const { channel: found } = await asked.catch(goneAs({ channel: undefined }));
    if (found?.is_im === true) return 'direct';
    if (found === undefined || found.is_member === false) return 'absent';
    return found.is_ext_shared === true || found.is_pending_ext_shared === true ? 'shared' : 'channel';
  }
}

const NOT_SHOWN = new Set([
  'user_not_found',
  'user_not_visible',
  'channel_not_found',
  'not_in_channel',
  'channel_is_limited_access',
  'team_access_not_granted',
]);

/** What is answered where Slack says that there is nobody and nothing there for the bot. */
function goneAs<Answer>(answer: Answer): (error: unknown) => Answer {
  return (error) => {
    if (error instanceof PlaceGone && NOT_SHOWN.has(error.reason)) return answer;
    throw error;
  };
}

/** A question that failed is asked again. */
function remembered<Answer>(
  cache: LruMap<Promise<Answer>>,
  key: string,
  ask: () => Promise<Answer>,
): Promise<Answer> {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const answer = ask();
  cache.set(key, answer);
  answer.catch(() => cache.delete(key));
  return answer;
}
