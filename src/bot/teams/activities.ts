import { z } from 'zod';
import { type AdaptiveCard, renderCard, renderForm, renderNotice } from '../../cards/adaptive-card.ts';
import type { Card, Form } from '../../cards/card.ts';
import { LANGUAGES } from '../../cards/languages.ts';
import { visibleName } from '../../invisible.ts';
import type { PersonId } from '../../person.ts';
import type { ClickAnswer, FormAnswer, Language, Person, Place } from '../channel.ts';
import { typedWords } from './typed-text.ts';

const CARD = 'application/vnd.microsoft.card.adaptive';
const MESSAGE = 'application/vnd.microsoft.activity.message';
/** More than anybody attaches to a message; of more, the rest is not looked at. */
const MOST_ATTACHMENTS = 10;

/** What Teams gives as an id; much of it becomes a key of the store, which takes no longer ones. */
const teamsId = z.string().regex(/^[ -~]{1,500}$/);

/** Any field of an activity may be missing or null. */
function maybe<Field extends z.ZodType>(field: Field) {
  return field.nullish().transform((value) => value ?? undefined);
}

/** Of a Bot Framework activity, what is read here; the rest passes by. */
export const activityShape = z.looseObject({
  type: z.string(),
  id: maybe(teamsId),
  name: maybe(z.string()),
  text: maybe(z.string()),
  locale: maybe(z.string()),
  channelId: z.string(),
  serviceUrl: z.string().max(500),
  replyToId: maybe(teamsId),
  from: z.looseObject({ id: teamsId, name: maybe(z.string()), aadObjectId: maybe(teamsId) }),
  recipient: z.looseObject({ id: teamsId }),
  conversation: z.looseObject({
    id: teamsId,
    conversationType: maybe(z.string()),
    isGroup: maybe(z.boolean()),
    tenantId: maybe(teamsId),
  }),
  attachments: maybe(
    z.array(z.looseObject({ contentType: maybe(z.string()), content: z.unknown().optional() })),
  ),
  timestamp: maybe(z.string().max(100)),
  action: maybe(z.string()),
  membersAdded: maybe(z.array(z.looseObject({ id: teamsId }))),
  channelData: maybe(z.looseObject({ tenant: maybe(z.looseObject({ id: teamsId })) })),
  value: z.unknown().optional(),
});
export type Activity = z.infer<typeof activityShape>;

/** What a button of a card sends. */
export const clickShape = z.looseObject({
  action: z.looseObject({ verb: z.string(), data: maybe(z.record(z.string(), z.unknown())) }),
});
/** What asks for a form, and what a form sends. */
export const taskShape = z.looseObject({ data: z.looseObject({ form: z.string() }) });

/** `none`: it names no tenant. `undefined`: it names two, and so is of neither. */
export function tenantOf({ channelData, conversation }: Activity): string | undefined {
  const named = [channelData?.tenant?.id, conversation.tenantId].flatMap((id) => id?.toLowerCase() ?? []);
  const [tenant = 'none', ...others] = new Set(named);
  return others.length === 0 ? tenant : undefined;
}

export function personOf({ from, locale }: Activity, tenant: string): Person {
  const id: PersonId = `teams:${tenant}:${(from.aadObjectId ?? from.id).toLowerCase()}`;
  return {
    id,
    name: visibleName(from.name ?? ''),
    language: locale?.toLowerCase().startsWith('en') === true ? 'en' : 'fr',
  };
}

/** Private is only what Teams says is one person's chat with the bot: whatever else it is, others may read it. */
export function placeOf({ conversation, recipient }: Activity, serviceUrl: string): Place {
  return {
    platform: 'teams',
    private: conversation.conversationType === 'personal' && conversation.isGroup !== true,
    address: { serviceUrl, conversation: conversation.id, bot: recipient.id },
  };
}

/** A thread of a channel has the channel's own id, and behind it the message that it answers. */
export function outOfThread({ address, ...place }: Place): Place {
  const [conversation = ''] = (address.conversation ?? '').split(';messageid=', 1);
  return { ...place, address: { ...address, conversation } };
}

/** Not an upgrade of the app: the bot was there before. */
export function addsTheBot({ type, action, membersAdded, recipient }: Activity): boolean {
  return type === 'installationUpdate'
    ? action === 'add'
    : membersAdded?.some(({ id }) => id === recipient.id) === true;
}

/** What was typed: some clients send it in an HTML attachment alone. */
export function textOf({ text = '', attachments = [] }: Activity): string {
  const typed = typedWords(text);
  return typed === '' ? (htmlOf(attachments)[0] ?? '') : typed;
}

/** What else may hold a password: the same message in HTML, and what was attached to it. */
export function otherTextsOf({ attachments = [] }: Activity): readonly string[] {
  return htmlOf(attachments);
}

function htmlOf(attachments: NonNullable<Activity['attachments']>): string[] {
  return attachments
    .slice(0, MOST_ATTACHMENTS)
    .flatMap(({ contentType, content }) =>
      contentType === 'text/html' && typeof content === 'string' ? [typedWords(content)] : [],
    );
}

/** A card as Teams takes it in a conversation. */
export function cardActivity({ address }: Place, card: Card) {
  const { conversation = '', bot, serviceUrl } = address;
  return {
    type: 'message',
    channelId: 'msteams',
    serviceUrl,
    // A conversation that an administrator named does not say who the bot is there; Teams knows.
    ...(bot === undefined ? {} : { from: { id: bot } }),
    conversation: { id: conversation },
    // What a notification says; in the conversation Teams shows the card alone.
    summary: card.title,
    attachments: [attached(renderCard(card))],
  };
}

/** How an invoke is answered. */
export interface InvokeAnswer {
  readonly status: number;
  readonly body?: object;
}

export function answerToClick(answer: ClickAnswer): InvokeAnswer {
  return answer.kind === 'card'
    ? { status: 200, body: { statusCode: 200, type: CARD, value: renderCard(answer.card) } }
    : { status: 200, body: { statusCode: 200, type: MESSAGE, value: answer.text } };
}

/** A dialog with this form, or with a last word. */
export function answerToTask(
  answer: { readonly kind: 'form'; readonly form: Form } | { readonly kind: string; readonly text: string },
): InvokeAnswer {
  if (!('form' in answer)) return { status: 200, body: { task: { type: 'message', value: answer.text } } };
  const { form } = answer;
  const card = attached(renderForm(form));
  const value = { title: form.title, height: 'medium', width: 'medium', card };
  return { status: 200, body: { task: { type: 'continue', value } } };
}

/** A dialog that is asked for opens in every case: a bare message would open an empty box. */
export function answerToOpening(answer: FormAnswer, language: Language): InvokeAnswer {
  if (answer.kind === 'form') return answerToTask(answer);
  const { conversation, buttons } = LANGUAGES[language];
  const title = answer.kind === 'notice' ? answer.title : conversation.notOpenedTitle;
  const card = attached(renderNotice({ title, text: answer.text, close: buttons.close }));
  const value = { title, height: 'small', width: 'small', card };
  return { status: 200, body: { task: { type: 'continue', value } } };
}

function attached(content: AdaptiveCard) {
  return { contentType: CARD, content };
}
