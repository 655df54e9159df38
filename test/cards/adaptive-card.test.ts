import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { escapeMarkdown, renderCard, renderForm } from '../../src/cards/adaptive-card.ts';
import type { Action, Block, Card, Field, Form } from '../../src/cards/card.ts';
import { cut } from '../../src/cards/shorten.ts';
import { teamsProblems } from './adaptive-check.ts';
import { anyCard, anyForm, anyText } from './arbitrary.ts';

const card = (part: Partial<Card>): Card => ({ title: 'Titre', body: [], actions: [], ...part });
const body = (...blocks: Block[]) => renderCard(card({ body: blocks })).body.slice(1);
const actions = (...all: Action[]) => renderCard(card({ actions: all })).actions;

const password: Field = {
  kind: 'password',
  id: 'password',
  label: 'Nouveau mot de passe',
  required: true,
  requiredMessage: 'Le mot de passe est vide.',
};
const form = (part: Partial<Form>): Form => ({
  name: 'keep',
  data: { reset: 'r1' },
  title: 'Saisie du mot de passe',
  body: [],
  fields: [password],
  submit: 'Valider',
  cancel: 'Abandonner',
  ...part,
});

describe('a card in Teams', () => {
  test('whatever it holds, is taken whole and within the limits', () => {
    fc.assert(
      fc.property(anyCard, (any) => {
        const rendered = renderCard(any);
        expect(teamsProblems(rendered)).toEqual([]);
        expect(rendered.actions).toHaveLength(any.actions.length);
      }),
    );
  });

  test('shows a text as it is, whatever it holds', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const inlines = text === '' ? [] : [{ type: 'TextRun', text: cut(text, 3000) }];
        expect(body({ kind: 'text', text: [text] })).toEqual(
          inlines.length === 0 ? [] : [{ type: 'RichTextBlock', inlines }],
        );
      }),
    );
  });

  test('keeps its first items and every button when it is too long', () => {
    const items = Array.from({ length: 1000 }, (_, i) => [`COMMUNE N° ${i}`]);
    const rendered = renderCard(
      card({
        body: [{ kind: 'list', items }],
        actions: [{ kind: 'send', label: 'Terminer', verb: 'finish', data: {} }],
      }),
    );
    const json = JSON.stringify(rendered);
    expect(teamsProblems(rendered)).toEqual([]);
    expect(json).toContain('COMMUNE N° 50');
    expect(json).toContain('"…"');
    expect(rendered.actions).toHaveLength(1);
  });

  test('whose answers alone are over 28 KB is a bug that is thrown', () => {
    const action: Action = { kind: 'send', label: 'A', verb: 'a', data: { draft: 'x'.repeat(28_000) } };
    expect(() => actions(action)).toThrow(RangeError);
  });

  test('has its title as a heading, on its tone where it has one', () => {
    const heading = { type: 'TextBlock', text: 'Titre', style: 'heading' };
    expect(renderCard(card({})).body).toMatchObject([heading]);
    expect(renderCard(card({ tone: 'danger' })).body).toMatchObject([
      { type: 'Container', style: 'attention', bleed: true, items: [heading] },
    ]);
  });

  test('writes bold and links as runs', () => {
    expect(body({ kind: 'text', text: ['Ouvrez ', { bold: 'Accueil' }] })).toEqual([
      {
        type: 'RichTextBlock',
        inlines: [
          { type: 'TextRun', text: 'Ouvrez ' },
          { type: 'TextRun', text: 'Accueil', weight: 'Bolder' },
        ],
      },
    ]);
    expect(body({ kind: 'note', text: [{ link: 'FAQ', url: 'https://example.org' }] })).toMatchObject([
      { inlines: [{ text: 'FAQ', size: 'Small', selectAction: { url: 'https://example.org' } }] },
    ]);
  });

  test('sets a callout apart in the colour of its tone', () => {
    expect(body({ kind: 'callout', tone: 'warning', text: ['🚨'] })).toMatchObject([
      { type: 'Container', style: 'warning' },
    ]);
  });

  test('numbers steps and marks list items', () => {
    const marks = (kind: 'steps' | 'list') =>
      JSON.stringify(body({ kind, items: [['a'], ['b']] })).match(/"(\d\.|•)"/g);
    expect(marks('steps')).toEqual(['"1."', '"2."']);
    expect(marks('list')).toEqual(['"•"', '"•"']);
  });

  test('draws nothing for a block that is empty', () => {
    const empty: Block[] = [
      { kind: 'text', text: [''] },
      { kind: 'callout', tone: 'good', text: [] },
      { kind: 'steps', items: [] },
      { kind: 'facts', facts: [] },
      { kind: 'choice', id: 'c', label: 'l', value: '', options: [] },
    ];
    expect(body(...empty)).toEqual([]);
  });

  test('sends a click as Action.Execute with its verb and data', () => {
    expect(
      actions({ kind: 'send', label: "C'est fait", verb: 'done', data: { revision: 3 }, style: 'primary' }),
    ).toEqual([
      { type: 'Action.Execute', title: "C'est fait", verb: 'done', data: { revision: 3 }, style: 'positive' },
    ]);
  });

  test('asks for a form by a task/fetch that carries its name and data', () => {
    expect(
      actions({ kind: 'form', label: 'Saisir', form: 'enter', data: { revision: 1 }, enabled: false }),
    ).toEqual([
      {
        type: 'Action.Submit',
        title: 'Saisir',
        data: { revision: 1, form: 'enter', msteams: { type: 'task/fetch' } },
        associatedInputs: 'none',
        isEnabled: false,
      },
    ]);
  });

  test('has six buttons; the others are in the overflow menu', () => {
    const eight = Array.from(
      { length: 8 },
      (_, i): Action => ({ kind: 'link', label: `${i}`, url: 'https://example.org' }),
    );
    expect(actions(...eight).map((action) => action.mode)).toEqual([
      ...Array(6).fill(undefined),
      'secondary',
      'secondary',
    ]);
  });
});

describe('a form in Teams', () => {
  test('whatever it holds, is taken whole and within the limits', () => {
    fc.assert(
      fc.property(anyForm, (any) => {
        const rendered = renderForm(any);
        expect(teamsProblems(rendered)).toEqual([]);
        // A choice that stands in the body is a list to open.
        const inputs = rendered.body.flatMap((element) =>
          element.type === 'Input.Text' ||
          (element.type === 'Input.ChoiceSet' && element.style === 'expanded')
            ? [element.id]
            : [],
        );
        expect(inputs).toEqual(any.fields.map((field) => field.id));
      }),
    );
  });

  test('masks the password and sets no limit that would cut it', () => {
    expect(renderForm(form({})).body).toEqual([
      {
        type: 'Input.Text',
        id: 'password',
        label: 'Nouveau mot de passe',
        style: 'Password',
        isRequired: true,
        errorMessage: 'Le mot de passe est vide.',
      },
    ]);
  });

  test('lets a password be left empty where it is not required', () => {
    expect(renderForm(form({ fields: [{ ...password, required: false }] })).body[0]).not.toHaveProperty(
      'isRequired',
    );
  });

  test('shows a line with its value, and its error directly under it', () => {
    const line: Field = {
      kind: 'line',
      id: 'expiry',
      label: 'Date exp. Mot de passe',
      value: '27/06/1999',
      hint: 'jj/mm/aaaa',
      requiredMessage: 'La date est vide.',
      error: 'Cette date est passée.',
    };
    expect(renderForm(form({ fields: [line] })).body).toMatchObject([
      { type: 'Input.Text', value: '27/06/1999' },
      { inlines: [{ text: 'Cette date est passée.', color: 'Attention' }] },
      { inlines: [{ text: 'jj/mm/aaaa', isSubtle: true }] },
    ]);
  });

  test('begins with what is wrong as a whole', () => {
    expect(renderForm(form({ error: 'Le coffre ne répond pas.' })).body[0]).toMatchObject({
      type: 'Container',
      style: 'attention',
    });
  });

  test('can be submitted, and cancelled without its fields', () => {
    expect(renderForm(form({})).actions).toEqual([
      {
        type: 'Action.Submit',
        title: 'Valider',
        style: 'positive',
        data: { reset: 'r1', form: 'keep' },
      },
      {
        type: 'Action.Submit',
        title: 'Abandonner',
        data: { form: 'keep', cancelled: 1 },
        associatedInputs: 'none',
      },
    ]);
  });
});

describe('Markdown', () => {
  test.each([
    ['TECH_1_A9F3K2L8Q7W1ZX@cpro.fr', 'TECH_1_A9F3K2L8Q7W1ZX@cpro.fr'],
    ['18/04/2023 02:00:00', '18/04/2023 02:00:00'],
    ['L’Haÿ-les-Roses', 'L’Haÿ-les-Roses'],
    ['_italique_ __gras__', '\\_italique\\_ \\_\\_gras\\_\\_'],
    ['*gras*', '\\*gras\\*'],
    ['[mot](https://example.org)', '\\[mot\\](https://example.org)'],
    ['a &amp; <b>', 'a \\&amp; \\<b\\>'],
    ['- liste', '\\- liste'],
    ['# titre', '\\# titre'],
    ['1. numéro', '1\\. numéro'],
    ['C:\\temp', 'C:\\\\temp'],
  ])('%s is escaped where it would mean something', (text, escaped) => {
    expect(escapeMarkdown(text)).toBe(escaped);
  });

  test('reads as the text itself, whatever it holds', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(escapeMarkdown(text).replace(/\\([!-/:-@[-`{-~])/g, '$1')).toBe(text);
      }),
    );
  });
});
