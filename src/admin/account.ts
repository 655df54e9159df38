import type { Command } from 'commander';
import { loadEnvironment } from '../config.ts';
import { Destinations } from '../consumers/destinations.ts';
import { Tokens } from '../consumers/tokens.ts';
import { Refusal } from '../refusal.ts';
import { AccountRecords } from '../store/account-records.ts';
import { type Account, type AccountId, accountId, FIRST_ALERT_MONTHS } from '../store/accounts.ts';
import type { Kept } from '../store/credentials.ts';
import { TestAttempts } from '../store/test-attempts.ts';
import { addHandOverCommand } from './account-hand-over.ts';
import { addAccountFileCommands } from './account-import.ts';
import { addListCommand } from './account-list.ts';
import { dateText, expiryText, viewAccount } from './account-view.ts';
import { addVerifyCommand, wrongEnvironment } from './connection.ts';
import { type HandOver, handOver, lostHolderWarning, recordHandOver, tellHandOver } from './hand-over.ts';
import {
  readAlert,
  readApplication,
  readExpires,
  readLogin,
  readName,
  readPerson,
  readSiret,
  readThresholds,
} from './options.ts';
import { placeName } from './place.ts';
import {
  accountNamed,
  type Dependencies,
  noAccount,
  runningReset,
  type Shell,
  withDependencies,
} from './shell.ts';

interface Fields {
  readonly siret?: string;
  readonly name?: string;
  readonly manager?: string;
  /** false: `--no-deputy`. */
  readonly deputy?: string | false;
  readonly expires?: string;
  readonly alert?: string;
  readonly thresholds?: string;
  /** false: `--no-application`. */
  readonly application?: string | false;
}

interface SetOptions extends Fields, Chosen {
  readonly keepChannels?: boolean;
  readonly readsItself?: boolean;
}

interface Chosen {
  readonly login: string;
  readonly json?: boolean;
}

const READS_ITSELF = { kind: 'readsItself' } as const;
const THRESHOLDS_HELP = 'les rappels, en jours avant l’échéance, au lieu de 60,30,15,7,3,1,0';

const APPLICATION_HELP = 'où se saisit le mot de passe, si ce n’est pas dans e.magnus : montré à l’étape 10';

export function addAccountCommands(program: Command, shell: Shell): void {
  const account = program
    .command('account')
    .description('les comptes techniques, et qui les gère')
    .usage('<commande>');

  account
    .command('add')
    .description('ajoute un compte technique')
    .requiredOption('--login <login>', 'l’identifiant du compte technique, TECH_…')
    .requiredOption(
      '--siret <siret>',
      'le SIRET de la structure, ou son RIDET, TAHITI, n° de TVA, identifiant hors UE',
    )
    .requiredOption('--name <nom>', 'le nom de la structure')
    .requiredOption('--manager <personne>', 'le gestionnaire principal, teams:<locataire>:<personne>')
    .option('--deputy <personne>', 'son suppléant')
    .option('--expires <date>', 'le jour où le mot de passe expire, AAAA-MM-JJ (ou la date du portail)')
    .option('--alert <mois>', '« Alerte actualisation », de 1 à 14 mois (12 si elle n’est pas donnée)')
    .option('--thresholds <jours>', THRESHOLDS_HELP)
    .option('--application <chemin>', APPLICATION_HELP)
    .option('--json', 'répond en JSON')
    .action((options: Fields & Chosen) => add(shell, options));

  addListCommand(account, shell);

  account
    .command('show')
    .description('montre un compte, et ce qui est gardé pour lui')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option('--json', 'répond en JSON')
    .action((options: Chosen) => show(shell, options));

  account
    .command('set')
    .description('change ce qui est donné, et rien d’autre')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option(
      '--siret <siret>',
      'le SIRET de la structure, ou son RIDET, TAHITI, n° de TVA, identifiant hors UE',
    )
    .option('--name <nom>', 'le nom de la structure')
    .option('--manager <personne>', 'le gestionnaire principal, teams:<locataire>:<personne>')
    .option('--deputy <personne>', 'son suppléant')
    .option('--no-deputy', 'retire le suppléant')
    .option('--expires <date>', 'le jour où le mot de passe expire, AAAA-MM-JJ (ou la date du portail)')
    .option('--alert <mois>', '« Alerte actualisation », de 1 à 14 mois')
    .option('--thresholds <jours>', THRESHOLDS_HELP)
    .option('--application <chemin>', APPLICATION_HELP)
    .option('--no-application', 'le mot de passe va de nouveau dans e.magnus')
    .option('--reads-itself', 'l’application lit le mot de passe elle-même, par un jeton ou une destination')
    .option('--keep-channels', 'garde les conversations abonnées par qui perd le compte')
    .option('--json', 'répond en JSON')
    .action((options: SetOptions) => set(shell, options));

  addAccountFileCommands(account, shell);
  addHandOverCommand(account, shell);
  addVerifyCommand(account, shell);

  for (const [command, description] of [
    [
      'suspend',
      'arrête les rappels, le test quotidien et les réinitialisations ; les programmes lisent toujours',
    ],
    ['resume', 'reprend un compte suspendu'],
  ] as const)
    account
      .command(command)
      .description(description)
      .requiredOption('--login <login>', 'l’identifiant du compte technique')
      .option('--json', 'répond en JSON')
      .action((options: Chosen) => suspend(shell, options, command === 'suspend'));

  account
    .command('remove')
    .description('retire un compte, avec les mots de passe gardés pour lui et ses destinations')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option('--yes', 'confirme')
    .action((options: Chosen & { yes?: boolean }) => remove(shell, options));
}

async function add(shell: Shell, options: Fields & Chosen): Promise<void> {
  const login = readLogin(options.login);
  const { siret = '', structure = '', manager = '', ...more } = readFields(shell, options);
  const addedAt = shell.now().toISOString();
  const added = { alertMonths: FIRST_ALERT_MONTHS, ...more, login, siret, structure, manager, addedAt };
  await withDependencies(shell, async ({ accounts, record }) => {
    if (!(await accounts.add(added))) {
      throw new Refusal(
        '--login : ce compte existe déjà, rien n’a changé ; « account set » le modifie, « account show » le montre',
      );
    }
    await record('accountAdded', accountId(login));
  });
  if (!/^(TECH|DEV)_/i.test(login)) {
    shell.warn('--login : les comptes techniques s’appellent d’ordinaire TECH_… ; vérifiez celui-ci');
  }
  const mistaken = wrongEnvironment(login, loadEnvironment(shell.env));
  if (mistaken !== undefined) shell.warn(`--login : ${mistaken}`);
  warnOfExpiry(shell, added);
  shell.print(options.json ? JSON.stringify(viewAccount(added)) : `Compte ajouté : ${login} (${structure})`);
}

async function show(shell: Shell, { login, json }: Chosen): Promise<void> {
  await withDependencies(shell, async (dependencies) => {
    const account = await accountNamed(dependencies, login);
    const { pending, current, previous, setAside } = await dependencies.credentials.slots(account.id);
    const running = await runningReset(dependencies, account);
    if (json) {
      const passwords = {
        current: current ?? null,
        pending: pending ?? null,
        previous: previous ?? null,
        setAside,
      };
      return shell.print(JSON.stringify({ ...viewAccount(account), passwords, reset: running ?? null }));
    }
    const lines: [string, string][] = [
      ['Compte technique', account.login],
      ['Structure', `${account.structure} (${account.siret})`],
      ['Gestionnaire principal', account.manager],
      ['Suppléant', account.deputy ?? 'aucun'],
      ['Date exp. Mot de passe', expiryText(account.expiry)],
      ['Alerte actualisation', `${account.alertMonths} mois`],
      ['Dernière mise à jour', account.lastUpdated ? dateText(account.lastUpdated) : 'pas encore connue'],
      ['Mot de passe en service', keptText(current)],
      ['Mot de passe en attente', keptText(pending)],
      ['Mot de passe précédent', keptText(previous)],
      [
        'Réinitialisation',
        running ? `en cours, menée par ${running.by} depuis le ${dateText(running.since)}` : 'aucune',
      ],
      ['Suspendu', account.suspendedAt === undefined ? 'non' : `depuis le ${dateText(account.suspendedAt)}`],
      ['Application', applicationText(account.application)],
      ['Rappels aussi dans', account.channels?.map(placeName).join(', ') || 'aucune conversation'],
    ];
    for (const [label, text] of lines) shell.print(`${label.padEnd(25)}${text}`);
  });
}

async function set(shell: Shell, options: SetOptions): Promise<void> {
  if (options.readsItself === true && options.application !== undefined)
    throw new Refusal('donnez --application, --no-application ou --reads-itself, mais pas deux à la fois');
  const readsItself = options.readsItself === true ? { application: READS_ITSELF } : {};
  const fields = { ...readFields(shell, options), ...readsItself };
  const drops = { deputy: options.deputy === false, application: options.application === false };
  if (Object.keys(fields).length === 0 && !drops.deputy && !drops.application) {
    throw new Refusal('rien à changer : donnez au moins une option, par exemple --manager ou --expires');
  }
  const keeps = options.keepChannels === true;
  let handedOver: HandOver | undefined;
  const changed = await withDependencies(shell, async (dependencies) => {
    const { id } = await accountNamed(dependencies, options.login);
    if (options.readsItself === true && !(await hasReader(dependencies, id)))
      throw new Refusal(
        '--reads-itself : aucun jeton ni aucune destination n’existe pour ce compte ; « token create » ou « destination add » d’abord',
      );
    const account = await dependencies.accounts.change(id, (before) => {
      handedOver = handOver(before, { ...without(before, drops), ...fields }, keeps);
      return handedOver.account;
    });
    if (account === undefined) throw noAccount();
    const { current } = await dependencies.credentials.slots(id);
    if (fields.expiry !== undefined && current !== undefined) {
      await dependencies.credentials.correctExpiry(id, current.version, fields.expiry);
    }
    await dependencies.record(['accountChanged', ...changes(options)].join(' '), id);
    if (handedOver !== undefined) await recordHandOver(dependencies, handedOver, id, keeps);
    const warning = await lostHolderWarning(dependencies, account);
    if (warning !== undefined) shell.warn(warning);
    return account;
  });
  if (fields.expiry !== undefined) warnOfExpiry(shell, changed);
  if (handedOver !== undefined) tellHandOver(shell, handedOver, keeps);
  shell.print(options.json ? JSON.stringify(viewAccount(changed)) : `Compte modifié : ${changed.login}`);
}

function without(
  { deputy, application, ...account }: Account,
  drops: { readonly deputy: boolean; readonly application: boolean },
): Account {
  return {
    ...account,
    ...(deputy === undefined || drops.deputy ? {} : { deputy }),
    ...(application === undefined || drops.application ? {} : { application }),
  };
}

/** Whether a program may read the password of this account, or is brought it. */
async function hasReader({ store, sealer }: Dependencies, id: AccountId): Promise<boolean> {
  const tokens = await new Tokens(store).list();
  if (tokens.some(({ accounts }) => accounts.includes(id))) return true;
  return (await new Destinations(store, sealer).ofAccount(id)).length > 0;
}

async function suspend(shell: Shell, { login, json }: Chosen, isSuspended: boolean): Promise<void> {
  const changed = await withDependencies(shell, async (dependencies) => {
    const { id, suspendedAt } = await accountNamed(dependencies, login);
    if ((suspendedAt !== undefined) === isSuspended)
      throw new Refusal(
        isSuspended ? '--login : ce compte est déjà suspendu' : '--login : ce compte n’est pas suspendu',
      );
    const account = await dependencies.accounts.change(id, ({ suspendedAt: _, ...before }) =>
      isSuspended ? { ...before, suspendedAt: shell.now().toISOString() } : before,
    );
    if (account === undefined) throw noAccount();
    await dependencies.record(isSuspended ? 'accountSuspended' : 'accountResumed', id);
    return account;
  });
  if (json) return shell.print(JSON.stringify(viewAccount(changed)));
  shell.print(`${isSuspended ? 'Compte suspendu' : 'Compte repris'} : ${changed.login}`);
}

async function remove(shell: Shell, { login, yes }: Chosen & { yes?: boolean }): Promise<void> {
  const id = accountId(login.trim());
  await withDependencies(shell, async (dependencies) => {
    if (!yes) {
      const account = await accountNamed(dependencies, login);
      const running = await runningReset(dependencies, account);
      const alsoThis = running
        ? `, ses destinations et la réinitialisation que mène ${running.by}`
        : ' et ses destinations';
      throw new Refusal(
        `rien n’a été retiré : avec --yes, le compte ${account.login} disparaît, avec ses mots de passe gardés${alsoThis}`,
      );
    }
    // Also where there is no account any more: an earlier removal may have been interrupted.
    const removed = await dependencies.accounts.remove(id);
    await dependencies.resets.forget(id);
    await dependencies.credentials.forget(id);
    const { store, sealer } = dependencies;
    const destinations = new Destinations(store, sealer);
    for (const destination of await destinations.ofAccount(id)) await destinations.remove(destination.id);
    await new Tokens(store).forgetAccount(id);
    await new AccountRecords(store, 'handover').forget(id);
    await new TestAttempts(dependencies.store, shell.now).forget(id);
    if (!removed) throw noAccount();
    await dependencies.record('accountRemoved', id);
  });
  shell.print(`Compte retiré : ${login.trim()}`);
}

function readFields(shell: Shell, options: Fields) {
  const { siret, name, manager, deputy, expires, alert, thresholds, application } = options;
  return {
    ...(siret === undefined ? {} : { siret: readSiret(siret, loadEnvironment(shell.env) === 'sandbox') }),
    ...(name === undefined ? {} : { structure: readName(name) }),
    ...(manager === undefined ? {} : { manager: readPerson('--manager', manager) }),
    ...(typeof deputy === 'string' ? { deputy: readPerson('--deputy', deputy) } : {}),
    ...(expires === undefined ? {} : { expiry: readExpires(expires, shell.now()) }),
    ...(alert === undefined ? {} : { alertMonths: readAlert(alert) }),
    ...(thresholds === undefined ? {} : { thresholds: readThresholds(thresholds) }),
    ...(typeof application === 'string'
      ? { application: { kind: 'other' as const, path: readApplication(application) } }
      : {}),
  };
}

/** For the journal: who was given what matters most of all. */
function changes({ application, readsItself, ...options }: SetOptions): string[] {
  const { siret, name, manager, deputy, expires, alert, thresholds } = options;
  const where = readsItself === true ? 'readsItself' : application;
  return Object.entries({ siret, name, manager, deputy, expires, alert, thresholds, application: where })
    .filter(([, value]) => value !== undefined)
    .map(([option, value]) => `${option}=${value === false ? 'none' : value}`);
}

function warnOfExpiry(shell: Shell, { expiry }: Pick<Account, 'expiry'>): void {
  if (expiry === undefined) {
    shell.warn('--expires n’est pas donnée : aucun rappel ne partira avant la première réinitialisation');
  } else if (new Date(expiry.at) <= shell.now()) {
    shell.warn('--expires est déjà passée : le mot de passe est à renouveler sans attendre');
  }
}

function keptText(kept: Kept | undefined): string {
  if (kept === undefined) return 'aucun';
  const { heldBy, heldSince, expiry } = kept;
  return `saisi par ${heldBy} le ${dateText(heldSince)}, expire le ${expiryText(expiry)}`;
}

function applicationText(application: Account['application']): string {
  switch (application?.kind) {
    case undefined:
      return 'e.magnus Gestion Financière';
    case 'other':
      return application.path;
    case 'readsItself':
      return 'lit le mot de passe elle-même';
    default:
      return application satisfies never;
  }
}
