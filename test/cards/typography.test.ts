import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LANGUAGES, VERBATIM } from '../../src/cards/languages.ts';
import { text } from '../../src/cards/text.ts';
import { typeset } from '../../src/cards/typography.ts';
import { goldenFiles } from './golden.ts';

/** What is drawn, and not what comes back with a click. */
const DRAWN = new Set([
  'text',
  'title',
  'label',
  'altText',
  'alt_text',
  'placeholder',
  'errorMessage',
  'fallbackText',
  'speak',
]);
/** What the samples put in, in another program's own words. */
const GIVEN = ['Pastell : la connexion est réussie'];

describe('every golden card', () => {
  test.each(goldenFiles())('%s has the marks of a careful editor', (file) => {
    const problems = drawnIn(JSON.parse(readFileSync(file, 'utf8')), isFact(file)).filter((words) =>
      /'| [:;?!»%]|« |\d h \d|\d (?:jours?|heures|minutes|mois)\b/.test(
        [...VERBATIM, ...GIVEN].reduce((left, kept) => left.replaceAll(kept, ''), words),
      ),
    );
    expect(problems).toEqual([]);
  });

  test('is looked at', () => {
    expect(goldenFiles().length).toBeGreaterThan(300);
  });
});

describe('what is typeset', () => {
  const m = typeset(
    {
      sentence: "C'est « ouvert » : oui ? Non !",
      withLibelle: ({ libelle }: { libelle: string }) => `C'est « ${libelle} »`,
      withName: (name: string) => `Réinitialisation pour « ${name} » : l'e-mail`,
      paragraph: (name: string) => text`L'**accord** de ${name} : 12 jours`,
      time: (hour: string) => `à ${Number(hour)} h 05`,
      link: { link: "C'est ici", url: "https://example.org/l'adresse ?" },
      portal: "Sélectionnez Type d'objet : A",
    },
    ["Type d'objet : A"],
  );

  test('has a typographic apostrophe, and blanks that do not break', () => {
    expect(m.sentence).toBe('C’est «\u00A0ouvert\u00A0»\u00A0: oui\u00A0? Non\u00A0!');
    expect(m.time('9')).toBe('à 9\u00A0h\u00A005');
  });

  test('leaves names and the words of the portal to the letter', () => {
    expect(m.withName("L'Isle : Sud")).toBe(
      "Réinitialisation pour «\u00A0L'Isle : Sud\u00A0»\u00A0: l’e-mail",
    );
    expect(m.withLibelle({ libelle: "L'Isle : Sud" })).toBe("C’est «\u00A0L'Isle : Sud\u00A0»");
    expect(m.portal).toBe("Sélectionnez Type d'objet : A");
  });

  test('are paragraphs too, and no address', () => {
    expect(m.paragraph("L'Isle")).toEqual([
      'L’',
      { bold: 'accord' },
      ' de ',
      "L'Isle",
      '\u00A0: 12\u00A0jours',
    ]);
    expect(m.link).toEqual({ link: 'C’est ici', url: "https://example.org/l'adresse ?" });
  });

  test('is all that the bot says', () => {
    expect(LANGUAGES.fr.buttons.done).toBe('C’est fait');
    expect(LANGUAGES.fr.moment('2027-03-11T10:56:00Z')).toBe('11\u00A0mars 2027 à 11\u00A0h\u00A056');
    expect(LANGUAGES.en.test.refused.title).toBe('Connection refused');
    const raw = readdirSync('src', { recursive: true })
      .map(String)
      .filter((file) => file.endsWith('.ts') && file !== join('cards', 'languages.ts'))
      .filter((file) =>
        /import \{[^}]*\b(?:fr|en)\b[^}]*\} from '[^']*messages(?:\.en)?\.ts'/.test(
          readFileSync(join('src', file), 'utf8'),
        ),
      );
    expect(raw).toEqual([]);
  });
});

function isFact(file: string): boolean {
  return file.includes('teams');
}

/** Every text that somebody reads. In Teams the value of a fact is one; elsewhere a value comes back to the bot. */
function drawnIn(json: unknown, isTeams: boolean): string[] {
  if (typeof json !== 'object' || json === null) return [];
  return Object.entries(json).flatMap(([name, value]) => {
    if (name === 'data' || name === 'choices') return [];
    if (typeof value === 'string')
      return DRAWN.has(name) || (name === 'value' && isTeams && 'title' in json) ? [value] : [];
    return drawnIn(value, isTeams);
  });
}
