import type { Command } from 'commander';
import { Refusal } from '../refusal.ts';
import type { Account } from '../store/accounts.ts';
import { SHELL, type SubscribedChannel } from '../store/rights.ts';
import { readId } from './options.ts';
import { placeName } from './place.ts';
import { accountNamed, type Dependencies, type Shell, withDependencies } from './shell.ts';

interface Options {
  readonly login: string;
  readonly teamsConversation?: string;
  readonly serviceUrl?: string;
  readonly slackChannel?: string;
  readonly slackTeam?: string;
}

export function addChannelCommands(program: Command, shell: Shell): void {
  const channel = program
    .command('channel')
    .description('les conversations qui reçoivent aussi les rappels d’un compte')
    .usage('<commande>');

  channel
    .command('add')
    .description('ajoute une conversation')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option('--teams-conversation <id>', 'une conversation de Teams, 19:…@thread.tacv2')
    .option('--service-url <adresse>', 'son adresse de service, https://smba.trafficmanager.net/…')
    .option('--slack-channel <id>', 'une conversation de Slack, C…')
    .option('--slack-team <id>', 'son espace Slack, T… ; inutile quand le bot n’en sert qu’un')
    .action((options: Options) => add(shell, options));

  channel
    .command('list')
    .description('montre les conversations, de tous les comptes ou d’un seul')
    .option('--login <login>', 'l’identifiant du compte technique')
    .option('--json', 'répond en JSON')
    .action((options: { login?: string; json?: boolean }) => list(shell, options));

  channel
    .command('remove')
    .description('retire une conversation')
    .requiredOption('--login <login>', 'l’identifiant du compte technique')
    .option('--teams-conversation <id>', 'une conversation de Teams')
    .option('--slack-channel <id>', 'une conversation de Slack')
    .action((options: Options) => remove(shell, options));
}

async function add(shell: Shell, options: Options): Promise<void> {
  const place = readPlace(options);
  if (place.platform === 'teams' && !isServiceUrl(options.serviceUrl)) {
    throw new Refusal(
      '--service-url : donnez l’adresse https:// que Teams indique pour cette conversation, par exemple https://smba.trafficmanager.net/emea/',
    );
  }
  const name = placeName(place);
  await withDependencies(shell, async (dependencies) => {
    await changeChannels(dependencies, options.login, (channels) => [
      ...channels.filter((each) => placeName(each) !== name),
      { ...place, subscribedBy: SHELL },
    ]);
    await dependencies.record(`channelAdded ${name}`, (await accountNamed(dependencies, options.login)).id);
  });
  shell.print(`Les rappels iront aussi dans : ${name}`);
}

async function list(shell: Shell, { login, json }: { login?: string; json?: boolean }): Promise<void> {
  const accounts = await withDependencies(shell, async (dependencies) => {
    if (login !== undefined) return [await accountNamed(dependencies, login)];
    const all: Account[] = [];
    for await (const account of dependencies.accounts.all()) all.push(account);
    return all;
  });
  const found = accounts.flatMap(({ login, channels = [] }) =>
    channels.map((channel) => ({ login, ...channel })),
  );
  if (json) return shell.print(JSON.stringify(found));
  if (found.length === 0) return shell.print('Aucune conversation ; « channel add » en ajoute une.');
  for (const each of found) shell.print(`${each.login}  ${placeName(each)}${subscriber(each)}`);
}

/** Who subscribed it, where that was not done here. */
function subscriber({
  subscribedBy = 'une personne que cette version ne connaît pas',
}: SubscribedChannel): string {
  return subscribedBy === SHELL ? '' : `  abonnée par ${subscribedBy}`;
}

async function remove(shell: Shell, options: Options): Promise<void> {
  const name = placeName(readPlace(options));
  await withDependencies(shell, async (dependencies) => {
    const { id, channels = [] } = await accountNamed(dependencies, options.login);
    if (!channels.some((each) => placeName(each) === name)) {
      throw new Refusal('aucune conversation de ce nom pour ce compte ; « channel list » les montre');
    }
    await changeChannels(dependencies, options.login, (before) =>
      before.filter((each) => placeName(each) !== name),
    );
    await dependencies.record(`channelRemoved ${name}`, id);
  });
  shell.print(`Les rappels n’iront plus dans : ${name}`);
}

async function changeChannels(
  dependencies: Dependencies,
  login: string,
  change: (channels: readonly SubscribedChannel[]) => SubscribedChannel[],
): Promise<void> {
  const { id } = await accountNamed(dependencies, login);
  await dependencies.accounts.change(id, ({ channels: before = [], ...account }) => {
    const after = change(before);
    return after.length === 0 ? account : { ...account, channels: after };
  });
}

function readPlace({ teamsConversation, serviceUrl, slackChannel, slackTeam }: Options): SubscribedChannel {
  if ((teamsConversation === undefined) === (slackChannel === undefined)) {
    throw new Refusal('donnez --teams-conversation, ou bien --slack-channel');
  }
  return teamsConversation === undefined
    ? {
        platform: 'slack',
        private: false,
        address: {
          channel: readId('--slack-channel', slackChannel ?? ''),
          ...(slackTeam === undefined ? {} : { team: readId('--slack-team', slackTeam) }),
        },
      }
    : {
        platform: 'teams',
        private: false,
        address: {
          serviceUrl: serviceUrl ?? '',
          conversation: readId('--teams-conversation', teamsConversation),
        },
      };
}

/** http only where an emulator runs on this machine. */
function isServiceUrl(text: string | undefined): boolean {
  if (text === undefined || !URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && /^(127\.0\.0\.1|localhost)$/.test(hostname));
}
