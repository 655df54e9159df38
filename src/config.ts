import { z } from 'zod';
import { CHORUS_ADDRESSES, type ChorusClientOptions } from './chorus/client.ts';
import type { PersonId } from './person.ts';
import { Secret } from './secret.ts';

export interface TeamsConfig {
  readonly appId: string;
  readonly appType: 'SingleTenant' | 'MultiTenant' | 'UserAssignedMSI';
  /** A managed identity has none. */
  readonly appPassword: Secret | undefined;
  /** An application open to several tenants may have none. */
  readonly tenantId: string | undefined;
  /** Where they differ from the public cloud's: a sovereign cloud, or an issuer of one's own. */
  readonly endpoints: TeamsEndpoints;
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
}

export interface ManifestConfig {
  readonly appId: string;
  readonly publicUrl: string | undefined;
}

export interface SlackManifestConfig {
  /** Where Slack sends what people do; undefined in Socket Mode, where the bot fetches it. */
  readonly publicUrl: string | undefined;
  /** Workspaces install the bot themselves. */
  readonly byOAuth: boolean;
}

export interface Config {
  readonly teams: TeamsConfig | undefined;
  readonly slack: SlackConfig | undefined;
  readonly chorus: ChorusClientOptions;
  /** The portal that the cards lead to. */
  readonly portalUrl: string;
  readonly store: StoreConfig;
  readonly admins: readonly PersonId[];
  /** Whether every password in use is tested once a day. */
  readonly dailyTest: boolean;
  /** Teams tenants and Slack teams; nobody else is answered. */
  readonly allowedTenants: ReadonlySet<string>;
  readonly port: number;
  /** Does not end in '/'. */
  readonly publicUrl: string | undefined;
  readonly logLevel: LogLevel;
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The environment is wrong. The message is one line for the administrator; it never holds what was typed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const SLACK_TEAM = /^[TE][A-Z0-9]+$/;

const secret = z.string().transform((text) => new Secret(text));
// Entra shows ids in either case, and Teams sends them in lower case. The nil id is every template's placeholder.
const guid = z
  .guid()
  .toLowerCase()
  .refine((id) => /[^0-]/.test(id));
// Secrets cross these addresses: TLS, except within the machine itself.
const address = z.string().refine((text) => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
});
/** A person as people write it; Teams ids in lower case, as Teams sends them. */
export const personId = z
  .string()
  .regex(/^(teams|slack):[^\s:]+:[^\s:]+$/)
  .transform((id) => (id.startsWith('teams:') ? id.toLowerCase() : id) as PersonId);

function list<Item extends z.ZodType<unknown, string>>(item: Item) {
  return z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((word) => word !== ''))
    .pipe(z.array(item));
}

/** Every variable, in the order in which mistakes are told. Its description ends the sentence « mettez dans .env … ». */
export const VARIABLES = z.object({
  MicrosoftAppId: guid.optional().describe('l’identifiant (GUID) de votre application Microsoft Entra'),
  MicrosoftAppPassword: secret.optional().describe('le secret client de votre application Microsoft Entra'),
  MicrosoftAppType: z
    .enum(['SingleTenant', 'MultiTenant', 'UserAssignedMSI'])
    .optional()
    .describe('« SingleTenant », « MultiTenant » ou « UserAssignedMSI »'),
  MicrosoftAppTenantId: guid.optional().describe('l’identifiant (GUID) de votre locataire Microsoft 365'),
  ToBotFromChannelOpenIdMetadataUrl: address
    .optional()
    .describe('l’adresse des métadonnées OpenID qui signent les jetons de Teams'),
  ToBotFromChannelTokenIssuer: z.string().optional().describe('l’émetteur des jetons de Teams'),
  ToChannelFromBotLoginUrl: address.optional().describe('l’adresse où le bot demande ses propres jetons'),
  ToChannelFromBotOAuthScope: z.string().optional().describe('la portée des jetons que le bot demande'),
  SLACK_BOT_TOKEN: z
    .string()
    .regex(/^(xoxe\.)?xoxb-/)
    .pipe(secret)
    .optional()
    .describe('le jeton « xoxb-… » de votre application Slack'),
  SLACK_CLIENT_ID: z
    .string()
    .regex(/^\d+\.\d+$/)
    .optional()
    .describe('le « Client ID » de votre application Slack, deux nombres séparés par un point'),
  SLACK_CLIENT_SECRET: secret.optional().describe('le « Client Secret » de votre application Slack'),
  SLACK_SIGNING_SECRET: secret
    .optional()
    .describe('le « Signing Secret » de votre application Slack (ou SLACK_APP_TOKEN, pour Socket Mode)'),
  SLACK_APP_TOKEN: z
    .string()
    .regex(/^xapp-/)
    .pipe(secret)
    .optional()
    .describe('le jeton « xapp-… » de votre application Slack'),
  SLACK_API_URL: address
    .endsWith('/')
    .optional()
    .describe('une adresse https:// (http:// seulement sur cette machine) qui finit par « / »'),
  CHORUS_ENVIRONMENT: z.enum(['sandbox', 'production']).optional().describe('« sandbox » ou « production »'),
  CHORUS_TOKEN_URL: address.optional().describe('une adresse https:// (http:// seulement sur cette machine)'),
  CHORUS_API_URL: address.optional().describe('une adresse https:// (http:// seulement sur cette machine)'),
  PISTE_CLIENT_ID: z.string().describe('l’identifiant (Client ID) de votre application PISTE'),
  PISTE_CLIENT_SECRET: secret.describe('le secret (Client Secret) de votre application PISTE'),
  STORE_URL: z
    .string()
    .regex(/^(lmdb:|rediss?:\/\/)./)
    .default('lmdb:./data')
    .pipe(secret)
    .describe('« lmdb:<dossier> », « redis://… » ou « rediss://… »'),
  STORE_KEYS_FILE: z
    .string()
    .describe('le chemin du fichier de clés, que crée « npm run admin -- keys generate »'),
  ALLOW_VOLATILE_REDIS: z
    .enum(['0', '1'])
    .default('0')
    .describe('« 1 » pour accepter un Redis qui peut perdre des données, « 0 » sinon'),
  ADMINS: list(personId)
    .default([])
    .describe(
      'des « teams:<locataire>:<personne> » ou « slack:<équipe>:<personne> » séparés par des virgules',
    ),
  DAILY_TEST: z
    .enum(['on', 'off'])
    .default('on')
    .describe('« on » pour tester chaque mot de passe une fois par jour, « off » sinon'),
  ALLOWED_TENANTS: list(z.union([guid, z.string().regex(SLACK_TEAM)]))
    .default([])
    .describe('les locataires Teams (GUID) et les équipes Slack (T…) à servir, séparés par des virgules'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3978).describe('un nombre entier de 0 à 65535'),
  PUBLIC_URL: address
    .transform((text) => text.replace(/\/+$/, ''))
    .optional()
    .describe('l’adresse https:// (http:// seulement sur cette machine) où le bot est joignable'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS)
    .default('info')
    .describe(`un de ces mots : ${LOG_LEVELS.join(', ')}`),
});

type Name = keyof typeof VARIABLES.shape;
type Values = z.infer<typeof VARIABLES>;

const OF_TEAMS = [
  'MicrosoftAppId',
  'MicrosoftAppPassword',
  'MicrosoftAppType',
  'MicrosoftAppTenantId',
] as const satisfies Name[];
const OF_STORE = { STORE_URL: true, STORE_KEYS_FILE: true, ALLOW_VOLATILE_REDIS: true } as const;
const OF_SLACK = {
  SLACK_BOT_TOKEN: true,
  SLACK_CLIENT_ID: true,
  SLACK_CLIENT_SECRET: true,
  SLACK_SIGNING_SECRET: true,
  SLACK_APP_TOKEN: true,
  SLACK_API_URL: true,
} as const;
const OF_SLACK_MANIFEST = { SLACK_CLIENT_ID: true, SLACK_APP_TOKEN: true, PUBLIC_URL: true } as const;
const OF_MANIFEST = { MicrosoftAppId: true, PUBLIC_URL: true } as const;
/** One workspace's own; those that install the bot by OAuth are served over HTTP, each with its own token. */
const NOT_BESIDE_OAUTH = ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'] as const satisfies Name[];
const SECRETS = [
  'MicrosoftAppPassword',
  'SLACK_BOT_TOKEN',
  'SLACK_CLIENT_SECRET',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'PISTE_CLIENT_SECRET',
  'STORE_URL',
] as const satisfies Name[];

/** Adds what the file says to the environment, if there is such a file. A variable that is already set wins. */
export function readEnvFile(path = '.env'): void {
  try {
    process.loadEnvFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new ConfigError(`${path} ne peut pas être lu : rendez-le lisible pour le bot, ou supprimez-le`);
  }
}

/** Everything the bot needs. Throws {@link ConfigError} on a missing or wrong value. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const values = read(VARIABLES, env);
  const mistakes = contradictions(values);
  if (mistakes.length > 0) throw tell(mistakes);
  // Without an environment both addresses are given, and only the portal is taken from the pair.
  const addresses = CHORUS_ADDRESSES[values.CHORUS_ENVIRONMENT ?? 'production'];
  return {
    teams: teams(values),
    slack: slack(values),
    chorus: {
      tokenUrl: values.CHORUS_TOKEN_URL ?? addresses.tokenUrl,
      apiUrl: values.CHORUS_API_URL ?? addresses.apiUrl,
      piste: { clientId: values.PISTE_CLIENT_ID, clientSecret: values.PISTE_CLIENT_SECRET },
    },
    portalUrl: addresses.portalUrl,
    store: store(values),
    admins: values.ADMINS,
    dailyTest: values.DAILY_TEST === 'on',
    allowedTenants: new Set(allowedTenants(values)),
    port: values.PORT,
    publicUrl: values.PUBLIC_URL,
    logLevel: values.LOG_LEVEL,
  };
}

/** What a command needs that only works on the store. Throws {@link ConfigError} as {@link loadConfig} does. */
export function loadStoreConfig(env: NodeJS.ProcessEnv = process.env): StoreConfig {
  return store(read(VARIABLES.pick(OF_STORE), env));
}

/** Slack alone, for the demo; undefined where it is off. Throws {@link ConfigError} as {@link loadConfig} does. */
export function loadSlackConfig(env: NodeJS.ProcessEnv = process.env): SlackConfig | undefined {
  return slack(read(VARIABLES.pick({ ...OF_SLACK, PUBLIC_URL: true }), env));
}

/** What the package for Teams is made from. Throws {@link ConfigError} as {@link loadConfig} does. */
export function loadManifestConfig(env: NodeJS.ProcessEnv = process.env): ManifestConfig {
  const schema = VARIABLES.pick(OF_MANIFEST).required({ MicrosoftAppId: true });
  const { MicrosoftAppId: appId, PUBLIC_URL: publicUrl } = read(schema, env);
  return { appId, publicUrl };
}

/** What Slack's manifest is made from: no address in Socket Mode. Throws {@link ConfigError} as {@link loadConfig} does. */
export function loadSlackManifestConfig(env: NodeJS.ProcessEnv = process.env): SlackManifestConfig {
  const values = read(VARIABLES.pick(OF_SLACK_MANIFEST), env);
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

function store(values: Pick<Values, keyof typeof OF_STORE>): StoreConfig {
  return {
    url: values.STORE_URL,
    keysFile: values.STORE_KEYS_FILE,
    allowVolatileRedis: values.ALLOW_VOLATILE_REDIS === '1',
  };
}

/** An application of a single tenant serves that tenant without being told. */
function allowedTenants(values: Values): string[] {
  const own = values.MicrosoftAppType === 'MultiTenant' ? undefined : values.MicrosoftAppTenantId;
  return own === undefined ? values.ALLOWED_TENANTS : [own, ...values.ALLOWED_TENANTS];
}

function read<Schema extends z.ZodObject>(schema: Schema, env: NodeJS.ProcessEnv): z.infer<Schema> {
  const given: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const text = env[name]?.trim();
    // « NAME= » in .env is how people leave a variable out.
    if (text) given[name] = text;
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const names = new Set(result.error.issues.map((issue) => issue.path[0] as Name));
  throw tell([...names].map((name) => (name in given ? wrong(name) : missing(name))));
}

/** What is wrong between variables that are each right. */
function contradictions(values: Values): string[] {
  const mistakes: string[] = [];
  const need = (name: Name) => {
    if (values[name] === undefined) mistakes.push(missing(name));
  };
  const onTeams = OF_TEAMS.some((name) => values[name] !== undefined);
  const onSlack = Object.keys(OF_SLACK).some((name) => values[name as Name] !== undefined);
  const openToTenants = values.MicrosoftAppType === 'MultiTenant';

  if (!onTeams && !onSlack) {
    mistakes.push(
      'MicrosoftAppId et SLACK_BOT_TOKEN manquent : mettez dans .env ce qu’il faut pour Teams ou pour Slack',
    );
  }
  if (onTeams) {
    need('MicrosoftAppId');
    if (values.MicrosoftAppType !== 'UserAssignedMSI') need('MicrosoftAppPassword');
    if (!openToTenants) need('MicrosoftAppTenantId');
  }
  if (values.SLACK_CLIENT_ID !== undefined) {
    need('SLACK_CLIENT_SECRET');
    need('SLACK_SIGNING_SECRET');
    need('PUBLIC_URL');
    mistakes.push(...NOT_BESIDE_OAUTH.filter((name) => values[name] !== undefined).map(notBesideOAuth));
  } else if (onSlack) {
    need('SLACK_BOT_TOKEN');
    if (values.SLACK_APP_TOKEN === undefined) need('SLACK_SIGNING_SECRET');
  }
  if (!values.CHORUS_TOKEN_URL || !values.CHORUS_API_URL) need('CHORUS_ENVIRONMENT');

  const served = values.ALLOWED_TENANTS;
  const slackUnserved = onSlack && !served.some((id) => SLACK_TEAM.test(id));
  const teamsUnserved = onTeams && openToTenants && served.every((id) => SLACK_TEAM.test(id));
  if (slackUnserved || teamsUnserved) {
    mistakes.push(served.length === 0 ? missing('ALLOWED_TENANTS') : wrong('ALLOWED_TENANTS'));
  }
  return mistakes;
}

function missing(name: Name): string {
  return `${name} manque : mettez dans .env ${VARIABLES.shape[name].description}`;
}

function wrong(name: Name): string {
  return `${name} ne convient pas : mettez dans .env ${VARIABLES.shape[name].description}`;
}

function notBesideOAuth(name: Name): string {
  return `${name} ne va pas avec SLACK_CLIENT_ID : gardez dans .env l’un (un seul espace Slack) ou l’autre (plusieurs)`;
}

function tell([first, ...others]: readonly string[]): ConfigError {
  const more = others.length === 0 ? '' : ` (et ${others.length} autre${others.length > 1 ? 's' : ''})`;
  return new ConfigError(`${first}${more}`);
}
