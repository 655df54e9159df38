import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { samples } from '../../demo/gallery/samples.ts';
import type { Sample, Scene } from '../../demo/gallery/scene.ts';
import { renderCard, renderForm } from '../../src/cards/adaptive-card.ts';
import { renderMessage, renderModal } from '../../src/cards/block-kit.ts';
import type { Block, Text } from '../../src/cards/card.ts';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { en } from '../../src/cards/messages.en.ts';
import { CHORUS, fr, type Messages } from '../../src/cards/messages.ts';
import { plain } from '../../src/cards/text.ts';
import { teamsProblems } from './adaptive-check.ts';
import { expectGolden } from './golden.ts';
import { messageProblems, modalProblems } from './slack-check.ts';

/** Every card and form of a language, made once: a hundred tests look for one of them. */
const SAMPLES = new Map([...Object.values(LANGUAGES), fr, en].map((m) => [m, samples(m)] as const));

function samplesOf(m: Messages): readonly Sample[] {
  return SAMPLES.get(m) ?? samples(m);
}

function onTeams(sample: Sample) {
  return 'card' in sample ? renderCard(sample.card) : renderForm(sample.form);
}

function onSlack(sample: Sample) {
  return 'card' in sample ? renderMessage(sample.card) : renderModal(sample.form, { metadata: '{}' });
}

function slackProblems(sample: Sample): string[] {
  return 'card' in sample
    ? messageProblems(renderMessage(sample.card))
    : modalProblems(renderModal(sample.form, { metadata: '{}' }));
}

describe.each(Object.entries(LANGUAGES))('in the language %s', (lang, m) => {
  test.each(samplesOf(m).map((sample) => [sample.name, sample] as const))(
    '%s looks as it did',
    (name, sample) => {
      expectGolden(`teams/${lang}/${name}`, onTeams(sample));
      expectGolden(`slack/${lang}/${name}`, onSlack(sample));
    },
  );

  test.each(['teams', 'slack'])('no golden file of %s is left without its card', (platform) => {
    const files = readdirSync(join('test', 'golden', platform, lang), { recursive: true })
      .map((file) => String(file).replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.json'));
    const names = samplesOf(m).map(({ name }) => `${name}.json`);
    expect(files.sort()).toEqual(names.sort());
  });
});

describe.each<[string, Scene]>([
  [
    'names as long as they come',
    {
      account: {
        structure:
          `Syndicat intercommunal à vocation multiple ${"de l'eau et de l'assainissement ".repeat(3)}`
            .slice(0, 119)
            .padEnd(120, 's'),
        siret: '21719999100019',
        login: `TECH_1_${'W'.repeat(25)}@cpro.fr`,
      },
      holder: 'Marie-Bernadette de Saint-Exupéry de la Rochefoucauld-Montmorency',
    },
  ],
  [
    'markup of both platforms',
    {
      account: {
        structure:
          '<!channel> *gras* _x_ ~y~ `z` [lien](https://example.org) <https://a.example|b> &amp; :tada:',
        siret: '# 1. - 2',
        login: 'TECH_*_"<script>alert(1)</script>',
      },
      holder: '**Hélène** "la \'cheffe\'" \\ <@U123>',
    },
  ],
  [
    'emoji, right to left and line breaks',
    {
      account: {
        structure: 'بلدية القاهرة \u202Eabc\u202C 👩‍👩‍👧‍👦 e\u0301\u0301',
        siret: '٢١٧١',
        login: '🔑\n\r\u0000\u2028',
      },
      holder: 'שלום 🧑🏽‍💻',
    },
  ],
  ['nothing but blanks', { account: { structure: ' ', siret: '', login: '\u200B' }, holder: '' }],
])('with %s', (_names, scene) => {
  const all = Object.entries(LANGUAGES).flatMap(([lang, m]) =>
    samples(m, scene).map((sample) => [`${sample.name} in ${lang}`, sample] as const),
  );

  test('Teams takes every card and every form', () => {
    const refused = all.flatMap(([name, sample]) =>
      teamsProblems(onTeams(sample)).map((problem) => `${name}: ${problem}`),
    );
    expect(refused).toEqual([]);
  });

  test('Slack takes every card and every form', () => {
    const refused = all.flatMap(([name, sample]) =>
      slackProblems(sample).map((problem) => `${name}: ${problem}`),
    );
    expect(refused).toEqual([]);
  });

  test('no card loses its end to be short enough', () => {
    const cutOff = all.filter(
      ([, sample]) =>
        JSON.stringify(onTeams(sample)).includes('"inlines":[{"type":"TextRun","text":"…"}]') ||
        JSON.stringify(onSlack(sample)).includes('"elements":[{"type":"text","text":"…"}]'),
    );
    expect(cutOff.map(([name]) => name)).toEqual([]);
  });
});

/** What the two seeds say to the letter, and the cards on which people must read it. */
const SEEDS: readonly [card: string, sentence: string][] = [
  ['walk/sign-in', 'Accueil'],
  ['walk/sign-in', 'Raccordements'],
  ['walk/sign-in', 'Accéder au domaine'],
  ['walk/open-application', 'Compte technique'],
  ['walk/open-application', 'Accéder'],
  ['walk/open-application', 'Type de demande'],
  ['walk/open-application', "Réinitialisation du mot de passe d'un compte technique"],
  ['walk/open-application-unfolded', '-- Aucun --'],
  ['walk/open-application-unfolded', 'Activer un compte technique'],
  ['walk/open-application-unfolded', "Changer l'email du contact d'un compte technique"],
  ['walk/open-application-unfolded', "Création d'un compte technique"],
  ['walk/open-application-unfolded', 'Désactiver un compte technique'],
  ['walk/copy-password', 'Soumettre'],
  ['walk/submit-request', 'Soumettre'],
  ['walk/await-email', '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.'],
  ['walk/await-email-not-yet', 'Liste des comptes techniques'],
  ['test/accepted', 'La connexion a été établie : les paramètres de connexion sont corrects.'],
  ['test/accepted', 'Structures définies dans Chorus Pro'],
  ['test/accepted-unfolded', 'Date de dernière mise à jour'],
  ['test/accepted', 'Date exp. Mot de passe'],
  [
    'end/report',
    'bureau Liaisons, bloc Autres applications, Intégration factures, option Configuration des échanges Chorus Pro',
  ],
  ['end/report', 'Test de connexion'],
  ['end/report', "Gestion du mot de passe de l'utilisateur technique"],
  ['end/report', 'Saisir un nouveau mot de passe'],
  ['end/report', 'Valider'],
  ['end/report-unfolded', 'Date de dernière mise à jour'],
  ['end/report-unfolded', 'Espace Clients'],
  ['end/report-unfolded', 'PROGICIEL, Gestion financière'],
  ['configuration/accepted', 'Informations de connexion'],
  ['configuration/accepted', "Gestion du mot de passe de l'utilisateur technique"],
  ['configuration/accepted', 'Lien URL'],
  ['configuration/accepted', 'Identifiant utilisateur'],
  ['configuration/accepted', 'Mot de passe'],
  ['configuration/accepted', 'La connexion a été établie : les paramètres de connexion sont corrects.'],
  ['configuration/accepted', 'Structures définies dans Chorus Pro'],
  ['configuration/accepted', 'Alerte actualisation'],
  ['configuration/accepted', 'Date de dernière mise à jour'],
  ['form/password', 'Nouveau mot de passe'],
  ['form/expiry', 'Date exp. Mot de passe'],
];

/** Whole sentences of the seeds, and the buttons of the second one's screen: in French alone. */
const FRENCH_SEEDS: readonly [card: string, sentence: string][] = [
  [
    'walk/sign-in-unfolded',
    "NB : Seul le gestionnaire principal de la structure est habilité à réinitialiser le mot de passe de l'utilisateur technique.",
  ],
  ['walk/open-application', "Ouvrez l'application Compte technique en cliquant sur Accéder."],
  [
    'walk/open-application',
    "Sélectionnez Réinitialisation du mot de passe d'un compte technique dans le champ Type de demande.",
  ],
  [
    'walk/open-application',
    "Sélectionnez la structure concernée et l'utilisateur pour lequel vous souhaitez réinitialiser le mot de passe.",
  ],
  ['walk/copy-password', "🚨 Si l'action Soumettre n'est pas réalisée, le mot de passe ne sera pas modifié."],
  [
    'walk/await-email',
    'Vous recevrez un message de confirmation de la réinitialisation du mot de passe sur votre adresse électronique, dont le titre sera :',
  ],
  [
    'end/report-unfolded',
    "À chaque renouvellement de mot de passe, vous devez reporter ce changement dans votre application afin d'assurer la continuité des échanges avec le portail Chorus Pro.",
  ],
  [
    'end/report',
    'après un test de connexion concluant, vous pouvez cliquer sur le bouton Saisir un nouveau mot de passe qui se dégrise.',
  ],
  [
    'end/report',
    "Un écran s'affiche et vous permet de saisir le nouveau mot de passe. Cliquez ensuite sur Valider.",
  ],
  [
    'walk/copy-password',
    '🚨 Attention : vous devez copier ou noter ce mot de passe avant de cliquer sur le bouton Soumettre.',
  ],
  ['walk/copy-password', "🚨 Si le mot de passe n'est pas copié, il ne sera plus accessible a posteriori."],
  [
    'walk/submit-request',
    "🚨 Si l'action Soumettre n'est pas réalisée, le mot de passe ne sera pas modifié.",
  ],
  [
    'walk/await-email',
    "🚨 Vous devez attendre d'avoir reçu la confirmation avant de modifier le mot de passe dans votre application.",
  ],
  ['end/report', 'Effectuez un test de connexion via le bouton Test de connexion.'],
  ['end/report-unfolded', 'La Date de dernière mise à jour est alors actualisée.'],
  [
    'end/report-unfolded',
    'Des FAQ sont disponibles sur votre Espace Clients, rubrique PROGICIEL, Gestion financière puis onglet FAQ.',
  ],
  ['configuration/accepted', 'gardé depuis le'],
  ['configuration/accepted', 'Test de connexion'],
  ['configuration/accepted', 'Saisir un nouveau mot de passe'],
  ['form/password', 'Saisie du mot de passe'],
  ['form/password', 'Valider'],
  ['form/password', 'Abandonner'],
];

describe('the words of the seeds', () => {
  test.each([...SEEDS, ...FRENCH_SEEDS])('stand in French on %s: %s', (card, sentence) => {
    expect(wordsOf(fr, card)).toContain(sentence);
  });

  test.each(SEEDS)('stand in English too on %s: %s', (card, sentence) => {
    expect(wordsOf(en, card)).toContain(sentence);
  });
});

describe('the two languages', () => {
  test('have the very same sentences', () => {
    expect([...sentences(en).keys()].sort()).toEqual([...sentences(fr).keys()].sort());
  });

  test('have different words for each, but for what is quoted', () => {
    const french = sentences(fr);
    const same = [...sentences(en)].filter(([key, words]) => french.get(key) === words).map(([key]) => key);
    expect(same.sort()).toEqual([
      'buttons.configuration',
      'configuration.title',
      'labels.login',
      'labels.password',
      'labels.siret',
      'labels.structure',
      'labels.structures',
      'labels.technicalAccount',
      'labels.updated',
      'labels.url',
      'walk.awaitEmail.subject',
    ]);
  });

  test('leave no French in an English sentence, but for what is quoted', () => {
    const french = [...sentences(en)].filter(([, words]) => {
      const own = QUOTED.reduce((left, quoted) => left.replaceAll(quoted, ''), words);
      return /[àâçéèêëîïôùûœ«»]|\b(le|la|les|des|du|une|est|vous|votre|que|pour|dans|avec|sur|passe)\b/i.test(
        own,
      );
    });
    expect(french).toEqual([]);
  });

  test('say the first of a month as people do', () => {
    expect(fr.date('2027-03-01T08:05:00Z')).toBe('1er mars 2027');
    expect(fr.moment('2027-03-11T23:05:00Z')).toBe('12 mars 2027 à 0 h 05');
    expect(en.date('2027-03-01T08:05:00Z')).toBe('1 March 2027');
    expect(en.moment('2027-03-11T23:05:00Z')).toBe('12 March 2027 at 00:05');
  });

  test('count days, months and structures in the singular and in the plural', () => {
    expect([-2, -1, 0, 1, 2].map(fr.days)).toEqual([
      'expiré depuis 2 jours',
      'expiré depuis 1 jour',
      "expire aujourd'hui",
      '1 jour restant',
      '2 jours restants',
    ]);
    expect([-2, -1, 0, 1, 2].map(en.days)).toEqual([
      'expired 2 days ago',
      'expired 1 day ago',
      'expires today',
      '1 day left',
      '2 days left',
    ]);
    expect([1, 2].map(en.labels.alertMonths)).toEqual(['1 month', '2 months']);
    expect([1, 2].map((n) => plain(fr.test.accepted.more(n)))).toEqual(['… et 1 autre.', '… et 2 autres.']);
  });

  test('are written with the straight apostrophe and the ordinary space, and typeset for everybody', () => {
    const odd = [...sentences(fr), ...sentences(en)].filter(([, words]) => /[’\u00A0\u202F]/.test(words));
    expect(odd).toEqual([]);
  });
});

/** The French that an English sentence may hold, the longest first: the portal's and the application's own words. */
const QUOTED: readonly string[] = [
  ...Object.values(CHORUS).flat(),
  ...SEEDS.map(([, words]) => words),
  "Gestion du mot de passe de l'utilisateur technique",
  'Configuration des échanges Chorus Pro',
  'Intégration factures',
  'PROGICIEL, Gestion financière',
  'e.magnus Gestion Financière',
  '« Type de demande »',
  'Choisir la structure',
  '« Accéder »',
  '« Accéder au domaine »',
].sort((a, b) => b.length - a.length);

/** Every sentence under its key, those with something put in with a 2 in it. */
function sentences(value: unknown, key = ''): Map<string, string> {
  if (typeof value === 'string') return new Map([[key, value]]);
  if (typeof value === 'function') return sentences(value(2, 2, 2), key);
  if (Array.isArray(value) && !value.some(Array.isArray)) return new Map([[key, plain(value as Text)]]);
  return new Map(
    Object.entries(value as object).flatMap(([name, inner]) => [
      ...sentences(inner, key === '' ? name : `${key}.${name}`),
    ]),
  );
}

/** All that people read on a card or a form, without its bold. */
function wordsOf(m: Messages, name: string): string {
  const sample = samplesOf(m).find((each) => each.name === name);
  if (sample === undefined) throw new Error(`there is no ${name}`);
  if ('card' in sample) {
    const { title, body, actions } = sample.card;
    return [title, ...body.flatMap(words), ...actions.map(({ label }) => label)].join('\n');
  }
  const { title, body, fields, submit, cancel } = sample.form;
  return [title, ...body.flatMap(words), ...fields.map(({ label }) => label), submit, cancel].join('\n');
}

function words(block: Block): string[] {
  switch (block.kind) {
    case 'text':
    case 'callout':
    case 'note':
      return [plain(block.text)];
    case 'steps':
    case 'list':
      return block.items.map(plain);
    case 'facts':
      return block.facts.map(({ label, value }) => `${label} ${value}`);
    case 'picture':
      return [block.alt];
    case 'choice':
      return [block.label];
    default:
      return block satisfies never;
  }
}
