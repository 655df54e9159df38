import type { Command } from 'commander';
import { isNetwork, type Token, Tokens } from '../consumers/tokens.ts';
import { Refusal } from '../refusal.ts';
import type { AccountId } from '../store/accounts.ts';
import { accountNamed, type Dependencies, type Shell, withDependencies } from './shell.ts';

interface CreateOptions {
  readonly name: string;
  readonly login: readonly string[];
  readonly expires?: string;
  readonly from?: readonly string[];
  readonly json?: boolean;
}

interface RevokeOptions {
  readonly id?: string;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Tokens of programs that read a password. They are made here only: a stolen chat account must open no way out. */
export function addTokenCommands(program: Command, shell: Shell): void {
  const token = program
    .command('token')
    .description('les jetons des programmes qui lisent un mot de passe')
    .usage('<commande>');

  token
    .command('create')
    .description('crée un jeton, et l’écrit : il ne sera plus jamais montré')
    .requiredOption('--name <nom>', 'le programme, par exemple odoo')
    .requiredOption('--login <login...>', 'les comptes techniques dont il peut lire le mot de passe')
    .option('--expires <jour>', 'le jour de sa fin, AAAA-MM-JJ ; sans lui, il ne finit pas')
    .option('--from <réseau...>', 'd’où il peut venir, par exemple 10.0.0.0/8 ; sans lui, de partout')
    .option('--json', 'répond en JSON')
    .action((options: CreateOptions) => create(shell, options));

  token
    .command('list')
    .description('montre les jetons et leur dernier usage, jamais leur texte')
    .option('--json', 'répond en JSON')
    .action((options: { json?: boolean }) => list(shell, options));

  token
    .command('revoke')
    .description('retire un jeton, aussitôt et partout')
    .option('--id <id>', 'le jeton, comme « token list » le montre')
    .option('--all', 'tous les jetons')
    .option('--yes', 'avec --all : sans poser de question')
    .option('--json', 'répond en JSON')
    .action((options: RevokeOptions) => revoke(shell, options));
}

async function create(shell: Shell, options: CreateOptions): Promise<void> {
  const name = readTokenName(options.name);
  const from = options.from?.map(readNetwork);
  const expiresAt = options.expires === undefined ? undefined : readEnd(options.expires, shell.now());
  await withDependencies(shell, async (dependencies) => {
    const accounts: AccountId[] = [];
    for (const login of options.login) accounts.push((await accountNamed(dependencies, login)).id);
    const about = { name, accounts, ...(from && { from }), ...(expiresAt && { expiresAt }) };
    const { token, text } = await new Tokens(dependencies.store).create(about, shell.now());
    for (const account of accounts) await dependencies.record(`tokenCreated ${token.id} ${name}`, account);
    if (options.json) {
      const { hash: _, ...shown } = token;
      return shell.print(JSON.stringify({ ...shown, token: text }));
    }
    shell.print(text);
    shell.warn(`Jeton ${token.id} créé pour ${name}. Notez-le maintenant : il ne sera plus montré.`);
  });
}

async function list(shell: Shell, { json }: { json?: boolean }): Promise<void> {
  const found = await withDependencies(shell, async ({ store }) => {
    const tokens = new Tokens(store);
    const all = await tokens.list();
    const uses = await tokens.uses(all.map(({ id }) => id));
    return all.map(({ hash: _, ...token }, index) => ({ ...token, reads: 0, ...uses[index] }));
  });
  if (json) return shell.print(JSON.stringify(found));
  if (found.length === 0) return shell.print('Aucun jeton ; « token create » en crée un.');
  for (const token of found) shell.print(lineOf(token));
}

async function revoke(shell: Shell, { id, all, yes, json }: RevokeOptions): Promise<void> {
  if ((id === undefined) === (all !== true)) throw new Refusal('donnez --id, ou bien --all');
  if (all === true && yes !== true)
    throw new Refusal('--all retire tous les jetons, et chaque programme perd son accès : ajoutez --yes');
  const revoked = await withDependencies(shell, async (dependencies) => {
    const tokens = new Tokens(dependencies.store);
    const meant = (await tokens.list()).filter((token) => all === true || token.id === id);
    if (id !== undefined && meant.length === 0)
      throw new Refusal('--id : aucun jeton de ce nom ; « token list » les montre tous');
    for (const token of meant) await revokeOne(dependencies, tokens, token);
    return meant.map((token) => token.id);
  });
  if (json) return shell.print(JSON.stringify({ revoked }));
  shell.print(revoked.length === 1 ? 'Le jeton est retiré.' : `Jetons retirés : ${revoked.length}.`);
}

async function revokeOne(dependencies: Dependencies, tokens: Tokens, token: Token): Promise<void> {
  await tokens.revoke(token.id);
  for (const account of token.accounts)
    await dependencies.record(`tokenRevoked ${token.id} ${token.name}`, account);
}

function lineOf(token: Omit<Token, 'hash'> & { reads: number; lastReadAt?: string }): string {
  return [
    token.id,
    token.name,
    token.accounts.join(', '),
    token.from === undefined ? 'de partout' : `de ${token.from.join(', ')}`,
    token.expiresAt === undefined ? 'sans fin' : `jusqu’au ${token.expiresAt.slice(0, 10)}`,
    token.lastReadAt === undefined ? 'jamais utilisé' : `utilisé le ${token.lastReadAt}`,
  ].join('  ');
}

function readTokenName(text: string): string {
  const name = text.trim();
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u.test(name)) return name;
  throw new Refusal('--name : donnez un nom court, en lettres et en chiffres, par exemple odoo');
}

function readNetwork(text: string): string {
  const network = text.trim();
  if (isNetwork(network)) return network;
  throw new Refusal('--from : donnez une adresse ou un réseau, par exemple 10.0.0.0/8');
}

/** The end of that day, in UTC. */
function readEnd(text: string, now: Date): string {
  const end = new Date(`${text.trim()}T23:59:59.000Z`);
  if (/^\d{4}-\d\d-\d\d$/.test(text.trim()) && end.getTime() > now.getTime()) return end.toISOString();
  throw new Refusal('--expires : donnez un jour à venir, AAAA-MM-JJ');
}
