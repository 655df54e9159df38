import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type InspectedPassword,
  inspectPassword,
  type KnownOfAccount,
  looksLikePassword,
} from '../../src/chorus/password.ts';
import { Secret } from '../../src/secret.ts';
import { anyCharacter } from '../any-character.ts';

const LOGIN = 'TECH_1_abcdefghijklmn@cpro.fr';

const SIRET = '21719999100019';

function inspect(typed: string, known: KnownOfAccount = { login: LOGIN, siret: SIRET }) {
  return inspectPassword(new Secret(typed), known);
}

/** What would be kept of it, in clear. */
function passwordIn(inspected: InspectedPassword): string | undefined {
  return inspected.outcome === 'stop' ? undefined : inspected.password.reveal();
}

function proposedIn(inspected: InspectedPassword): string | undefined {
  return inspected.outcome === 'keep' ? undefined : inspected.proposed?.reveal();
}

/** What people have pasted into the form, and what is to become of it. */
const CASES: readonly {
  typed: string;
  outcome: 'keep' | 'warn' | 'stop';
  says?: string;
  cure?: string;
}[] = JSON.parse(readFileSync('test/chorus/cases/passwords.json', 'utf8'));

/** What each cure is called here. */
const CURES: Readonly<Record<string, object>> = {
  'take what follows the colon': { problem: 'loginAndPassword' },
  'that is login and password in Base64': { problem: 'loginAndPasswordEncoded' },
  'without the quotes?': { warning: 'quotes' },
  'the portal masks it: show it, then copy': { problem: 'masked' },
  'that is the SIRET': { problem: 'siret' },
  'that is the login': { problem: 'login' },
};

describe('what people have pasted', () => {
  const known = { login: 'TECH_1_SAUBIN71MAIRIE@cpro.fr', siret: SIRET };

  test.each(CASES.map((line) => [JSON.stringify(line.typed), line] as const))('%s', (_, line) => {
    const inspected = inspect(line.typed, known);
    expect(inspected).toMatchObject({
      outcome: line.outcome,
      ...(line.says === 'blanks were taken off' ? { trimmed: true } : {}),
      ...(line.cure === undefined ? {} : CURES[line.cure]),
    });
    if (line.cure?.includes('colon') || line.cure?.includes('Base64') || line.cure?.includes('quotes'))
      expect(proposedIn(inspected)).toBe('goZckgkKevikl');
  });
});

describe('what is taken as a password', () => {
  test.each(['goZckgKkevikl', 'Ab3:xyz!9Qw', '~!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}', 'x', 'a'.repeat(256)])(
    '%s, as it is',
    (typed) => {
      const inspected = inspect(typed);
      expect(inspected).toMatchObject({ outcome: 'keep', trimmed: false });
      expect(passwordIn(inspected)).toBe(typed);
    },
  );

  test.each([' ', '\t', '\r\n', '\u00a0', '\u202f', '\u200b', '\u2060', '\ufeff', ' \u200b\n '])(
    'what %j stands around, which is trimmed and told',
    (blank) => {
      for (const typed of [`${blank}goZck`, `goZck${blank}`, `${blank}goZck${blank}`]) {
        const inspected = inspect(typed);
        expect(inspected).toMatchObject({ outcome: 'keep', trimmed: true });
        expect(passwordIn(inspected)).toBe('goZck');
      }
    },
  );
});

describe('what is surely not the password', () => {
  test.each([
    ['', { problem: 'empty' }],
    [' \u00a0\u200b\n', { problem: 'empty' }],
    ['a'.repeat(257), { problem: 'tooLong' }],
    ['a'.repeat(10_000), { problem: 'tooLong' }],
    ['ab\u0007cd', { problem: 'control', position: 3 }],
    ['ab\r\ncd', { problem: 'control', position: 3 }],
    ['\u0000ab', { problem: 'control', position: 1 }],
    // Warned of otherwise: a control character behind it stops all the same.
    ['é\u0007', { problem: 'control', position: 2 }],
    // No text that could be sent to anybody.
    ['a\ud800', { problem: 'control', position: 2 }],
    [LOGIN, { problem: 'login' }],
    [` ${LOGIN.toLowerCase()}`, { problem: 'login' }],
    [`${LOGIN}:`, { problem: 'login' }],
    ['TECH_1_abcdefghijklmn', { problem: 'login' }],
    [`API ${LOGIN}`, { problem: 'login' }],
    ['DEV_DESTTAA074@cpp2017.fr', { problem: 'login' }],
    ['217 199 991 00019', { problem: 'siret' }],
    ['21719999100027', { problem: 'siret' }],
    ['••••••••', { problem: 'masked' }],
    ['**', { problem: 'masked' }],
    [`${LOGIN}:********`, { problem: 'masked' }],
    ['TECH_1_quelquunautre@cpro.fr:goZck', { problem: 'otherAccount' }],
    [
      '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.',
      { problem: 'emailTitle' },
    ],
    ['REINITIALISATION  du mot de passe', { problem: 'emailTitle' }],
    ['Réinitialisation du mot de passe', { problem: 'emailTitle' }],
    [`[Chorus Pro] ${'a'.repeat(1000)}`, { problem: 'emailTitle' }],
  ])('%j', (typed, expected) => {
    expect(inspect(typed)).toEqual({ outcome: 'stop', ...expected });
  });

  test.each([
    [`${LOGIN}:goZck:gkKevikl`, 'loginAndPassword', 'goZck:gkKevikl'],
    [`${LOGIN.toUpperCase()} : goZck`, 'loginAndPassword', 'goZck'],
    [`API ${LOGIN}:goZck`, 'otherAccount', undefined],
    [base64(`${LOGIN}:goZck:gk`), 'loginAndPasswordEncoded', 'goZck:gk'],
    [`cpro-account: ${base64(`${LOGIN}:é"9`)}`, 'loginAndPasswordEncoded', 'é"9'],
    [base64('TECH_1_quelquunautre@cpro.fr:goZck'), 'otherAccount', undefined],
  ] as const)('%j, with the part behind the colon offered', (typed, problem, behind) => {
    const inspected = inspect(typed);
    expect(inspected).toMatchObject({ outcome: 'stop', problem });
    expect(proposedIn(inspected)).toBe(behind);
  });

  test('the password that is already kept, pasted with a blank', () => {
    const known = { login: LOGIN, current: new Secret('goZckgKkevikl') };
    for (const typed of ['goZckgKkevikl ', `${LOGIN}:goZckgKkevikl`])
      expect(inspect(typed, known)).toEqual({ outcome: 'stop', problem: 'alreadyCurrent' });
    expect(inspect('GoZckgKkevikl', known)).toMatchObject({ outcome: 'keep' });
  });
});

describe('what is unusual, and taken as it is all the same', () => {
  test.each([
    ['ab👍', 'emoji', 3],
    ['👨‍👩‍👧ab', 'emoji', 1],
    ['a❤️', 'emoji', 2],
    ['🇫🇷', 'emoji', 1],
    ['1️⃣', 'emoji', 1],
    ['👨‍👩‍👧é', 'emoji', 1],
    ['abé', 'accent', 3],
    ['abe\u0301', 'accent', 3],
    ['Ça', 'accent', 1],
    ['aếb', 'accent', 2],
    ['ab€', 'unusual', 3],
    ['it’s', 'unusual', 3],
    ['a\u200bb', 'unusual', 2],
    ['a©', 'unusual', 2],
    // What a reader sees as one sign, around an ordinary one.
    ['a\u06001b', 'unusual', 2],
    ['a\u0600éb', 'unusual', 2],
    ['ae\u0301\u200db', 'unusual', 2],
    ['goZck gKkevikl', 'space', 6],
    ['goZck\u00a0gKkevikl', 'space', 6],
  ])('%j', (typed, warning, position) => {
    const inspected = inspect(typed);
    expect(inspected).toMatchObject({ outcome: 'warn', warning, position });
    expect(passwordIn(inspected)).toBe(typed);
  });

  test.each([
    ['"goZck"', 'goZck'],
    ["'goZck'", 'goZck'],
    ['« goZck »', 'goZck'],
    ['“goZck”', 'goZck'],
    ['„goZck“', 'goZck'],
    ['`goZck`', 'goZck'],
    [' «\u202fgoZck\u202f» ', 'goZck'],
  ])('%j, which is offered without its quotes', (typed, inside) => {
    const inspected = inspect(typed);
    expect(inspected).toMatchObject({ outcome: 'warn', warning: 'quotes' });
    expect(passwordIn(inspected)).toBe(typed.trim());
    expect(proposedIn(inspected)).toBe(inside);
  });

  test.each(['"', '""', '"goZck', 'goZck"', '"goZck\''])('%j has no quotes around it', (typed) => {
    expect(inspect(typed)).toMatchObject({ outcome: 'keep' });
  });
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('whatever is typed', () => {
  const anyText = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({
      unit: fc.constantFrom(' ', '\u00a0', '\u200b', '\ufeff', '\n', 'a', 'B', '9', ':', 'é', '"', '«', '»'),
    }),
    fc.string({ maxLength: 20 }).map((text) => `${LOGIN}:${text}`),
    fc.string({ maxLength: 20 }).map((text) => base64(`${LOGIN}:${text}`)),
  );

  test('what is kept without a warning is printable, has no blank ends, and is taken again untouched', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        const first = inspect(typed);
        if (first.outcome !== 'keep') return;
        expect(first.password.reveal()).toMatch(/^[!-~]{1,256}$/);
        expect(first.trimmed).toBe(first.password.reveal() !== typed);
        const again = inspectPassword(first.password, { login: LOGIN, siret: SIRET });
        expect(again).toMatchObject({ outcome: 'keep', trimmed: false });
        expect(again.outcome === 'keep' && again.password).toBe(first.password);
      }),
      { numRuns: 300 },
    );
  });

  test('what is warned of, or offered instead, has no control character, no blank ends and no more than 256', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        const inspected = inspect(typed);
        for (const text of [passwordIn(inspected), proposedIn(inspected)]) {
          if (text === undefined) continue;
          expect(text).not.toMatch(/[\p{Cc}\p{Cs}]/u);
          expect(text).toBe(text.trim());
          expect(text.length).toBeGreaterThan(0);
          expect(text.length).toBeLessThanOrEqual(256);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('the guess about a message never throws', () => {
    fc.assert(fc.property(anyText, (typed) => typeof looksLikePassword(typed) === 'boolean'));
  });

  test('a very long message is judged at once', () => {
    const begun = process.cpuUsage();
    looksLikePassword('mot de passe '.repeat(20_000));
    inspect(`a${' '.repeat(200_000)}b`);
    inspect('a'.repeat(200_000));
    // Time of the processor, in µs: a pattern that goes back at every blank takes minutes of it.
    expect(process.cpuUsage(begun).user).toBeLessThan(5_000_000);
  });
});

describe('a message in the chat', () => {
  test.each([
    'goZckgKkevikl',
    ' goZckgKkevikl\n',
    '`goZckgKkevikl`',
    'Ab3:xyz!9Qw',
    'motdepasse2024',
    'mot de passe : goZckgKkevikl',
    'Le nouveau mot de passe Chorus est goZckgKkevikl.',
    'mdp=goZckgKkevikl',
    'mot de passe « goZckgKkevikl », merci',
    'my password is Ab3:xyz!9Qw',
    'mot de passe«goZckgKkevikl»',
    'gozckgKkevikl',
  ])('%j may be a password', (message) => {
    expect(looksLikePassword(message)).toBe(true);
  });

  test.each([
    '',
    'Bonjour',
    'Bonjour!',
    'Bonjour !',
    'Bonjour!!!',
    '((Bonjour))',
    'réinitialiser',
    'reinitialiser',
    'Réinitialiser',
    'REINITIALISER',
    'comptes',
    'configuration?',
    "aujourd'hui",
    'rendez-vous',
    'Saint-Denis',
    "c'est-à-dire",
    '21750001600019',
    '18/04/2023',
    '01.02.03.04.05',
    'jean.dupont@mairie.fr',
    LOGIN,
    'TECH_021750001600019@cpp2017.fr',
    'TECH_1_abcdefghijklmn',
    'https://portail.chorus-pro.gouv.fr/Aife',
    'portail.chorus-pro.gouv.fr',
    'ChorusPro',
    '/chorus-comptes',
    '@ChorusBot',
    ':white_check_mark:',
    '<@U012ABCDEF>',
    'Ab3!xyz', // seven characters
    'mot de passe oublié',
    "J'ai perdu le mot de passe du compte TECH_1_abcdefghijklmn@cpro.fr, il expire le 18/04/2023",
    'password reset please',
    'Pouvez-vous m’aider avec Chorus Pro ?',
  ])('%j is none', (message) => {
    expect(looksLikePassword(message)).toBe(false);
  });
});
