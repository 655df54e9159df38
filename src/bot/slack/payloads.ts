import { z } from 'zod';
import { type ActionData, actionDataOf } from '../../cards/card.ts';
import { withoutInvisible } from '../../invisible.ts';

// Of Slack's payloads, what is read here; the rest passes by.

// Much of it becomes a key of the store, which takes no long ones.
const slackId = z.string().regex(/^[A-Z0-9]{1,100}$/);
const shortText = z.string().max(500);
const withId = z.object({ id: slackId });
const user = z.object({ id: slackId });

/** No command and no password is longer; what is longer is looked at no further. */
const LONGEST_TEXT = 4_000;
const spoken = z
  .string()
  .default('')
  .transform((text) => text.slice(0, LONGEST_TEXT));

/** More than anybody attaches to a message; of more, the rest is not looked at. */
const MOST_ATTACHMENTS = 10;
/** What is attached to a message, or quoted by it. */
const attached = z
  .array(z.object({ text: spoken }))
  .default([])
  .transform((all) => all.slice(0, MOST_ATTACHMENTS).map(({ text }) => text));
/** What was written beside a file. */
const captioned = z
  .array(z.object({ initial_comment: z.object({ comment: spoken }).optional() }))
  .default([])
  .transform((all) =>
    all.slice(0, MOST_ATTACHMENTS).flatMap(({ initial_comment }) => initial_comment?.comment ?? []),
  );

/** https://docs.slack.dev/interactivity/implementing-slash-commands */
export const commandShape = z.object({
  user_id: slackId,
  channel_id: slackId,
  text: spoken,
  trigger_id: shortText,
  response_url: z.url(),
});
export type SlashCommand = z.infer<typeof commandShape>;

/** https://docs.slack.dev/reference/events/message.im and app_mention */
export const messageShape = z.object({
  event_id: shortText,
  event: z.object({
    user: slackId.optional(),
    channel: slackId,
    channel_type: z.string().optional(),
    text: spoken,
    thread_ts: z.string().optional(),
    subtype: z.string().optional(),
    bot_id: z.string().optional(),
    attachments: attached,
    files: captioned,
    /** What a message says now, where it was changed. */
    message: z
      .object({
        user: slackId.optional(),
        bot_id: z.string().optional(),
        text: spoken,
        attachments: attached,
        files: captioned,
      })
      .optional(),
  }),
});
export type ChatMessage = z.infer<typeof messageShape>;

/** https://docs.slack.dev/reference/events/member_joined_channel */
export const joinedShape = z.object({
  /** The bot itself, among others. */
  authorizations: z.array(z.object({ user_id: slackId })).default([]),
  event: z.object({ user: slackId, inviter: slackId.optional(), channel: slackId }),
});
export type Joined = z.infer<typeof joinedShape>;

/** https://docs.slack.dev/reference/events/app_home_opened */
export const homeShape = z.object({
  event: z.object({ user: slackId, tab: z.string() }),
});

/** What stands in inputs, by block and by action. */
const stateShape = z.object({
  values: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        value: z.string().nullish(),
        selected_option: z.object({ value: shortText }).nullish(),
      }),
    ),
  ),
});

/** https://docs.slack.dev/reference/interaction-payloads/block_actions-payload */
export const blockClickShape = z.object({
  user,
  trigger_id: z.string(),
  response_url: z.url().optional(),
  container: z.object({
    message_ts: z.string().optional(),
    thread_ts: z.string().optional(),
    is_ephemeral: z.boolean().optional(),
  }),
  channel: withId.optional(),
  view: z.object({ type: z.string(), state: stateShape.optional() }).optional(),
  state: stateShape.optional(),
  actions: z.tuple([z.object({ action_id: z.string(), value: z.string().optional() })]),
});
export type Click = z.infer<typeof blockClickShape>;

/** https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload */
export const submissionShape = z.object({
  user,
  view: z.object({ id: z.string(), private_metadata: z.string(), state: stateShape }),
});
export type Submission = z.infer<typeof submissionShape>;

/** https://docs.slack.dev/apis/events-api/using-socket-mode */
const socketShape = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello') }),
  z.object({ type: z.literal('disconnect'), reason: z.string().optional() }),
  z.object({
    type: z.literal('events_api'),
    envelope_id: z.string(),
    payload: z.object({ event: z.object({ type: z.string() }) }),
  }),
  z.object({ type: z.enum(['slash_commands', 'interactive']), envelope_id: z.string(), payload: z.object() }),
]);

/** A message of the web socket; undefined for what Slack's client could not read, or would take for an event of its own. */
export function readSocketMessage(text: string): z.infer<typeof socketShape> | undefined {
  return readJson(text, socketShape);
}

const envelopeShape = z.object({ envelope_id: z.uuid() });

/** The name of what came over the web socket, also where nothing else of it can be read. */
export function readEnvelopeId(text: string): string | undefined {
  return readJson(text, envelopeShape)?.envelope_id;
}

const refusalShape = z.object({ ok: z.literal(false), error: z.string().default('') });

/** What Slack refuses in the body of an answer; undefined where it does not. */
export function readRefusal(text: string): z.infer<typeof refusalShape> | undefined {
  return readJson(text, refusalShape);
}

/** Of what our own buttons and forms carry, what is theirs. */
const dataShape = z.record(z.string(), z.unknown()).transform(actionDataOf);

/** What a modal of ours brings back. Its version tells one that an older bot has opened. */
const metadataShape = z.object({
  v: z.literal(1),
  form: z.string(),
  /** What was typed may be among it, sealed. */
  data: dataShape,
  language: z.enum(['fr', 'en']),
  channel: slackId,
  thread: z.string().optional(),
});
export type ModalMetadata = z.infer<typeof metadataShape>;

/** undefined where the modal was opened by another version of the bot, or by nobody of ours. */
export function readMetadata(text: string): ModalMetadata | undefined {
  return readJson(text, metadataShape);
}

/** What our own button sent back, and what was chosen beside it; undefined where it is not one of ours. */
export function readData(value: string, { view, state }: Click): ActionData | undefined {
  const sent = readJson(value, dataShape);
  if (sent === undefined) return undefined;
  const blocks = Object.values((view?.state ?? state)?.values ?? {});
  const chosen = blocks
    .flatMap((block) => Object.entries(block))
    .flatMap(([name, { selected_option }]) => (selected_option ? [[name, selected_option.value]] : []));
  return { ...sent, ...actionDataOf(Object.fromEntries(chosen)) };
}

/**
 * What was said to the bot as people read it: an address as its words, no mention, and nothing that is quoted where
 * something else is said.
 */
export function spokenText(text: string): string {
  const lines = text.split('\n');
  const own = lines.filter((line) => !line.startsWith('&gt;'));
  const said = own.some((line) => line.trim() !== '') ? own : lines;
  return withoutInvisible(
    unescaped(said.join('\n').replace(/<([^<>]{1,3500})>/g, (_, inner) => worded(inner))),
  ).trim();
}

/** `mailto:a@b|a@b`, `https://…|words`, `#C0|channel`, `@U0`, `!here`. https://docs.slack.dev/messaging/formatting-message-text */
function worded(inner: string): string {
  if (/^[@!]/.test(inner)) return ' ';
  const bar = inner.indexOf('|');
  return bar < 0 ? inner.replace(/^(?:mailto|tel):/, '') : inner.slice(bar + 1);
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function unescaped(text: string): string {
  return text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}

function readJson<Shape extends z.ZodType>(text: string, shape: Shape): z.infer<Shape> | undefined {
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    // The parser's message quotes what it could not read.
    return undefined;
  }
}
