import type { App, Context } from '@slack/bolt';
import { renderNoticeModal } from '../../cards/block-kit.ts';
import type { Messages } from '../../cards/messages.ts';
import type { Log } from '../../log.ts';
import type { Channel, Conversation, Place, Posted } from '../channel.ts';
import { patient } from '../outgoing/retries.ts';
import { ephemeralMessage, homeMessage } from './addresses.ts';
import type { SlackCalls } from './calls.ts';
import { refusalFields } from './errors.ts';
import type { SlackModals } from './modals.ts';
import { blockClickShape, type Click, readData } from './payloads.ts';
import type { Addressee, SlackReplies } from './replies.ts';
import type { SlackTurns } from './turns.ts';
import { type AcknowledgedWork, plainCard } from './work.ts';

export interface SlackClicksOptions {
  readonly channel: Channel;
  readonly calls: SlackCalls;
  readonly turns: SlackTurns;
  readonly replies: SlackReplies;
  readonly modals: SlackModals;
  readonly work: AcknowledgedWork;
  readonly conversation: () => Conversation;
  readonly log: Log;
}

/** A button that opens a form has this before the form's name; see `cards/block-kit`. */
const FORM = 'form:';

/** Buttons on cards: on messages, on what one person sees for a while, and in the Home. */
export class SlackClicks {
  readonly #options: SlackClicksOptions;

  constructor(options: SlackClicksOptions) {
    this.#options = options;
  }

  listen(app: App): void {
    app.action({ type: 'block_actions' }, async ({ body, ack, context }) => {
      const click = blockClickShape.parse(body);
      await ack();
      const addressee = {
        team: context.teamId,
        user: click.user.id,
        channel: click.channel?.id,
        thread: click.container.thread_ts,
        responseUrl: click.response_url,
      };
      await this.#options.work.track(this.#pressed(click, addressee, context), addressee);
    });
  }

  async #pressed(click: Click, addressee: Addressee, context: Context): Promise<void> {
    const [{ action_id: verb, value }] = click.actions;
    // A link opens by itself, and a choice comes with the button that follows it.
    if (value === undefined) return;
    const { turns, modals, channel, conversation } = this.#options;
    const { team, user, thread } = addressee;
    const located = await turns.locate({ team, user, channel: click.channel?.id, thread }, context);
    if (located === undefined) return;
    const { turn, kind, m } = located;
    const refuse = (text: string) => this.#refuse(click, addressee, m, text);
    if (kind === 'shared') return refuse(m.slack.sharedChannel);
    const data = readData(value, click);
    if (data === undefined) return refuse(m.conversation.outOfDate);
    // What the bot cannot draw any more leads nowhere; a reset can begin in their own conversation.
    const isLeft = kind === 'absent' && click.container.is_ephemeral !== true && click.view === undefined;
    if (isLeft && verb !== 'begin') return refuse(m.slack.left);
    const here = isLeft ? undefined : clickedMessage(click, turn.place);
    const isAlone = click.container.is_ephemeral === true;
    if (verb.startsWith(FORM)) {
      const form = verb.slice(FORM.length);
      const clicked = here === undefined ? {} : { clicked: here };
      const refusal = await modals.open(
        { ...turn, isAlone, form, data, ...clicked, unmasked: true },
        click.trigger_id,
      );
      return refusal === undefined ? undefined : refuse(refusal);
    }
    // A reset lives on a message: not in a Home, nor on what one person sees for a while.
    const isMessage = here !== undefined && here.message === click.container.message_ts;
    const clicked = here === undefined || (verb === 'begin' && !isMessage) ? {} : { clicked: here };
    const answer = await conversation().clicked({ ...turn, isAlone, verb, data, ...clicked });
    if (answer.kind !== 'card') return refuse(answer.text);
    if ('clicked' in clicked) return;
    if (answer.postedIn === undefined)
      return here === undefined ? undefined : patient(channel).replace(here, answer.card);
    if (answer.postedIn.private) await refuse(m.slack.inMessages);
  }

  /** Says a sentence to the person who clicked, and to nobody else. */
  async #refuse(click: Click, addressee: Addressee, m: Messages, text: string): Promise<void> {
    const { replies, calls, log } = this.#options;
    if (click.view === undefined) return replies.toOne(addressee, plainCard(text));
    const view = renderNoticeModal({ title: m.conversation.failedTitle, text, close: m.buttons.close });
    try {
      await calls.once(addressee.team, (api) => api.views.open({ trigger_id: click.trigger_id, view }));
    } catch (error) {
      // A trigger lives for three seconds, and this one's may be over.
      log.warn('slack.notAnswered', { platform: 'slack', ...refusalFields(error) });
      await replies.toOne(addressee, plainCard(text));
    }
  }
}

/** What the clicked button can be drawn on: a message, what one person sees for a while, or their Home. */
function clickedMessage(click: Click, place: Place): Posted | undefined {
  const { container, response_url: responseUrl, channel, view, user } = click;
  if (view?.type === 'home') return { place, message: homeMessage(user.id) };
  if (container.is_ephemeral === true) {
    if (responseUrl === undefined) return undefined;
    return { place, message: ephemeralMessage({ user: user.id, responseUrl }) };
  }
  return container.message_ts === undefined || channel === undefined
    ? undefined
    : { place, message: container.message_ts };
}
