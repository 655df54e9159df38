import type { Command } from 'commander';
import { Refusal } from '../refusal.ts';
import type { Account } from '../store/accounts.ts';
import { mayReset } from '../store/rights.ts';
import { type HandOver, handOver, lostHolderWarning, recordHandOver, tellHandOver } from './hand-over.ts';
import { readPerson } from './options.ts';
import { allAccounts, type Dependencies, type Shell, withDependencies } from './shell.ts';

interface HandOverOptions {
  readonly from: string;
  readonly to: string;
  readonly dryRun?: boolean;
  readonly keepChannels?: boolean;
  readonly json?: boolean;
}

/** What somebody is of an account. */
type Role = 'manager' | 'deputy';

interface Theirs {
  readonly id: Account['id'];
  readonly login: string;
  readonly role: Role;
}

const ROLES: Readonly<Record<Role, string>> = { manager: 'gestionnaire principal', deputy: 'suppléant' };

export function addHandOverCommand(account: Command, shell: Shell): void {
  account
    .command('hand-over')
    .description('donne à une personne tous les comptes d’une autre ; relancée, elle fait le reste')
    .requiredOption('--from <personne>', 'qui s’en va, teams:<locataire>:<personne>')
    .requiredOption('--to <personne>', 'qui prend la suite')
    .option('--dry-run', 'montre ce qui changerait, et ne change rien')
    .option('--keep-channels', 'garde les conversations abonnées par qui s’en va')
    .option('--json', 'répond en JSON')
    .action((options: HandOverOptions) => handOverAll(shell, options));
}

async function handOverAll(shell: Shell, options: HandOverOptions): Promise<void> {
  const from = readPerson('--from', options.from);
  const to = readPerson('--to', options.to);
  if (from === to) throw new Refusal('--to : c’est la même personne que --from ; nommez qui prend la suite');
  const { dryRun = false, keepChannels = false } = options;
  const done = await withDependencies(shell, async (dependencies) => {
    const all = await allAccounts(dependencies);
    const theirs = all.flatMap(({ id, login, manager, deputy }): Theirs[] => {
      if (manager === from) return [{ id, login, role: 'manager' }];
      return deputy === from ? [{ id, login, role: 'deputy' }] : [];
    });
    if (!dryRun)
      for (const { id } of theirs) await handOverOne(shell, dependencies, { id, from, to, keepChannels });
    return theirs;
  });
  if (options.json) return shell.print(JSON.stringify(done.map(({ login, role }) => ({ login, role }))));
  for (const { login, role } of done)
    shell.print(`${login}  ${ROLES[role]} : ${dryRun ? 'serait confié' : 'confié'} à ${to}`);
  shell.print(
    done.length === 0
      ? `${from} ne gère aucun compte.`
      : `${done.length} compte(s).${dryRun ? ' Rien n’a été écrit.' : ''}`,
  );
}

interface OneHandOver {
  readonly id: Account['id'];
  readonly from: string;
  readonly to: string;
  readonly keepChannels: boolean;
}

async function handOverOne(
  shell: Shell,
  dependencies: Dependencies,
  { id, from, to, keepChannels }: OneHandOver,
): Promise<void> {
  let handedOver: HandOver | undefined;
  const account = await dependencies.accounts.change(id, (before) => {
    handedOver = undefined;
    if (!mayReset(from, before)) return undefined;
    handedOver = handOver(before, replaced(before, from, to), keepChannels);
    return handedOver.account;
  });
  if (account === undefined || handedOver === undefined) return;
  await dependencies.record(`accountHandedOver from=${from} to=${to}`, id);
  await recordHandOver(dependencies, handedOver, id, keepChannels);
  tellHandOver(shell, handedOver, keepChannels);
  const warning = await lostHolderWarning(dependencies, account);
  if (warning !== undefined) shell.warn(`${account.login} : ${warning}`);
}

/** Nobody is both: who becomes the manager is the deputy no longer, and the manager is not named deputy. */
function replaced(before: Account, from: string, to: string): Account {
  const { deputy, ...account } = before;
  const manager = before.manager === from ? to : before.manager;
  const next = deputy === from ? to : deputy;
  return { ...account, manager, ...(next === undefined || next === manager ? {} : { deputy: next }) };
}
