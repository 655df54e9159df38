import type { Context, webApi } from '@slack/bolt';
import type { SlackConfig } from '../../config.ts';
import type { Secret } from '../../secret.ts';
import { Clients, openClient } from './calls.ts';
import type { Member } from './directory.ts';
import { translated } from './errors.ts';

/** A workspace of Slack in which the bot is installed. */
export interface Workspace {
  readonly team: string;
  /** The organisation that it belongs to, which is always the same one; undefined: it belongs to none. */
  readonly enterprise: string | undefined;
  /** The organisation has installed the bot, for all of its workspaces. */
  readonly isOrgWide: boolean;
  /** Speaks with the token that is meant for this workspace. */
  readonly api: webApi.WebClient;
}

/** Where the bot is installed: in the one workspace whose token it was given, or in all that have installed it. */
export interface Workspaces {
  /**
   * undefined: the bot is not installed there. `enterprise` is the organisation that Slack names beside the workspace.
   * A place that an administrator has named may be of no workspace: it is in the only one.
   */
  find(team: string | undefined, enterprise?: string): Promise<Workspace | undefined>;
  /** Throws what Slack says of the one token that an administrator gave. Those that OAuth gave are looked at where they are used. */
  checkToken?(): Promise<void>;
}

/** Where a request comes from; undefined: from nowhere that is ours, or Slack names another organisation than is known. */
export async function workspaceOf(
  workspaces: Workspaces,
  { teamId, enterpriseId }: Context,
): Promise<Workspace | undefined> {
  const enterprise = enterpriseId || undefined;
  const found = teamId === undefined ? undefined : await workspaces.find(teamId, enterprise);
  // Slack names it in every request that comes by the organisation's installation, and leaves it out of some others.
  const fits = enterprise === undefined ? found?.isOrgWide === false : enterprise === found?.enterprise;
  return fits ? found : undefined;
}

/** Whether this person is of the workspace or, in an organisation, of another one of the same organisation. */
export function isOf({ team, enterprise }: Workspace, member: Member): boolean {
  return member.enterprise === undefined ? member.team === team : member.enterprise === enterprise;
}

interface OneWorkspaceConfig extends Pick<SlackConfig, 'apiUrl'> {
  readonly botToken: Secret;
}

/** The single workspace whose token an administrator gave. */
export class OneWorkspace implements Workspaces {
  readonly #config: OneWorkspaceConfig;
  readonly #clients: Clients;
  #own: Promise<Workspace> | undefined;

  constructor(config: OneWorkspaceConfig) {
    this.#config = config;
    this.#clients = new Clients(config);
  }

  async find(team: string | undefined, enterprise?: string): Promise<Workspace | undefined> {
    this.#own ??= this.#ask();
    const own = await this.#own.catch((error: unknown) => {
      this.#own = undefined;
      throw translated(error);
    });
    if (team === undefined || team === own.team) return own;
    if (own.isOrgWide) return { ...own, team, api: await this.#clients.of(team, own.api.token, true) };
    return enterprise !== undefined && enterprise === own.enterprise ? own : undefined;
  }

  async checkToken(): Promise<void> {
    const api = await this.#openClient();
    await api.auth.test();
  }

  async #ask(): Promise<Workspace> {
    const api = await this.#openClient();
    const { team_id: team = '', enterprise_id, is_enterprise_install } = await api.auth.test();
    return { team, enterprise: enterprise_id, isOrgWide: is_enterprise_install === true, api };
  }

  #openClient(): Promise<webApi.WebClient> {
    return openClient(this.#config.botToken.reveal(), this.#config);
  }
}
