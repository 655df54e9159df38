import type { App, Context, ViewResponseAction, ViewSubmitAction } from '@slack/bolt';
import type { ModalView } from '@slack/types';
import { renderModal, renderNoticeModal } from '../../cards/block-kit.ts';
import type { Form } from '../../cards/card.ts';
import { LINE_FIELDS, PASSWORD_FIELD } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import { withDeadline } from '../../deadline.ts';
import type { Log } from '../../log.ts';
import { Secret } from '../../secret.ts';
import {
  type Conversation,
  type Language,
  MessageGone,
  type Notice,
  type Opened,
  type SubmitAnswer,
  TryLater,
  type Turn,
} from '../channel.ts';
import { patiently } from '../outgoing/retries.ts';
import { addressOf } from './addresses.ts';
import type { SlackCalls } from './calls.ts';
import { meaningOf, refusalFields } from './errors.ts';
import { carriedBy, keptOpen, responseTo } from './modal-views.ts';
import { type ModalMetadata, readMetadata, type Submission, submissionShape } from './payloads.ts';
import type { Arrival } from './receiver.ts';
import type { SlackReplies } from './replies.ts';
import type { SlackTurns } from './turns.ts';
import { type AcknowledgedWork, plainCard } from './work.ts';

export interface SlackModalsOptions {
  readonly calls: SlackCalls;
  readonly turns: SlackTurns;
  readonly replies: SlackReplies;
  readonly work: AcknowledgedWork;
  readonly conversation: () => Conversation;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** A modal can be opened within three seconds of the click. */
const OPEN_WITHIN_MS = 2_000;
/** Slack waits for 3 s; a submission that is still at work so long after it came is answered with « un instant ». */
const ANSWER_WITHIN_MS = 2_400;

/** Forms: what people type into them, the password among it, comes here and goes to the conversation. */
export class SlackModals {
  readonly #options: SlackModalsOptions;

  constructor(options: SlackModalsOptions) {
    this.#options = options;
  }

  listen(app: App): void {
    app.view<ViewSubmitAction>(/^/, async ({ body, ack, context }) => {
      const submission = submissionShape.parse(body);
      const addressee = { team: context.teamId, user: submission.user.id };
      await this.#options.work.track(this.#submitted(submission, context, ack), addressee);
    });
  }

  /** Opens the form, or gives the sentence that is said instead. */
  async open(opened: Opened, trigger: string): Promise<string | undefined> {
    const { conversation, calls, messages, log } = this.#options;
    const m = messages[opened.person.language];
    const answer = await conversation().opened(opened);
    if (answer.kind === 'refusal') return answer.text;
    const { team } = addressOf(opened.place);
    const view =
      answer.kind === 'notice'
        ? renderNoticeModal({ ...answer, close: m.buttons.close })
        : formOpenedIn(opened, answer.form);
    try {
      const opening = () => calls.once(team, (api) => api.views.open({ trigger_id: trigger, view }));
      await patiently(opening, OPEN_WITHIN_MS);
      return undefined;
    } catch (error) {
      const { correlation } = opened;
      log.warn('slack.notOpened', { platform: 'slack', correlation, ...refusalFields(error) });
      const mayWork = error instanceof TryLater || meaningOf(error) === 'trigger';
      return mayWork ? m.slack.tooLate : m.slack.cannotOpen;
    }
  }

  /** Answers within Slack's 3 s in every case; what comes later is drawn on the modal, if it is still open. */
  async #submitted(
    submission: Submission,
    context: Context,
    ack: (answer: ViewResponseAction) => Promise<void>,
  ): Promise<void> {
    const metadata = readMetadata(submission.view.private_metadata);
    const m = this.#options.messages[metadata?.language ?? 'fr'];
    const { title, moved, working } = m.form;
    if (metadata === undefined) {
      const view = renderNoticeModal({ title, text: moved, close: m.buttons.close });
      return ack({ response_action: 'update', view });
    }
    const { arrivedAt = performance.now() } = context as Partial<Arrival>;
    const leftMs = () => arrivedAt + ANSWER_WITHIN_MS - performance.now();
    const late = () => undefined;
    const found = await withDeadline(this.#submitter(submission, metadata, context), leftMs(), late);
    if (found === undefined) return ack(keptOpen(submission, m.slack.notReached));
    const answering = 'text' in found ? Promise.resolve(found) : this.#submit(submission, metadata, found);
    const first = await withDeadline(answering, leftMs(), late);
    await ack(
      first === undefined
        ? {
            response_action: 'update',
            view: renderNoticeModal({ title, text: working, close: m.buttons.close }),
          }
        : responseTo(first, metadata, m),
    );
    if ('text' in found) return;
    const answer = await answering;
    if (first === undefined) await this.#redraw(submission, answer, metadata, found);
    const last = answer.kind === 'notice' ? await answer.later : undefined;
    if (last !== undefined) await this.#redraw(submission, last, metadata, found);
  }

  /** Who submits, or what they read instead; undefined where Slack or the store did not tell. Changes nothing. */
  async #submitter(
    { user }: Submission,
    { language, channel, thread }: ModalMetadata,
    context: Context,
  ): Promise<Turn | Notice | undefined> {
    const { messages, turns, log } = this.#options;
    const m = messages[language];
    const notice = (text: string) => ({ kind: 'notice', title: m.form.title, text }) as const;
    try {
      const source = { team: context.teamId, user: user.id, channel, thread };
      const located = await turns.locate(source, context);
      if (located === undefined) return notice(m.conversation.notYours);
      return located.kind === 'shared' ? notice(m.slack.sharedChannel) : located.turn;
    } catch (error) {
      log.warn('slack.failed', { platform: 'slack', ...refusalFields(error) });
      return undefined;
    }
  }

  #submit({ view }: Submission, { form, data }: ModalMetadata, turn: Turn): Promise<SubmitAnswer> {
    const typed = (name: string) => {
      const { values } = view.state;
      const field = Object.hasOwn(values, name) ? values[name]?.[name] : undefined;
      return field?.value ?? field?.selected_option?.value ?? '';
    };
    const password = new Secret(typed(PASSWORD_FIELD));
    const lines = Object.fromEntries(LINE_FIELDS.map((name) => [name, typed(name)]));
    return this.#options
      .conversation()
      .submitted({ ...turn, isAlone: true, form, data, lines, unmasked: true }, password);
  }

  /** What was typed is gone from the modal by now: a form that comes back carries it, sealed. */
  async #redraw(
    { user, view }: Submission,
    answer: SubmitAnswer,
    metadata: ModalMetadata,
    turn: Turn,
  ): Promise<void> {
    const { messages, calls, replies, log } = this.#options;
    const m = messages[metadata.language];
    const drawn =
      answer.kind === 'form'
        ? renderModal(answer.form, { metadata: carriedBy(answer.form, metadata) })
        : renderNoticeModal({ ...answer, close: m.buttons.close });
    const { team } = turn.place.address;
    try {
      await patiently(() =>
        calls.inLine(team, `view/${view.id}`, (api) => api.views.update({ view_id: view.id, view: drawn })),
      );
    } catch (error) {
      const isClosed = error instanceof MessageGone;
      if (!isClosed) log.warn('slack.notAnswered', { platform: 'slack', ...refusalFields(error) });
      // Whoever has closed the modal reads a verdict on the card, and nowhere that nothing was kept.
      const text = answer.kind === 'form' ? m.slack.closed : isClosed ? undefined : answer.text;
      if (text !== undefined) await replies.toOne({ team, user: user.id }, plainCard(text));
    }
  }
}

function formOpenedIn({ place, person }: Opened, form: Form): ModalView {
  const { channel, thread } = addressOf(place);
  const metadata: ModalMetadata = {
    v: 1,
    form: form.name,
    data: form.data,
    language: person.language,
    channel,
    ...(thread === undefined ? {} : { thread }),
  };
  return renderModal(form, { metadata: JSON.stringify(metadata) });
}
