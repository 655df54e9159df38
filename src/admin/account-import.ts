import { readFile, stat, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Environment } from '../chorus/verdict.ts';
import { chunksOf } from '../chunks.ts';
import { loadEnvironment } from '../config.ts';
import { Refusal } from '../refusal.ts';
import { type Account, type AccountId, accountId, FIRST_ALERT_MONTHS } from '../store/accounts.ts';
import type { SubscribedChannel } from '../store/rights.ts';
import {
  type AccountRow,
  BYTE_ORDER_MARK,
  type Column,
  columnName,
  LARGEST_FILE_BYTES,
  readAccountFile,
  writeAccountFile,
} from './account-file.ts';
import { channelCell, expiryCell, readLines, type Wanted } from './account-lines.ts';
import { wrongEnvironment } from './connection.ts';
import { handOver } from './hand-over.ts';
import { placeName } from './place.ts';
import { progressOf } from './progress.ts';
import { allAccounts, type Dependencies, type Shell, withDependencies } from './shell.ts';

interface ImportOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** So many are written in one call: one flush on LMDB, one round trip on Redis. */
const BATCH = 100;

export function addAccountFileCommands(account: Command, shell: Shell): void {
  account
    .command('import')
    .description(
      'ajoute et modifie les comptes d’une liste CSV ; relancée, elle ne change que ce qui diffère',
    )
    .argument(
      '<fichier>',
      'colonnes : structure;identifiant;siret;gestionnaire;suppleant;expiration;alerte;canaux',
    )
    .option('--dry-run', 'montre ce qui changerait, et ne change rien')
    .option('--json', 'répond en JSON')
    .action((file: string, options: ImportOptions) => importAccounts(shell, file, options));

  account
    .command('export')
    .description('écrit tous les comptes en CSV, comme « account import » et Excel les lisent')
    .argument('[fichier]', 'là où l’écrire, pour vous seul ; sans lui, sur la sortie standard')
    .action((file?: string) => exportAccounts(shell, file));
}

interface Done {
  readonly line: number;
  readonly login: string;
  /** The columns that differed; none: it was there, and as the list has it. */
  readonly changed: readonly Column[];
  readonly isNew: boolean;
}

/** All lines are looked at before one is written. */
async function importAccounts(
  shell: Shell,
  file: string,
  { dryRun = false, json = false }: ImportOptions,
): Promise<void> {
  const environment = loadEnvironment(shell.env);
  const reading = { now: shell.now(), isQualification: environment === 'sandbox' };
  const { wanted, errors } = readLines(await readRows(file), reading);
  if (errors.length > 0) {
    if (json) shell.print(JSON.stringify({ added: [], changed: [], unchanged: [], errors }));
    else for (const { line, message } of errors) shell.warn(`ligne ${line} : ${message}`);
    throw new Refusal(`${errors.length} ligne(s) à corriger ; rien n’a été écrit`);
  }
  const done = await withDependencies(shell, (dependencies) =>
    dryRun ? previewed(dependencies, wanted) : written(shell, dependencies, wanted),
  );
  warnOfEnvironment(shell, wanted, environment);
  report(shell, done, { dryRun, json });
}

/** Once for the whole list: whoever took the wrong list has every line wrong. */
function warnOfEnvironment(shell: Shell, wanted: readonly Wanted[], environment: Environment): void {
  const mistaken = wanted.filter(({ login }) => wrongEnvironment(login, environment) !== undefined);
  const [first] = mistaken;
  if (first === undefined) return;
  const more = mistaken.length > 1 ? ` (et ${mistaken.length - 1} autre(s) ligne(s) de même)` : '';
  shell.warn(`ligne ${first.line} : ${wrongEnvironment(first.login, environment)}${more}`);
}

async function readRows(file: string): Promise<readonly AccountRow[]> {
  try {
    if ((await stat(file)).size > LARGEST_FILE_BYTES)
      throw new Refusal(
        'le fichier dépasse 20 Mo ; coupez la liste en plusieurs, avec la ligne des colonnes en tête de chacune',
      );
    return readAccountFile(await readFile(file));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('le fichier ne peut pas être lu ; donnez le chemin d’un fichier que vous pouvez lire');
  }
}

async function previewed({ accounts }: Dependencies, wanted: readonly Wanted[]): Promise<readonly Done[]> {
  const done: Done[] = [];
  for (const batch of chunksOf(wanted, BATCH)) {
    const found = await accounts.findMany(batch.map(({ login }) => accountId(login)));
    batch.forEach((each, i) => {
      const account = found[i];
      if (account instanceof Error) throw account;
      done.push(decide(account, each, new Date(0)).done);
    });
  }
  return done;
}

async function written(
  shell: Shell,
  dependencies: Dependencies,
  wanted: readonly Wanted[],
): Promise<readonly Done[]> {
  const done: Done[] = [];
  const progress = progressOf(shell, wanted.length);
  for (const batch of chunksOf(wanted, BATCH)) {
    done.push(
      ...(await writeBatch(shell, dependencies, batch).catch((error: unknown) => {
        shell.warn(
          `${done.length} comptes sur ${wanted.length} sont faits ; relancez la même commande, elle fera le reste`,
        );
        throw error;
      })),
    );
    progress(done.length);
  }
  return done;
}

async function writeBatch(
  shell: Shell,
  { accounts, credentials, record }: Dependencies,
  batch: readonly Wanted[],
): Promise<readonly Done[]> {
  const wantedById = new Map(batch.map((each) => [accountId(each.login), each]));
  const doneById = new Map<AccountId, Done>();
  await accounts.changeMany([...wantedById.keys()], (found, id) => {
    const { account, done } = decide(found, wantedById.get(id) as Wanted, shell.now());
    doneById.set(id, done);
    return account;
  });
  for (const [id, { isNew, changed }] of doneById) {
    const { expiry } = wantedById.get(id) as Wanted;
    const current = changed.includes('expires') ? (await credentials.slots(id)).current : undefined;
    if (expiry !== undefined && current !== undefined)
      await credentials.correctExpiry(id, current.version, expiry);
    if (isNew) await record('accountAdded', id);
    else if (changed.length > 0) await record(`accountChanged ${changed.join(' ')}`, id);
  }
  return [...doneById.values()];
}

/** What becomes of an account, or of none; `account` is undefined where nothing changes. */
function decide(
  found: Account | undefined,
  wanted: Wanted,
  now: Date,
): { readonly account: Omit<Account, 'id'> | undefined; readonly done: Done } {
  const { line, login } = wanted;
  if (found === undefined) {
    const account = fill({ login, alertMonths: FIRST_ALERT_MONTHS, addedAt: now.toISOString() }, wanted);
    return { account, done: { line, login, changed: [], isNew: true } };
  }
  const changed = differences(found, wanted);
  const done = { line, login: found.login, changed, isNew: false };
  if (changed.length === 0) return { account: undefined, done };
  const account = handOver(found, { ...fill(found, wanted), id: found.id }, false).account;
  return { account, done };
}

/** The account with what the line says of it. */
function fill(
  before: Omit<Account, 'id' | 'siret' | 'structure' | 'manager'>,
  { structure, siret, manager, deputy, expiry, alertMonths, channels }: Wanted,
): Omit<Account, 'id'> {
  const { deputy: formerDeputy, channels: formerChannels, ...kept } = before;
  const nextDeputy = deputy === undefined ? formerDeputy : (deputy ?? undefined);
  const nextChannels = channels === undefined || isSame(formerChannels, channels) ? formerChannels : channels;
  return {
    ...kept,
    structure,
    siret,
    manager,
    ...(nextDeputy === undefined ? {} : { deputy: nextDeputy }),
    ...(expiry === undefined ? {} : { expiry }),
    ...(alertMonths === undefined ? {} : { alertMonths }),
    ...(nextChannels === undefined || nextChannels.length === 0 ? {} : { channels: [...nextChannels] }),
  };
}

function differences(found: Account, wanted: Wanted): readonly Column[] {
  const { structure, siret, manager, deputy, expiry, alertMonths, channels } = wanted;
  const differs: Readonly<Partial<Record<Column, boolean>>> = {
    structure: structure !== found.structure,
    siret: siret !== found.siret,
    manager: manager !== found.manager,
    deputy: deputy !== undefined && (deputy ?? undefined) !== found.deputy,
    expires:
      expiry !== undefined && (expiry.at !== found.expiry?.at || expiry.estimated !== found.expiry.estimated),
    alert: alertMonths !== undefined && alertMonths !== found.alertMonths,
    channels: channels !== undefined && !isSame(found.channels, channels),
  };
  return (Object.keys(differs) as Column[]).filter((column) => differs[column]);
}

/** Whoever subscribed them stays: the list does not know. */
function isSame(
  found: readonly SubscribedChannel[] | undefined,
  wanted: readonly SubscribedChannel[],
): boolean {
  const names = (places: readonly SubscribedChannel[] = []) => places.map(placeName).sort().join('\n');
  return names(found) === names(wanted);
}

function report(shell: Shell, done: readonly Done[], { dryRun, json }: Required<ImportOptions>): void {
  const added = done.filter(({ isNew }) => isNew);
  const changed = done.filter((each) => !each.isNew && each.changed.length > 0);
  const unchanged = done.filter((each) => !each.isNew && each.changed.length === 0);
  const named = (all: readonly Done[]) => all.map(({ line, login }) => ({ line, login }));
  if (json) {
    shell.print(
      JSON.stringify({
        added: named(added),
        changed: changed.map(({ line, login, changed: columns }) => ({
          line,
          login,
          columns: columns.map(columnName),
        })),
        unchanged: named(unchanged),
        errors: [],
      }),
    );
    return;
  }
  for (const { line, login } of added)
    shell.print(`ligne ${line} : ${login} ${dryRun ? 'serait ajouté' : 'ajouté'}`);
  for (const { line, login, changed: columns } of changed)
    shell.print(
      `ligne ${line} : ${login} ${dryRun ? 'serait modifié' : 'modifié'} (${columns.map(columnName).join(', ')})`,
    );
  shell.print(
    `Ajoutés : ${added.length}. Modifiés : ${changed.length}. Inchangés : ${unchanged.length}.${dryRun ? ' Rien n’a été écrit.' : ''}`,
  );
}

async function exportAccounts(shell: Shell, file: string | undefined): Promise<void> {
  const all = await withDependencies(shell, allAccounts);
  const text = accountFileOf(all);
  if (file === undefined) {
    for (const line of text.trimEnd().split('\n')) shell.print(line);
    return;
  }
  await writeFile(file, BYTE_ORDER_MARK + text, { mode: 0o600 }).catch(() => {
    throw new Refusal('le fichier ne peut pas être écrit ; donnez un chemin où vous pouvez écrire');
  });
  shell.print(`${all.length} compte(s) écrit(s)`);
}

/** As {@link readAccountFile} reads it. */
export function accountFileOf(accounts: readonly Account[]): string {
  return writeAccountFile(
    accounts.map(({ structure, login, siret, manager, deputy = '', expiry, alertMonths, channels = [] }) => ({
      structure,
      login,
      siret,
      manager,
      deputy,
      expires: expiryCell(expiry),
      alert: `${alertMonths}`,
      channels: channels.map(channelCell).join(' '),
    })),
  );
}
