import { describe, expect, test } from '@jest/globals';
import { folded, readCommand } from '../../src/bot/commands.ts';

describe('a command is read', () => {
  test.each([
    ['Réinitialiser !', 'reset', ''],
    ['mes COMPTES…', 'accounts', ''],
    ['/chorus rappels ici', 'reminders', 'ici'],
    [`  réinitialiser\u00a0 Commune de Saint-Aubin-sur-Loire`, 'reset', 'Commune de Saint-Aubin-sur-Loire'],
    [`reset ${'n'.repeat(250)}`, 'reset', 'n'.repeat(250)],
    ['?', 'help', ''],
  ])('from « %s »', (text, command, rest) => {
    expect(readCommand(text)).toEqual({ command, rest });
  });

  test.each(['', '   ', '!!!', 'quelle heure est-il', 'mes', `${'mes '.repeat(20_000)}`])(
    'not from « %.20s »',
    (text) => {
      expect(readCommand(text)).toBeUndefined();
    },
  );

  test('whatever follows it for the length of a message', () => {
    const rest = readCommand(`aide ${'n'.repeat(80_000)}`)?.rest ?? '';
    expect(rest.length).toBeLessThan(500);
    expect(readCommand(`${'!'.repeat(80_000)}a`)).toBeUndefined();
  });
});

test('a word is compared without case, accents, and what ends it', () => {
  expect(folded('RÉINITIALISER ! …')).toBe('reinitialiser');
  expect(folded('!')).toBe('!');
  expect(folded('l’aide')).toBe('l’aide');
  expect(folded('a! b ?! ')).toBe('a! b');
  expect(folded('?! ')).toBe('');
});
