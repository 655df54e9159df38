import { randomUUID } from 'node:crypto';
import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
  type ConversationParameters,
  type InvokeResponse,
  type TurnContext,
} from 'botbuilder';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { renderCard, renderForm } from '../../cards/adaptive-card.ts';
import { actionDataOf, type Card, type Form } from '../../cards/card.ts';
import { LINE_FIELDS, PASSWORD_FIELD } from '../../cards/forms.ts';
import type { TeamsConfig } from '../../config.ts';
import { visibleName } from '../../invisible.ts';
import { errorFields, type Log } from '../../log.ts';
import type { PersonId } from '../../person.ts';
import { Secret } from '../../secret.ts';
import {
  type Channel,
  type Conversation,
  MessageGone,
  type Person,
  type Place,
  PlaceGone,
  type Posted,
  TryLater,
  type Turn,
} from '../channel.ts';
import { patient } from '../outgoing/retries.ts';

/** `anonymous` asks nobody for a token: for the demo, on loopback, and for nothing else. */
export type TeamsAuthentication = TeamsConfig | 'anonymous';

export interface TeamsOptions {
  readonly authentication: TeamsAuthentication;
  /** The tenants that are served; undefined serves all, for the demo. */
  readonly allowedTenants: ReadonlySet<string> | undefined;
  readonly log: Log;
}

const CARD = 'application/vnd.microsoft.card.adaptive';
const MESSAGE = 'application/vnd.microsoft.activity.message';

/** What Teams gives as an id; much of it becomes a key of the store, which takes no longer ones. */
const teamsId = z.string().regex(/^[ -~]{1,500}$/);

/** Of a Bot Framework activity, what is read here; the rest passes by. */
const activityShape = z.looseObject({
  type: z.string(),
  id: teamsId.optional(),
  name: z.string().optional(),
  text: z.string().optional(),
  locale: z.string().optional(),
  channelId: z.string(),
  serviceUrl: z.url(),
  replyToId: teamsId.optional(),
  from: z.looseObject({ id: teamsId, name: z.string().optional(), aadObjectId: teamsId.optional() }),
  recipient: z.looseObject({ id: teamsId }),
  conversation: z.looseObject({
    id: teamsId,
    conversationType: z.string().optional(),
    isGroup: z.boolean().optional(),
    tenantId: teamsId.optional(),
  }),
  action: z.string().optional(),
  membersAdded: z.array(z.looseObject({ id: teamsId })).optional(),
  channelData: z.looseObject({ tenant: z.looseObject({ id: teamsId }).optional() }).nullish(),
});
type Incoming = z.infer<typeof activityShape>;

const values = z.record(z.string(), z.unknown());
const clickShape = z.looseObject({
  action: z.looseObject({ verb: z.string(), data: values.nullish() }),
});
const taskShape = z.looseObject({ data: z.looseObject({ form: z.string() }) });

/** The only place where botbuilder is known. Verifies (botbuilder does), translates, and calls the conversation. */
export class TeamsChannel implements Channel {
  readonly platform = 'teams';
  readonly #adapter: ConnectedAdapter;
  readonly #options: TeamsOptions;
  /** Where Teams was last reached from each tenant. */
  readonly #serviceUrls = new Map<string, string>();

  constructor(options: TeamsOptions) {
    this.#options = options;
    this.#adapter = new ConnectedAdapter(options.authentication);
  }

  /** Answers `POST /api/messages` of this server with what the conversation says. */
  mount(app: FastifyInstance, conversation: Conversation): void {
    app.post('/api/messages', async (request, reply) => {
      const parsed = activityShape.safeParse(request.body);
      if (!parsed.success) return reply.code(400).send({ error: 'Bad Request' });
      const incoming = parsed.data;
      let answer: InvokeResponse | undefined;
      let isAdmitted = false;
      try {
        const { authorization = '' } = request.headers;
        answer = await this.#adapter.handle(authorization, incoming, async (context) => {
          isAdmitted = true;
          const response = await this.#turn(incoming, conversation);
          // Where botbuilder looks for the answer to an invoke.
          if (incoming.type === 'invoke')
            await context.sendActivity({ type: 'invokeResponse', value: response });
        });
      } catch (error) {
        // What Teams answered to a call of ours is never our own answer to it.
        if (isAdmitted) throw new Error('The turn has failed', { cause: error });
        // Whatever stops a request before our own code is a token that could not be verified.
        this.#options.log.warn('teams.refused', { platform: 'teams', ...errorFields(error) });
        return reply.code(401).send({ error: 'Unauthorized' });
      }
      return reply.code(answer?.status ?? 200).send(answer?.body);
    });
  }

  async show(to: Place, card: Card): Promise<Posted> {
    const place = await this.#opened(to);
    const { conversation, serviceUrl } = addressOf(place);
    const { conversations } = await this.#adapter.connectorOf(serviceUrl);
    const activity = withCard(place, card) as Activity;
    const sent = await asked(conversations.sendToConversation(conversation, activity, CALL_OPTIONS));
    return { place, message: sent.id };
  }

  async replace({ place, message }: Posted, card: Card): Promise<void> {
    const { conversation, serviceUrl } = addressOf(place);
    const { conversations } = await this.#adapter.connectorOf(serviceUrl);
    const activity = { ...withCard(place, card), id: message } as Activity;
    await asked(conversations.updateActivity(conversation, message, activity, CALL_OPTIONS)).catch(
      (error: unknown) => {
        // Teams says the same of a message and of its conversation; whoever posts the card anew learns which.
        const { statusCode } = ((error as Error).cause ?? {}) as { statusCode?: number };
        throw statusCode === 404 ? new MessageGone((error as PlaceGone).reason, { cause: error }) : error;
      },
    );
  }

  /** Teams lets the bot write first where it is installed for this person. */
  privately(person: PersonId): Place | undefined {
    const { allowedTenants, authentication } = this.#options;
    const [, tenant = '', user = ''] = person.split(':');
    const serviceUrl = this.#serviceUrls.get(tenant) ?? publicServiceUrl(authentication);
    if (serviceUrl === undefined || allowedTenants?.has(tenant) === false) return undefined;
    return { platform: 'teams', private: true, address: { serviceUrl, tenant, user } };
  }

  /** The place itself; or, of somebody whom the bot has not met, the conversation with them: always the same one. */
  async #opened(place: Place): Promise<Place> {
    const { serviceUrl = '', tenant, user } = place.address;
    if (tenant === undefined || user === undefined) return place;
    const { conversations } = await this.#adapter.connectorOf(serviceUrl);
    const parameters = { isGroup: false, members: [{ id: user }], tenantId: tenant };
    const opening = conversations.createConversation(
      parameters as unknown as ConversationParameters,
      CALL_OPTIONS,
    );
    const { id } = await asked(opening, NOT_INSTALLED);
    return { ...place, address: { serviceUrl, conversation: id } };
  }

  /** A thread of a channel has the channel's own id, and behind it the message that it answers. */
  outOfThread({ address, ...place }: Place): Place {
    const conversation = address.conversation?.replace(/;messageid=.*$/, '') ?? '';
    return { ...place, address: { ...address, conversation } };
  }

  /** What one activity is answered with. */
  async #turn(incoming: Incoming, conversation: Conversation): Promise<InvokeResponse> {
    const { allowedTenants, authentication, log } = this.#options;
    const tenant = tenantOf(incoming);
    const isOurs = authentication === 'anonymous' || incoming.channelId === 'msteams';
    if (!isOurs || allowedTenants?.has(tenant) === false) {
      log.warn('teams.notServed', { platform: 'teams' });
      return { status: 403 };
    }
    this.#serviceUrls.set(tenant, incoming.serviceUrl);
    const turn: Turn = {
      person: personOf(incoming, tenant),
      place: placeOf(incoming),
      correlation: randomUUID(),
    };
    switch (incoming.type) {
      case 'message': {
        const said = {
          ...turn,
          text: withoutMentions(incoming.text ?? ''),
          // Two conversations may each have a message of this id.
          delivery: `${incoming.conversation.id} ${incoming.id ?? randomUUID()}`,
        };
        await conversation.said(said, (cards) => this.#post(turn.place, cards));
        return { status: 200 };
      }
      case 'installationUpdate':
      case 'conversationUpdate': {
        if (!addsTheBot(incoming)) return { status: 200 };
        // Teams sends both on install: one greeting for a conversation.
        const delivery = `welcome ${incoming.conversation.id}`;
        await conversation.welcomed({ ...turn, text: '', delivery }, (cards) =>
          this.#post(turn.place, cards),
        );
        return { status: 200 };
      }
      case 'invoke':
        return this.#invoke(incoming, turn, conversation);
      default:
        return { status: 200 };
    }
  }

  async #invoke(incoming: Incoming, turn: Turn, conversation: Conversation): Promise<InvokeResponse> {
    const { value, replyToId, name } = incoming;
    const clicked = replyToId === undefined ? {} : { clicked: { place: turn.place, message: replyToId } };
    if (name === 'adaptiveCard/action') {
      const click = clickShape.safeParse(value);
      if (!click.success) return { status: 400 };
      const { verb, data } = click.data.action;
      const answer = await conversation.clicked({
        ...turn,
        verb,
        data: actionDataOf(data ?? {}),
        ...clicked,
      });
      return answer.kind === 'card'
        ? { status: 200, body: { statusCode: 200, type: CARD, value: renderCard(answer.card) } }
        : { status: 200, body: { statusCode: 200, type: MESSAGE, value: answer.text } };
    }
    const task = taskShape.safeParse(value);
    if (!task.success) return { status: name?.startsWith('task/') === true ? 400 : 501 };
    const { form, [PASSWORD_FIELD]: typed, ...sent } = task.data.data;
    if (name === 'task/fetch') {
      const answer = await conversation.opened({ ...turn, form, data: actionDataOf(sent), ...clicked });
      return answer.kind === 'form' ? dialog(answer.form) : lastWord(answer.text);
    }
    if (name === 'task/submit') {
      const lines = Object.fromEntries(LINE_FIELDS.map((id) => [id, textOf(sent[id])]));
      const data = actionDataOf(sent);
      const password = new Secret(textOf(typed));
      const answer = await conversation.submitted({ ...turn, form, data, lines }, password);
      // A dialog that was answered cannot be changed: the word that follows stands on the card.
      if (answer.kind === 'notice')
        answer.later?.catch((error: unknown) =>
          this.#options.log.warn('teams.failed', { platform: 'teams', ...errorFields(error) }),
        );
      return answer.kind === 'form' ? dialog(answer.form) : lastWord(answer.text);
    }
    return { status: 501 };
  }

  async #post(place: Place, cards: readonly Card[]): Promise<void> {
    for (const card of cards) await patient(this).show(place, card);
  }
}

type Connector = Awaited<
  ReturnType<ReturnType<ConfigurationBotFrameworkAuthentication['createConnectorFactory']>['create']>
>;

type MakeSignIns = ConfigurationBotFrameworkAuthentication['createUserTokenClient'];

/** botbuilder makes a client for people's own sign-ins on every turn. Nobody signs in here: one is enough. */
class Authentication extends ConfigurationBotFrameworkAuthentication {
  #signIns: ReturnType<MakeSignIns> | undefined;

  override createUserTokenClient(...identity: Parameters<MakeSignIns>): ReturnType<MakeSignIns> {
    this.#signIns ??= super.createUserTokenClient(...identity);
    return this.#signIns;
  }
}

/** CloudAdapter without its Express-shaped `process`, which writes what it could not read to the console. */
class ConnectedAdapter extends CloudAdapter {
  readonly #appId: string;
  readonly #connectors = new Map<string, Promise<Connector>>();

  constructor(authentication: TeamsAuthentication) {
    const configuration = configurationOf(authentication);
    super(new Authentication(configuration, new ConfigurationServiceClientCredentialFactory(configuration)));
    this.#appId = configuration.MicrosoftAppId ?? '';
  }

  /** Throws where the token is missing or wrong, before anything else is done. */
  async handle(
    authorization: string,
    incoming: Incoming,
    logic: (context: TurnContext) => Promise<void>,
  ): Promise<InvokeResponse | undefined> {
    const activity = incoming as unknown as Activity;
    const authenticated = await this.botFrameworkAuthentication.authenticateRequest(activity, authorization);
    // Or botbuilder would make a client for every turn, and throw it away.
    const connectorFactory = { create: () => this.connectorOf(incoming.serviceUrl) };
    return this.processActivity({ ...authenticated, connectorFactory }, activity, logic);
  }

  /** The client of one service address, kept: Teams has a handful of them. Its tokens are botbuilder's business. */
  connectorOf(serviceUrl: string): Promise<Connector> {
    const known = this.#connectors.get(serviceUrl);
    if (known !== undefined) return known;
    const identity = this.createClaimsIdentity(this.#appId);
    const connector = this.botFrameworkAuthentication
      .createConnectorFactory(identity)
      .create(serviceUrl, '')
      .then(withoutRetries);
    this.#connectors.set(serviceUrl, connector);
    return connector;
  }
}

/** In ms: longer than Teams takes when it is slow, shorter than anybody waits for us. */
const CALL_OPTIONS = { timeout: 10_000 };
/** What Teams asks to try again: https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/rate-limit */
const BUSY = new Set([412, 429, 502, 503, 504]);
const GONE = new Set([403, 404]);
/** What else Teams says of somebody with whom it opens no conversation. */
const NOT_INSTALLED = new Set([400, ...GONE]);
/** In ms, where Teams does not say it. */
const BUSY_PAUSE = 2_000;

/**
 * botbuilder's client would try again by itself, and wait for as long as `Retry-After` says with nobody able to stop
 * it: whoever gave up meanwhile and tried again would send twice.
 */
function withoutRetries(connector: Connector): Connector {
  const { client } = connector as unknown as {
    client: { pipeline: { removePolicy(policy: { name: string }): unknown } };
  };
  client.pipeline.removePolicy({ name: 'defaultRetryPolicy' });
  return connector;
}

/** Waits for Teams' answer; what it refuses is told in the port's own words. */
async function asked<Answer>(call: Promise<Answer>, gone: ReadonlySet<number> = GONE): Promise<Answer> {
  try {
    return await call;
  } catch (cause) {
    const { statusCode = 0, response } = cause as {
      statusCode?: number;
      response?: { headers?: { get(name: string): string | undefined } };
    };
    const { code } = cause as { code?: unknown };
    if (gone.has(statusCode))
      throw new PlaceGone(typeof code === 'string' ? code : String(statusCode), { cause });
    if (!BUSY.has(statusCode)) throw cause;
    const seconds = Number(response?.headers?.get('retry-after'));
    throw new TryLater(seconds > 0 ? seconds * 1000 : BUSY_PAUSE, { cause });
  }
}

/** Microsoft's public cloud, which botbuilder takes only where nothing at all is configured. */
const PUBLIC_CLOUD = {
  ToChannelFromBotLoginUrl: 'https://login.microsoftonline.com/botframework.com',
  ToChannelFromBotOAuthScope: 'https://api.botframework.com',
  ToBotFromChannelTokenIssuer: 'https://api.botframework.com',
  OAuthUrl: 'https://api.botframework.com',
  ToBotFromChannelOpenIdMetadataUrl: 'https://login.botframework.com/v1/.well-known/openidconfiguration',
  ToBotFromEmulatorOpenIdMetadataUrl:
    'https://login.microsoftonline.com/botframework.com/v2.0/.well-known/openid-configuration',
  CallerId: 'urn:botframework:azure',
};

/** For every tenant of the public cloud; a sovereign cloud's is known once somebody has written from there. */
function publicServiceUrl(authentication: TeamsAuthentication): string | undefined {
  if (authentication === 'anonymous') return undefined;
  const isPublic = Object.values(authentication.endpoints).every((endpoint) => endpoint === undefined);
  return isPublic ? 'https://smba.trafficmanager.net/teams/' : undefined;
}

function configurationOf(authentication: TeamsAuthentication): Readonly<Record<string, string>> {
  if (authentication === 'anonymous') return {};
  const { appId, appType, appPassword, tenantId, endpoints } = authentication;
  return {
    ...PUBLIC_CLOUD,
    ...Object.fromEntries(Object.entries(endpoints).filter(([, value]) => value !== undefined)),
    MicrosoftAppId: appId,
    MicrosoftAppType: appType,
    ...(appPassword === undefined ? {} : { MicrosoftAppPassword: appPassword.reveal() }),
    ...(tenantId === undefined ? {} : { MicrosoftAppTenantId: tenantId }),
  };
}

function tenantOf({ channelData, conversation }: Incoming): string {
  return (channelData?.tenant?.id ?? conversation.tenantId ?? 'none').toLowerCase();
}

function personOf({ from, locale }: Incoming, tenant: string): Person {
  const id: PersonId = `teams:${tenant}:${(from.aadObjectId ?? from.id).toLowerCase()}`;
  return {
    id,
    name: visibleName(from.name ?? ''),
    language: locale?.toLowerCase().startsWith('en') === true ? 'en' : 'fr',
  };
}

function placeOf({ serviceUrl, conversation, recipient }: Incoming): Place {
  const isPrivate = conversation.conversationType === 'personal' || conversation.isGroup !== true;
  return {
    platform: 'teams',
    private: isPrivate && conversation.conversationType !== 'channel',
    address: { serviceUrl, conversation: conversation.id, bot: recipient.id },
  };
}

function addressOf({ address }: Place): { serviceUrl: string; conversation: string; bot: string } {
  const { serviceUrl = '', conversation = '', bot = '' } = address;
  return { serviceUrl, conversation, bot };
}

function addsTheBot({ type, action, membersAdded, recipient }: Incoming): boolean {
  return type === 'installationUpdate'
    ? action?.startsWith('add') === true
    : membersAdded?.some(({ id }) => id === recipient.id) === true;
}

/** In a channel people write « @Bot réinitialiser », and Teams sends the mention in the text. */
function withoutMentions(text: string): string {
  return text.replace(/<at\b[^>]*>.*?<\/at>/gs, ' ').trim();
}

/** What was typed; anything else than a text was typed by nobody. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function withCard(place: Place, card: Card) {
  const { conversation, bot, serviceUrl } = addressOf(place);
  return {
    type: 'message',
    channelId: 'msteams',
    serviceUrl,
    // A conversation that an administrator named does not say who the bot is there; Teams knows.
    ...(bot === '' ? {} : { from: { id: bot } }),
    conversation: { id: conversation },
    // What a notification says; in the conversation Teams shows the card alone.
    summary: card.title,
    attachments: [{ contentType: CARD, content: renderCard(card) }],
  };
}

function dialog(form: Form): InvokeResponse {
  const card = { contentType: CARD, content: renderForm(form) };
  return {
    status: 200,
    body: {
      task: { type: 'continue', value: { title: form.title, height: 'medium', width: 'medium', card } },
    },
  };
}

function lastWord(text: string): InvokeResponse {
  return { status: 200, body: { task: { type: 'message', value: text } } };
}
