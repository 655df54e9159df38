import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { Refusal } from '../refusal.ts';

// A list of accounts as a spreadsheet keeps it: what stands in its cells, not what it means.

/** The columns, in the order in which they are written; each may have its English name. */
const COLUMNS = {
  structure: ['structure'],
  login: ['identifiant', 'login'],
  siret: ['siret'],
  manager: ['gestionnaire', 'manager'],
  deputy: ['suppleant', 'deputy'],
  expires: ['expiration', 'expires'],
  alert: ['alerte', 'alert'],
  channels: ['canaux', 'channels'],
} as const;

export type Column = keyof typeof COLUMNS;

const REQUIRED: readonly Column[] = ['structure', 'login', 'siret', 'manager'];
const DELIMITERS = [';', ',', '\t'] as const;
/** A hundred thousand accounts fit. */
export const LARGEST_FILE_BYTES = 20 * 1024 * 1024;
export const BYTE_ORDER_MARK = '\uFEFF';

/** The cells of one account; a column that the file does not have is absent. */
export interface AccountRow {
  /** Of the file, from 1. */
  readonly line: number;
  readonly cells: Readonly<Partial<Record<Column, string>>>;
}

/** What stands under a column, as people name it. */
export function columnName(column: Column): string {
  return COLUMNS[column][0];
}

/**
 * Reads CSV or TSV: UTF-8 or UTF-16 with or without a byte order mark, or what Excel writes on Windows; columns in any order,
 * with their French or English names. Throws a {@link Refusal} where it is no such list as a whole.
 */
export function readAccountFile(bytes: Uint8Array): readonly AccountRow[] {
  const text = decoded(bytes);
  const [first = ''] = text.split(/\r?\n/, 1);
  const delimiter = DELIMITERS.map((each) => ({ each, count: first.split(each).length })).reduce(
    (best, next) => (next.count > best.count ? next : best),
  ).each;
  const [header, ...rows] = recordsOf(text, delimiter);
  if (header === undefined) throw new Refusal('le fichier est vide ; sa première ligne nomme les colonnes');
  const columns = columnsOf(header.record);
  return rows.map(({ record, info }) => ({
    line: info.lines,
    cells: Object.fromEntries(columns.map((column, i) => [column, unescaped(record[i] ?? '')])),
  }));
}

/** As {@link readAccountFile} reads it, and without a formula. Excel opens it rightly with {@link BYTE_ORDER_MARK} before it. */
export function writeAccountFile(rows: readonly Readonly<Record<Column, string>>[]): string {
  const columns = Object.keys(COLUMNS) as Column[];
  const header = columns.map(columnName);
  const records = rows.map((row) => columns.map((column) => row[column]));
  return stringify([header, ...records], { delimiter: ';', escape_formulas: true });
}

/** Whether this line names the columns once more, as lists do that were put one below the other. */
export function isHeader({ cells }: AccountRow): boolean {
  return Object.entries(cells).every(([column, cell]) => columnNamed(cell) === column);
}

function decoded(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Where Excel on a French Windows saves « CSV », without « UTF-8 » beside it.
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

function recordsOf(text: string, delimiter: string): readonly Parsed[] {
  const options = {
    delimiter,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_empty_values: true,
    trim: true,
  };
  try {
    return parse(text.replace(BYTE_ORDER_MARK, ''), options) as unknown as readonly Parsed[];
  } catch (error) {
    // The parser's message quotes what it could not read.
    const { lines } = error as { lines?: number };
    throw new Refusal(
      `ligne ${lines ?? '?'} : des guillemets y sont ouverts sans être fermés, ou mal placés ; enregistrez à nouveau la liste en CSV`,
    );
  }
}

function columnsOf(header: readonly string[]): readonly Column[] {
  const columns = header.map((cell, i) => {
    const column = columnNamed(cell);
    if (column === undefined)
      throw new Refusal(`la colonne ${i + 1} n’a pas un nom connu ; ce sont : ${allNames()}`);
    return column;
  });
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw new Refusal(`la colonne « ${columnName(twice)} » est là deux fois`);
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  if (missing.length > 0)
    throw new Refusal(
      `il manque ${missing.map((column) => `« ${columnName(column)} »`).join(', ')} parmi les colonnes`,
    );
  return columns;
}

/** Accents and capitals do not matter. */
function columnNamed(cell: string): Column | undefined {
  const name = cell.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
  const columns = Object.keys(COLUMNS) as Column[];
  return columns.find((column) => (COLUMNS[column] as readonly string[]).includes(name));
}

function allNames(): string {
  return Object.values(COLUMNS)
    .map((names) => names.join(' ou '))
    .join(', ');
}

/** Written so that no spreadsheet takes it for a formula. */
function unescaped(cell: string): string {
  return /^'[=+\-@\t\r＝＋－＠]/.test(cell) ? cell.slice(1) : cell;
}
