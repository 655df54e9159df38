import type {
  Context,
  Installation,
  InstallationQuery,
  InstallationStore,
  InstallProviderOptions,
} from '@slack/bolt';
import type { InstallProvider } from '@slack/oauth';
import type { Log } from '../../log.ts';
import { Secret } from '../../secret.ts';
import type { Installations, Installed } from '../../store/installations.ts';
import type { Journal } from '../../store/journal.ts';
import { patiently } from '../outgoing/retries.ts';
import { Clients, openClient } from './calls.ts';
import { isTokenDead, refusalFields, translated } from './errors.ts';
import { createOAuth, type SlackOAuthOptions } from './oauth.ts';
import type { Workspace, Workspaces } from './workspaces.ts';

export interface SlackInstallationsOptions extends SlackOAuthOptions {
  readonly installations: Installations;
  readonly journal: Journal;
  readonly log: Log;
  readonly now: () => Date;
}

/** What Slack gave; read back, with the version under which it is kept: a renewal must not replace what is newer. */
type Given = Installation<'v2', boolean> & { readonly at?: number };

/** So long Slack is asked whether a token works, or to take one back. */
const PATIENCE_MS = 60_000;

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

  /** Where people's browsers reach the bot. */
  get publicUrl(): string {
    return this.#options.oauth.publicUrl;
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
  provider(more: Partial<InstallProviderOptions> = {}): Promise<InstallProvider> {
    const installationStore: InstallationStore = {
      storeInstallation: (given) => this.#keep(given as Given),
      fetchInstallation: (query) => this.#fetch(query),
    };
    return createOAuth(this.#options, installationStore, more);
  }

  /**
   * Gives back to Slack what it gave for an installation that is refused. false: it was not given back. Where the bot is
   * installed there already, Slack may have given the same token again, and to revoke it would end what works.
   */
  async giveBack(given: Installation): Promise<boolean> {
    const { log } = this.#options;
    try {
      for (const id of [given.team?.id, given.enterprise?.id])
        if (id !== undefined && (await this.#options.installations.find(id)) !== undefined) return false;
      for (const token of [given.bot?.token, given.user.token]) {
        if (token === undefined) continue;
        const api = await openClient(token, this.#options);
        // A token of a person may end with the bot's.
        await asked(() => api.auth.revoke()).catch((error: unknown) => {
          if (!isTokenDead(error)) throw error;
        });
      }
      return true;
    } catch (error) {
      log.warn('slack.notRevoked', { platform: 'slack', ...refusalFields(error) });
      return false;
    }
  }

  /** Slack says, maybe late or again, that the bot was removed or its token taken back; one that works is kept. */
  async removed({ teamId, enterpriseId }: Context): Promise<void> {
    const { installations, journal, log, now } = this.#options;
    for (const id of [teamId, enterpriseId]) {
      const installed = id ? await installations.find(id) : undefined;
      if (installed === undefined || !(await this.#isDead(installed))) continue;
      if (!(await installations.drop(installed))) continue;
      log.info('slack.removed', { platform: 'slack', tenant: installed.by });
      await journal.append({ at: now(), who: 'bot', what: `slackRemoved ${installed.by}`, from: 'slack' });
    }
  }

  /** Only where Slack says so: a Slack that could not be asked has not said no. */
  async #isDead(installed: Installed): Promise<boolean> {
    const token = contentOf(installed).bot?.token;
    if (token === undefined) return true;
    const api = await openClient(token, this.#options);
    try {
      await asked(() => api.auth.test());
      return false;
    } catch (error) {
      if (isTokenDead(error)) return true;
      this.#options.log.warn('slack.notAsked', {
        platform: 'slack',
        tenant: installed.by,
        ...refusalFields(error),
      });
      return false;
    }
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
        .catch((error: { original?: unknown }) => Promise.reject(error.original ?? error))
        .finally(() => this.#renewals.delete(id));
    this.#renewals.set(id, renewal);
    return renewal;
  }

  async #keep({ at, ...all }: Given): Promise<void> {
    const { installations, journal, log, now } = this.#options;
    const given = withoutPerson(all);
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
  return withoutPerson(JSON.parse(secret.reveal()));
}

/** Slack may give a token of whoever installs the bot, and the address of a webhook: the bot needs neither, and keeps none. */
function withoutPerson({ user, incomingWebhook: _, ...given }: Given): Given {
  return { ...given, user: { id: user.id, token: undefined, scopes: undefined } };
}

/** Asks again for a while where Slack cannot answer for the moment. */
function asked<Answer>(call: () => Promise<Answer>): Promise<Answer> {
  return patiently(() => call().catch((error: unknown) => Promise.reject(translated(error))), PATIENCE_MS);
}
