import { SLACK } from '../../src/cards/slack-limits.ts';

type Json = { readonly [key: string]: unknown };
type Problems = Generator<string, void>;

/**
 * What Slack would refuse in a message, by its published limits.
 *
 * Strict: a block, an element or a markup that is not named here is a problem.
 */
export function messageProblems(message: { text: string; blocks: readonly object[] }): string[] {
  return [
    ...between(message.text, 1, SLACK.notification, 'notification'),
    ...between(JSON.stringify(message.blocks), 2, SLACK.messageJson, 'JSON of the blocks'),
    ...blocks(message.blocks, SLACK.blocksInMessage),
  ];
}

/** What Slack would refuse in a modal, by its published limits. */
export function modalProblems(view: object): string[] {
  const modal = view as Json;
  return [
    ...oneOf(modal.type, ['modal'], 'view'),
    ...between(modal.callback_id ?? '-', 1, SLACK.callbackId, 'callback_id'),
    ...between(modal.private_metadata ?? '', 0, SLACK.metadata, 'private_metadata'),
    ...plainText(modal.title, SLACK.modalTitle, 'title'),
    ...submit(modal),
    ...plainText(modal.close, SLACK.modalTitle, 'close'),
    ...between(JSON.stringify(view), 2, SLACK.viewJson, 'JSON of the view'),
    ...blocks(modal.blocks, SLACK.blocksInModal),
  ];
}

/** What Slack would refuse in a Home, by its published limits. */
export function homeProblems(view: object): string[] {
  const home = view as Json;
  return [
    ...oneOf(home.type, ['home'], 'view'),
    ...between(JSON.stringify(view), 2, SLACK.viewJson, 'JSON of the view'),
    ...blocks(home.blocks, SLACK.blocksInModal),
  ];
}

/** A modal without fields needs none. */
function* submit(modal: Json): Problems {
  const hasFields = list(modal.blocks).some(({ type }) => type === 'input');
  if (hasFields || modal.submit !== undefined) yield* plainText(modal.submit, SLACK.modalTitle, 'submit');
}

function* blocks(value: unknown, limit: number): Problems {
  yield* between(value, 0, limit, 'blocks');
  yield* different(list(value), 'block_id');
  for (const block of list(value)) yield* checkBlock(block);
}

function* checkBlock(block: Json): Problems {
  switch (block.type) {
    case 'header':
      yield* plainText(block.text, SLACK.header, 'header');
      break;
    case 'rich_text':
      yield* between(block.elements, 1, Number.POSITIVE_INFINITY, 'rich_text');
      for (const element of list(block.elements)) yield* richText(element);
      break;
    case 'context':
      yield* between(block.elements, 1, SLACK.contextElements, 'context');
      for (const element of list(block.elements)) yield* plainText(element, SLACK.text, 'context');
      break;
    case 'image':
      yield* between(block.image_url, 1, SLACK.imageUrl, 'image_url');
      yield* between(block.alt_text, 1, SLACK.imageAlt, 'alt_text');
      if (!String(block.image_url).startsWith('https://')) yield 'image_url: Slack cannot fetch it';
      break;
    case 'section':
      if (block.text === undefined && block.fields === undefined) yield 'section: empty';
      if (block.text !== undefined) yield* plainText(block.text, SLACK.text, 'section');
      if (block.fields !== undefined) yield* fields(block.fields);
      if (block.accessory !== undefined) yield* select(block.accessory as Json);
      break;
    case 'actions':
      yield* between(block.elements, 1, SLACK.actionElements, 'actions');
      yield* different(list(block.elements), 'action_id');
      for (const element of list(block.elements)) yield* button(element);
      break;
    case 'input':
      yield* between(block.block_id, 1, SLACK.blockId, 'block_id');
      yield* plainText(block.label, SLACK.label, 'label');
      if (block.hint !== undefined) yield* plainText(block.hint, SLACK.hint, 'hint');
      yield* input(block.element as Json);
      break;
    default:
      yield `block: ${block.type}`;
  }
}

function* richText(element: Json): Problems {
  yield* oneOf(element.type, ['rich_text_list', 'rich_text_section', 'rich_text_quote'], 'rich text');
  yield* between(element.elements, 1, Number.POSITIVE_INFINITY, String(element.type));
  for (const inner of list(element.elements)) {
    if (element.type === 'rich_text_list') {
      yield* oneOf(inner.type, ['rich_text_section'], 'list item');
      yield* richText(inner);
    } else {
      yield* oneOf(inner.type, ['text', 'link'], 'run');
      yield* between(inner.text, 1, SLACK.text, 'run');
      if (inner.type === 'link') yield* between(inner.url, 1, SLACK.linkUrl, 'link');
    }
  }
}

function* fields(value: unknown): Problems {
  yield* between(value, 1, SLACK.fields, 'fields');
  for (const field of list(value)) {
    if (field.type !== 'mrkdwn') {
      yield* plainText(field, SLACK.field, 'field');
      continue;
    }
    // Bold around words that hold no markup of their own is the only mrkdwn there may be.
    yield* between(field.text, 3, SLACK.field, 'field');
    if (!/^\*[^*_~`&<>\n]+\*$/.test(String(field.text))) yield `field: markup in ${field.text}`;
    if (field.verbatim !== true) yield 'field: looks for links';
  }
}

function* select(element: Json): Problems {
  yield* oneOf(element.type, ['static_select'], 'accessory');
  yield* choice(element, SLACK.options);
}

function* choice(element: Json, most: number): Problems {
  yield* between(element.action_id, 1, SLACK.actionId, 'action_id');
  yield* between(element.options, 1, most, 'options');
  for (const option of list(element.options)) {
    yield* plainText(option.text, SLACK.option, 'option');
    yield* between(option.value, 1, SLACK.optionValue, 'option value');
  }
  if (element.initial_option !== undefined) {
    const options = list(element.options).map((option) => JSON.stringify(option));
    yield* oneOf(JSON.stringify(element.initial_option), options, 'initial_option');
  }
}

function* button(element: Json): Problems {
  yield* oneOf(element.type, ['button'], 'action');
  yield* plainText(element.text, SLACK.button, 'button');
  yield* oneOf(element.style, [undefined, 'primary', 'danger'], 'style');
  if (element.url !== undefined) {
    yield* between(element.url, 1, SLACK.buttonUrl, 'button url');
  } else {
    yield* between(element.action_id, 1, SLACK.actionId, 'action_id');
    yield* between(element.value, 1, SLACK.buttonValue, 'button value');
  }
}

function* input(element: Json): Problems {
  if (element.type === 'radio_buttons') return yield* choice(element, SLACK.radioOptions);
  yield* oneOf(element.type, ['plain_text_input'], 'input');
  yield* between(element.action_id, 1, SLACK.actionId, 'action_id');
  if (element.placeholder !== undefined) {
    yield* plainText(element.placeholder, SLACK.placeholder, 'placeholder');
  }
  if (element.initial_value !== undefined) {
    yield* between(element.initial_value, 0, SLACK.inputValue, 'initial_value');
  }
}

function* plainText(value: unknown, limit: number, where: string): Problems {
  const text = value as Json;
  yield* oneOf(text.type, ['plain_text'], where);
  yield* between(text.text, 1, limit, where);
  if (String(text.text).trim() === '') yield `${where}: blank`;
  if (text.emoji !== false) yield `${where}: draws :names: as emoji`;
}

function* between(value: unknown, least: number, most: number, where: string): Problems {
  const { length } = value as { length: number };
  if (length < least || length > most) yield `${where}: ${length} is not in ${least}..${most}`;
}

function* oneOf(value: unknown, allowed: readonly unknown[], where: string): Problems {
  if (!allowed.includes(value)) yield `${where}: ${value}`;
}

function* different(elements: readonly Json[], key: string): Problems {
  const values = elements.flatMap((element) => (element[key] === undefined ? [] : [element[key]]));
  if (new Set(values).size !== values.length) yield `${key}: twice`;
}

function list(value: unknown): readonly Json[] {
  return value as readonly Json[];
}
