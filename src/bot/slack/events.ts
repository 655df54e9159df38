import type { App, Context } from '@slack/bolt';
import type { Card } from '../../cards/card.ts';
import { type Conversation, type Place, PlaceGone } from '../channel.ts';
import { patiently } from '../outgoing/retries.ts';
import type { SlackDirectory } from './directory.ts';
import { SlackInstallations } from './installations.ts';
import {
  type ChatMessage,
  commandShape,
  type Joined,
  joinedShape,
  messageShape,
  type SlashCommand,
  spokenText,
  unescaped,
} from './payloads.ts';
import type { Addressee, SlackReplies } from './replies.ts';
import type { SlackTurns } from './turns.ts';
import { type AcknowledgedWork, plainCard } from './work.ts';
import type { Workspaces } from './workspaces.ts';

export interface SlackEventsOptions {
  readonly workspaces: Workspaces;
  readonly directory: SlackDirectory;
  readonly turns: SlackTurns;
  readonly replies: SlackReplies;
  readonly work: AcknowledgedWork;
  readonly conversation: () => Conversation;
}

/** The kinds of messages that are somebody's own words: beside a file, said by « /me », and shown in the channel as well. */
const SPOKEN = new Set(['file_share', 'me_message', 'thread_broadcast']);

interface Spoken {
  readonly isEdited: boolean;
  readonly text: string;
  readonly others: readonly string[];
}

/** What people say to the bot, and what happens to it in a workspace. */
export class SlackEvents {
  readonly #options: SlackEventsOptions;

  constructor(options: SlackEventsOptions) {
    this.#options = options;
  }

  listen(app: App): void {
    const { work, workspaces } = this.#options;
    app.command(/^/, async ({ body, ack, context }) => {
      const command = commandShape.parse(body);
      await ack();
      const addressee = {
        team: context.teamId,
        user: command.user_id,
        channel: command.channel_id,
        responseUrl: command.response_url,
      };
      await work.track(this.#commanded(command, addressee, context), addressee);
    });
    app.event('message', async ({ body, context }) => {
      const message = messageShape.parse(body);
      if (message.event.channel_type === 'im') await this.#heard(message, context);
    });
    app.event('app_mention', async ({ body, context }) => this.#heard(messageShape.parse(body), context));
    app.event('member_joined_channel', async ({ body, context }) =>
      work.track(this.#joined(joinedShape.parse(body), context)),
    );
    if (!(workspaces instanceof SlackInstallations)) return;
    for (const event of ['app_uninstalled', 'tokens_revoked'])
      app.event(event, async ({ context }) => work.track(workspaces.removed(context)));
  }

  async #commanded(command: SlashCommand, addressee: Addressee, context: Context): Promise<void> {
    const { turns, replies, conversation } = this.#options;
    const { user_id: user, channel_id: channel, trigger_id } = command;
    const located = await turns.locate({ team: context.teamId, user, channel }, context);
    if (located === undefined) return;
    const { turn, kind, m } = located;
    if (kind === 'shared') return replies.toOne(addressee, plainCard(m.slack.sharedChannel));
    const text = command.text.trim() === '' ? 'aide' : spokenText(command.text);
    const delivery = `${turn.place.address.team}/${channel}/${trigger_id}`;
    await conversation().said({ ...turn, isAlone: true, text, delivery }, async (cards) => {
      if (kind === 'direct') return this.#post(turn.place, cards);
      for (const card of cards) await replies.toOne(addressee, card);
      if (cards.length === 0 && turn.place.private)
        await replies.toOne(addressee, plainCard(m.slack.inMessages));
    });
  }

  /** A message to the bot, or a mention of it. */
  async #heard(message: ChatMessage, context: Context): Promise<void> {
    const { channel, thread_ts: thread, subtype } = message.event;
    const isEdited = subtype === 'message_changed';
    const said = isEdited ? message.event.message : message.event;
    const { user, bot_id } = said ?? {};
    // Our own messages, other applications', and every « deleted », « joined ».
    if (said === undefined || user === undefined || bot_id !== undefined) return;
    if (!isEdited && subtype !== undefined && !SPOKEN.has(subtype)) return;
    const addressee = { team: context.teamId, user, channel, thread };
    const spoken: Spoken = {
      isEdited,
      text: spokenText(said.text),
      others: [said.text, ...said.attachments, ...said.files].map(unescaped),
    };
    await this.#options.work.track(this.#said(message, spoken, { addressee, context }), addressee);
  }

  async #said(
    { event_id, event }: ChatMessage,
    { isEdited, ...spoken }: Spoken,
    { addressee, context }: { readonly addressee: Addressee; readonly context: Context },
  ): Promise<void> {
    const { turns, replies, conversation } = this.#options;
    const { user, channel, thread } = { ...addressee, channel: event.channel };
    const located = await turns.locate({ team: context.teamId, user, channel, thread }, context);
    if (located === undefined) return;
    const { turn, kind, m } = located;
    if (kind === 'shared') return replies.toOne(addressee, plainCard(m.slack.sharedChannel));
    const delivery = `${turn.place.address.team}/${channel}/${event_id}`;
    const said = { ...turn, isAlone: true, ...spoken, delivery };
    const deliver = async (cards: readonly Card[]) => {
      if (kind !== 'channel') return this.#post(turn.place, cards);
      for (const card of cards) await replies.toOne(addressee, card);
    };
    await (isEdited ? conversation().edited(said, deliver) : conversation().said(said, deliver));
  }

  /** The bot was invited to a channel, and greets there. */
  async #joined({ authorizations, event }: Joined, context: Context): Promise<void> {
    const { directory, turns, replies, conversation } = this.#options;
    const { user, inviter, channel } = event;
    if (inviter === undefined || !authorizations.some(({ user_id }) => user_id === user)) return;
    const { teamId: team } = context;
    // It may have been spoken to there before it took part.
    if (team !== undefined) directory.forgetConversation(team, channel);
    const located = await turns.locate({ team, user: inviter, channel }, context);
    if (located?.kind !== 'channel') return;
    const { turn, m } = located;
    const delivery = `welcome ${turn.place.address.team}/${channel}`;
    await conversation().welcomed({ ...turn, text: '', delivery }, async (cards) => {
      try {
        await this.#post(turn.place, cards);
      } catch (error) {
        if (!(error instanceof PlaceGone)) throw error;
        await replies.toOne({ team, user: inviter, channel }, plainCard(m.slack.cannotPost(error.reason)));
      }
    });
  }

  async #post(place: Place, cards: readonly Card[]): Promise<void> {
    for (const card of cards) await patiently(() => this.#options.replies.show(place, card));
  }
}
