import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readAccountFile, writeAccountFile } from '../../src/admin/account-file.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const SETE = {
  structure: 'Commune de Sète',
  login: 'TECH_1_A@cpro.fr',
  siret: '21340172201787',
  manager: 'slack:T1:U1',
};
const line = (delimiter: string) => Object.values(SETE).join(delimiter);

describe('a list of accounts is read', () => {
  test.each([
    [
      'semicolons, as Excel in French writes them',
      `structure;identifiant;siret;gestionnaire\r\n${line(';')}\r\n`,
    ],
    ['commas and English names', `structure,login,siret,manager\n${line(',')}\n`],
    ['tabs', `structure\tidentifiant\tsiret\tgestionnaire\n${line('\t')}`],
    ['a byte order mark', `\uFEFFstructure;identifiant;siret;gestionnaire\n${line(';')}`],
    [
      'capitals, accents and blanks in the names',
      ` Structure ;IDENTIFIANT;Siret; Gestionnaire\n${line(';')}`,
    ],
    [
      'quotation marks, and empty lines at the end',
      `"structure";"identifiant";"siret";"gestionnaire"\n"${line('";"')}"\n\n;;;\n`,
    ],
  ])('with %s', (_what, text) => {
    expect(readAccountFile(bytes(text))).toEqual([{ line: 2, cells: SETE }]);
  });

  test('with its columns in any order', () => {
    const text = `siret;gestionnaire;structure;identifiant\n${SETE.siret};${SETE.manager};${SETE.structure};${SETE.login}`;
    expect(readAccountFile(bytes(text))).toEqual([{ line: 2, cells: SETE }]);
  });

  test.each([
    ['windows-1252', (text: string) => Uint8Array.from(text, (sign) => sign.charCodeAt(0))],
    ['UTF-16', (text: string) => Uint8Array.from(Buffer.from(`\uFEFF${text}`, 'utf16le'))],
  ])('in %s, as Excel saves it', (_encoding, encoded) => {
    const text = `structure;identifiant;siret;gestionnaire\n${line(';')}`;
    expect(readAccountFile(encoded(text))).toEqual([{ line: 2, cells: SETE }]);
  });
});

describe('what is no such list is refused in one line', () => {
  test.each([
    ['nothing', '', /^le fichier est vide/],
    [
      'a column of another name',
      'structure;identifiant;siret;gestionnaire;mot de passe',
      /^la colonne 5 n’a pas un nom connu/,
    ],
    [
      'a column twice',
      'structure;identifiant;siret;gestionnaire;login',
      /^la colonne « identifiant » est là deux fois/,
    ],
    ['a column missing', 'structure;identifiant', /^il manque « siret », « gestionnaire »/],
    [
      'a quotation mark that is not closed',
      'structure;identifiant;siret;gestionnaire\n"canary;b;c;d',
      /^ligne 2 : des guillemets/,
    ],
  ])('%s', (_what, text, refusal) => {
    expect(() => readAccountFile(bytes(text))).toThrow(refusal);
    expect(() => readAccountFile(bytes(text))).not.toThrow(/canary/);
  });
});

test('no cell that is written is a formula for a spreadsheet', () => {
  const row = {
    ...SETE,
    structure: '=HYPERLINK("http://x")',
    deputy: '',
    expires: '',
    alert: '',
    channels: '',
  };
  const text = writeAccountFile([row]);
  expect(text).toContain('"\'=HYPERLINK');
  expect(readAccountFile(bytes(text))[0]?.cells.structure).toBe(row.structure);
});

test('whatever stands in a cell is read again as it was written', () => {
  const cell = fc.string({ unit: 'grapheme' }).map((text) => text.trim());
  fc.assert(
    fc.property(
      fc.array(
        cell.filter((text) => /^[^'\s\uFEFF]/u.test(text) && !/[\r\n]/.test(text)),
        { minLength: 1 },
      ),
      (names) => {
        const written = names.map((structure) => ({
          ...SETE,
          structure,
          deputy: '',
          expires: '',
          alert: '',
          channels: '',
        }));
        const read = readAccountFile(bytes(writeAccountFile(written)));
        expect(read.map(({ cells }) => cells.structure)).toEqual(names);
      },
    ),
  );
});
