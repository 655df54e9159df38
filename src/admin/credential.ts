import type { Command } from 'commander';
import { Refusal } from '../refusal.ts';
import { accountNamed, type Shell, withDependencies } from './shell.ts';

interface Options {
  readonly login: string;
  readonly slot: string;
  readonly json?: boolean;
}

export function addCredentialCommands(program: Command, shell: Shell): void {
  program
    .command('credential')
    .usage('<commande>')
    .description('le mot de passe gardé')
    .command('show')
    .description('écrit le mot de passe, seul sur sa ligne, pour le programme qui en a besoin')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option(
      '--slot <lequel>',
      'current (en service, celui qui est écrit par défaut), pending (en attente) ou previous (précédent)',
      'current',
    )
    .option('--json', 'répond en JSON')
    .action((options: Options) => show(shell, options));
}

/** The only way by which a password leaves the store. Who took it is in the journal before it is out. */
async function show(shell: Shell, { login, slot, json }: Options): Promise<void> {
  if (slot !== 'current' && slot !== 'pending' && slot !== 'previous') {
    throw new Refusal('--slot : choisissez current, pending ou previous');
  }
  await withDependencies(shell, async (dependencies) => {
    const account = await accountNamed(dependencies, login);
    const opened = await dependencies.credentials[slot](account.id);
    if (opened === undefined) {
      throw new Refusal(
        `--slot ${slot} : aucun mot de passe n’y est gardé pour ce compte ; « account show » montre ce qui l’est`,
      );
    }
    await dependencies.record(`passwordRead ${slot}`, account.id);
    const password = opened.secret.reveal();
    shell.print(json ? JSON.stringify({ login: account.login, slot, password, ...opened.kept }) : password);
  });
}
