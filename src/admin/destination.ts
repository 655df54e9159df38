import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { loadProxy } from '../config.ts';
import type { NewDestination } from '../consumers/destinations.ts';
import { type DeliveryState, type Destination, Destinations } from '../consumers/destinations.ts';
import { Outbound, refusalOfAddress } from '../consumers/outbound.ts';
import { checkPastell } from '../consumers/pastell.ts';
import { isWebhookSecret, newWebhookSecret } from '../consumers/webhook.ts';
import { Refusal } from '../refusal.ts';
import { Secret } from '../secret.ts';
import type { AccountId } from '../store/accounts.ts';
import { DELIVERIES } from '../store/credentials.ts';
import { accountNamed, type Dependencies, type Shell, withDependencies } from './shell.ts';

interface AddOptions {
  readonly login: string;
  readonly webhook?: string;
  readonly pastell?: string;
  readonly entity?: string;
  readonly connector?: string;
  readonly user?: string;
  readonly secretFile?: string;
  readonly viaProxy?: boolean;
  readonly json?: boolean;
}

/** Programs to which a new password, or the news of it, is brought. They are named here only, never in the chat. */
export function addDestinationCommands(program: Command, shell: Shell): void {
  const destination = program
    .command('destination')
    .description('les applications auxquelles le bot porte un nouveau mot de passe')
    .usage('<commande>');

  destination
    .command('add')
    .description('ajoute une destination : --webhook (annonce signée, sans mot de passe) ou --pastell')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option('--webhook <adresse>', 'l’adresse https:// qui reçoit l’annonce')
    .option('--pastell <adresse>', 'l’adresse https:// de Pastell, sans /api/v2')
    .option('--entity <id_e>', 'Pastell : l’entité')
    .option('--connector <id_ce>', 'Pastell : le connecteur Chorus Pro')
    .option('--user <nom>', 'Pastell : l’utilisateur ; sans lui, le secret est un jeton')
    .option(
      '--secret-file <chemin>',
      'le fichier du secret (Pastell : mot de passe ou jeton ; webhook : whsec_…)',
    )
    .option('--via-proxy', 'passe par HTTPS_PROXY')
    .option('--json', 'répond en JSON')
    .action((options: AddOptions) => add(shell, options));

  destination
    .command('list')
    .description('montre les destinations, et où en est chacune')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option('--json', 'répond en JSON')
    .action((options: { login: string; json?: boolean }) => list(shell, options));

  destination
    .command('test')
    .description('Pastell : vérifie le connecteur sans rien y écrire ; webhook : vérifie l’adresse')
    .requiredOption('--id <id>', 'la destination, comme « destination list » la montre')
    .action((options: { id: string }) => test(shell, options.id));

  destination
    .command('remove')
    .description('retire une destination et son secret')
    .requiredOption('--id <id>', 'la destination, comme « destination list » la montre')
    .action((options: { id: string }) => remove(shell, options.id));
}

async function add(shell: Shell, options: AddOptions): Promise<void> {
  const { secret, isNew } = readSecret(options);
  await withDependencies(shell, async (dependencies) => {
    const { id: account } = await accountNamed(dependencies, options.login);
    const destinations = destinationsOf(dependencies);
    const added = await destinations.add(readDestination(options, account), secret, shell.now());
    await dependencies.record(`destinationAdded ${added.kind} ${added.id}`, account);
    // The password that is in use already is brought there too.
    await dependencies.store.schedule(DELIVERIES, account, shell.now());
    if (options.json)
      return shell.print(JSON.stringify({ ...added, ...(isNew && { secret: secret.reveal() }) }));
    shell.print(`Destination ajoutée : ${added.id}`);
    if (isNew) {
      shell.print(secret.reveal());
      shell.warn('Donnez ce secret à l’application qui reçoit l’annonce : il ne sera plus montré.');
    }
  });
}

async function list(shell: Shell, { login, json }: { login: string; json?: boolean }): Promise<void> {
  const found = await withDependencies(shell, async (dependencies) => {
    const { id } = await accountNamed(dependencies, login);
    const destinations = destinationsOf(dependencies);
    const all = await destinations.ofAccount(id);
    return Promise.all(
      all.map(async (destination) => ({ destination, state: await destinations.state(destination.id) })),
    );
  });
  if (json)
    return shell.print(JSON.stringify(found.map(({ destination, state }) => ({ ...destination, state }))));
  if (found.length === 0) return shell.print('Aucune destination ; « destination add » en ajoute une.');
  for (const { destination, state } of found) shell.print(lineOf(destination, state));
}

async function test(shell: Shell, id: string): Promise<void> {
  await withDependencies(shell, async (dependencies) => {
    const destinations = destinationsOf(dependencies);
    const destination = await destinations.find(id);
    const secret = await destinations.secret(id);
    if (destination === undefined || secret === undefined) throw noDestination();
    if (destination.kind === 'webhook')
      return shell.print('L’adresse convient. Elle sera appelée au prochain mot de passe.');
    const account = await dependencies.accounts.find(destination.account);
    const proxy = loadProxy(shell.env);
    const outbound = new Outbound({ proxyUrl: proxy?.httpsProxy ?? proxy?.httpProxy });
    try {
      const check = await checkPastell(outbound, destination, secret, account?.login ?? '');
      if (!check.isRight) throw new Refusal(`Pastell : ${check.why}`);
    } finally {
      await outbound.close();
    }
    shell.print('Pastell : ce connecteur Chorus Pro a bien cet identifiant.');
  });
}

async function remove(shell: Shell, id: string): Promise<void> {
  await withDependencies(shell, async (dependencies) => {
    const destinations = destinationsOf(dependencies);
    const found = await destinations.find(id);
    if (found === undefined) throw noDestination();
    await destinations.remove(id);
    await dependencies.record(`destinationRemoved ${found.kind} ${id}`, found.account);
  });
  shell.print('La destination est retirée.');
}

function readDestination(options: AddOptions, account: AccountId): NewDestination {
  const viaProxy = options.viaProxy === true;
  if (options.webhook !== undefined)
    return { kind: 'webhook', account, viaProxy, url: readAddress('--webhook', options.webhook) };
  return {
    kind: 'pastell',
    account,
    viaProxy,
    baseUrl: readAddress('--pastell', options.pastell ?? '').replace(/(?<!\/)\/+$/, ''),
    entity: readNumber('--entity', options.entity),
    connector: readNumber('--connector', options.connector),
    ...(options.user === undefined ? {} : { user: options.user }),
  };
}

/** `isNew`: it was made here, and is to be shown once. */
function readSecret({ webhook, pastell, secretFile }: AddOptions): { secret: Secret; isNew: boolean } {
  if ((webhook === undefined) === (pastell === undefined))
    throw new Refusal('donnez --webhook, ou bien --pastell');
  if (secretFile === undefined) {
    if (pastell !== undefined) throw new Refusal('--secret-file : donnez le fichier du secret de Pastell');
    return { secret: newWebhookSecret(), isNew: true };
  }
  const secret = readSecretFile(secretFile);
  if (webhook !== undefined && !isWebhookSecret(secret))
    throw new Refusal('--secret-file : il faut whsec_ suivi de 24 à 64 octets en base64');
  return { secret, isNew: false };
}

function readSecretFile(path: string): Secret {
  try {
    return new Secret(readFileSync(path, 'utf8').trim());
  } catch {
    throw new Refusal('--secret-file : ce fichier ne peut pas être lu');
  }
}

function readAddress(option: string, text: string): string {
  const why = refusalOfAddress(text);
  if (why === undefined) return text;
  throw new Refusal(
    `${option} : donnez une adresse https:// (http:// sur cette machine seulement), sans nom ni mot de passe, et qui ne soit pas un service du système`,
  );
}

function readNumber(option: string, text: string | undefined): number {
  if (text !== undefined && /^\d{1,9}$/.test(text)) return Number(text);
  throw new Refusal(`${option} : donnez le nombre que montre Pastell`);
}

function lineOf(destination: Destination, state: DeliveryState): string {
  const where =
    destination.kind === 'webhook'
      ? destination.url
      : `${destination.baseUrl} entité ${destination.entity} connecteur ${destination.connector}`;
  const last = state.lastResult === undefined ? '' : ` (${state.lastResult})`;
  return `${destination.id}  ${destination.kind}  ${where}  ${progressOf(state)}${last}`;
}

function progressOf(state: DeliveryState): string {
  if (state.isDisabled === true) return 'arrêtée par l’application';
  if (state.nextAt !== undefined)
    return `version ${state.version} en attente, nouvel essai le ${state.nextAt}`;
  return state.deliveredAt === undefined
    ? 'rien encore'
    : `version ${state.deliveredVersion} reçue le ${state.deliveredAt}`;
}

function destinationsOf({ store, sealer }: Dependencies): Destinations {
  return new Destinations(store, sealer);
}

function noDestination(): Refusal {
  return new Refusal('--id : aucune destination de ce nom ; « destination list » les montre');
}
