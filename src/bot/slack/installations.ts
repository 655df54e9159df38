import { createHmac } from 'node:crypto';
import type { Context, Installation, InstallationQuery, InstallProviderOptions } from '@slack/bolt';
import type { InstallProvider } from '@slack/oauth';
import type { SlackConfig, SlackOAuth } from '../../config.ts';
import type { Log } from '../../log.ts';
import { Secret } from '../../secret.ts';
import type { Installations, Installed } from '../../store/installations.ts';
import type { Journal } from '../../store/journal.ts';
import { Clients, clientOptions, openClient, SILENT } from './calls.ts';
import type { Workspace, Workspaces } from './workspaces.ts';

export interface SlackInstallationsOptions {
  readonly oauth: SlackOAuth;
  readonly apiUrl: SlackConfig['apiUrl'];
  readonly installations: Installations;
  readonly journal: Journal;
  readonly log: Log;
  readonly now: () => Date;
}

/** What the bot may do in a workspace; the manifest says the same. https://docs.slack.dev/reference/scopes */
export const SCOPES = [
  'app_mentions:read',
  'channels:read',
  'chat:write',
  'commands',
  'groups:read',
  'im:history',
  'im:read',
  'mpim:read',
  'users:read',
];
export const REDIRECT_PATH = '/slack/oauth_redirect';

/** What Slack gave; read back, with the version under which it is kept: a renewal must not replace what is newer. */
type Given = Installation<'v2', boolean> & { readonly at?: number };

/** The workspaces and organisations that have installed the bot themselves, by OAuth; Bolt's own provider does the talking. */
export class SlackInstallations implements Workspaces {
  readonly #options: SlackInstallationsOptions;
  readonly #clients: Clients;
  readonly #renewals = new Map<string, Promise<string | undefined>>();
  #renewer: Promise<InstallProvider> | undefined;

  constructor(options: SlackInstallationsOptions) {
    this.#options = options;
    this.#clients = new Clients(options);
  }

  async find(team: string | undefined, enterprise?: string): Promise<Workspace | undefined> {
    if (team === undefined) return undefined;
    const installed = (await this.#options.installations.find(team)) ?? (await this.#vouch(team, enterprise));
    if (installed === undefined) return undefined;
    const given = contentOf(installed);
    // What does not expire needs no renewal.
    const token = given.bot?.expiresAt === undefined ? given.bot?.token : await this.#renewed(given);
    if (token === undefined) return undefined;
    const isOrgWide = given.isEnterpriseInstall === true;
    const api = await this.#clients.of(team, token, isOrgWide);
    return { team, enterprise: given.enterprise?.id, isOrgWide, api };
  }

  /** Bolt's provider of installations, with ours behind it. */
  async provider(more: Partial<InstallProviderOptions> = {}): Promise<InstallProvider> {
    const { InstallProvider } = await import('@slack/oauth');
    const { oauth, apiUrl } = this.#options;
    const clientSecret = oauth.clientSecret.reveal();
    return new InstallProvider({
      clientId: oauth.clientId,
      clientSecret,
      stateSecret: createHmac('sha256', clientSecret).update('slack-oauth-state').digest('base64url'),
      installUrlOptions: { scopes: SCOPES, redirectUri: `${oauth.publicUrl}${REDIRECT_PATH}` },
      authorizationUrl: new URL('/oauth/v2/authorize', apiUrl ?? 'https://slack.com').href,
      installationStore: {
        storeInstallation: (given) => this.#keep(given as Given),
        fetchInstallation: (query) => this.#fetch(query),
      },
      clientOptions: clientOptions(this.#options),
      logger: SILENT,
      ...more,
    });
  }

  /** Takes back from Slack a token that is not to be kept. */
  async revoke({ bot }: Installation): Promise<void> {
    if (bot === undefined) return;
    const api = await openClient(bot.token, this.#options);
    await api.auth.revoke();
  }

  /** Slack says, maybe late or again, that the bot was removed or its token taken back; one that works is kept. */
  async removed({ teamId, enterpriseId }: Context): Promise<void> {
    const { installations, journal, log, now } = this.#options;
    for (const id of [teamId, enterpriseId]) {
      const installed = id ? await installations.find(id) : undefined;
      if (installed === undefined || (await this.#works(installed))) continue;
      if (!(await installations.drop(installed))) continue;
      log.info('slack.removed', { platform: 'slack' });
      await journal.append({ at: now(), who: 'bot', what: `slackRemoved ${installed.by}`, from: 'slack' });
    }
  }

  async #works(installed: Installed): Promise<boolean> {
    const api = await openClient(contentOf(installed).bot?.token, this.#options);
    return api.auth.test().then(
      () => true,
      () => false,
    );
  }

  /** The organisation that Slack names has installed the bot for this workspace too, which is remembered. */
  async #vouch(team: string, enterprise: string | undefined): Promise<Installed | undefined> {
    const { installations } = this.#options;
    const installed = enterprise === undefined ? undefined : await installations.find(enterprise);
    if (installed !== undefined) await installations.assign(team, installed.by);
    return installed;
  }

  /** Bolt's provider renews what ends within two hours. Once at a time: what renews a token works once. */
  #renewed(given: Given): Promise<string | undefined> {
    const id = installerOf(given);
    const isEnterpriseInstall = given.isEnterpriseInstall === true;
    const query = isEnterpriseInstall
      ? { teamId: undefined, enterpriseId: id, isEnterpriseInstall }
      : { teamId: id, enterpriseId: undefined, isEnterpriseInstall };
    this.#renewer ??= this.provider();
    const renewal =
      this.#renewals.get(id) ??
      this.#renewer
        .then((provider) => provider.authorize(query))
        .then(({ botToken }) => botToken)
        .finally(() => this.#renewals.delete(id));
    this.#renewals.set(id, renewal);
    return renewal;
  }

  async #keep({ at, ...given }: Given): Promise<void> {
    const { installations, journal, log, now } = this.#options;
    const id = installerOf(given);
    await installations.keep(id, new Secret(JSON.stringify(given)), at);
    if (at !== undefined) return;
    const who = `slack:${id}:${given.user.id}`;
    log.info('slack.installed', { platform: 'slack', person: who });
    await journal.append({ at: now(), who, what: `slackInstalled ${id}`, from: 'slack' });
  }

  async #fetch({ teamId, enterpriseId }: InstallationQuery<boolean>): Promise<Given> {
    const installed = await this.#options.installations.find(teamId ?? enterpriseId ?? '');
    if (installed === undefined) throw new Error('not installed there any more');
    return { ...contentOf(installed), at: installed.version };
  }
}

/** The workspace or, where it was for all of its workspaces, the organisation. */
export function installerOf({ isEnterpriseInstall, enterprise, team }: Installation): string {
  return (isEnterpriseInstall === true ? enterprise?.id : team?.id) ?? '';
}

function contentOf({ secret }: Installed): Given {
  return JSON.parse(secret.reveal());
}
