import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { App, Context, Receiver, ViewResponseAction, ViewSubmitAction, webApi } from '@slack/bolt';
import type { FastifyInstance } from 'fastify';
import { renderMessage, renderModal, renderNotice } from '../../cards/block-kit.ts';
import type { Card, Form } from '../../cards/card.ts';
import { noticeCard } from '../../cards/conversation-cards.ts';
import { LINE_FIELDS, PASSWORD_FIELD } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import type { SlackConfig } from '../../config.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import { Secret } from '../../secret.ts';
import type { Store } from '../../store/store.ts';
import {
  type Channel,
  type Conversation,
  type Language,
  type Notice,
  type Place,
  PlaceGone,
  type Posted,
  type SubmitAnswer,
  type Turn,
} from '../channel.ts';
import { patient, patiently } from '../outgoing/retries.ts';
import {
  asGone,
  CALL_TIMEOUT,
  clientOptions,
  Lines,
  type Member,
  platformError,
  RATE_LIMITED,
  SILENT,
  SlackCalls,
} from './calls.ts';
import { slackFetch } from './fetch.ts';
import { mountInstallPages } from './install-pages.ts';
import { SlackInstallations } from './installations.ts';
import {
  type Click,
  type Command,
  clickShape,
  commandShape,
  homeShape,
  type Joined,
  joinedShape,
  type Message,
  type Metadata,
  messageShape,
  readData,
  readMetadata,
  type Submission,
  submissionShape,
  unescaped,
} from './payloads.ts';
import { type Arrival, SlackRequests } from './receiver.ts';
import { SlackSocket } from './socket.ts';
import { isOf, type Workspace, type Workspaces, workspaceOf } from './workspaces.ts';

export interface SlackOptions {
  readonly config: Pick<SlackConfig, 'events' | 'apiUrl'>;
  readonly workspaces: Workspaces;
  /** Workspaces (T…) and organisations (E…) that are served; undefined serves all, for the demo. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly store: Store;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
}

/** Slack waits for 3 s; a submission that is still at work so many ms after it came is answered with « un instant ». */
const ANSWER_WITHIN = 2_400;
const FORM = 'form:';
const HOME = 'home/';

/** Who does something, and where; without a channel it is their Home. */
interface Source {
  /** undefined: in none of ours. */
  readonly workspace: Workspace | undefined;
  readonly user: string;
  readonly channel: string | undefined;
  readonly thread?: string | undefined;
  readonly isUnproven?: boolean | undefined;
}

/** The only place where Bolt is known, with its helpers beside it. Verifies, acknowledges, translates, and calls the conversation. */
export class SlackChannel implements Channel {
  readonly platform = 'slack';
  readonly #options: SlackOptions;
  readonly #running = new Set<Promise<void>>();
  /** One for each workspace. */
  readonly #calls = new Map<string | undefined, SlackCalls>();
  readonly #responses = new Lines();
  #conversation: Conversation | undefined;
  /** undefined: Slack calls the bot, over HTTP. */
  #socket: SlackSocket | undefined;

  constructor(options: SlackOptions) {
    this.#options = options;
  }

  /** Answers `POST /slack/events` of this server or, in Socket Mode, connects as soon as the server is ready. */
  mount(app: FastifyInstance, conversation: Conversation): void {
    this.#conversation = conversation;
    app.register((scope, _options, done) => {
      scope.addHook('onClose', () => this.stop());
      this.#mount(scope).then(() => done(), done);
    });
  }

  async #mount(scope: FastifyInstance): Promise<void> {
    const { config, workspaces, store, log } = this.#options;
    const { events } = config;
    const { App } = await import('@slack/bolt');
    const listenTo = (receiver: Receiver) =>
      this.#listen(
        new App({
          receiver,
          // Which workspace it is, and whether it is ours, is looked up once Slack is answered.
          authorize: async () => ({}),
          clientOptions: clientOptions(config),
          logger: SILENT,
          ignoreSelf: false,
          convoStore: false,
        }),
      );
    if (workspaces instanceof SlackInstallations) {
      mountInstallPages(scope, { ...this.#options, installations: workspaces });
    }
    if (events.mode === 'http') {
      const receiver = new SlackRequests({ signingSecret: events.signingSecret, store, log });
      listenTo(receiver);
      receiver.mount(scope);
      return;
    }
    const socket = new SlackSocket({ appToken: events.appToken, apiUrl: config.apiUrl, log });
    this.#socket = socket;
    listenTo(socket);
    scope.addHook('onReady', () => socket.start());
    scope.addHook('onClose', () => socket.stop());
  }

  /** Resolves when all that was acknowledged is done. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    await this.settled();
  }

  /** Throws while Slack's web socket is not connected; over HTTP it is Slack that connects. */
  async check(): Promise<void> {
    if (this.#socket?.isConnected === false) throw new Error('not connected to Slack');
  }

  async show(place: Place, card: Card): Promise<Posted> {
    const { team, channel, thread } = addressOf(place);
    const posting = this.#callsIn(team).inLine(channel, (api) =>
      api.chat.postMessage({
        channel,
        ...renderMessage(card),
        ...(thread === undefined ? {} : { thread_ts: thread }),
        unfurl_links: false,
        unfurl_media: false,
      }),
    );
    const sent = await posting.catch((error: unknown) => Promise.reject(asGone(error)));
    // What was sent to a person stands in a channel of its own, by which it is updated.
    const address = { ...place.address, channel: sent.channel ?? channel };
    return { place: { ...place, address }, message: sent.ts ?? '' };
  }

  async replace({ place, message }: Posted, card: Card): Promise<void> {
    const { team, channel } = addressOf(place);
    if (message.startsWith(HOME)) return this.#publish(team, message.slice(HOME.length), async () => card);
    if (URL.canParse(message)) return this.#respond(message, card, { replace: true });
    const updating = this.#callsIn(team).inLine(channel, (api) =>
      api.chat.update({ channel, ts: message, ...renderMessage(card) }),
    );
    await updating.catch((error: unknown) => Promise.reject(asGone(error)));
  }

  privately(person: PersonId): Place | undefined {
    const [, team = '', user = ''] = person.split(':');
    const isServed = this.#options.allowedTenants?.has(team) !== false;
    return isServed ? { platform: 'slack', private: true, address: { team, channel: user } } : undefined;
  }

  outOfThread(place: Place): Place {
    const { thread: _, ...address } = place.address;
    return { ...place, address };
  }

  /** Draws the Home of these people anew, where they are in Slack. */
  refreshHomes(people: readonly string[]): void {
    for (const person of people) {
      const [platform, team, user] = person.split(':');
      if (platform !== 'slack' || team === undefined || user === undefined) continue;
      this.#inBackground(this.#home(this.#options.workspaces.find(team), user));
    }
  }

  #listen(app: App): void {
    app.command(/^/, async ({ body, ack, context }) => {
      const command = commandShape.parse(body);
      await ack();
      await this.#done(this.#commanded(command, context), command.response_url);
    });
    app.event('message', async ({ body, context }) => {
      const said = messageShape.parse(body);
      if (said.event.channel_type === 'im') await this.#done(this.#said(said, context));
    });
    app.event('app_mention', async ({ body, context }) =>
      this.#done(this.#said(messageShape.parse(body), context)),
    );
    app.event('member_joined_channel', async ({ body, context }) =>
      this.#done(this.#joined(joinedShape.parse(body), context)),
    );
    app.event('app_home_opened', async ({ body, context }) => {
      const { event } = homeShape.parse(body);
      if (event.tab === 'home') await this.#done(this.#home(this.#workspaceOf(context), event.user));
    });
    const { workspaces } = this.#options;
    if (workspaces instanceof SlackInstallations) {
      for (const event of ['app_uninstalled', 'tokens_revoked'])
        app.event(event, async ({ context }) => this.#done(workspaces.removed(context)));
    }
    app.action({ type: 'block_actions' }, async ({ body, ack, context }) => {
      const click = clickShape.parse(body);
      await ack();
      await this.#done(this.#pressed(click, context), click.response_url);
    });
    app.view<ViewSubmitAction>(/^/, async ({ body, ack, context }) => {
      const submission = submissionShape.parse(body);
      await this.#done(this.#submitted(submission, context, ack));
    });
    app.error(async (error) => {
      this.#options.log.warn('slack.failed', {
        platform: 'slack',
        ...errorFields((error as { original?: unknown }).original ?? error),
      });
    });
  }

  async #commanded(command: Command, context: Context): Promise<void> {
    const { user_id: user, channel_id: channel, response_url, trigger_id } = command;
    const found = await this.#turn({ ...(await this.#from(context)), user, channel });
    if (found === undefined) return;
    const { turn, kind, m } = found;
    if (kind === 'shared') return this.#respond(response_url, sentence(m.slack.sharedChannel));
    const text = command.text.trim() === '' ? 'aide' : unescaped(command.text);
    await this.#talk.said({ ...turn, isAlone: true, text, delivery: trigger_id }, async (cards) => {
      if (kind === 'direct') return this.#post(turn.place, cards);
      for (const card of cards) await this.#respond(response_url, card);
      if (cards.length === 0 && turn.place.private)
        await this.#respond(response_url, sentence(m.slack.inMessages));
    });
  }

  /** A message to the bot, or a mention of it. */
  async #said({ event_id, event }: Message, context: Context): Promise<void> {
    const { user, channel, thread_ts: thread, subtype, bot_id } = event;
    // Our own messages, other applications', and every « edited », « deleted », « joined ».
    if (user === undefined || bot_id !== undefined || subtype !== undefined) return;
    const found = await this.#turn({ ...(await this.#from(context)), user, channel, thread });
    if (found === undefined) return;
    const { turn, kind, m } = found;
    if (kind === 'shared') return this.#whisper(turn.place, user, sentence(m.slack.sharedChannel));
    const text = unescaped(event.text.replace(/<@[^>]*>/g, ' ')).trim();
    await this.#talk.said({ ...turn, isAlone: true, text, delivery: event_id }, async (cards) => {
      if (kind !== 'channel') return this.#post(turn.place, cards);
      for (const card of cards) await this.#whisper(turn.place, user, card);
    });
  }

  /** The bot was invited to a channel, and greets there. */
  async #joined({ authorizations, event }: Joined, context: Context): Promise<void> {
    const { user, inviter, channel } = event;
    if (inviter === undefined || !authorizations.some(({ user_id }) => user_id === user)) return;
    const from = await this.#from(context);
    // It may have been spoken to there before it took part.
    if (from.workspace !== undefined) this.#callsIn(from.workspace.team).forget(channel);
    const found = await this.#turn({ ...from, user: inviter, channel });
    if (found?.kind !== 'channel') return;
    const { turn } = found;
    await this.#talk.welcomed({ ...turn, text: '', delivery: `welcome ${channel}` }, (cards) =>
      this.#post(turn.place, cards),
    );
  }

  async #pressed(click: Click, context: Context): Promise<void> {
    const [{ action_id: verb, value }] = click.actions;
    // A link opens by itself, and a choice comes with the button that follows it.
    if (value === undefined) return;
    const { user, container } = click;
    const found = await this.#turn({
      ...(await this.#from(context)),
      user: user.id,
      channel: click.channel?.id,
      thread: container.thread_ts,
    });
    if (found === undefined) return;
    const { turn, kind, m } = found;
    if (kind === 'shared') return this.#tellAlone(click, turn.place, m, m.slack.sharedChannel);
    const data = readData(value, click);
    if (data === undefined) return this.#tellAlone(click, turn.place, m, m.conversation.outOfDate);
    // What the bot cannot draw any more leads nowhere; a reset can begin in their own conversation.
    const isLeft = kind === 'absent' && container.is_ephemeral !== true && click.view === undefined;
    if (isLeft && verb !== 'begin') return this.#tellAlone(click, turn.place, m, m.slack.left);
    const here = isLeft ? undefined : clickedMessage(click, turn.place);
    const isAlone = container.is_ephemeral === true;
    if (verb.startsWith(FORM)) {
      const form = verb.slice(FORM.length);
      const clicked = here === undefined ? {} : { clicked: here };
      return this.#open(click, { ...turn, isAlone, form, data, ...clicked, unmasked: true }, m);
    }
    // A reset lives on a message: not in a Home, nor on what one person sees for a while.
    const isMessage = here !== undefined && here.message === container.message_ts;
    const clicked = here === undefined || (verb === 'begin' && !isMessage) ? {} : { clicked: here };
    const answer = await this.#talk.clicked({ ...turn, isAlone, verb, data, ...clicked });
    if (answer.kind !== 'card') return this.#tellAlone(click, turn.place, m, answer.text);
    if ('clicked' in clicked) return;
    if (answer.postedIn === undefined)
      return here === undefined ? undefined : patient(this).replace(here, answer.card);
    if (answer.postedIn.private) await this.#tellAlone(click, turn.place, m, m.slack.inMessages);
  }

  async #open(click: Click, opened: Parameters<Conversation['opened']>[0], m: Messages): Promise<void> {
    const answer = await this.#talk.opened(opened);
    if (answer.kind === 'refusal') return this.#tellAlone(click, opened.place, m, answer.text);
    const { channel, thread } = addressOf(opened.place);
    const metadata: Metadata = {
      v: 1,
      form: answer.form.name,
      data: answer.form.data,
      language: opened.person.language,
      channel,
      ...(thread === undefined ? {} : { thread }),
    };
    const view = renderModal(answer.form, { metadata: JSON.stringify(metadata) });
    const api = await this.#apiIn(opened.place.address.team);
    try {
      await api.views.open({ trigger_id: click.trigger_id, view });
    } catch (error) {
      this.#warn(error, opened.correlation);
      await this.#tellAlone(click, opened.place, m, m.slack.tooLate);
    }
  }

  /** Answers within Slack's 3 s in every case; what comes later is drawn on the modal, if it is still open. */
  async #submitted(
    submission: Submission,
    context: Context,
    ack: (answer: ViewResponseAction) => Promise<void>,
  ): Promise<void> {
    const metadata = readMetadata(submission.view.private_metadata);
    const m = this.#options.messages[metadata?.language ?? 'fr'];
    const { title, moved, working } = m.form;
    if (metadata === undefined) {
      const view = renderNotice({ title, text: moved, close: m.buttons.close });
      return ack({ response_action: 'update', view });
    }
    const { arrivedAt = performance.now() } = context as Partial<Arrival>;
    const inTime = new AbortController();
    const left = arrivedAt + ANSWER_WITHIN - performance.now();
    const late = sleep(left, undefined, { signal: inTime.signal }).catch(() => undefined);
    const found = await Promise.race([this.#submitter(submission, metadata, context), late]);
    if (found === undefined) {
      inTime.abort();
      return ack(refusalOf(submission, m.slack.notReached));
    }
    const answering = 'text' in found ? Promise.resolve(found) : this.#submit(submission, metadata, found);
    const first = await Promise.race([answering, late]);
    inTime.abort();
    await ack(
      first === undefined
        ? { response_action: 'update', view: renderNotice({ title, text: working, close: m.buttons.close }) }
        : responseTo(first, metadata, m),
    );
    if ('text' in found) return;
    const answer = await answering;
    if (first === undefined) await this.#redraw(submission, answer, metadata, found);
    const last = answer.kind === 'notice' ? await answer.later : undefined;
    if (last !== undefined) await this.#redraw(submission, last, metadata, found);
  }

  /** Who submits, or what they read instead; undefined where Slack or the store did not tell. Changes nothing. */
  async #submitter(
    { user }: Submission,
    { language, channel, thread }: Metadata,
    context: Context,
  ): Promise<Turn | Notice | undefined> {
    const m = this.#options.messages[language];
    const notice = (text: string) => ({ kind: 'notice', title: m.form.title, text }) as const;
    try {
      const found = await this.#turn({ ...(await this.#from(context)), user: user.id, channel, thread });
      if (found === undefined) return notice(m.conversation.notYours);
      return found.kind === 'shared' ? notice(m.slack.sharedChannel) : found.turn;
    } catch (error) {
      this.#warn(error);
      return undefined;
    }
  }

  #submit({ view }: Submission, { form, data }: Metadata, turn: Turn): Promise<SubmitAnswer> {
    const typed = new Map(
      Object.entries(view.state.values).map(([name, of]) => [name, of[name]?.value ?? '']),
    );
    const password = new Secret(typed.get(PASSWORD_FIELD) ?? '');
    const lines = Object.fromEntries(LINE_FIELDS.map((name) => [name, typed.get(name) ?? '']));
    return this.#talk.submitted({ ...turn, isAlone: true, form, data, lines, unmasked: true }, password);
  }

  /** What was typed is gone from the modal by now: a form that comes back carries it, sealed. */
  async #redraw(
    { user, view }: Submission,
    answer: SubmitAnswer,
    metadata: Metadata,
    turn: Turn,
  ): Promise<void> {
    const m = this.#options.messages[metadata.language];
    const drawn =
      answer.kind === 'form'
        ? renderModal(answer.form, { metadata: carriedBy(answer.form, metadata) })
        : renderNotice({ ...answer, close: m.buttons.close });
    const { team } = turn.place.address;
    const update = (api: webApi.WebClient) => api.views.update({ view_id: view.id, view: drawn });
    try {
      await patiently(() => this.#callsIn(team).inLine(`view/${view.id}`, update));
    } catch (error) {
      // Whoever has closed the modal reads a verdict on the card, and nowhere that nothing was kept.
      if (platformError(error) !== 'not_found') this.#warn(error);
      if (answer.kind === 'form') await this.#tellInPrivate(team, user.id, sentence(m.slack.closed));
    }
  }

  /** The person's accounts, as « Mes comptes » shows them. */
  async #home(finding: Promise<Workspace | undefined>, user: string): Promise<void> {
    const workspace = await finding;
    if (workspace === undefined) return this.#turnAway('workspace');
    await this.#publish(workspace.team, user, async () => {
      const found = await this.#turn({ workspace, user, channel: undefined });
      if (found === undefined) return undefined;
      const answer = await this.#talk.clicked({ ...found.turn, verb: 'accounts', data: {} });
      return answer.kind === 'card' ? answer.card : undefined;
    });
  }

  /** The card is made when its turn has come, so that the last one drawn is the last one made. */
  async #publish(
    team: string | undefined,
    user: string,
    card: () => Promise<Card | undefined>,
  ): Promise<void> {
    const publish = async (api: webApi.WebClient) => {
      const drawn = await card();
      if (drawn === undefined) return;
      await api.views.publish({ user_id: user, view: { type: 'home', blocks: renderMessage(drawn).blocks } });
    };
    await patiently(() => this.#callsIn(team).inLine(HOME + user, publish));
  }

  /** Says a sentence to the person who clicked, and to nobody else. */
  async #tellAlone(click: Click, place: Place, m: Messages, text: string): Promise<void> {
    if (click.response_url !== undefined) return this.#respond(click.response_url, sentence(text));
    if (click.channel !== undefined) return this.#whisper(place, click.user.id, sentence(text));
    const { team } = place.address;
    const api = await this.#apiIn(team);
    const view = renderNotice({ title: m.conversation.failedTitle, text, close: m.buttons.close });
    try {
      await api.views.open({ trigger_id: click.trigger_id, view });
    } catch {
      // A trigger lives for three seconds, and this one's may be over.
      await this.#tellInPrivate(team, click.user.id, sentence(text));
    }
  }

  /** In their own conversation with the bot, wherever they acted. */
  async #tellInPrivate(team: string | undefined, user: string, card: Card): Promise<void> {
    const address = { ...(team === undefined ? {} : { team }), channel: user };
    await patient(this).show({ platform: 'slack', private: true, address }, card);
  }

  /** Shows a card in a conversation to one person alone, until they reload. */
  async #whisper(place: Place, user: string, card: Card): Promise<void> {
    const { team, channel, thread } = addressOf(place);
    const shown = {
      channel,
      user,
      ...renderMessage(card),
      ...(thread === undefined ? {} : { thread_ts: thread }),
    };
    await patiently(() => this.#callsIn(team).inLine(channel, (api) => api.chat.postEphemeral(shown)));
  }

  /** To one person alone, by the address that came with what they did; it works for 30 minutes. */
  async #respond(url: string, card: Card, { replace = false } = {}): Promise<void> {
    const { config } = this.#options;
    const known = ['https://hooks.slack.com', ...(config.apiUrl === undefined ? [] : [config.apiUrl])];
    if (!known.some((one) => new URL(one).origin === new URL(url).origin)) throw new Error('not of Slack');
    const respond = async () => {
      const answer = await slackFetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          ...renderMessage(card),
          response_type: 'ephemeral',
          replace_original: replace,
        }),
        signal: AbortSignal.timeout(CALL_TIMEOUT),
      });
      const retryAfter = Number(answer.headers.get('retry-after') ?? 1);
      if (answer.status === 429) throw Object.assign(new Error(), { code: RATE_LIMITED, retryAfter });
      if (!answer.ok) throw Object.assign(new Error('Slack refused'), { code: answer.status });
    };
    await patiently(() => this.#responses.join(url, respond));
  }

  async #post(place: Place, cards: readonly Card[]): Promise<void> {
    for (const card of cards) await patient(this).show(place, card);
  }

  /** Who acts, and where the bot answers; undefined where they are nobody to us. */
  async #turn(source: Source) {
    const { allowedTenants, messages } = this.#options;
    const { workspace, channel, user, thread, isUnproven = false } = source;
    if (workspace === undefined) return this.#turnAway('workspace');
    const calls = this.#callsIn(workspace.team);
    const [member, kind] = await Promise.all([
      patiently(() => calls.member(user)),
      channel === undefined ? ('direct' as const) : patiently(() => calls.conversation(channel)),
    ]);
    if (!isOf(workspace, member) || !isServed(member, allowedTenants)) return this.#turnAway('person');
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
      ...(isUnproven ? { isUnproven } : {}),
    };
    return { turn, kind, m: messages[language] };
  }

  /** Who is nobody to us gets no answer; the log says whether it is the workspace or the person. */
  #turnAway(reason: 'workspace' | 'person'): undefined {
    this.#options.log.warn('slack.notServed', { platform: 'slack', reason });
  }

  async #from(context: Context): Promise<Pick<Source, 'workspace' | 'isUnproven'>> {
    const { isUnproven } = context as Partial<Arrival>;
    return { workspace: await this.#workspaceOf(context), isUnproven };
  }

  #workspaceOf(context: Context): Promise<Workspace | undefined> {
    return workspaceOf(this.#options.workspaces, context);
  }

  /** Speaks with the token of this workspace. Throws {@link PlaceGone} where the bot is not installed there (any more). */
  async #apiIn(team: string | undefined): Promise<webApi.WebClient> {
    const workspace = await this.#options.workspaces.find(team);
    if (workspace === undefined) throw new PlaceGone('not_installed');
    return workspace.api;
  }

  #callsIn(team: string | undefined): SlackCalls {
    const known = this.#calls.get(team);
    if (known !== undefined) return known;
    const calls = new SlackCalls(() => this.#apiIn(team));
    this.#calls.set(team, calls);
    return calls;
  }

  /**
   * Slack is told that something has arrived before anything is done about it, so errors end here: the person reads
   * a sentence where there is an address to send it to.
   */
  #done(work: Promise<void>, answerTo?: string): Promise<void> {
    const { failed } = this.#options.messages.fr.conversation;
    const tracked = work
      .catch(async (error: unknown) => {
        this.#warn(error);
        if (answerTo !== undefined) await this.#respond(answerTo, sentence(failed));
      })
      .catch((error: unknown) => this.#warn(error))
      .finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  #inBackground(work: Promise<void>): void {
    void this.#done(work);
  }

  #warn(error: unknown, correlation?: string): void {
    const reason = platformError(error);
    this.#options.log.warn('slack.failed', { platform: 'slack', correlation, reason, ...errorFields(error) });
  }

  get #talk(): Conversation {
    if (this.#conversation === undefined) throw new Error('the Slack channel is not mounted');
    return this.#conversation;
  }
}

function isServed(
  { team, enterprise, isOutsider }: Member,
  allowed: ReadonlySet<string> | undefined,
): boolean {
  if (isOutsider) return false;
  return allowed === undefined || allowed.has(team) || (enterprise !== undefined && allowed.has(enterprise));
}

function addressOf({ address }: Place): { team: string | undefined; channel: string; thread?: string } {
  const { team, channel = '', thread } = address;
  return { team, channel, ...(thread === undefined ? {} : { thread }) };
}

/** What the clicked button can be drawn on: a message, what one person sees for a while, or their Home. */
function clickedMessage(click: Click, place: Place): Posted | undefined {
  const { container, response_url, channel, view, user } = click;
  if (view?.type === 'home') return { place, message: HOME + user.id };
  if (container.is_ephemeral === true) {
    return response_url === undefined ? undefined : { place, message: response_url };
  }
  return container.message_ts === undefined || channel === undefined
    ? undefined
    : { place, message: container.message_ts };
}

/** Errors go under their fields, where Slack keeps what was typed; one of the whole form, under the first field. */
function responseTo(answer: SubmitAnswer, metadata: Metadata, m: Messages): ViewResponseAction {
  if (answer.kind === 'notice') {
    return { response_action: 'update', view: renderNotice({ ...answer, close: m.buttons.close }) };
  }
  const { form } = answer;
  const errors: Record<string, string> = {};
  const [first] = form.fields;
  if (form.error !== undefined && first !== undefined) errors[first.id] = form.error;
  for (const { id: name, error } of form.fields) if (error !== undefined) errors[name] = error;
  return Object.keys(errors).length > 0
    ? { response_action: 'errors', errors }
    : { response_action: 'update', view: renderModal(form, { metadata: carriedBy(form, metadata) }) };
}

/** What the modal brings back with its next submission. */
function carriedBy({ data }: Form, metadata: Metadata): string {
  return JSON.stringify({ ...metadata, data } satisfies Metadata);
}

/** Nothing was done. With an error under a field Slack keeps what was typed, and with nothing else. */
function refusalOf({ view }: Submission, text: string): ViewResponseAction {
  const [first = ''] = Object.keys(view.state.values);
  return { response_action: 'errors', errors: { [first]: text } };
}

function sentence(text: string): Card {
  return noticeCard('', text);
}
