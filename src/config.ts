import { statSync } from 'node:fs';
import { CHORUS_ADDRESSES } from './config/addresses.ts';
import { contradictions } from './config/contradictions.ts';
import { type Reading, readVariables } from './config/environment.ts';
import { type LogLevel, type Name, SECRETS, VARIABLES, type Values } from './config/variables.ts';
import type { PersonId } from './person.ts';
import { isOpenToOthers } from './private-file.ts';
import type { ProxyConfig } from './proxy.ts';
import { Refusal } from './refusal.ts';
import type { Secret } from './secret.ts';

export interface TeamsConfig {
  readonly appId: string;
  readonly appType: 'SingleTenant' | 'MultiTenant' | 'UserAssignedMSI';
  /** A managed identity has none. */
  readonly appPassword: Secret | undefined;
  /** An application open to several tenants may have none. */
  readonly tenantId: string | undefined;
  /** Where they differ from the public cloud's: a sovereign cloud, or an issuer of one's own. */
  readonly endpoints: TeamsEndpoints;
  /** Origins to which calls to Teams may go besides Microsoft's public ones. */
  readonly serviceOrigins?: readonly string[];
}

/** Under botbuilder's own names. */
export interface TeamsEndpoints {
  readonly ToBotFromChannelOpenIdMetadataUrl: string | undefined;
  readonly ToBotFromChannelTokenIssuer: string | undefined;
  readonly ToChannelFromBotLoginUrl: string | undefined;
  readonly ToChannelFromBotOAuthScope: string | undefined;
}

export type SlackConfig = SlackConnection & SlackAccess;

interface SlackConnection {
  /** How events arrive: signed on `POST /slack/events`, or over Slack's web socket. */
  readonly events:
    | { readonly mode: 'http'; readonly signingSecret: Secret }
    | { readonly mode: 'socket'; readonly appToken: Secret };
  /** Another address than slack.com's, for an emulator. Ends in '/'. */
  readonly apiUrl: string | undefined;
}

/** The token of the one workspace; or what workspaces need to install the bot themselves, by OAuth. */
type SlackAccess = { readonly botToken: Secret } | { readonly oauth: SlackOAuth };

export interface SlackOAuth {
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Where people's browsers reach the bot. Does not end in '/'. */
  readonly publicUrl: string;
}

export interface StoreConfig {
  /** A secret, since the address of a Redis may hold its password. */
  readonly url: Secret;
  readonly keysFile: string;
  readonly allowVolatileRedis: boolean;
  readonly allowPlaintextRedis: boolean;
}

export interface ManifestConfig {
  readonly appId: string;
  readonly publicUrl: string | undefined;
  /** Who runs the bot, as Teams shows it. */
  readonly developer: {
    readonly name: string;
    readonly websiteUrl: string;
    readonly privacyUrl: string;
    readonly termsOfUseUrl: string;
  };
}

export interface SlackManifestConfig {
  /** Where Slack sends what people do; undefined in Socket Mode, where the bot fetches it. */
  readonly publicUrl: string | undefined;
  /** Workspaces install the bot themselves. */
  readonly byOAuth: boolean;
}

export interface ChorusConfig {
  readonly tokenUrl: string;
  /** The address before `/cpro`; one that already ends in `/cpro` is taken as it is. */
  readonly apiUrl: string;
  /** `other`: addresses of one's own. */
  readonly environment: 'production' | 'sandbox' | 'other';
  /** Undefined: it is called directly. */
  readonly proxy: ProxyConfig | undefined;
  /** The deployment's application, for every account that has none of its own. */
  readonly piste: { readonly clientId: string; readonly clientSecret: Secret };
}

export interface Config {
  readonly teams: TeamsConfig | undefined;
  readonly slack: SlackConfig | undefined;
  readonly chorus: ChorusConfig;
  /** The portal that the cards lead to. */
  readonly portalUrl: string;
  readonly pigpUrl: string | undefined;
  readonly store: StoreConfig;
  readonly admins: readonly PersonId[];
  /** Whether every password in use is tested once a day. */
  readonly dailyTest: boolean;
  /** Teams tenants and Slack teams; nobody else is answered. */
  readonly allowedTenants: ReadonlySet<string>;
  /** Where it listens. */
  readonly host: string;
  readonly port: number;
  /** Does not end in '/'. */
  readonly publicUrl: string | undefined;
  /** Whoever typed a password may take it back while their reset is at its last step. */
  readonly isHandoverOn: boolean;
  /** The private API for programs; undefined: it is off. */
  readonly api: ApiConfig | undefined;
  /** Undefined: every call goes out directly. */
  readonly proxy: ProxyConfig | undefined;
  readonly logLevel: LogLevel;
  /** All of them, so that the log can keep them out of its lines. */
  readonly secrets: readonly Secret[];
}

export interface ApiConfig {
  readonly host: string;
  readonly port: number;
  /** Undefined: plain HTTP, on loopback only. */
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
}

const OF_STORE = {
  STORE_URL: true,
  STORE_KEYS_FILE: true,
  ALLOW_VOLATILE_REDIS: true,
  ALLOW_PLAINTEXT_REDIS: true,
} as const;
const OF_SLACK = {
  SLACK_BOT_TOKEN: true,
  SLACK_CLIENT_ID: true,
  SLACK_CLIENT_SECRET: true,
  SLACK_SIGNING_SECRET: true,
  SLACK_APP_TOKEN: true,
  SLACK_API_URL: true,
} as const;
const OF_SLACK_MANIFEST = {
  SLACK_CLIENT_ID: true,
  SLACK_SIGNING_SECRET: true,
  SLACK_APP_TOKEN: true,
  PUBLIC_URL: true,
} as const;
const OF_PROXY = { HTTPS_PROXY: true, HTTP_PROXY: true, NO_PROXY: true } as const;
const OF_DEVELOPER = {
  DEVELOPER_NAME: true,
  DEVELOPER_WEBSITE: true,
  DEVELOPER_PRIVACY_URL: true,
  DEVELOPER_TERMS_URL: true,
} as const;
const OF_MANIFEST = { MicrosoftAppId: true, PUBLIC_URL: true, ...OF_DEVELOPER } as const;

/** Whoever typed `sudo` before the command; undefined where nobody did. sudo(8) sets the variable. */
export function userBehindSudo(env: NodeJS.ProcessEnv = process.env): string | undefined {
  return env.SUDO_USER || undefined;
}

/**
 * Adds what the file says to the environment, if there is such a file. A variable that is already set wins.
 * Throws a {@link Refusal} where others may read it: it holds secrets.
 */
export function readEnvFile(path = '.env'): void {
  try {
    if (isOpenToOthers(statSync(path)))
      throw new Refusal(
        `${path} : d’autres que vous peuvent le lire, et il contient des secrets ; lancez « chmod 600 ${path} »`,
      );
    process.loadEnvFile(path);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new Refusal(`${path} ne peut pas être lu : rendez-le lisible pour le bot, ou supprimez-le`);
  }
}

/** Everything the bot needs. Throws a {@link Refusal} with a line for each value that is missing or wrong. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const reading = readVariables(VARIABLES, withLowerCase(env));
  const values = whole({ ...reading, mistakes: new Map([...contradictions(reading), ...reading.mistakes]) });
  // Without an environment both addresses are given, and only the portal is taken from the pair.
  const addresses = CHORUS_ADDRESSES[values.CHORUS_ENVIRONMENT ?? 'production'];
  return {
    teams: teams(values),
    slack: slack(values),
    chorus: {
      tokenUrl: values.CHORUS_TOKEN_URL ?? addresses.tokenUrl,
      apiUrl: values.CHORUS_API_URL ?? addresses.apiUrl,
      environment: values.CHORUS_ENVIRONMENT ?? 'other',
      proxy: proxyIn(values),
      piste: { clientId: values.PISTE_CLIENT_ID, clientSecret: values.PISTE_CLIENT_SECRET },
    },
    portalUrl: addresses.portalUrl,
    pigpUrl: addresses.pigpUrl,
    store: store(values),
    admins: values.ADMINS,
    dailyTest: values.DAILY_TEST === 'on',
    allowedTenants: new Set(allowedTenants(values)),
    host: values.HOST,
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    isHandoverOn: values.HANDOVER === 'reset',
    api: api(values),
    proxy: proxyIn(values),
    logLevel: values.LOG_LEVEL,
    secrets: SECRETS.flatMap((name) => values[name] ?? []),
  };
}

/** What a command needs that only works on the store. Throws as {@link loadConfig} does. */
export function loadStoreConfig(env: NodeJS.ProcessEnv = process.env): StoreConfig {
  return store(whole(readVariables(VARIABLES.pick(OF_STORE), env)));
}

/** Which Chorus Pro the bot talks to, for a command that works on the store alone. Never throws. */
export function loadEnvironment(env: NodeJS.ProcessEnv = process.env): ChorusConfig['environment'] {
  return (
    readVariables(VARIABLES.pick({ CHORUS_ENVIRONMENT: true }), env).values.CHORUS_ENVIRONMENT ?? 'other'
  );
}

/** The HTTP proxy, for a command that calls a destination. Throws as {@link loadConfig} does. */
export function loadProxy(env: NodeJS.ProcessEnv = process.env): ProxyConfig | undefined {
  return proxyIn(whole(readVariables(VARIABLES.pick(OF_PROXY), withLowerCase(env))));
}

/** Slack alone, for the demo; undefined where it is off. Throws as {@link loadConfig} does. */
export function loadSlackConfig(env: NodeJS.ProcessEnv = process.env): SlackConfig | undefined {
  return slack(whole(readVariables(VARIABLES.pick({ ...OF_SLACK, PUBLIC_URL: true }), env)));
}

/** What the package for Teams is made from. Throws as {@link loadConfig} does. */
export function loadManifestConfig(env: NodeJS.ProcessEnv = process.env): ManifestConfig {
  const schema = VARIABLES.pick(OF_MANIFEST).required({ MicrosoftAppId: true, ...OF_DEVELOPER });
  const values = whole(readVariables(schema, env));
  return {
    appId: values.MicrosoftAppId,
    publicUrl: values.PUBLIC_URL,
    developer: {
      name: values.DEVELOPER_NAME,
      websiteUrl: values.DEVELOPER_WEBSITE,
      privacyUrl: values.DEVELOPER_PRIVACY_URL,
      termsOfUseUrl: values.DEVELOPER_TERMS_URL,
    },
  };
}

/** What Slack's manifest is made from: no address in Socket Mode. Throws as {@link loadConfig} does. */
export function loadSlackManifestConfig(env: NodeJS.ProcessEnv = process.env): SlackManifestConfig {
  const values = whole(readVariables(VARIABLES.pick(OF_SLACK_MANIFEST), env));
  const isOverHttp =
    values.SLACK_APP_TOKEN === undefined &&
    (values.SLACK_SIGNING_SECRET !== undefined || values.SLACK_CLIENT_ID !== undefined);
  if (isOverHttp && values.PUBLIC_URL === undefined)
    throw new Refusal(
      'PUBLIC_URL manque : sans SLACK_APP_TOKEN, Slack envoie ce que font les gens à cette adresse ; mettez dans .env l’adresse https:// où le bot est joignable',
    );
  return {
    publicUrl: values.SLACK_APP_TOKEN === undefined ? values.PUBLIC_URL : undefined,
    byOAuth: values.SLACK_CLIENT_ID !== undefined,
  };
}

/** Removes the secrets from the environment once they are read: Node prints it whole in its diagnostic report. */
export function forgetSecrets(env: NodeJS.ProcessEnv = process.env): void {
  for (const name of SECRETS) delete env[name];
}

function teams(values: Values): TeamsConfig | undefined {
  if (values.MicrosoftAppId === undefined) return undefined;
  return {
    appId: values.MicrosoftAppId,
    appType: values.MicrosoftAppType ?? 'SingleTenant',
    appPassword: values.MicrosoftAppPassword,
    tenantId: values.MicrosoftAppTenantId,
    endpoints: {
      ToBotFromChannelOpenIdMetadataUrl: values.ToBotFromChannelOpenIdMetadataUrl,
      ToBotFromChannelTokenIssuer: values.ToBotFromChannelTokenIssuer,
      ToChannelFromBotLoginUrl: values.ToChannelFromBotLoginUrl,
      ToChannelFromBotOAuthScope: values.ToChannelFromBotOAuthScope,
    },
    serviceOrigins: values.TEAMS_SERVICE_HOSTS,
  };
}

function slack(values: Pick<Values, keyof typeof OF_SLACK | 'PUBLIC_URL'>): SlackConfig | undefined {
  const { SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret, SLACK_API_URL: apiUrl } = values;
  const access = slackAccess(values);
  if (access === undefined) return undefined;
  if (appToken) return { ...access, apiUrl, events: { mode: 'socket', appToken } };
  if (signingSecret) return { ...access, apiUrl, events: { mode: 'http', signingSecret } };
  return undefined;
}

function slackAccess(values: Pick<Values, keyof typeof OF_SLACK | 'PUBLIC_URL'>): SlackAccess | undefined {
  const {
    SLACK_BOT_TOKEN: botToken,
    SLACK_CLIENT_ID: clientId,
    SLACK_CLIENT_SECRET: clientSecret,
    PUBLIC_URL: publicUrl,
  } = values;
  if (botToken !== undefined) return { botToken };
  if (clientId === undefined || clientSecret === undefined || publicUrl === undefined) return undefined;
  return { oauth: { clientId, clientSecret, publicUrl } };
}

function proxyIn(values: Pick<Values, keyof typeof OF_PROXY>): ProxyConfig | undefined {
  const { HTTPS_PROXY: httpsProxy, HTTP_PROXY: httpProxy, NO_PROXY: noProxy } = values;
  if (httpsProxy === undefined && httpProxy === undefined) return undefined;
  return { httpsProxy, httpProxy, noProxy };
}

/** Most systems set the variables of a proxy in lower case. */
function withLowerCase(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const lower = Object.keys(OF_PROXY).map((name) => [name, env[name] ?? env[name.toLowerCase()]]);
  return { ...env, ...Object.fromEntries(lower.filter(([, value]) => value !== undefined)) };
}

function store(values: Pick<Values, keyof typeof OF_STORE>): StoreConfig {
  return {
    url: values.STORE_URL,
    keysFile: values.STORE_KEYS_FILE,
    allowVolatileRedis: values.ALLOW_VOLATILE_REDIS === '1',
    allowPlaintextRedis: values.ALLOW_PLAINTEXT_REDIS === '1',
  };
}

function api(values: Values): ApiConfig | undefined {
  const { API_PORT: port, API_HOST: host, API_TLS_CERT_FILE: certFile, API_TLS_KEY_FILE: keyFile } = values;
  if (port === undefined) return undefined;
  const tls = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
  return { host, port, tls };
}

/** An application of a single tenant serves that tenant without being told. */
function allowedTenants(values: Values): string[] {
  const own = values.MicrosoftAppType === 'MultiTenant' ? undefined : values.MicrosoftAppTenantId;
  return own === undefined ? values.ALLOWED_TENANTS : [own, ...values.ALLOWED_TENANTS];
}

/** The values, where none is missing or wrong. Otherwise throws all the mistakes, in the order of the variables. */
function whole<All>({ values, mistakes }: Reading<All>): All {
  if (mistakes.size === 0) return values as All;
  const inOrder = (Object.keys(VARIABLES.shape) as Name[]).flatMap((name) => mistakes.get(name) ?? []);
  throw new Refusal(inOrder);
}
