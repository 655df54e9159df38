import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  ConfigurationServiceClientCredentialFactory,
  type ConversationParameters,
} from 'botbuilder';
import { LruMap } from 'toad-cache';
import type { TeamsConfig } from '../../config.ts';
import { inTime } from '../../deadline.ts';
import { errorFields, foreignWord } from '../../log.ts';
import { MessageGone, PlaceGone, TryLater } from '../channel.ts';
import { AddressRefused, type ServiceAddresses } from './service-address.ts';

/** Longer than Teams takes when it is slow, shorter than anybody waits for us. */
const CALL_TIMEOUT_MS = 10_000;
/** The same for a call and for the token that it needs. */
const WHOLE_TIMEOUT_MS = 15_000;
/** Where Teams does not say how long to wait. */
const PAUSE_MS = 2_000;
const LONGEST_PAUSE_MS = 24 * 60 * 60_000;
/** Teams has a handful of addresses. */
const MOST_CLIENTS = 50;

type Factory = ReturnType<ConfigurationBotFrameworkAuthentication['createConnectorFactory']>;
type Client = Awaited<ReturnType<Factory['create']>>;
type Conversations = Client['conversations'];

/** A conversation of Teams, and where Teams takes calls about it. */
interface Address {
  readonly serviceUrl: string;
  readonly conversation: string;
}

export interface ConnectorOptions {
  /** Undefined: calls carry no token, for the demo. */
  readonly config: TeamsConfig | undefined;
  readonly addresses: ServiceAddresses;
  /** Called where Microsoft gives the bot no token, with its code. */
  readonly secretRefused?: (code: string) => void;
}

/**
 * Calls Teams, with the bot's own token. The only file that knows botbuilder. What Teams refuses is thrown in the
 * port's own words: `TryLater`, `PlaceGone` and `MessageGone`.
 */
export class Connector {
  readonly #options: ConnectorOptions;
  readonly #factory: Factory;
  /** Undefined: the bot has no token to ask for. */
  readonly #credentials: Promise<OwnCredentials> | undefined;
  readonly #scope: string;
  readonly #clients = new LruMap<Promise<Client>>(MOST_CLIENTS);

  constructor(options: ConnectorOptions) {
    const { config } = options;
    this.#options = options;
    const settings = config === undefined ? {} : settingsOf(config);
    this.#scope = config?.endpoints.ToChannelFromBotOAuthScope ?? PUBLIC_CLOUD.scope;
    const credentials = new ConfigurationServiceClientCredentialFactory(settings);
    const authentication = new ConfigurationBotFrameworkAuthentication(settings, credentials);
    const identity = new Identities(authentication).of(config?.appId ?? '');
    this.#factory = authentication.createConnectorFactory(identity);
    if (config === undefined) return;
    const loginUrl = settingsOf(config).ToChannelFromBotLoginUrl;
    this.#credentials = credentials.createCredentials(
      config.appId,
      this.#scope,
      loginUrl,
      true,
    ) as unknown as Promise<OwnCredentials>;
  }

  /** Has Microsoft give the bot a new token. Throws what it says where it does not. */
  async askForToken(): Promise<void> {
    const credentials = await this.#credentials;
    if (credentials !== undefined) await inTime(credentials.getToken(true), CALL_TIMEOUT_MS);
  }

  /** Gives the id of the message. */
  async post({ serviceUrl, conversation }: Address, activity: object): Promise<string> {
    const { id } = await this.#call(serviceUrl, 'post', (conversations) =>
      conversations.sendToConversation(conversation, activity as Activity, inCallTime()),
    );
    return id;
  }

  async update({ serviceUrl, conversation }: Address, message: string, activity: object): Promise<void> {
    const changed = { ...activity, id: message } as Activity;
    await this.#call(serviceUrl, 'update', (conversations) =>
      conversations.updateActivity(conversation, message, changed, inCallTime()),
    );
  }

  /** Gives the id of the conversation with this person: always the same one. */
  async open(serviceUrl: string, { tenant, user }: { tenant: string; user: string }): Promise<string> {
    const parameters = { isGroup: false, members: [{ id: user }], tenantId: tenant };
    const { id } = await this.#call(serviceUrl, 'open', (conversations) =>
      conversations.createConversation(parameters as unknown as ConversationParameters, inCallTime()),
    );
    return id;
  }

  async #call<Answer>(
    address: string,
    operation: Operation,
    call: (conversations: Conversations) => Promise<Answer>,
  ): Promise<Answer> {
    const serviceUrl = this.#options.addresses.allowed(address);
    if (serviceUrl === undefined) throw new AddressRefused(address);
    try {
      const client = await this.#clientOf(serviceUrl);
      return await inTime(call(client.conversations), WHOLE_TIMEOUT_MS);
    } catch (cause) {
      const code = secretRefusal(cause);
      if (code !== undefined) this.#options.secretRefused?.(code);
      throw failureOf(operation, cause);
    }
  }

  #clientOf(serviceUrl: string): Promise<Client> {
    const known = this.#clients.get(serviceUrl);
    if (known !== undefined) return known;
    const client = this.#factory.create(serviceUrl, this.#scope).then(withOneAttempt);
    this.#clients.set(serviceUrl, client);
    client.catch(() => this.#clients.delete(serviceUrl));
    return client;
  }
}

/** botbuilder makes an identity, which its factory asks for, in an adapter only. */
class Identities extends CloudAdapter {
  of(appId: string) {
    return this.createClaimsIdentity(appId);
  }
}

/** Not the library's own `timeout`, whose timer outlives the call. */
function inCallTime() {
  return { abortSignal: AbortSignal.timeout(CALL_TIMEOUT_MS) };
}

/**
 * botbuilder's client would try again by itself, and wait for as long as `Retry-After` says with nobody able to stop
 * it: whoever gave up meanwhile and tried again would send twice. It would also go where it is redirected.
 */
function withOneAttempt(client: Client): Client {
  const { pipeline } = (
    client as unknown as { client: { pipeline: { removePolicy(policy: { name: string }): unknown } } }
  ).client;
  for (const name of ['defaultRetryPolicy', 'redirectPolicy']) pipeline.removePolicy({ name });
  return client;
}

/** botbuilder's credentials, as far as they are used here. */
interface OwnCredentials {
  getToken(isForced: boolean): Promise<string>;
}

/** Of the answers of Microsoft's token endpoint (RFC 6749, 5.2): these do not mend themselves. */
const REFUSALS = ['invalid_client', 'unauthorized_client'];

/** Microsoft's code where it refuses the bot's own secret, such as `AADSTS7000222`: it has expired. Undefined: it does not. */
export function secretRefusal(error: unknown): string | undefined {
  const { errorCode } = (error ?? {}) as { errorCode?: unknown };
  const code = errorFields(error).code;
  const isRefused = REFUSALS.some((refusal) => refusal === errorCode) || SECRET_CODES.test(code ?? '');
  return isRefused ? (code ?? String(errorCode)) : undefined;
}

/**
 * The application is not there, is disabled, or its secret is wrong or has expired.
 * https://learn.microsoft.com/en-us/entra/identity-platform/reference-error-codes
 */
const SECRET_CODES = /^AADSTS(700016|7000112|7000215|7000222|90002|900023)$/;

type Operation = 'post' | 'update' | 'open';

/**
 * What a failed call means, whatever the library has rejected with; itself where Teams says that the fault is ours.
 * https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-bot-conversational-apis
 */
export function failureOf(operation: Operation, cause: unknown): unknown {
  const { statusCode, code, response } = (cause ?? {}) as {
    statusCode?: unknown;
    code?: unknown;
    response?: { headers?: { get(name: string): string | undefined } };
  };
  // No answer: a lost connection, a time-out, a token that could not be had.
  if (typeof statusCode !== 'number') return new TryLater(PAUSE_MS, { cause });
  const reason = foreignWord(code) ?? String(statusCode);
  // It was deleted; whether its conversation is there shows when it is posted anew.
  if (operation === 'update' && statusCode === 404) return new MessageGone(reason, { cause });
  if (isGone(operation, statusCode)) return new PlaceGone(reason, { cause });
  if (!isPassing(statusCode)) return cause;
  const seconds = Number(response?.headers?.get('retry-after'));
  return new TryLater(seconds > 0 ? Math.min(seconds * 1000, LONGEST_PAUSE_MS) : PAUSE_MS, { cause });
}

/** Of somebody with whom no conversation can be opened, Teams also says that the request is bad. */
function isGone(operation: Operation, status: number): boolean {
  return status === 403 || status === 404 || (operation === 'open' && status === 400);
}

/** 401: a token that has just expired, or that Microsoft has withdrawn; 412: two calls at once. */
function isPassing(status: number): boolean {
  return status >= 500 || [401, 408, 412, 429].includes(status);
}

/** Microsoft's public cloud, which botbuilder takes only where nothing at all is configured. */
const PUBLIC_CLOUD = {
  loginUrl: 'https://login.microsoftonline.com/botframework.com',
  scope: 'https://api.botframework.com',
};

function settingsOf({ appId, appType, appPassword, tenantId, endpoints }: TeamsConfig) {
  return {
    ToChannelFromBotLoginUrl: endpoints.ToChannelFromBotLoginUrl ?? PUBLIC_CLOUD.loginUrl,
    ToChannelFromBotOAuthScope: endpoints.ToChannelFromBotOAuthScope ?? PUBLIC_CLOUD.scope,
    MicrosoftAppId: appId,
    MicrosoftAppType: appType,
    ...(appPassword === undefined ? {} : { MicrosoftAppPassword: appPassword.reveal() }),
    ...(tenantId === undefined ? {} : { MicrosoftAppTenantId: tenantId }),
  };
}
