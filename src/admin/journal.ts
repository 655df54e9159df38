import type { Command } from 'commander';
import { formatPortalDate } from '../chorus/expiry.ts';
import { Refusal } from '../refusal.ts';
import { accountId } from '../store/accounts.ts';
import { refusedNames } from '../store/explain.ts';
import { type End, type Entry, JOURNAL, type JournalCheck } from '../store/journal.ts';
import type { RecordRefused } from '../store/store.ts';
import { readDay, readLogin } from './options.ts';
import { type Shell, withDependencies } from './shell.ts';

export function addJournalCommands(program: Command, shell: Shell): void {
  const journal = program
    .command('journal')
    .description('qui a fait quoi, quand, pour quel compte')
    .usage('<commande>');

  journal
    .command('show')
    .description('montre les dernières entrées, la plus récente d’abord')
    .option('--limit <nombre>', 'combien d’entrées (50 si le nombre n’est pas donné)', '50')
    .option('--login <identifiant>', 'celles de ce compte seulement')
    .option('--since <AAAA-MM-JJ>', 'à partir de ce jour')
    .option('--until <AAAA-MM-JJ>', 'jusqu’à ce jour compris')
    .option('--json', 'répond en JSON')
    .action((options: ShowOptions) => show(shell, options));

  journal
    .command('verify')
    .description('vérifie qu’aucune entrée n’a été changée, déplacée ou retirée')
    .option('--expect <nombre:empreinte>', 'vérifie aussi qu’il contient cette entrée, notée ailleurs')
    .option('--json', 'répond en JSON')
    .action((options: VerifyOptions) => verify(shell, options));

  journal
    .command('sign')
    .description('signe la fin du journal telle qu’elle est ; comparez-le d’abord à une sauvegarde')
    .action(() => sign(shell));
}

interface ShowOptions {
  readonly limit: string;
  readonly login?: string;
  readonly since?: string;
  readonly until?: string;
  readonly json?: boolean;
}

async function show(shell: Shell, options: ShowOptions): Promise<void> {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1)
    throw new Refusal('--limit : donnez un nombre entier, à partir de 1');
  // An account that was removed has its entries still.
  const account = options.login === undefined ? undefined : accountId(readLogin(options.login));
  const since = options.since === undefined ? undefined : readDay('--since', options.since);
  const until = options.until === undefined ? undefined : readDay('--until', options.until).plus({ days: 1 });
  const isWanted = (entry: Entry) =>
    (account === undefined || entry.account === account) &&
    (since === undefined || Date.parse(entry.at) >= since.toMillis()) &&
    (until === undefined || Date.parse(entry.at) < until.toMillis());
  const entries = await withDependencies(shell, ({ journal }) => journal.entries({ limit, isWanted }));
  if (options.json) return shell.print(JSON.stringify(entries));
  const isFiltered = account !== undefined || since !== undefined || until !== undefined;
  if (entries.length === 0)
    return shell.print(isFiltered ? 'Aucune entrée du journal ne correspond.' : 'Le journal est vide.');
  for (const entry of entries) shell.print(lineOf(entry));
}

interface VerifyOptions {
  readonly expect?: string;
  readonly json?: boolean;
}

async function verify(shell: Shell, { expect, json }: VerifyOptions): Promise<void> {
  const expected = expect === undefined ? undefined : readEnd(expect);
  const { verdict, refused } = await withDependencies(shell, async ({ journal, refused }) => ({
    verdict: await journal.verify(expected),
    refused: [...refused.values()],
  }));
  if (json) shell.print(JSON.stringify({ ...verdict, refused: refused.map(({ key }) => key) }));
  if (!verdict.whole) throw new Refusal(brokenJournal(verdict, refused));
  if (!json) shell.print(`Le journal est entier : ${verdict.count} entrées, empreinte ${verdict.hash}.`);
}

/** As the log's line `journal.head` and `journal verify` give it. */
function readEnd(text: string): End {
  const [, count, hash = ''] = /^(\d{1,12}):([0-9a-f]{64})$/.exec(text.trim()) ?? [];
  if (count === undefined)
    throw new Refusal('--expect : donnez le nombre d’entrées et l’empreinte, par exemple 12:0b5e…');
  return { count: Number(count), hash };
}

async function sign(shell: Shell): Promise<void> {
  await withDependencies(shell, async ({ journal, record, refused }) => {
    const verdict = await journal.verify();
    if (verdict.whole) throw new Refusal('le journal est déjà signé, et entier ; rien n’a changé');
    if (!('unsigned' in verdict)) throw new Refusal(brokenJournal(verdict, refused.values()));
    if (!(await journal.sign(verdict.unsigned)))
      throw new Refusal('le bot vient d’y écrire, rien n’a changé ; relancez la commande');
    await record(`journalSigned ${verdict.unsigned.count}`);
    shell.print(
      `Journal signé jusqu’à l’entrée ${verdict.unsigned.count}, empreinte ${verdict.unsigned.hash}.`,
    );
  });
}

/** What is wrong with the journal, which of its records are refused, and what to do. */
export function brokenJournal(
  verdict: JournalCheck & { readonly whole: false },
  refused: Iterable<RecordRefused>,
): string {
  const names = refusedNames([...refused].filter(({ key }) => key.startsWith(JOURNAL)));
  return names === '' ? whatIsWrong(verdict) : `${whatIsWrong(verdict)} ; ne se vérifient pas : ${names}`;
}

function whatIsWrong(verdict: JournalCheck & { readonly whole: false }): string {
  if ('unexpected' in verdict) {
    const { count, hash } = verdict.unexpected;
    return `le journal n’a pas l’entrée donnée par --expect (il a ${count} entrées, empreinte ${hash}) : sa fin a été retirée, ou il a été réécrit ; comparez-le à une sauvegarde, et cherchez qui a écrit dans STORE_URL`;
  }
  if ('unsigned' in verdict) {
    const { count, hash } = verdict.unsigned;
    return `la fin du journal n’est signée par aucune clé de STORE_KEYS_FILE (${count} entrées, empreinte ${hash}) : d’autres ont pu être retirées après ; comparez-le à une sauvegarde, puis lancez « journal sign »`;
  }
  return `le journal n’est pas entier à partir de l’entrée ${verdict.brokenAt} ; comparez-le à une sauvegarde, et cherchez qui a écrit dans STORE_URL`;
}

/** What the first word of an entry means; the words after it are details. */
const MEANINGS: Readonly<Record<string, string>> = {
  accountAdded: 'compte ajouté',
  accountChanged: 'compte modifié',
  accountRemoved: 'compte retiré',
  channelAdded: 'conversation ajoutée',
  channelRemoved: 'conversation retirée',
  passwordRead: 'mot de passe lu depuis le shell',
  keyAdded: 'clé ajoutée',
  passwordsResealed: 'mots de passe scellés à nouveau',
  recordsAuthenticated: 'enregistrements signés',
  recordsAccepted: 'enregistrements acceptés tels quels',
  recordAccepted: 'enregistrement accepté tel quel',
  recordDropped: 'enregistrement retiré',
  keysRemoved: 'clés retirées',
  journalSigned: 'journal signé tel quel',
  backupMade: 'sauvegarde faite',
  backupRestored: 'sauvegarde restaurée',
  remindersHere: 'rappels demandés ici',
  remindersStopped: 'rappels arrêtés ici',
  alertChanged: 'alerte changée',
  expiryCorrected: 'date d’expiration corrigée',
  connection: 'test de connexion',
  slackInstalled: 'bot installé dans Slack',
  slackRemoved: 'bot retiré de Slack',
  resetStarted: 'réinitialisation commencée',
  passwordKept: 'mot de passe gardé',
  passwordAccepted: 'mot de passe accepté',
  passwordRefused: 'mot de passe refusé',
  passwordUnknown: 'résultat du test en attente',
  passwordLost: 'mot de passe perdu',
  resetDone: 'réinitialisation terminée',
  resetAbandoned: 'réinitialisation abandonnée',
  resetTimedOut: 'réinitialisation interrompue',
};

function lineOf({ at, who, what, account, from }: Entry): string {
  const [word = '', ...details] = what.split(' ');
  const done = [MEANINGS[word] ?? word, ...details].join(' ');
  return [formatPortalDate(new Date(at)), who, done, account, from && `depuis ${from}`]
    .filter(Boolean)
    .join('  ');
}
