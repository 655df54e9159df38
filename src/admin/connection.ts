import type { Command } from 'commander';
import { LANGUAGES } from '../cards/languages.ts';
import { plain } from '../cards/text.ts';
import { verdictSentence } from '../cards/verdict-cards.ts';
import { wrongEnvironmentFor } from '../chorus/classes.ts';
import { ChorusClient, type ChorusClientOptions } from '../chorus/client.ts';
import { diagnosisFields, diagnosisLine, isAttempt, reasonOfVerdict } from '../chorus/diagnosis.ts';
import type { Environment, Verdict } from '../chorus/verdict.ts';
import { loadConfig } from '../config.ts';
import { Refusal } from '../refusal.ts';
import type { Account } from '../store/accounts.ts';
import type { Kept } from '../store/credentials.ts';
import { explain } from '../store/explain.ts';
import { RecordRefused, StoreUnavailable } from '../store/store.ts';
import { TestAttempts } from '../store/test-attempts.ts';
import { progressOf } from './progress.ts';
import { accountNamed, allAccounts, type Dependencies, type Shell, withDependencies } from './shell.ts';

/** Longer than a test takes: the bot tests an account under the same claim. */
const CLAIMED_FOR_MS = 30_000;

export function addVerifyCommand(account: Command, shell: Shell): void {
  account
    .command('verify')
    .description('teste la connexion d’un compte à Chorus Pro, ou de tous, avec le mot de passe en service')
    .option('--login <login>', 'l’identifiant du compte technique ; sans lui, tous les comptes')
    .option('--json', 'répond en JSON')
    .action(({ login, json = false }: { login?: string; json?: boolean }) =>
      login === undefined ? verifyAll(shell, json) : verify(shell, { login, json }),
    );
}

/** What became of one account's test. `notTested`: no password is kept, or another test was running. */
interface Tested {
  readonly login: string;
  readonly outcome: Verdict['outcome'] | 'notTested';
  /** Of the answer, as `docs/connection-test.md` names it; or why nothing was asked. */
  readonly detail: string;
}

/**
 * One account after the other, each within its attempts of the day. An account whose attempts are spent is not asked
 * about again, so the command may be repeated after it was cut off.
 */
async function verifyAll(shell: Shell, json: boolean): Promise<void> {
  const { chorus } = loadConfig(shell.env);
  await withDependencies(shell, async (dependencies) => {
    const all = await allAccounts(dependencies);
    const tested: Tested[] = [];
    const progress = progressOf(shell, all.length);
    for (const account of all) {
      tested.push(await testedOf(shell, dependencies, account, chorus));
      progress(tested.length);
    }
    reportTested(shell, tested, json);
  });
}

async function testedOf(
  shell: Shell,
  dependencies: Dependencies,
  account: Account,
  chorus: ChorusClientOptions,
): Promise<Tested> {
  const { login } = account;
  try {
    const verdict = await testAccount(shell, dependencies, account, chorus);
    return {
      login,
      outcome: verdict.outcome,
      detail: diagnosisFields(verdict).class ?? reasonOfVerdict(verdict),
    };
  } catch (error) {
    // One that cannot be tested does not hide the others; a store that does not answer ends it.
    if (error instanceof StoreUnavailable && !(error instanceof RecordRefused)) throw error;
    return { login, outcome: 'notTested', detail: explain(error).join(' ') };
  }
}

function reportTested(shell: Shell, tested: readonly Tested[], json: boolean): void {
  const count = (outcome: Tested['outcome']) => tested.filter((each) => each.outcome === outcome).length;
  const counts = {
    accepted: count('accepted'),
    refused: count('refused'),
    unknown: count('unknown'),
    notTested: count('notTested'),
  };
  if (json) shell.print(JSON.stringify({ ...counts, accounts: tested }));
  else {
    for (const { login, outcome, detail } of tested)
      if (outcome !== 'accepted') shell.print(`${login}  ${OUTCOMES[outcome]} : ${detail}`);
    shell.print(
      `Acceptés : ${counts.accepted}. Refusés : ${counts.refused}. Sans réponse claire : ${counts.unknown}. Non testés : ${counts.notTested}.`,
    );
  }
  if (counts.accepted < tested.length)
    throw new Refusal(`${tested.length - counts.accepted} compte(s) sans test concluant`);
}

const OUTCOMES: Readonly<Record<Exclude<Tested['outcome'], 'accepted'>, string>> = {
  refused: 'refusé',
  unknown: 'sans réponse claire',
  notTested: 'non testé',
};

async function verify(shell: Shell, { login, json }: { login: string; json?: boolean }): Promise<void> {
  const { chorus } = loadConfig(shell.env);
  await withDependencies(shell, async (dependencies) => {
    const account = await accountNamed(dependencies, login);
    const verdict = await testAccount(shell, dependencies, account, chorus);
    const lines = verdictLines(verdict);
    if (json) shell.print(JSON.stringify({ outcome: verdict.outcome, ...diagnosisFields(verdict) }));
    if (verdict.outcome !== 'accepted') throw new Refusal(lines);
    if (!json) for (const line of [...lines, ...structureLines(verdict)]) shell.print(line);
  });
}

function structureLines({ structures }: Extract<Verdict, { outcome: 'accepted' }>): string[] {
  return structures.map(({ siret, name }) => `${siret}  ${name}`);
}

/**
 * Tests the password in use of an account, or the one that waits where none is in use. It shares the bot's claim and
 * its count of attempts: both ask the same Chorus Pro, which may lock an account. Never promotes.
 */
export async function testAccount(
  shell: Shell,
  dependencies: Dependencies,
  account: Account,
  options: ChorusClientOptions,
): Promise<Verdict> {
  const { current, pending } = await dependencies.credentials.slots(account.id);
  const kept = current ?? pending;
  if (kept === undefined)
    throw new Refusal('aucun mot de passe n’est gardé pour ce compte ; « credential set »');
  return testVersion(shell, dependencies, account, { kept, options });
}

/** The same of one version; `accepted` acts on a yes before another test of the account may begin. */
export async function testVersion(
  shell: Shell,
  dependencies: Dependencies,
  account: Account,
  {
    kept,
    options,
    accepted,
  }: {
    readonly kept: Kept;
    readonly options: ChorusClientOptions;
    readonly accepted?: () => Promise<void>;
  },
): Promise<Verdict> {
  const { store, credentials, record } = dependencies;
  const claim = `test/${account.id}`;
  const token = await store.claim(claim, CLAIMED_FOR_MS);
  if (token === undefined)
    throw new Refusal('un test de ce compte est en cours ; recommencez dans une minute');
  try {
    const attempts = new TestAttempts(store, shell.now);
    const allowance = await attempts.allowance(account.id, kept.version, false);
    if (!allowance.isAllowed) return { outcome: 'unknown', reason: 'attemptsSpent' };
    const opened = await credentials.version(account.id, kept.version);
    if (opened === undefined) return { outcome: 'unknown', reason: 'notOpened' };
    const client = new ChorusClient(options);
    const verdict = await client.testConnection(account, opened.secret).finally(() => client.close());
    if (isAttempt(verdict)) await attempts.note(account.id, kept.version, false);
    if (verdict.outcome === 'accepted') await accepted?.();
    await record(`connectionTested version ${kept.version} ${diagnosisLine(verdict)}`, account.id);
    return verdict;
  } finally {
    await store.release(claim, token);
  }
}

/** Why a login is not of this environment, and the cure; undefined: nothing speaks against it. */
export function wrongEnvironment(login: string, environment: Environment): string | undefined {
  if (wrongEnvironmentFor(login, environment) === undefined) return undefined;
  return environment === 'production'
    ? `${login} est un compte de qualification, et le bot parle à la production ; prenez le compte de production, ou changez CHORUS_ENVIRONMENT`
    : `${login} est un compte de production, et le bot parle à la qualification ; prenez le compte de qualification, ou changez CHORUS_ENVIRONMENT`;
}

/** What a verdict means and what to do, then what support asks for. */
export function verdictLines(verdict: Verdict): string[] {
  const { diagnosis } = verdict;
  const view = { reason: reasonOfVerdict(verdict), ...(diagnosis && { diagnosis }) };
  return [
    plain(verdictSentence(LANGUAGES.fr, view, 'administrators')),
    `Détails pour le support : ${diagnosisLine(verdict)}`,
  ];
}
