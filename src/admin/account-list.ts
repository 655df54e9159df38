import type { Command } from 'commander';
import { DateTime } from 'luxon';
import { hasEnded } from '../chorus/procedures/reset.ts';
import { chunksOf } from '../chunks.ts';
import { Refusal } from '../refusal.ts';
import type { Account } from '../store/accounts.ts';
import { accountFileOf } from './account-import.ts';
import { expiryText, viewAccount } from './account-view.ts';
import { readPerson } from './options.ts';
import { type PersonView, personText, viewPeople } from './people.ts';
import { allAccounts, type Dependencies, type Shell, withDependencies } from './shell.ts';

/** In which state an account is; the first that fits. */
const STATES = {
  suspended: 'suspendu',
  resetting: 'réinitialisation en cours',
  pending: 'mot de passe gardé, pas encore en service',
  expired: 'mot de passe expiré',
  unknown: 'échéance inconnue',
  valid: 'mot de passe valable',
} as const;

type State = keyof typeof STATES;

/** Accounts whose records are read together. */
const READ_AT_ONCE = 100;

interface ListOptions {
  readonly manager?: string;
  readonly deputy?: string;
  readonly expiring?: string;
  readonly state?: string;
  readonly csv?: boolean;
  readonly json?: boolean;
}

interface Listed {
  readonly account: Account;
  readonly state: State;
  /** Of whole days in Paris until the expiry; negative: since it. Undefined: the expiry is not known. */
  readonly daysLeft: number | undefined;
}

export function addListCommand(account: Command, shell: Shell): void {
  account
    .command('list')
    .description('montre tous les comptes, ou ceux que les options choisissent')
    .option('--manager <personne>', 'ceux de ce gestionnaire principal')
    .option('--deputy <personne>', 'ceux de ce suppléant')
    .option('--expiring <jours>', 'ceux dont le mot de passe expire d’ici là, ou a expiré')
    .option('--state <état>', `ceux dans cet état : ${Object.keys(STATES).join(', ')}`)
    .option('--csv', 'répond en CSV, comme « account export »')
    .option('--json', 'répond en JSON')
    .action((options: ListOptions) => list(shell, options));
}

async function list(shell: Shell, options: ListOptions): Promise<void> {
  if (options.csv && options.json) throw new Refusal('donnez --csv ou --json, mais pas les deux');
  const isChosen = chosenBy(options);
  await withDependencies(shell, async (dependencies) => {
    const all = await allAccounts(dependencies);
    const chosen: Listed[] = [];
    for (const some of chunksOf(all, READ_AT_ONCE)) {
      const listed = await Promise.all(some.map((account) => listedOf(dependencies, account, shell.now())));
      chosen.push(...listed.filter(isChosen));
    }
    if (options.csv) {
      const lines = accountFileOf(chosen.map(({ account }) => account));
      for (const line of lines.trimEnd().split('\n')) shell.print(line);
      return;
    }
    const views = await peopleOf(dependencies, chosen);
    if (options.json) return shell.print(JSON.stringify(chosen.map((each) => viewListed(each, views))));
    if (all.length === 0) return shell.print('Aucun compte ; « account add » en ajoute un.');
    if (chosen.length === 0) return shell.print('Aucun compte ne répond à ces options.');
    for (const each of chosen) shell.print(lineOf(each, views));
  });
}

function chosenBy({ manager, deputy, expiring, state }: ListOptions): (listed: Listed) => boolean {
  const managerId = manager === undefined ? undefined : readPerson('--manager', manager);
  const deputyId = deputy === undefined ? undefined : readPerson('--deputy', deputy);
  const days = expiring === undefined ? undefined : readDays(expiring);
  if (state !== undefined && !Object.hasOwn(STATES, state))
    throw new Refusal(`--state : donnez ${Object.keys(STATES).join(', ')}`);
  return (listed) =>
    (managerId === undefined || listed.account.manager === managerId) &&
    (deputyId === undefined || listed.account.deputy === deputyId) &&
    (days === undefined || (listed.daysLeft !== undefined && listed.daysLeft <= days)) &&
    (state === undefined || listed.state === state);
}

function readDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 0 || days > 1_000)
    throw new Refusal('--expiring : donnez un nombre de jours, par exemple 30');
  return days;
}

async function listedOf({ credentials, resets }: Dependencies, account: Account, now: Date): Promise<Listed> {
  const reset = (await resets.load(account.id))?.value.reset;
  const { pending } = await credentials.slots(account.id);
  const { expiry } = account;
  const isExpired = expiry !== undefined && new Date(expiry.at) <= now;
  const applies: Readonly<Record<State, boolean>> = {
    suspended: account.suspendedAt !== undefined,
    resetting: reset !== undefined && !hasEnded(reset),
    pending: pending !== undefined,
    unknown: expiry === undefined,
    expired: isExpired,
    valid: true,
  };
  const state = (Object.keys(applies) as State[]).find((each) => applies[each]) ?? 'valid';
  return { account, state, daysLeft: expiry && daysBetween(now, new Date(expiry.at)) };
}

/** As somebody in Paris counts them. */
function daysBetween(from: Date, to: Date): number {
  const dayOf = (at: Date) => DateTime.fromJSDate(at, { zone: 'Europe/Paris' }).startOf('day');
  return Math.round(dayOf(to).diff(dayOf(from), 'days').days);
}

async function peopleOf(
  dependencies: Dependencies,
  listed: readonly Listed[],
): Promise<ReadonlyMap<string, PersonView>> {
  const persons = new Set(listed.flatMap(({ account: { manager, deputy } }) => [manager, deputy ?? manager]));
  const views = await viewPeople(dependencies, [...persons]);
  return new Map(views.map((view) => [view.person, view]));
}

function viewListed({ account, state, daysLeft }: Listed, views: ReadonlyMap<string, PersonView>) {
  const { manager, deputy } = account;
  return {
    ...viewAccount(account),
    managerName: views.get(manager)?.name ?? null,
    deputyName: deputy === undefined ? null : (views.get(deputy)?.name ?? null),
    state,
    daysLeft: daysLeft ?? null,
  };
}

function lineOf({ account, state, daysLeft }: Listed, views: ReadonlyMap<string, PersonView>): string {
  const { login, structure, siret, expiry, manager, deputy } = account;
  const nameOf = (person: string) => personText(views.get(person) ?? { person, name: null });
  const left = daysLeft === undefined || daysLeft < 0 ? '' : ` (J-${daysLeft})`;
  return [
    login,
    `${structure} (${siret})`,
    `${expiryText(expiry)}${left}`,
    STATES[state],
    nameOf(manager),
    ...(deputy === undefined ? [] : [`suppléant ${nameOf(deputy)}`]),
  ].join('  ');
}
