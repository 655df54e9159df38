import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inspectPassword, looksLikePassword } from '../../src/chorus/password.ts';
import { Secret } from '../../src/secret.ts';
import { anyCharacter } from '../any-character.ts';

const LOGIN = 'TECH_1_abcdefghijklmn@cpro.fr';

function inspect(typed: string, known: { login: string; current?: Secret } = { login: LOGIN }) {
  return inspectPassword(new Secret(typed), known);
}

describe('what is taken as a password', () => {
  test.each(['goZckgKkevikl', 'Ab3:xyz!9Qw', '~!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}', 'x', 'a'.repeat(256)])(
    '%s, as it is',
    (typed) => {
      const inspected = inspect(typed);
      expect(inspected).toMatchObject({ ok: true, trimmed: false });
      expect(inspected.ok && inspected.password.reveal()).toBe(typed);
    },
  );

  test.each([' ', '\t', '\r\n', '\u00a0', '\u202f', '\u200b', '\u2060', '\ufeff', ' \u200b\n '])(
    'what %j stands around, which is trimmed and told',
    (blank) => {
      for (const typed of [`${blank}goZck`, `goZck${blank}`, `${blank}goZck${blank}`]) {
        const inspected = inspect(typed);
        expect(inspected).toMatchObject({ ok: true, trimmed: true });
        expect(inspected.ok && inspected.password.reveal()).toBe('goZck');
      }
    },
  );
});

describe('what is not taken as a password', () => {
  test.each([
    ['', { problem: 'empty' }],
    [' \u00a0\u200b\n', { problem: 'empty' }],
    ['a'.repeat(257), { problem: 'tooLong' }],
    ['a'.repeat(10_000), { problem: 'tooLong' }],
    ['ab\u0007cd', { problem: 'control', position: 3 }],
    ['ab\r\ncd', { problem: 'control', position: 3 }],
    ['\u0000ab', { problem: 'control', position: 1 }],
    ['ab👍', { problem: 'emoji', position: 3 }],
    ['👨‍👩‍👧ab', { problem: 'emoji', position: 1 }],
    ['a❤️', { problem: 'emoji', position: 2 }],
    ['🇫🇷', { problem: 'emoji', position: 1 }],
    ['1️⃣', { problem: 'emoji', position: 1 }],
    ['👨‍👩‍👧é', { problem: 'emoji', position: 1 }],
    ['abé', { problem: 'accent', position: 3 }],
    ['abe\u0301', { problem: 'accent', position: 3 }],
    ['Ça', { problem: 'accent', position: 1 }],
    ['ab€', { problem: 'unexpectedCharacter', position: 3 }],
    ['it’s', { problem: 'unexpectedCharacter', position: 3 }],
    ['a\u200bb', { problem: 'unexpectedCharacter', position: 2 }],
    ['a©', { problem: 'unexpectedCharacter', position: 2 }],
    ['a\ud800', { problem: 'unexpectedCharacter', position: 2 }],
    [' goZck gKkevikl', { problem: 'spaceInside', position: 6 }],
    ['goZck\u00a0gKkevikl', { problem: 'spaceInside', position: 6 }],
    [LOGIN, { problem: 'login' }],
    [` ${LOGIN.toLowerCase()}`, { problem: 'login' }],
    [
      '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.',
      { problem: 'emailTitle' },
    ],
    ['REINITIALISATION  du mot de passe', { problem: 'emailTitle' }],
    ['Réinitialisation du mot de passe', { problem: 'emailTitle' }],
    ['aếb', { problem: 'accent', position: 2 }],
    // What a reader sees as one sign, around an ordinary one.
    ['a\u06001b', { problem: 'unexpectedCharacter', position: 2 }],
    ['a\u0600éb', { problem: 'unexpectedCharacter', position: 2 }],
    ['ae\u0301\u200db', { problem: 'unexpectedCharacter', position: 2 }],
    [`[Chorus Pro] ${'a'.repeat(1000)}`, { problem: 'emailTitle' }],
  ])('%j', (typed, expected) => {
    expect(inspect(typed)).toEqual({ ok: false, ...expected });
  });

  test('the password that is already kept, pasted with a blank', () => {
    const known = { login: LOGIN, current: new Secret('goZckgKkevikl') };
    expect(inspect('goZckgKkevikl ', known)).toEqual({ ok: false, problem: 'alreadyCurrent' });
    expect(inspect('GoZckgKkevikl', known)).toMatchObject({ ok: true });
  });
});

describe('whatever is typed', () => {
  const anyText = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 300 }),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(' ', '\u00a0', '\u200b', '\ufeff', '\n', 'a', 'B', '9', ':', 'é') }),
  );

  test('a password that is taken is printable, has no blank ends, and is taken again untouched', () => {
    fc.assert(
      fc.property(anyText, (typed) => {
        const first = inspect(typed);
        if (!first.ok) return;
        expect(first.password.reveal()).toMatch(/^[!-~]{1,256}$/);
        expect(first.trimmed).toBe(first.password.reveal() !== typed);
        const again = inspectPassword(first.password, { login: LOGIN });
        expect(again).toMatchObject({ ok: true, trimmed: false });
        expect(again.ok && again.password).toBe(first.password);
      }),
      { numRuns: 1000 },
    );
  });

  test('the guess about a message never throws', () => {
    fc.assert(fc.property(anyText, (typed) => typeof looksLikePassword(typed) === 'boolean'));
  });

  test('a very long message is judged at once', () => {
    const begun = process.cpuUsage();
    looksLikePassword('mot de passe '.repeat(20_000));
    inspect(`a${' '.repeat(200_000)}b`);
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
