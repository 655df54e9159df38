import fc from 'fast-check';
import type { Action, Block, Card, Field, Form, Run, Text, Tone } from '../../src/cards/card.ts';
import { anyCharacter } from '../any-character.ts';

const FAMILY = '👩‍👩‍👧‍👦';

/** What a structure may be called by somebody who wishes us ill. */
const WILD = [
  '',
  ' ',
  '<!channel>',
  '<https://example.org|Chorus Pro>',
  '&amp; & &lt;b&gt;',
  '*gras* _italique_ ~barré~ `code`',
  '[Chorus Pro](https://example.org)',
  '# Titre\n- liste\n1. numéro',
  ':tada: :structure:',
  '{{DATE(2024-02-14T06:08:39Z, SHORT)}}',
  '<script>alert(1)</script>',
  'TECH_1_A9F3K2L8Q7W1ZX@cpro.fr',
  'بلدية القاهرة \u202Eabc\u202C',
  `${FAMILY} e\u0301\u0301\u0301`,
];

/** Any text at all: every script, markup of both platforms, and 5,000 characters of one kind. */
export const anyText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...WILD) },
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: anyCharacter, maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('x', 'é', '"', '*', '&', '_', '漢', FAMILY).map((one) => one.repeat(5000)),
  },
);

const id = fc.stringMatching(/^[a-z][A-Za-z0-9-]{0,20}$/);
/** Any address of the web, without the table of 1.1 million characters that `fc.webUrl()` makes first, in each test file. */
const url = fc
  .tuple(
    fc.constantFrom('http', 'https'),
    fc.domain(),
    fc.array(fc.string({ unit: anyCharacter, maxLength: 10 }), { maxLength: 3 }),
  )
  .map(([scheme, host, path]) => [`${scheme}://${host}`, ...path.map(encodeURIComponent)].join('/'));
const data = fc.dictionary(id, fc.oneof(fc.string({ maxLength: 40 }), fc.integer()), { maxKeys: 5 });
const tone = fc.constantFrom<Tone>('good', 'warning', 'danger', 'neutral');
const style = fc.constantFrom('primary' as const, 'danger' as const);

const run: fc.Arbitrary<Run> = fc.oneof(
  anyText,
  fc.record({ bold: anyText }),
  fc.record({ link: anyText, url }),
);

const text: fc.Arbitrary<Text> = fc.array(run, { maxLength: 5 });

const block: fc.Arbitrary<Block> = fc.oneof(
  fc.record({ kind: fc.constant('text'), text }),
  fc.record({ kind: fc.constant('callout'), tone, text }),
  fc.record({ kind: fc.constantFrom('steps', 'list'), items: fc.array(text, { maxLength: 60 }) }),
  fc.record({
    kind: fc.constant('facts'),
    facts: fc.array(fc.record({ label: anyText, value: anyText }), { maxLength: 30 }),
  }),
  fc.record({ kind: fc.constant('note'), text }),
  fc.record({ kind: fc.constant('picture'), url, alt: anyText }),
  fc.record({
    kind: fc.constant('choice'),
    id,
    label: anyText,
    value: id,
    options: fc.array(fc.record({ value: id, label: anyText }), { maxLength: 120 }),
  }),
);

/** Ids of choices are ours, and different. */
const body = fc
  .array(block, { maxLength: 120 })
  .map((blocks) => blocks.map((b, i) => (b.kind === 'choice' ? { ...b, id: `choice${i}` } : b)));

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record(
    { kind: fc.constant('send'), label: anyText, verb: id, data, style },
    { requiredKeys: ['kind', 'label', 'verb', 'data'] },
  ),
  fc.record(
    { kind: fc.constant('form'), label: anyText, form: id, data, style, enabled: fc.boolean() },
    { requiredKeys: ['kind', 'label', 'form', 'data'] },
  ),
  fc.record({ kind: fc.constant('link'), label: anyText, url }),
);

export const anyCard: fc.Arbitrary<Card> = fc.record(
  { title: anyText, tone, body, actions: fc.array(action, { maxLength: 12 }) },
  { requiredKeys: ['title', 'body', 'actions'] },
);

const field: fc.Arbitrary<Field> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('password'),
      id,
      label: anyText,
      placeholder: anyText,
      required: fc.boolean(),
      requiredMessage: anyText,
      error: anyText,
    },
    { requiredKeys: ['kind', 'id', 'label', 'required', 'requiredMessage'] },
  ),
  fc.record(
    {
      kind: fc.constant('line'),
      id,
      label: anyText,
      value: anyText,
      placeholder: anyText,
      hint: anyText,
      requiredMessage: anyText,
      error: anyText,
    },
    { requiredKeys: ['kind', 'id', 'label', 'value', 'requiredMessage'] },
  ),
  fc.record(
    {
      kind: fc.constant('choice'),
      id,
      label: anyText,
      value: id,
      options: fc.array(fc.record({ value: id, label: anyText }), { minLength: 1, maxLength: 20 }),
      error: anyText,
    },
    { requiredKeys: ['kind', 'id', 'label', 'value', 'options'] },
  ),
);

export const anyForm: fc.Arbitrary<Form> = fc.record(
  {
    name: id,
    data,
    title: anyText,
    body,
    error: anyText,
    fields: fc.uniqueArray(field, { maxLength: 4, selector: (f) => f.id }),
    submit: anyText,
    cancel: anyText,
  },
  { requiredKeys: ['name', 'data', 'title', 'body', 'fields', 'submit', 'cancel'] },
);
