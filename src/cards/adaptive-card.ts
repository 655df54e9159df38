import type { Action, ActionData, Block, Card, Field, Form, Run, Text, Tone } from './card.ts';
import { cut, filled, shorten } from './shorten.ts';

/**
 * The largest card that Teams takes, in bytes of JSON: a post is limited to about 28 KB, envelope included.
 * https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams
 */
export const CARD_BYTES = 28_000;

/**
 * Teams draws six buttons; more go to the overflow menu.
 * https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-reference
 */
const BUTTONS = 6;

/** Ours, not Teams's: longer than anything we write, so that no single text can crowd out a card. In UTF-16 units. */
const LONGEST = { label: 150, sentence: 500, run: 3000 } as const;

/** A size of JSON, in bytes. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** An Adaptive Card 1.5: of the whole schema, what we draw with. */
export interface AdaptiveCard {
  readonly type: 'AdaptiveCard';
  readonly $schema: string;
  readonly version: '1.5';
  readonly fallbackText: string;
  readonly msteams: { readonly width: 'Full' };
  readonly body: readonly Element[];
  readonly actions: readonly Button[];
}

interface TextRun {
  readonly type: 'TextRun';
  readonly text: string;
  readonly weight?: 'Bolder';
  readonly size?: 'Small';
  readonly isSubtle?: true;
  readonly color?: 'Attention' | 'Accent';
  readonly selectAction?: OpenUrl;
}

interface Input {
  readonly id: string;
  readonly label: string;
}

type Element =
  | {
      readonly type: 'TextBlock';
      readonly text: string;
      readonly style: 'heading';
      readonly size: 'Large';
      readonly weight: 'Bolder';
      readonly wrap: true;
    }
  | { readonly type: 'RichTextBlock'; readonly inlines: readonly TextRun[]; readonly spacing?: 'Small' }
  | {
      readonly type: 'Container';
      readonly items: readonly Element[];
      readonly style?: 'good' | 'warning' | 'attention' | 'emphasis';
      readonly bleed?: true;
    }
  | {
      readonly type: 'ColumnSet';
      readonly spacing: 'Small';
      readonly columns: readonly {
        readonly type: 'Column';
        readonly width: 'auto' | 'stretch';
        readonly spacing: 'Small';
        readonly items: readonly Element[];
      }[];
    }
  | {
      readonly type: 'FactSet';
      readonly facts: readonly { readonly title: string; readonly value: string }[];
    }
  | {
      readonly type: 'Image';
      readonly url: string;
      readonly altText: string;
      readonly msteams: { readonly allowExpand: true };
    }
  | (Input & {
      readonly type: 'Input.ChoiceSet';
      readonly style?: 'expanded';
      readonly value: string;
      readonly choices: readonly { readonly title: string; readonly value: string }[];
    })
  | (Input & {
      readonly type: 'Input.Text';
      readonly style?: 'Password';
      readonly value?: string;
      readonly placeholder?: string;
      readonly isRequired?: true;
      readonly errorMessage?: string;
    });

interface OpenUrl {
  readonly type: 'Action.OpenUrl';
  readonly title?: string;
  readonly url: string;
  readonly mode?: 'secondary';
}

type Button =
  | OpenUrl
  | {
      readonly type: 'Action.Execute';
      readonly title: string;
      readonly verb: string;
      readonly data: ActionData;
      readonly style?: 'positive' | 'destructive';
      readonly mode?: 'secondary';
    }
  | {
      readonly type: 'Action.Submit';
      readonly title: string;
      readonly data: Readonly<Record<string, unknown>>;
      readonly style?: 'positive' | 'destructive';
      readonly isEnabled?: false;
      readonly associatedInputs?: 'none';
      readonly mode?: 'secondary';
    };

/** What closing a notice sends back: nothing is asked for by it. */
const NOTICE_FORM = 'notice';

/**
 * A card as Teams takes it in a conversation. A body too long for Teams ends in « … ».
 *
 * @throws RangeError when the card is too large even without its body
 */
export function renderCard(card: Card): AdaptiveCard {
  const heading = renderHeading(card.title, card.tone);
  const actions = card.actions
    .map(renderAction)
    .map((button, i): Button => (i < BUTTONS ? button : { ...button, mode: 'secondary' }));
  return shorten(
    card.body,
    (body) => envelope(card.title, [heading, ...body.flatMap(renderBlock)], actions),
    fitsTeams,
  );
}

/**
 * A form as Teams takes it in a dialog. A body too long for Teams ends in « … ».
 *
 * The title is the dialog's own and so not drawn in the card. `cancelled: 1` comes back from the cancel button,
 * because a dialog's card can only submit.
 *
 * @throws RangeError when the form is too large even without its body
 */
export function renderForm(form: Form): AdaptiveCard {
  const error = form.error === undefined ? [] : callout('danger', [form.error]);
  const fields = form.fields.flatMap(renderField);
  const data = { ...form.data, form: form.name };
  const actions: Button[] = [
    { type: 'Action.Submit', title: label(form.submit), style: 'positive', data },
    {
      type: 'Action.Submit',
      title: label(form.cancel),
      // Without the form's data: a sealed draft is long, and nobody needs it any more.
      data: { form: form.name, cancelled: 1 },
      associatedInputs: 'none',
    },
  ];
  return shorten(
    form.body,
    (body) => envelope(form.title, [...error, ...body.flatMap(renderBlock), ...fields], actions),
    fitsTeams,
  );
}

/** A dialog in which there is nothing to fill in, only to read and to close. */
export function renderNotice(notice: { title: string; text: string; close: string }): AdaptiveCard {
  const data = { form: NOTICE_FORM, cancelled: 1 };
  const close: Button = { type: 'Action.Submit', title: label(notice.close), data, associatedInputs: 'none' };
  return envelope(notice.title, paragraph([sentence(notice.text)]), [close]);
}

function envelope(title: string, body: readonly Element[], actions: readonly Button[]): AdaptiveCard {
  return {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.5',
    fallbackText: label(title),
    msteams: { width: 'Full' },
    body,
    actions,
  };
}

function fitsTeams(card: AdaptiveCard): boolean {
  return jsonBytes(card) <= CARD_BYTES;
}

function label(text: string): string {
  return filled(text, LONGEST.label);
}

function sentence(text: string): string {
  return filled(text, LONGEST.sentence);
}

const CONTAINER_STYLES = {
  good: 'good',
  warning: 'warning',
  danger: 'attention',
  neutral: 'emphasis',
} as const satisfies Record<Tone, string>;

function renderHeading(title: string, tone: Tone | undefined): Element {
  const heading: Element = {
    type: 'TextBlock',
    text: escapeMarkdown(label(title)),
    style: 'heading',
    size: 'Large',
    weight: 'Bolder',
    wrap: true,
  };
  return tone === undefined
    ? heading
    : { type: 'Container', style: CONTAINER_STYLES[tone], bleed: true, items: [heading] };
}

function renderBlock(block: Block): readonly Element[] {
  switch (block.kind) {
    case 'text':
      return paragraph(block.text);
    case 'callout':
      return callout(block.tone, block.text);
    case 'steps':
      return items(block.items, (i) => `${i + 1}.`);
    case 'list':
      return items(block.items, () => '•');
    case 'facts':
      if (block.facts.length === 0) return [];
      return [
        {
          type: 'FactSet',
          facts: block.facts.map((fact) => ({
            title: escapeMarkdown(label(fact.label)),
            value: escapeMarkdown(sentence(fact.value)),
          })),
        },
      ];
    case 'note':
      return paragraph(block.text, { size: 'Small', isSubtle: true });
    case 'picture':
      return [
        {
          type: 'Image',
          url: block.url,
          altText: cut(block.alt, LONGEST.sentence),
          msteams: { allowExpand: true },
        },
      ];
    case 'choice':
      return choiceSet(block);
    default:
      return block satisfies never;
  }
}

/** Text runs, since nothing in them is read as markup. */
function paragraph(
  text: Text,
  look: Pick<TextRun, 'size' | 'isSubtle' | 'color'> = {},
  spacing?: 'Small',
): readonly Element[] {
  const inlines = text.map((run) => ({ ...renderRun(run), ...look })).filter((run) => run.text !== '');
  if (inlines.length === 0) return [];
  return [{ type: 'RichTextBlock', inlines, ...(spacing !== undefined && { spacing }) }];
}

function renderRun(run: Run): TextRun {
  if (typeof run === 'string') return { type: 'TextRun', text: cut(run, LONGEST.run) };
  if ('bold' in run) return { type: 'TextRun', text: cut(run.bold, LONGEST.run), weight: 'Bolder' };
  return {
    type: 'TextRun',
    text: cut(run.link, LONGEST.run),
    color: 'Accent',
    selectAction: { type: 'Action.OpenUrl', url: run.url },
  };
}

function callout(tone: Tone, text: Text): readonly Element[] {
  const content = paragraph(text);
  return content.length === 0 ? [] : [{ type: 'Container', style: CONTAINER_STYLES[tone], items: content }];
}

/** Each item beside its mark, so that its second line starts under its first and not under the mark. */
function items(texts: readonly Text[], mark: (index: number) => string): readonly Element[] {
  const rows = texts.flatMap((text, i): readonly Element[] => {
    const content = paragraph(text);
    if (content.length === 0) return [];
    return [
      {
        type: 'ColumnSet',
        spacing: 'Small',
        columns: [
          { type: 'Column', width: 'auto', spacing: 'Small', items: paragraph([mark(i)]) },
          { type: 'Column', width: 'stretch', spacing: 'Small', items: content },
        ],
      },
    ];
  });
  return rows.length === 0 ? [] : [{ type: 'Container', items: rows }];
}

function choiceSet(
  { id, label: name, value, options }: Extract<Field | Block, { kind: 'choice' }>,
  look: { readonly style?: 'expanded' } = {},
): readonly Element[] {
  if (options.length === 0) return [];
  const choices = options.map((option) => ({ title: label(option.label), value: option.value }));
  return [{ type: 'Input.ChoiceSet', id, label: label(name), value, choices, ...look }];
}

function renderField(field: Field): readonly Element[] {
  const error = field.error === undefined ? [] : paragraph([field.error], { color: 'Attention' }, 'Small');
  if (field.kind === 'choice') return [...choiceSet(field, { style: 'expanded' }), ...error];
  const placeholder = field.placeholder !== undefined && { placeholder: label(field.placeholder) };
  const required = { isRequired: true, errorMessage: sentence(field.requiredMessage) } as const;
  // No maxLength anywhere: a client would cut a pasted password without a word.
  const common = { type: 'Input.Text', id: field.id, label: label(field.label), ...placeholder } as const;
  switch (field.kind) {
    case 'password':
      return [{ ...common, style: 'Password', ...(field.required && required) }, ...error];
    case 'line': {
      const hint =
        field.hint === undefined ? [] : paragraph([field.hint], { size: 'Small', isSubtle: true }, 'Small');
      return [{ ...common, value: cut(field.value, LONGEST.sentence), ...required }, ...error, ...hint];
    }
    default:
      return field satisfies never;
  }
}

function renderAction(action: Action): Button {
  switch (action.kind) {
    case 'send':
      return {
        type: 'Action.Execute',
        title: label(action.label),
        verb: action.verb,
        data: action.data,
        ...buttonStyle(action.style),
      };
    case 'form':
      return {
        type: 'Action.Submit',
        title: label(action.label),
        data: { ...action.data, form: action.form, msteams: { type: 'task/fetch' } },
        associatedInputs: 'none',
        ...buttonStyle(action.style),
        ...(action.enabled === false && { isEnabled: false }),
      };
    case 'link':
      return { type: 'Action.OpenUrl', title: label(action.label), url: action.url };
    default:
      return action satisfies never;
  }
}

function buttonStyle(style: 'primary' | 'danger' | undefined) {
  if (style === undefined) return {};
  return { style: style === 'primary' ? 'positive' : 'destructive' } as const;
}

/**
 * The text as Markdown that reads as the text: titles and facts are Markdown in Teams, and there is no way to turn it off.
 *
 * An underscore inside a word means nothing in Markdown and stays as it is, so that a technical login
 * (`TECH_1_…@cpro.fr`) can be found in the JSON.
 */
export function escapeMarkdown(text: string): string {
  return text
    .replace(/[\\`*~[\]<>&|]|(?<![\p{L}\p{N}_])_+|(?<!_)_+(?![\p{L}\p{N}_])/gu, (found) =>
      found.replace(/./g, '\\$&'),
    )
    .replace(/^([^\S\n\r\u2028\u2029]*)([-+#])/gm, '$1\\$2')
    .replace(/^([^\S\n\r\u2028\u2029]*\d+)([.)])/gm, '$1\\$2');
}
