import { z } from 'zod';
import type { PersonId } from '../person.ts';
import { Secret } from '../secret.ts';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
export const SLACK_TEAM = /^[TE][A-Z0-9]+$/;

const secret = z.string().transform((text) => new Secret(text));
// Entra shows ids in either case, and Teams sends them in lower case. The nil id is every template's placeholder.
const guid = z
  .guid()
  .toLowerCase()
  .refine((id) => /[^0-]/.test(id));
const address = z.string().refine(isAddress);
/** A browser of anybody opens it; example.org and its kin (RFC 2606) are nobody's. */
const developerAddress = z.string().refine(isDeveloperAddress).optional();
/** A host or an origin, as an origin: a whole name, and no pattern. */
const origin = z
  .string()
  .transform((text) => (text.includes('://') ? text : `https://${text}`))
  .refine(isOrigin)
  .transform((text) => new URL(text).origin);
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

/** Secrets cross these addresses: TLS, except within the machine itself. */
function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname));
}

function isDeveloperAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' && !/(^|\.)example(\.(org|com|net))?$/.test(hostname);
}

function isOrigin(text: string): boolean {
  if (!isAddress(text)) return false;
  const { hostname, username, password, pathname, search, hash } = new URL(text);
  const isBare = `${username}${password}${pathname}${search}${hash}` === '/';
  return isBare && (LOOPBACK.test(hostname) || /^[a-z\d-]+(\.[a-z\d-]+)+$/.test(hostname));
}

/** Every variable, in the order in which mistakes are told. Its description ends the sentence « mettez dans .env … ». */
const proxyAddress = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))
  .optional()
  .describe('l’adresse http:// de votre serveur mandataire');

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
  TEAMS_SERVICE_HOSTS: list(origin)
    .default([])
    .describe(
      'les hôtes, ou origines https:// (http:// seulement sur cette machine), où Teams prend les appels d’un nuage souverain, séparés par des virgules',
    ),
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
  ALLOW_PLAINTEXT_REDIS: z
    .enum(['0', '1'])
    .default('0')
    .describe('« 1 » pour accepter un Redis sans TLS sur une autre machine, « 0 » sinon'),
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
  HOST: z
    .union([z.ipv4(), z.ipv6(), z.literal('localhost')])
    .default('0.0.0.0')
    .describe(
      'l’adresse IP sur laquelle écouter : « 0.0.0.0 » (toutes), ou « 127.0.0.1 » (cette machine seule)',
    ),
  PORT: z.coerce.number().int().min(0).max(65535).default(3978).describe('un nombre entier de 0 à 65535'),
  HANDOVER: z.enum(['reset', 'off']).default('reset').describe('« reset » ou « off »'),
  API_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe('un nombre entier de 0 à 65535, ou rien : l’API privée est alors fermée'),
  API_HOST: z
    .union([z.ipv4(), z.ipv6()])
    .default('127.0.0.1')
    .describe('une adresse IP, par exemple 127.0.0.1'),
  API_TLS_CERT_FILE: z.string().optional().describe('le chemin du certificat de l’API privée, en PEM'),
  API_TLS_KEY_FILE: z.string().optional().describe('le chemin de la clé de ce certificat, en PEM'),
  HTTPS_PROXY: proxyAddress,
  HTTP_PROXY: proxyAddress,
  NO_PROXY: z
    .string()
    .optional()
    .describe('les noms appelés sans serveur mandataire, séparés par des virgules'),
  PUBLIC_URL: address
    .transform((text) => text.replace(/(?<!\/)\/+$/, ''))
    .optional()
    .describe('l’adresse https:// (http:// seulement sur cette machine) où le bot est joignable'),
  DEVELOPER_NAME: z
    .string()
    .max(32)
    .optional()
    .describe(
      'le nom de qui exploite le bot, 32 caractères au plus : Teams le montre à côté de l’application',
    ),
  DEVELOPER_WEBSITE: developerAddress.describe('l’adresse https:// du site de qui exploite le bot'),
  DEVELOPER_PRIVACY_URL: developerAddress.describe('l’adresse https:// de sa page sur la confidentialité'),
  DEVELOPER_TERMS_URL: developerAddress.describe('l’adresse https:// de ses conditions d’utilisation'),
  LOG_LEVEL: z
    .enum(LOG_LEVELS)
    .default('info')
    .describe(`un de ces mots : ${LOG_LEVELS.join(', ')}`),
});

export type Name = keyof typeof VARIABLES.shape;
export type Values = z.infer<typeof VARIABLES>;

/** Each may also stand in a file that `<name>_FILE` names, as an orchestrator mounts secrets. */
export const SECRETS = [
  'MicrosoftAppPassword',
  'SLACK_BOT_TOKEN',
  'SLACK_CLIENT_SECRET',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'PISTE_CLIENT_SECRET',
  'STORE_URL',
] as const satisfies Name[];
