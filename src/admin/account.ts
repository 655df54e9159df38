import type { Command } from 'commander';
import { formatPortalDate } from '../chorus/expiry.ts';
import { hasEnded } from '../chorus/procedures/reset.ts';
import type { PersonId } from '../person.ts';
import { Refusal } from '../refusal.ts';
import { type Account, accountId, FIRST_ALERT_MONTHS } from '../store/accounts.ts';
import type { Kept } from '../store/credentials.ts';
import { mayReset } from '../store/rights.ts';
import { type HandOver, handOver, tellHandOver } from './hand-over.ts';
import {
  readAlert,
  readExpires,
  readLogin,
  readName,
  readPerson,
  readSiret,
  readThresholds,
} from './options.ts';
import { placeName } from './place.ts';
import { accountNamed, type Dependencies, noAccount, type Shell, withDependencies } from './shell.ts';

interface Fields {
  readonly siret?: string;
  readonly name?: string;
  readonly manager?: string;
  /** false: `--no-deputy`. */
  readonly deputy?: string | false;
  readonly expires?: string;
  readonly alert?: string;
  readonly thresholds?: string;
}

interface Chosen {
  readonly login: string;
  readonly json?: boolean;
}

const THRESHOLDS_HELP = 'les rappels, en jours avant l’échéance, au lieu de 60,30,15,7,3,1,0';

export function addAccountCommands(program: Command, shell: Shell): void {
  const account = program
    .command('account')
    .description('les comptes techniques, et qui les gère')
    .usage('<commande>');

  account
    .command('add')
    .description('ajoute un compte technique')
    .requiredOption('--login <login>', 'l’identifiant du compte technique, TECH_…')
    .requiredOption('--siret <siret>', 'le SIRET de la structure')
    .requiredOption('--name <nom>', 'le nom de la structure')
    .requiredOption('--manager <personne>', 'le gestionnaire principal, teams:<locataire>:<personne>')
    .option('--deputy <personne>', 'son suppléant')
    .option('--expires <date>', 'le jour où le mot de passe expire, AAAA-MM-JJ (ou la date du portail)')
    .option('--alert <mois>', '« Alerte actualisation », de 1 à 14 mois (12 si elle n’est pas donnée)')
    .option('--thresholds <jours>', THRESHOLDS_HELP)
    .option('--json', 'répond en JSON')
    .action((options: Fields & Chosen) => add(shell, options));

  account
    .command('list')
    .description('montre tous les comptes')
    .option('--json', 'répond en JSON')
    .action((options: { json?: boolean }) => list(shell, options));

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
    .option('--siret <siret>', 'le SIRET de la structure')
    .option('--name <nom>', 'le nom de la structure')
    .option('--manager <personne>', 'le gestionnaire principal, teams:<locataire>:<personne>')
    .option('--deputy <personne>', 'son suppléant')
    .option('--no-deputy', 'retire le suppléant')
    .option('--expires <date>', 'le jour où le mot de passe expire, AAAA-MM-JJ (ou la date du portail)')
    .option('--alert <mois>', '« Alerte actualisation », de 1 à 14 mois')
    .option('--thresholds <jours>', THRESHOLDS_HELP)
    .option('--keep-channels', 'garde les conversations abonnées par qui perd le compte')
    .option('--json', 'répond en JSON')
    .action((options: Fields & Chosen) => set(shell, options));

  account
    .command('remove')
    .description('retire un compte, avec les mots de passe gardés pour lui')
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
  if (!/^TECH_/i.test(login)) {
    shell.warn('--login : les comptes techniques s’appellent d’ordinaire TECH_… ; vérifiez celui-ci');
  }
  warnOfExpiry(shell, added);
  shell.print(options.json ? JSON.stringify(view(added)) : `Compte ajouté : ${login} (${structure})`);
}

async function list(shell: Shell, { json }: { json?: boolean }): Promise<void> {
  const all = await withDependencies(shell, async ({ accounts }) => {
    const found: Account[] = [];
    for await (const account of accounts.all()) found.push(account);
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  });
  if (json) return shell.print(JSON.stringify(all.map(view)));
  if (all.length === 0) return shell.print('Aucun compte ; « account add » en ajoute un.');
  for (const { login, structure, siret, manager, expiry } of all) {
    shell.print(`${login}  ${structure} (${siret})  ${expiryText(expiry)}  ${manager}`);
  }
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
      return shell.print(JSON.stringify({ ...view(account), passwords, reset: running ?? null }));
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
      ['Rappels aussi dans', account.channels?.map(placeName).join(', ') || 'aucune conversation'],
    ];
    for (const [label, text] of lines) shell.print(`${label.padEnd(25)}${text}`);
  });
}

async function set(
  shell: Shell,
  options: Fields & Chosen & { readonly keepChannels?: boolean },
): Promise<void> {
  const fields = readFields(shell, options);
  const dropsDeputy = options.deputy === false;
  if (Object.keys(fields).length === 0 && !dropsDeputy) {
    throw new Refusal('rien à changer : donnez au moins une option, par exemple --manager ou --expires');
  }
  const keeps = options.keepChannels === true;
  let handedOver: HandOver | undefined;
  const changed = await withDependencies(shell, async (dependencies) => {
    const { id } = await accountNamed(dependencies, options.login);
    const account = await dependencies.accounts.change(id, (before) => {
      const { deputy: _deputy, ...others } = before;
      handedOver = handOver(before, { ...(dropsDeputy ? others : before), ...fields }, keeps);
      return handedOver.account;
    });
    if (account === undefined) throw noAccount();
    const { current } = await dependencies.credentials.slots(id);
    if (fields.expiry !== undefined && current !== undefined) {
      await dependencies.credentials.correctExpiry(id, current.version, fields.expiry);
    }
    await dependencies.record(['accountChanged', ...changes(options)].join(' '), id);
    for (const channel of keeps ? [] : (handedOver?.lost ?? []))
      await dependencies.record(`channelRemoved ${placeName(channel)}`, id);
    const running = await runningReset(dependencies, account);
    if (running !== undefined && !mayReset(running.person, account)) {
      shell.warn(
        `une réinitialisation menée par ${running.by}, qui n’en a plus le droit, est en cours ; sans clic elle s’arrête au bout de 72 heures`,
      );
    }
    return account;
  });
  if (fields.expiry !== undefined) warnOfExpiry(shell, changed);
  if (handedOver !== undefined) tellHandOver(shell, handedOver, keeps);
  shell.print(options.json ? JSON.stringify(view(changed)) : `Compte modifié : ${changed.login}`);
}

async function remove(shell: Shell, { login, yes }: Chosen & { yes?: boolean }): Promise<void> {
  const id = accountId(login.trim());
  await withDependencies(shell, async (dependencies) => {
    if (!yes) {
      const account = await accountNamed(dependencies, login);
      const running = await runningReset(dependencies, account);
      const alsoThis = running ? ` et la réinitialisation que mène ${running.by}` : '';
      throw new Refusal(
        `rien n’a été retiré : avec --yes, le compte ${account.login} disparaît, avec ses mots de passe gardés${alsoThis}`,
      );
    }
    // Also where there is no account any more: an earlier removal may have been interrupted.
    const removed = await dependencies.accounts.remove(id);
    await dependencies.resets.forget(id);
    await dependencies.credentials.forget(id);
    if (!removed) throw noAccount();
    await dependencies.record('accountRemoved', id);
  });
  shell.print(`Compte retiré : ${login.trim()}`);
}

function readFields(shell: Shell, { siret, name, manager, deputy, expires, alert, thresholds }: Fields) {
  return {
    ...(siret === undefined ? {} : { siret: readSiret(siret) }),
    ...(name === undefined ? {} : { structure: readName(name) }),
    ...(manager === undefined ? {} : { manager: readPerson('--manager', manager) }),
    ...(typeof deputy === 'string' ? { deputy: readPerson('--deputy', deputy) } : {}),
    ...(expires === undefined ? {} : { expiry: readExpires(expires, shell.now()) }),
    ...(alert === undefined ? {} : { alertMonths: readAlert(alert) }),
    ...(thresholds === undefined ? {} : { thresholds: readThresholds(thresholds) }),
  };
}

/** For the journal: who was given what matters most of all. */
function changes({ siret, name, manager, deputy, expires, alert, thresholds }: Fields): string[] {
  return Object.entries({ siret, name, manager, deputy, expires, alert, thresholds })
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

async function runningReset(
  { resets }: Dependencies,
  { id }: Account,
): Promise<{ step: string; by: string; person: PersonId; since: string } | undefined> {
  const { reset, holder } = (await resets.load(id))?.value ?? {};
  if (reset === undefined || holder === undefined || hasEnded(reset)) return undefined;
  const { id: person, name } = holder;
  return { step: reset.step, by: name || person, person, since: reset.startedAt };
}

/** What `--json` gives of an account: named as the options are. */
function view(account: Omit<Account, 'id'>) {
  return {
    login: account.login,
    siret: account.siret,
    name: account.structure,
    manager: account.manager,
    deputy: account.deputy ?? null,
    expiry: account.expiry ?? null,
    alertMonths: account.alertMonths,
    thresholds: account.thresholds ?? null,
    lastUpdated: account.lastUpdated ?? null,
    channels: account.channels ?? [],
    addedAt: account.addedAt,
  };
}

function keptText(kept: Kept | undefined): string {
  if (kept === undefined) return 'aucun';
  const { heldBy, heldSince, expiry } = kept;
  return `saisi par ${heldBy} le ${dateText(heldSince)}, expire le ${expiryText(expiry)}`;
}

function expiryText(expiry: Account['expiry']): string {
  if (expiry === undefined) return 'pas encore connue';
  return `${dateText(expiry.at)}${expiry.estimated ? ' (estimée)' : ''}`;
}

function dateText(at: string): string {
  return formatPortalDate(new Date(at));
}
