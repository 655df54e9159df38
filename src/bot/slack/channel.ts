import type { Receiver } from '@slack/bolt';
import type { FastifyInstance } from 'fastify';
import { renderMessage } from '../../cards/block-kit.ts';
import type { Card } from '../../cards/card.ts';
import type { Messages } from '../../cards/messages.ts';
import type { SlackConfig } from '../../config.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import type { Store } from '../../store/store.ts';
import {
  type Channel,
  type Conversation,
  type Language,
  MessageGone,
  type Place,
  type Posted,
} from '../channel.ts';
import type { ReportHealth } from '../outgoing/platform-health.ts';
import { addressOf, directPlace, ephemeralOf, homeOf } from './addresses.ts';
import { clientOptions, SILENT, SlackCalls } from './calls.ts';
import { SlackClicks } from './clicks.ts';
import { SlackDirectory } from './directory.ts';
import { isTokenDead, refusalFields, unknownWord } from './errors.ts';
import { SlackEvents } from './events.ts';
import { SlackHome } from './home.ts';
import { mountInstallPages } from './install-pages.ts';
import { SlackInstallations } from './installations.ts';
import { SlackModals } from './modals.ts';
import { SlackRequests } from './receiver.ts';
import { SlackReplies } from './replies.ts';
import { SlackSocket } from './socket.ts';
import { SlackTurns } from './turns.ts';
import { AcknowledgedWork } from './work.ts';
import type { Workspaces } from './workspaces.ts';

export interface SlackOptions {
  readonly config: Pick<SlackConfig, 'events' | 'apiUrl'>;
  readonly workspaces: Workspaces;
  /** Workspaces (T…) and organisations (E…) that are served; undefined serves all, for the demo. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly store: Store;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly reportHealth: ReportHealth;
  readonly log: Log;
}

/** Slack, as the conversation sees it. Verifies, acknowledges, translates, and calls the conversation. */
export class SlackChannel implements Channel {
  readonly platform = 'slack';
  readonly #options: SlackOptions;
  readonly #calls: SlackCalls;
  readonly #replies: SlackReplies;
  readonly #work: AcknowledgedWork;
  readonly #home: SlackHome;
  readonly #listeners: readonly (SlackEvents | SlackClicks | SlackModals | SlackHome)[];
  #conversation: Conversation | undefined;

  constructor(options: SlackOptions) {
    this.#options = options;
    const { workspaces, config, messages, log } = options;
    const conversation = () => this.#talk;
    this.#calls = new SlackCalls(workspaces, () => void this.checkSecret());
    const calls = this.#calls;
    const directory = new SlackDirectory(calls);
    const replies = new SlackReplies({ calls, apiUrl: config.apiUrl, log });
    const work = new AcknowledgedWork({ replies, messages, log });
    const turns = new SlackTurns({ ...options, directory });
    const modals = new SlackModals({ calls, turns, replies, work, conversation, messages, log });
    this.#replies = replies;
    this.#work = work;
    this.#home = new SlackHome({ calls, workspaces, turns, work, conversation });
    this.#listeners = [
      new SlackEvents({ workspaces, directory, turns, replies, work, conversation }),
      new SlackClicks({ channel: this, calls, turns, replies, modals, work, conversation, log }),
      modals,
      this.#home,
    ];
  }

  /** Answers `POST /slack/events` of this server or, in Socket Mode, connects as soon as the server is ready. */
  mount(app: FastifyInstance, conversation: Conversation): void {
    this.#conversation = conversation;
    app.register((scope, _options, done) => {
      scope.addHook('onClose', () => this.settled());
      this.#mount(scope).then(() => done(), done);
    });
  }

  async #mount(scope: FastifyInstance): Promise<void> {
    const { config, workspaces, store, log } = this.#options;
    const { events } = config;
    if (workspaces instanceof SlackInstallations) {
      mountInstallPages(scope, { ...this.#options, installations: workspaces });
    }
    if (events.mode === 'http') {
      const receiver = new SlackRequests({ signingSecret: events.signingSecret, store, log });
      await this.#listenTo(receiver);
      receiver.mount(scope);
      return;
    }
    const { reportHealth } = this.#options;
    const socket = new SlackSocket({ appToken: events.appToken, apiUrl: config.apiUrl, reportHealth, log });
    await this.#listenTo(socket);
    scope.addHook('onReady', () => socket.start());
    scope.addHook('onClose', () => socket.stop());
  }

  /** Resolves when all that was acknowledged is done. */
  async settled(): Promise<void> {
    await this.#work.settled();
  }

  async checkSecret(): Promise<void> {
    const { workspaces, reportHealth } = this.#options;
    try {
      await workspaces.checkToken?.();
      reportHealth('secret', undefined);
    } catch (error) {
      // « Could not ask » is not « no ».
      if (isTokenDead(error)) reportHealth('secret', refusalFields(error).reason);
    }
  }

  show(place: Place, card: Card): Promise<Posted> {
    return this.#replies.show(place, card);
  }

  async replace({ place, message }: Posted, card: Card): Promise<void> {
    const { team, channel, thread } = addressOf(place);
    const home = homeOf(message);
    if (home !== undefined) return this.#home.publish(team, home, async () => card);
    const ephemeral = ephemeralOf(message);
    if (ephemeral !== undefined) return this.#replies.replace({ team, channel, thread, ...ephemeral }, card);
    const updating = this.#calls.inLine(team, channel, (api) =>
      api.chat.update({ channel, ts: message, ...renderMessage(card) }),
    );
    await updating.catch((error: unknown) => {
      // A word that says nothing to the bot may well be about this message alone: the card is posted anew.
      const word = unknownWord(error);
      throw word === undefined ? error : new MessageGone(word, { cause: error });
    });
  }

  privately(person: PersonId): Place | undefined {
    const [, team = '', user = ''] = person.split(':');
    const isServed = this.#options.allowedTenants?.has(team) !== false;
    return isServed ? directPlace(team, user) : undefined;
  }

  outOfThread(place: Place): Place {
    const { thread: _, ...address } = place.address;
    return { ...place, address };
  }

  /** Draws the Home of these people anew, where they are in Slack. */
  refreshHomes(people: readonly string[]): void {
    this.#home.refresh(people);
  }

  /** Bolt hands to the listeners what the receiver receives. */
  async #listenTo(receiver: Receiver): Promise<void> {
    // Bolt takes longer to load than all the rest: only where Slack is on.
    const { App } = await import('@slack/bolt');
    const app = new App({
      receiver,
      // Which workspace it is, and whether it is ours, is looked up once Slack is answered.
      authorize: async () => ({}),
      clientOptions: clientOptions(this.#options.config),
      logger: SILENT,
      ignoreSelf: false,
      convoStore: false,
    });
    app.use(async ({ next }) => {
      // Slack, which is not answered, sends it again later.
      if (this.#work.isFull) throw new Error('too much is being done for Slack');
      await next();
    });
    for (const listener of this.#listeners) listener.listen(app);
    app.error(async (error) => {
      const original = (error as { original?: unknown }).original ?? error;
      this.#options.log.warn('slack.failed', { platform: 'slack', ...errorFields(original) });
    });
  }

  get #talk(): Conversation {
    if (this.#conversation === undefined) throw new Error('the Slack channel is not mounted');
    return this.#conversation;
  }
}
