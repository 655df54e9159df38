import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { renderMessage, renderModal } from '../../src/cards/block-kit.ts';
import type { Action, Block, Card, Field, Form } from '../../src/cards/card.ts';
import { chooseCard } from '../../src/cards/conversation-cards.ts';
import { fr } from '../../src/cards/messages.ts';
import { cut } from '../../src/cards/shorten.ts';
import { SLACK } from '../../src/cards/slack-limits.ts';
import { anyCard, anyForm, anyText } from './arbitrary.ts';
import { messageProblems, modalProblems } from './slack-check.ts';

const card = (part: Partial<Card>): Card => ({ title: 'Titre', body: [], actions: [], ...part });
const blocks = (...body: Block[]) => renderMessage(card({ body })).blocks.slice(1);
const rows = (...actions: Action[]) => renderMessage(card({ actions })).blocks.slice(1);

const form = (part: Partial<Form>): Form => ({
  name: 'keep',
  data: {},
  title: 'Saisie du mot de passe',
  body: [],
  fields: [],
  submit: 'Valider',
  cancel: 'Abandonner',
  ...part,
});
const modal = (part: Partial<Form>) => renderModal(form(part), { metadata: '{}' });

describe('a message in Slack', () => {
  test('whatever its card holds, is within the limits and keeps its buttons', () => {
    fc.assert(
      fc.property(anyCard, (any) => {
        const message = renderMessage(any);
        expect(messageProblems(message)).toEqual([]);
        const drawn = any.actions.filter((action) => action.kind !== 'form' || action.enabled !== false);
        const buttons = message.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));
        expect(buttons).toHaveLength(drawn.length);
      }),
    );
  });

  test('lets two accounts of one structure be told apart, with names as long as they come', () => {
    const account = (number: number) => ({
      id: `${number}`,
      account: { login: `TECH_${number}_${'w'.repeat(33)}`, siret: '', structure: 'S'.repeat(120) },
      resetRunning: false,
    });
    const { blocks } = renderMessage(chooseCard(fr, [account(1), account(2)], 'begin'));
    const shown = [...JSON.stringify(blocks).matchAll(/TECH_\d[^"]*/g)].map(([text]) => text);
    expect(new Set(shown).size).toBe(2);
    for (const text of shown) expect(text).toHaveLength(SLACK.option);
  });

  test('shows a text as it is, whatever it holds', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const elements = [{ type: 'text', text: cut(text, SLACK.text) }];
        expect(blocks({ kind: 'text', text: [text] })).toEqual(
          text.trim() === ''
            ? []
            : [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }],
        );
      }),
    );
  });

  test('keeps its first items when it is too long', () => {
    const items = Array.from({ length: 1000 }, (_, i) => [`COMMUNE N° ${i}`]);
    const message = renderMessage(card({ body: [{ kind: 'list', items }] }));
    expect(messageProblems(message)).toEqual([]);
    expect(JSON.stringify(message)).toContain('COMMUNE N° 50');
    expect(JSON.stringify(message)).toContain('"…"');
  });

  test('notifies with its title and texts, and calls nobody', () => {
    const body: Block[] = [
      { kind: 'note', text: ['Étape 3'] },
      { kind: 'callout', tone: 'danger', text: ['🚨 Copiez le mot de passe de ', { bold: '<!channel>' }] },
    ];
    expect(renderMessage(card({ body })).text).toBe('Titre\n🚨 Copiez le mot de passe de &lt;!channel&gt;');
  });

  test('marks its tone by a symbol, once', () => {
    const header = (title: string, tone?: 'good' | 'neutral') =>
      renderMessage(card({ title, ...(tone && { tone }) })).blocks[0];
    expect(header('Renouvelé', 'good')).toMatchObject({ text: { text: '✅ Renouvelé' } });
    expect(header('✅ Renouvelé', 'good')).toMatchObject({ text: { text: '✅ Renouvelé' } });
    expect(header('Comptes', 'neutral')).toMatchObject({ text: { text: 'Comptes' } });
    expect(header('Comptes')).toMatchObject({ text: { text: 'Comptes' } });
  });

  test('sets a callout apart as a quote with the symbol of its tone, once', () => {
    const quoted = (text: string) => blocks({ kind: 'callout', tone: 'danger', text: [text] });
    expect(quoted('Attention')).toEqual([
      {
        type: 'rich_text',
        elements: [
          {
            type: 'rich_text_quote',
            elements: [
              { type: 'text', text: '🚨 ' },
              { type: 'text', text: 'Attention' },
            ],
          },
        ],
      },
    ]);
    expect(JSON.stringify(quoted('🚨 Attention')).match(/🚨/g)).toHaveLength(1);
  });

  test('writes bold and links as elements', () => {
    expect(
      blocks({ kind: 'text', text: [{ bold: 'Accueil' }, { link: 'FAQ', url: 'https://example.org' }] }),
    ).toMatchObject([
      {
        elements: [
          {
            elements: [
              { type: 'text', text: 'Accueil', style: { bold: true } },
              { type: 'link', text: 'FAQ', url: 'https://example.org' },
            ],
          },
        ],
      },
    ]);
  });

  test('numbers steps and marks list items', () => {
    const style = (kind: 'steps' | 'list') => blocks({ kind, items: [['a'], ['b']] });
    expect(style('steps')).toMatchObject([{ elements: [{ type: 'rich_text_list', style: 'ordered' }] }]);
    expect(style('list')).toMatchObject([{ elements: [{ type: 'rich_text_list', style: 'bullet' }] }]);
  });

  test('shows five facts a section, labels beside values, and no value as markup', () => {
    const facts = Array.from({ length: 6 }, (_, i) => ({ label: `Champ ${i}`, value: `*${i}*` }));
    const sections = blocks({ kind: 'facts', facts });
    expect(sections).toHaveLength(2);
    expect(sections[1]).toEqual({
      type: 'section',
      fields: [
        { type: 'mrkdwn', text: '*Champ 5*', verbatim: true },
        { type: 'plain_text', text: '*5*', emoji: false },
      ],
    });
  });

  test('shows a note small, unless it holds a link that must stay one', () => {
    const kind = (...text: (string | { link: string; url: string })[]) => blocks({ kind: 'note', text });
    expect(kind('Étape 3')).toMatchObject([{ type: 'context', elements: [{ text: 'Étape 3' }] }]);
    expect(kind({ link: 'FAQ', url: 'https://example.org' })).toMatchObject([{ type: 'rich_text' }]);
  });

  test('describes a picture that Slack could not fetch', () => {
    const picture = (url: string) => blocks({ kind: 'picture', url, alt: 'Le formulaire' });
    expect(picture('https://example.org/1.png')).toMatchObject([
      { type: 'image', alt_text: 'Le formulaire' },
    ]);
    expect(picture('http://127.0.0.1/1.png')).toMatchObject([
      { type: 'context', elements: [{ text: 'Le formulaire' }] },
    ]);
  });

  test('offers a choice with its present value', () => {
    const options = [
      { value: '1', label: '1 mois' },
      { value: '12', label: '12 mois' },
    ];
    const choice = (value: string) =>
      blocks({ kind: 'choice', id: 'months', label: 'Alerte actualisation', value, options });
    expect(choice('12')).toMatchObject([
      { accessory: { action_id: 'months', initial_option: { value: '12', text: { text: '12 mois' } } } },
    ]);
    expect(JSON.stringify(choice('13'))).not.toContain('initial_option');
  });

  test('sends a click under its verb with its data, and asks for a form under its name', () => {
    expect(
      rows(
        { kind: 'send', label: "C'est fait", verb: 'done', data: { revision: 3 }, style: 'primary' },
        { kind: 'form', label: 'Saisir', form: 'enter', data: {} },
        { kind: 'link', label: 'Chorus Pro', url: 'https://example.org' },
      ),
    ).toMatchObject([
      {
        type: 'actions',
        elements: [
          { action_id: 'done', value: '{"revision":3}', style: 'primary', text: { text: "C'est fait" } },
          { action_id: 'form:enter', value: '{}' },
          { url: 'https://example.org' },
        ],
      },
    ]);
  });

  test('leaves out a form that cannot be opened', () => {
    expect(rows({ kind: 'form', label: 'Saisir', form: 'enter', data: {}, enabled: false })).toEqual([]);
  });

  test('gives a second button of one verb a row of its own', () => {
    const start = (account: string): Action => ({
      kind: 'send',
      label: account,
      verb: 'start',
      data: { account },
    });
    expect(rows(start('a'), start('b'))).toMatchObject([
      { elements: [{ value: '{"account":"a"}' }] },
      { elements: [{ value: '{"account":"b"}' }] },
    ]);
  });

  test('whose answer would not come back whole is a bug that is thrown without it', () => {
    const long: Action = { kind: 'send', label: 'A', verb: 'a', data: { draft: 'canary'.repeat(400) } };
    expect(() => rows(long)).toThrow(new RangeError('the data of a button is longer than 2000 characters'));
  });
});

describe('a modal in Slack', () => {
  test('whatever its form holds, is within the limits and keeps its fields', () => {
    fc.assert(
      fc.property(anyForm, (any) => {
        const view = renderModal(any, { metadata: '{}' });
        expect(modalProblems(view)).toEqual([]);
        const inputs = view.blocks.filter((block) => block.type === 'input');
        expect(inputs.map((input) => input.block_id)).toEqual(any.fields.map((field) => field.id));
      }),
    );
  });

  test('carries the name of its form and the metadata', () => {
    expect(modal({})).toMatchObject({ callback_id: 'keep', private_metadata: '{}' });
    expect(() => renderModal(form({}), { metadata: 'x'.repeat(3001) })).toThrow(RangeError);
  });

  test('has its whole title in the bar where it fits, and above the body where it does not', () => {
    expect(modal({}).title.text).toBe('Saisie du mot de passe');
    expect(modal({}).blocks).toEqual([]);
    const long = modal({ title: "Corriger la date d'expiration" });
    expect(long.title.text).toBe("Corriger la date d'expi…");
    expect(long.blocks).toMatchObject([{ type: 'header', text: { text: "Corriger la date d'expiration" } }]);
  });

  test('asks for a password without a value, and for a line with its own', () => {
    const fields: Field[] = [
      { kind: 'password', id: 'password', label: 'Mot de passe', required: false, requiredMessage: '' },
      {
        kind: 'line',
        id: 'expiry',
        label: 'Date',
        value: '27/06/2025',
        hint: 'jj/mm/aaaa',
        requiredMessage: '',
      },
    ];
    expect(modal({ fields }).blocks).toEqual([
      {
        type: 'input',
        block_id: 'password',
        label: { type: 'plain_text', text: 'Mot de passe', emoji: false },
        optional: true,
        element: { type: 'plain_text_input', action_id: 'password' },
      },
      {
        type: 'input',
        block_id: 'expiry',
        label: { type: 'plain_text', text: 'Date', emoji: false },
        hint: { type: 'plain_text', text: 'jj/mm/aaaa', emoji: false },
        element: { type: 'plain_text_input', action_id: 'expiry', initial_value: '27/06/2025' },
      },
    ]);
  });

  test('begins with what is wrong as a whole, and says what is wrong with a field under it', () => {
    const field: Field = {
      kind: 'password',
      id: 'password',
      label: 'Mot de passe',
      required: true,
      requiredMessage: '',
      error: 'vide',
    };
    const view = modal({ error: 'Le coffre ne répond pas.', fields: [field] });
    expect(view.blocks.map((block) => block.type)).toEqual(['rich_text', 'input', 'rich_text']);
    expect(JSON.stringify(view.blocks[0])).toContain('Le coffre ne répond pas.');
    expect(JSON.stringify(view.blocks[2])).toContain('vide');
  });
});
