import { randomUUID } from 'node:crypto';
import type { Context } from '@slack/bolt';
import type { Messages } from '../../cards/messages.ts';
import type { Log } from '../../log.ts';
import type { Language, Turn } from '../channel.ts';
import { patiently } from '../outgoing/retries.ts';
import type { ConversationKind, Member, SlackDirectory } from './directory.ts';
import type { Arrival } from './receiver.ts';
import { isOf, type Workspace, type Workspaces, workspaceOf } from './workspaces.ts';

export interface SlackTurnsOptions {
  readonly workspaces: Workspaces;
  readonly directory: SlackDirectory;
  /** Workspaces (T…) and organisations (E…) that are served; undefined serves all, for the demo. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** Who does something, and where; without a channel it is their Home. */
export interface Source {
  /** As Slack names it. */
  readonly team: string | undefined;
  readonly user: string;
  readonly channel: string | undefined;
  readonly thread?: string | undefined;
}

/** Somebody who is served. */
export interface Located {
  readonly turn: Turn;
  readonly kind: ConversationKind;
  readonly m: Messages;
}

/** So long Slack is asked which workspace it is; then whoever waits for it reads that it failed. */
const PATIENCE_MS = 30_000;

type NotServed = 'workspace' | 'outsider' | 'otherWorkspace' | 'notAllowed';

/** Finds out who acts, and where the bot answers. */
export class SlackTurns {
  readonly #options: SlackTurnsOptions;

  constructor(options: SlackTurnsOptions) {
    this.#options = options;
  }

  /** undefined: they are nobody to us, get no answer, and the log says why. */
  async locate(source: Source, context: Context): Promise<Located | undefined> {
    const workspace = await patiently(() => workspaceOf(this.#options.workspaces, context), PATIENCE_MS);
    if (workspace === undefined) return this.turnAway(source, 'workspace');
    const { isUnproven = false } = context as Partial<Arrival>;
    const located = await this.inWorkspace(workspace, source);
    if (located === undefined || !isUnproven) return located;
    return { ...located, turn: { ...located.turn, isUnproven } };
  }

  async inWorkspace(workspace: Workspace, source: Source): Promise<Located | undefined> {
    const { directory, allowedTenants, messages } = this.#options;
    const { channel, user, thread } = source;
    const [member, kind] = await Promise.all([
      directory.member(workspace.team, user),
      channel === undefined ? ('direct' as const) : directory.conversation(workspace.team, channel),
    ]);
    const refusal = refusalFor(workspace, member, allowedTenants);
    if (refusal !== undefined) return this.turnAway(source, refusal);
    const language: Language = member.locale.toLowerCase().startsWith('en') ? 'en' : 'fr';
    // Where the bot does not take part, it answers the person in their own conversation with it.
    const isElsewhere = channel === undefined || kind === 'absent';
    const turn: Turn = {
      person: { id: `slack:${member.team}:${user}`, name: member.name, language },
      place: {
        platform: 'slack',
        private: isElsewhere || kind === 'direct',
        address: {
          team: workspace.team,
          channel: isElsewhere ? user : channel,
          ...(thread === undefined || isElsewhere ? {} : { thread }),
        },
      },
      correlation: randomUUID(),
    };
    return { turn, kind, m: messages[language] };
  }

  /** Who is nobody to us gets no answer; the log says who it was, and why. */
  turnAway({ team, user }: Pick<Source, 'team' | 'user'>, reason: NotServed): undefined {
    const person = `slack:${team ?? ''}:${user}`;
    this.#options.log.warn('slack.notServed', { platform: 'slack', tenant: team, person, reason });
  }
}

function refusalFor(
  workspace: Workspace,
  member: Member,
  allowed: ReadonlySet<string> | undefined,
): NotServed | undefined {
  if (member.isOutsider) return 'outsider';
  if (!isOf(workspace, member)) return 'otherWorkspace';
  const { team, enterprise } = member;
  const isAllowed =
    allowed === undefined || allowed.has(team) || (enterprise !== undefined && allowed.has(enterprise));
  return isAllowed ? undefined : 'notAllowed';
}
