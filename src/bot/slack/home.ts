import type { App } from '@slack/bolt';
import { renderMessage } from '../../cards/block-kit.ts';
import type { Card } from '../../cards/card.ts';
import type { Conversation } from '../channel.ts';
import { patiently } from '../outgoing/retries.ts';
import type { SlackCalls } from './calls.ts';
import { homeShape } from './payloads.ts';
import type { SlackTurns } from './turns.ts';
import { type AcknowledgedWork, plainCard } from './work.ts';
import { type Workspace, type Workspaces, workspaceOf } from './workspaces.ts';

export interface SlackHomeOptions {
  readonly calls: SlackCalls;
  readonly workspaces: Workspaces;
  readonly turns: SlackTurns;
  readonly work: AcknowledgedWork;
  readonly conversation: () => Conversation;
}

/** The tab in which each person sees their accounts. */
export class SlackHome {
  readonly #options: SlackHomeOptions;

  constructor(options: SlackHomeOptions) {
    this.#options = options;
  }

  listen(app: App): void {
    const { workspaces, turns, work } = this.#options;
    app.event('app_home_opened', async ({ body, context }) => {
      const { user, tab } = homeShape.parse(body).event;
      if (tab !== 'home') return;
      const team = context.teamId;
      const draw = async () => {
        const workspace = await workspaceOf(workspaces, context);
        if (workspace === undefined) turns.turnAway({ team, user }, 'workspace');
        else await this.#draw(workspace, user, (text) => plainCard(text));
      };
      await work.track(draw(), { team, user });
    });
  }

  /** Draws the Home of these people anew, where they are in Slack. */
  refresh(people: readonly string[]): void {
    const { workspaces, work } = this.#options;
    for (const person of people) {
      const [platform, team, user] = person.split(':');
      if (platform !== 'slack' || team === undefined || user === undefined) continue;
      const drawn = workspaces
        .find(team)
        .then((workspace) => workspace && this.#draw(workspace, user, () => undefined));
      void work.track(drawn);
    }
  }

  /** The card is made when its turn has come, so that the last one drawn is the last one made. */
  async publish(
    team: string | undefined,
    user: string,
    card: () => Promise<Card | undefined>,
  ): Promise<void> {
    await patiently(() =>
      this.#options.calls.inLine(team, `home/${user}`, async (api) => {
        const drawn = await card();
        if (drawn === undefined) return;
        await api.views.publish({
          user_id: user,
          view: { type: 'home', blocks: renderMessage(drawn).blocks },
        });
      }),
    );
  }

  /** `instead` is what is drawn where the accounts could not be read. */
  async #draw(
    workspace: Workspace,
    user: string,
    instead: (text: string) => Card | undefined,
  ): Promise<void> {
    const { turns, conversation } = this.#options;
    const { team } = workspace;
    await this.publish(team, user, async () => {
      const located = await turns.inWorkspace(workspace, { team, user, channel: undefined });
      if (located === undefined) return undefined;
      const answer = await conversation().clicked({ ...located.turn, verb: 'accounts', data: {} });
      return answer.kind === 'card' ? answer.card : instead(answer.text);
    });
  }
}
