import { formatPortalDate } from '../chorus/expiry.ts';
import { Refusal } from '../refusal.ts';
import { type AccountId, accountId } from '../store/accounts.ts';
import type { Expiry } from '../store/credentials.ts';
import { SHELL, type SubscribedChannel } from '../store/rights.ts';
import { type AccountRow, type Column, columnName, isHeader } from './account-file.ts';
import { readAlert, readExpires, readId, readLogin, readName, readPerson, readSiret } from './options.ts';

// What the lines of a list mean.

/** What a line asks for. Absent: the list says nothing of it. */
export interface Wanted {
  readonly line: number;
  readonly login: string;
  readonly structure: string;
  readonly siret: string;
  readonly manager: string;
  /** null: none. */
  readonly deputy?: string | null;
  readonly expiry?: Expiry;
  readonly alertMonths?: number;
  readonly channels?: readonly SubscribedChannel[];
}

export interface LineError {
  readonly line: number;
  readonly message: string;
}

/** What stands behind a date that nobody has read on the portal. */
const ESTIMATED = ' (estimée)';

interface Reading {
  readonly now: Date;
  /** There the check digit of a SIRET may be wrong (API contract). */
  readonly isQualification: boolean;
}

/** What each line asks for, and what is wrong with which. The lines may name an account once only. */
export function readLines(
  rows: readonly AccountRow[],
  { now, isQualification }: Reading,
): { readonly wanted: readonly Wanted[]; readonly errors: readonly LineError[] } {
  const wanted: Wanted[] = [];
  const errors: LineError[] = [];
  const lineOf = new Map<AccountId, number>();
  for (const row of rows) {
    const { line } = row;
    try {
      const read = readRow(row, { now, isQualification });
      const id = accountId(read.login);
      const before = lineOf.get(id);
      if (before !== undefined) throw new Refusal(`le même identifiant est déjà à la ligne ${before}`);
      lineOf.set(id, line);
      wanted.push(read);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      errors.push({ line, message: inColumns(error.lines.join(' ; ')) });
    }
  }
  return { wanted, errors };
}

/** What the options refuse, said of a column. */
function inColumns(text: string): string {
  const names: Readonly<Record<string, Column>> = {
    name: 'structure',
    'slack-channel': 'channels',
    'teams-conversation': 'channels',
  };
  return text.replace(
    /^--([a-z-]+) : /,
    (_, option: string) => `${columnName(names[option] ?? (option as Column))} : `,
  );
}

function readRow(row: AccountRow, { now, isQualification }: Reading): Wanted {
  if (isHeader(row)) throw new Refusal('la ligne des colonnes est là une deuxième fois ; retirez-la');
  const {
    structure = '',
    login = '',
    siret = '',
    manager = '',
    deputy,
    expires,
    alert,
    channels,
  } = row.cells;
  const read = {
    line: row.line,
    structure: readName(structure),
    login: readLogin(login),
    siret: readSiret(siret, isQualification),
    manager: readPerson('--manager', manager),
    ...(deputy === undefined ? {} : { deputy: deputy === '' ? null : readPerson('--deputy', deputy) }),
    ...(expires === undefined || expires === '' ? {} : { expiry: readExpiryCell(expires, now) }),
    ...(alert === undefined || alert === '' ? {} : { alertMonths: readAlert(alert) }),
    ...(channels === undefined ? {} : { channels: channels.split(/\s+/).filter(Boolean).map(readChannel) }),
  };
  if (read.deputy === read.manager)
    throw new Refusal('suppleant : c’est le gestionnaire ; nommez quelqu’un d’autre, ou laissez vide');
  return read;
}

function readExpiryCell(text: string, now: Date): Expiry {
  if (!text.endsWith(ESTIMATED)) return readExpires(text, now);
  return { ...readExpires(text.slice(0, -ESTIMATED.length), now), estimated: true };
}

/** `slack:C…`, `slack:T…:C…` where the bot serves several workspaces, or `teams:<service address>|<conversation>`. */
function readChannel(text: string): SubscribedChannel {
  const [, team, channel] = /^slack:(?:([A-Z0-9]+):)?([A-Z0-9]+)$/.exec(text) ?? [];
  if (channel !== undefined)
    return {
      platform: 'slack',
      private: false,
      address: { channel: readId('--slack-channel', channel), ...(team === undefined ? {} : { team }) },
      subscribedBy: SHELL,
    };
  const [, serviceUrl, conversation] = /^teams:(https:\/\/[^|]+)\|(.+)$/.exec(text) ?? [];
  if (serviceUrl === undefined || conversation === undefined)
    throw new Refusal(
      'canaux : donnez slack:<canal>, ou teams:<adresse de service>|<conversation>, séparés par des blancs',
    );
  return {
    platform: 'teams',
    private: false,
    address: { serviceUrl, conversation: readId('--teams-conversation', conversation) },
    subscribedBy: SHELL,
  };
}

/** As a cell has it. */
export function channelCell({
  platform,
  address: { team, channel, serviceUrl, conversation },
}: SubscribedChannel): string {
  if (platform === 'teams') return `teams:${serviceUrl}|${conversation}`;
  return ['slack', team, channel].filter(Boolean).join(':');
}

/** As a cell has it, with its time, since it is read again to the second. */
export function expiryCell(expiry: Expiry | undefined): string {
  if (expiry === undefined) return '';
  return formatPortalDate(new Date(expiry.at)) + (expiry.estimated ? ESTIMATED : '');
}
