import type {
  ActionsBlock,
  Button,
  ContextBlock,
  HeaderBlock,
  InputBlock,
  KnownBlock,
  ModalView,
  PlainTextElement,
  RichTextBlock,
  RichTextElement,
  RichTextSection,
  TextObject,
} from '@slack/types';
import type { Action, Block, Card, Fact, Field, Form, Text, Tone } from './card.ts';
import { cut, filled, isBlank, shorten } from './shorten.ts';
import { SLACK } from './slack-limits.ts';
import { plain } from './text.ts';

export interface SlackMessage {
  /** For notifications; the blocks are what is drawn. */
  readonly text: string;
  readonly blocks: KnownBlock[];
}

/**
 * A card as Slack takes it in a message. Text that Slack would refuse ends in « … ».
 *
 * A `send` comes back under its verb, a `form` under `form:<name>`, both with their data as JSON in `value`.
 * A disabled `form` is left out: Slack cannot grey a button.
 *
 * @throws RangeError when what must come back whole (a verb, its data, an address) is over Slack's limit
 */
export function renderMessage(card: Card): SlackMessage {
  const title = withSymbol(card.tone === 'neutral' ? undefined : card.tone, card.title);
  const heading = renderHeading(title);
  const actions = renderActions(card.actions);
  const blocks = shorten(
    card.body,
    (body): KnownBlock[] => [...heading, ...body.flatMap(renderBlock), ...actions],
    (built) => built.length <= SLACK.blocksInMessage && JSON.stringify(built).length <= SLACK.messageJson,
  );
  return { text: notification(title, card.body), blocks };
}

/**
 * A form as Slack takes it in a modal. `metadata` comes back with the submission, and so does each field under
 * its id (block and action).
 *
 * A title too long for Slack's bar stands whole above the body.
 *
 * @throws RangeError when what must come back whole (a name, the metadata) is over Slack's limit
 */
export function renderModal(form: Form, { metadata }: { readonly metadata: string }): ModalView {
  const title = filled(form.title, SLACK.modalTitle);
  const above = [
    ...(title === form.title ? [] : renderHeading(form.title)),
    ...(form.error === undefined ? [] : callout('danger', [form.error])),
  ];
  const fields = form.fields.flatMap(renderField);
  return shorten(
    form.body,
    (body): ModalView => ({
      type: 'modal',
      callback_id: whole(form.name, SLACK.callbackId, 'a form name'),
      private_metadata: whole(metadata, SLACK.metadata, 'the metadata of a modal'),
      title: plainText(title, SLACK.modalTitle),
      submit: plainText(form.submit, SLACK.modalTitle),
      close: plainText(form.cancel, SLACK.modalTitle),
      blocks: [...above, ...body.flatMap(renderBlock), ...fields],
    }),
    (view) => view.blocks.length <= SLACK.blocksInModal && JSON.stringify(view).length <= SLACK.viewJson,
  );
}

/** A last word in a modal: nothing to fill in, only to close. */
export function renderNoticeModal(notice: { title: string; text: string; close: string }): ModalView {
  const title = filled(notice.title, SLACK.modalTitle);
  return {
    type: 'modal',
    title: plainText(title, SLACK.modalTitle),
    close: plainText(notice.close, SLACK.modalTitle),
    blocks: [...(title === notice.title ? [] : renderHeading(notice.title)), ...paragraph([notice.text])],
  };
}

const SYMBOLS = { good: '✅', warning: '⚠️', danger: '🚨', neutral: 'ℹ️' } as const satisfies Record<
  Tone,
  string
>;

/** Slack has no colours to set a tone: a symbol does it, unless the text brings its own. */
function withSymbol(tone: Tone | undefined, text: string): string {
  return tone === undefined || /^\p{Extended_Pictographic}/u.test(text) ? text : `${SYMBOLS[tone]} ${text}`;
}

/** What Slack shows where it draws no blocks. Escaped, or a name such as `<!channel>` would call everybody. */
function notification(title: string, body: readonly Block[]): string {
  const said = body.flatMap((block) =>
    block.kind === 'text' || block.kind === 'callout' ? [plain(block.text)] : [],
  );
  return escapeMrkdwn(filled([title, ...said].join('\n'), SLACK.notification / '&amp;'.length));
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escapeMrkdwn(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function renderHeading(title: string): HeaderBlock[] {
  return isBlank(title) ? [] : [{ type: 'header', text: plainText(title, SLACK.header) }];
}

function renderBlock(block: Block): KnownBlock[] {
  switch (block.kind) {
    case 'text':
      return paragraph(block.text);
    case 'callout':
      return callout(block.tone, block.text);
    case 'steps':
      return list('ordered', block.items);
    case 'list':
      return list('bullet', block.items);
    case 'facts':
      return renderFacts(block.facts);
    case 'note':
      // A context holds no rich text, and a link must stay one.
      return block.text.some((run) => typeof run === 'object' && 'link' in run)
        ? paragraph(block.text)
        : context(plain(block.text));
    case 'picture':
      // Slack fetches the picture itself, and refuses the whole message when it cannot.
      if (!block.url.startsWith('https://')) return context(block.alt);
      return [
        {
          type: 'image',
          image_url: whole(block.url, SLACK.imageUrl, 'the address of a picture'),
          alt_text: filled(block.alt, SLACK.imageAlt),
        },
      ];
    case 'choice':
      return renderChoice(block);
    default:
      return block satisfies never;
  }
}

/** Rich text, since nothing in its elements is read as markup. */
function richText(text: Text): RichTextElement[] {
  return text
    .map((run): RichTextElement & { text: string } => {
      if (typeof run === 'string') return { type: 'text', text: cut(run, SLACK.text) };
      if ('bold' in run) return { type: 'text', text: cut(run.bold, SLACK.text), style: { bold: true } };
      return {
        type: 'link',
        url: whole(run.url, SLACK.linkUrl, 'the address of a link'),
        text: cut(run.link, SLACK.text),
      };
    })
    .filter((element) => element.text !== '');
}

function section(text: Text): RichTextSection {
  return { type: 'rich_text_section', elements: richText(text) };
}

function paragraph(text: Text): RichTextBlock[] {
  return isBlank(plain(text)) ? [] : [{ type: 'rich_text', elements: [section(text)] }];
}

function list(style: 'ordered' | 'bullet', items: readonly Text[]): RichTextBlock[] {
  const elements = items.filter((item) => !isBlank(plain(item))).map(section);
  return elements.length === 0
    ? []
    : [{ type: 'rich_text', elements: [{ type: 'rich_text_list', style, elements }] }];
}

function callout(tone: Tone, text: Text): RichTextBlock[] {
  if (isBlank(plain(text))) return [];
  const symbol = plain(text) === withSymbol(tone, plain(text)) ? [] : [`${SYMBOLS[tone]} `];
  return [
    { type: 'rich_text', elements: [{ type: 'rich_text_quote', elements: richText([...symbol, ...text]) }] },
  ];
}

function context(text: string): ContextBlock[] {
  return isBlank(text) ? [] : [{ type: 'context', elements: [plainText(text, SLACK.text)] }];
}

/** Labels on the left and values on the right, in Slack's two columns: a value has a field of its own, of plain text. */
function renderFacts(facts: readonly Fact[]): KnownBlock[] {
  const fields = facts.flatMap((fact) => [factLabel(fact.label), plainText(fact.value, SLACK.field)]);
  return chunks(fields, SLACK.fields).map((chunk) => ({ type: 'section', fields: chunk }));
}

/** Bold where the label's own characters cannot be taken for markup, which mrkdwn has no way to escape. */
function factLabel(text: string): TextObject {
  const shown = filled(text, SLACK.field - '**'.length);
  if (/[*_~`&<>\n]/.test(shown)) return plainText(text, SLACK.field);
  return { type: 'mrkdwn', text: `*${shown}*`, verbatim: true };
}

function renderChoice(block: Block & { kind: 'choice' }): KnownBlock[] {
  const options = optionsOf(block, SLACK.options);
  if (options.length === 0) return [];
  const initial = options.find((option) => option.value === block.value);
  return [
    {
      type: 'section',
      text: plainText(block.label, SLACK.text),
      accessory: {
        type: 'static_select',
        action_id: whole(block.id, SLACK.actionId, 'the id of a choice'),
        options,
        ...(initial !== undefined && { initial_option: initial }),
      },
    },
  ];
}

/** Buttons in their order. Slack wants an `action_id` once in a block, so a second one of the same verb starts a new row. */
function renderActions(actions: readonly Action[]): ActionsBlock[] {
  const rows: Button[][] = [];
  for (const button of actions.flatMap(renderAction)) {
    const row = rows.at(-1);
    const starts =
      row === undefined ||
      row.length === SLACK.actionElements ||
      row.some((other) => other.action_id !== undefined && other.action_id === button.action_id);
    if (starts) rows.push([button]);
    else row.push(button);
  }
  return rows.map((elements) => ({ type: 'actions', elements }));
}

function renderAction(action: Action): Button[] {
  const text = plainText(action.label, SLACK.button);
  switch (action.kind) {
    case 'send':
      return [{ type: 'button', text, ...answer(action.verb, action) }];
    case 'form':
      return action.enabled === false
        ? []
        : [{ type: 'button', text, ...answer(`form:${action.form}`, action) }];
    case 'link':
      return [{ type: 'button', text, url: whole(action.url, SLACK.buttonUrl, 'the address of a link') }];
    default:
      return action satisfies never;
  }
}

/** What comes back with a click, and how strongly the button asks for it. */
function answer(id: string, { data, style }: Extract<Action, { kind: 'send' | 'form' }>) {
  return {
    action_id: whole(id, SLACK.actionId, 'the verb of a button'),
    value: whole(JSON.stringify(data), SLACK.buttonValue, 'the data of a button'),
    ...(style !== undefined && { style }),
  };
}

function optionsOf({ options }: Extract<Field | Block, { kind: 'choice' }>, most: number) {
  return options.slice(0, most).map((option) => ({
    text: plainText(option.label, SLACK.option),
    value: whole(option.value, SLACK.optionValue, 'the value of an option'),
  }));
}

function renderField(field: Field): KnownBlock[] {
  const id = whole(field.id, SLACK.blockId, 'the id of a field');
  const error = field.error === undefined ? [] : callout('warning', [field.error]);
  if (field.kind === 'choice') return [...radioButtons(field, id), ...error];
  const placeholder = field.placeholder !== undefined && {
    placeholder: plainText(field.placeholder, SLACK.placeholder),
  };
  const element = { type: 'plain_text_input', action_id: id, ...placeholder } as const;
  const input = { type: 'input', block_id: id, label: plainText(field.label, SLACK.label) } as const;
  switch (field.kind) {
    case 'password':
      return [{ ...input, optional: !field.required, element }, ...error];
    case 'line': {
      const line: InputBlock = {
        ...input,
        element: { ...element, initial_value: cut(field.value, SLACK.inputValue) },
        ...(field.hint !== undefined && { hint: plainText(field.hint, SLACK.hint) }),
      };
      return [line, ...error];
    }
    default:
      return field satisfies never;
  }
}

function radioButtons(field: Extract<Field, { kind: 'choice' }>, id: string): InputBlock[] {
  const options = optionsOf(field, SLACK.radioOptions);
  if (options.length === 0) return [];
  const initial = options.find((option) => option.value === field.value);
  const element = {
    type: 'radio_buttons',
    action_id: id,
    options,
    ...(initial !== undefined && { initial_option: initial }),
  } as const;
  return [
    { type: 'input', block_id: id, label: plainText(field.label, SLACK.label), optional: true, element },
  ];
}

/** `emoji: false`, or a name such as `:tada:` would be drawn as one. */
function plainText(text: string, limit: number): PlainTextElement {
  return { type: 'plain_text', text: filled(text, limit), emoji: false };
}

/** What must come back as it was sent, and so cannot be cut. */
function whole(text: string, limit: number, what: string): string {
  if (text.length > limit) throw new RangeError(`${what} is longer than ${limit} characters`);
  return text;
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size));
}
