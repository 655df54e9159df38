import type { Command } from 'commander';
import { LANGUAGES } from '../cards/languages.ts';
import type { ChorusClientOptions } from '../chorus/client.ts';
import { estimateExpiry } from '../chorus/expiry.ts';
import { inspectPassword } from '../chorus/password.ts';
import { hasEnded } from '../chorus/procedures/reset.ts';
import { loadConfig } from '../config.ts';
import { Refusal } from '../refusal.ts';
import type { Secret } from '../secret.ts';
import { type Account, renewedBy } from '../store/accounts.ts';
import { testVersion, verdictLines } from './connection.ts';
import { accountNamed, type Dependencies, type Shell, withDependencies } from './shell.ts';

interface Options {
  readonly login: string;
  readonly slot: string;
  readonly json?: boolean;
}

interface SetOptions {
  readonly login: string;
  readonly test: boolean;
  readonly json?: boolean;
}

export function addCredentialCommands(program: Command, shell: Shell): void {
  const credential = program.command('credential').usage('<commande>').description('le mot de passe gardé');
  credential
    .command('set')
    .description(
      'garde un mot de passe lu sur l’entrée standard, le teste, et le met en service s’il est accepté',
    )
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option('--no-test', 'le garde sans le tester : le bot le testera dans la journée')
    .option('--json', 'répond en JSON')
    .action((options: SetOptions) => set(shell, options));
  credential
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

/** For a password that somebody has without the bot's steps: it waits until Chorus Pro has accepted it (P2). */
async function set(shell: Shell, { login, test, json }: SetOptions): Promise<void> {
  // What is wrong with the settings is said before anything is kept.
  const chorus = test ? loadConfig(shell.env).chorus : undefined;
  await withDependencies(shell, async (dependencies) => {
    const account = await accountNamed(dependencies, login);
    await refuseWhileRunning(dependencies, account);
    const { password, warning } = read(account, await shell.readPassword());
    if (warning !== undefined) shell.warn(warning);
    const now = shell.now();
    const kept = await dependencies.credentials.keep(account.id, password, {
      heldBy: shell.user,
      heldSince: now,
      expiry: { at: estimateExpiry(now).toISOString(), estimated: true },
    });
    await dependencies.record(`passwordKept version ${kept.version}`, account.id);
    const lines = chorus === undefined ? [] : await tested(shell, dependencies, account, { kept, chorus });
    if (json)
      shell.print(
        JSON.stringify({ login: account.login, version: kept.version, tested: chorus !== undefined }),
      );
    else for (const line of ['le mot de passe est gardé chiffré', ...lines]) shell.print(line);
  });
}

/** Of two who enter a password at once, the reset that runs has the last word. */
async function refuseWhileRunning({ resets }: Dependencies, account: Account): Promise<void> {
  const running = await resets.load(account.id);
  if (running !== undefined && !hasEnded(running.value.reset))
    throw new Refusal(
      `${running.value.holder.name} mène une réinitialisation de ce compte : le mot de passe s’y saisit, ou elle se termine d’abord`,
    );
}

/** As in the form: what is surely a mistake stops, what is unusual is warned of. */
function read(account: Account, typed: Secret): { readonly password: Secret; readonly warning?: string } {
  const { problems, warnings } = LANGUAGES.fr.form;
  const inspected = inspectPassword(typed, { login: account.login, siret: account.siret });
  const inWords = (words: string | ((position: number) => string), position = 0) =>
    (typeof words === 'string' ? words : words(position)).split('. ')[0] ?? '';
  switch (inspected.outcome) {
    case 'keep':
      return { password: inspected.password };
    case 'warn':
      return {
        password: inspected.password,
        warning: inWords(warnings[inspected.warning], inspected.position),
      };
    case 'stop':
      throw new Refusal(inWords(problems[inspected.problem], inspected.position));
    default:
      return inspected satisfies never;
  }
}

async function tested(
  shell: Shell,
  dependencies: Dependencies,
  account: Account,
  {
    kept,
    chorus,
  }: { readonly kept: Parameters<typeof testVersion>[3]['kept']; readonly chorus: ChorusClientOptions },
): Promise<string[]> {
  const verdict = await testVersion(shell, dependencies, account, {
    kept,
    options: chorus,
    accepted: async () => {
      const at = shell.now();
      await dependencies.credentials.promote(account.id, kept.version, at);
      await dependencies.accounts.change(account.id, (a) => renewedBy(a, kept.expiry, at));
      await dependencies.record('passwordAccepted', account.id);
    },
  });
  const lines = verdictLines(verdict);
  if (verdict.outcome !== 'accepted')
    throw new Refusal(['le mot de passe est gardé chiffré, et n’est pas en service', ...lines]);
  return lines;
}
