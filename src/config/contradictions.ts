import { missing, type Reading, wrong } from './environment.ts';
import { type Name, SLACK_TEAM, type Values } from './variables.ts';

const OF_TEAMS = [
  'MicrosoftAppId',
  'MicrosoftAppPassword',
  'MicrosoftAppType',
  'MicrosoftAppTenantId',
] as const satisfies Name[];
const OF_SLACK = [
  'SLACK_BOT_TOKEN',
  'SLACK_CLIENT_ID',
  'SLACK_CLIENT_SECRET',
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'SLACK_API_URL',
] as const satisfies Name[];
/** One workspace's own; those that install the bot by OAuth are served over HTTP, each with its own token. */
const NOT_BESIDE_OAUTH = ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN'] as const satisfies Name[];

/** What is wrong between variables: a line for the one to mend. A variable that is wrong by itself counts as given. */
export function contradictions({ values, mistakes }: Reading<Values>): ReadonlyMap<Name, string> {
  const found = new Map<Name, string>();
  const isGiven = (name: Name) => values[name] !== undefined || mistakes.has(name);
  const need = (...names: Name[]) => {
    for (const name of names) if (!isGiven(name)) found.set(name, missing(name));
  };
  const isOnTeams = OF_TEAMS.some(isGiven);
  const isOnSlack = OF_SLACK.some(isGiven);
  const { MicrosoftAppType: type, ALLOWED_TENANTS: served } = values;

  if (!isOnTeams && !isOnSlack) found.set('MicrosoftAppId', NO_PLATFORM);
  if (isOnTeams) need('MicrosoftAppId');
  // What else Teams needs depends on the type.
  if (isOnTeams && !mistakes.has('MicrosoftAppType')) {
    if (type !== 'UserAssignedMSI') need('MicrosoftAppPassword');
    if (type !== 'MultiTenant') need('MicrosoftAppTenantId');
  }
  if (isGiven('SLACK_CLIENT_ID')) {
    need('SLACK_CLIENT_SECRET', 'SLACK_SIGNING_SECRET', 'PUBLIC_URL');
    for (const name of NOT_BESIDE_OAUTH.filter(isGiven)) found.set(name, notBesideOAuth(name));
  } else if (isOnSlack) {
    need('SLACK_BOT_TOKEN');
    if (!isGiven('SLACK_APP_TOKEN')) need('SLACK_SIGNING_SECRET');
  }
  if (!isGiven('CHORUS_TOKEN_URL') || !isGiven('CHORUS_API_URL')) need('CHORUS_ENVIRONMENT');

  if (isGiven('API_TLS_CERT_FILE')) need('API_TLS_KEY_FILE');
  if (isGiven('API_TLS_KEY_FILE')) need('API_TLS_CERT_FILE');
  const isApiOpen = values.API_PORT !== undefined && !isLoopback(values.API_HOST ?? '127.0.0.1');
  if (isApiOpen) need('API_TLS_CERT_FILE', 'API_TLS_KEY_FILE');

  if (served !== undefined) {
    const isSlackUnserved = isOnSlack && !served.some((id) => SLACK_TEAM.test(id));
    const isTeamsUnserved = isOnTeams && type === 'MultiTenant' && served.every((id) => SLACK_TEAM.test(id));
    if (isSlackUnserved || isTeamsUnserved)
      found.set(
        'ALLOWED_TENANTS',
        served.length === 0 ? missing('ALLOWED_TENANTS') : wrong('ALLOWED_TENANTS'),
      );
  }
  return found;
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}

const NO_PLATFORM =
  'MicrosoftAppId et SLACK_BOT_TOKEN manquent : mettez dans .env ce qu’il faut pour Teams ou pour Slack';

function notBesideOAuth(name: Name): string {
  return `${name} ne va pas avec SLACK_CLIENT_ID : gardez dans .env l’un (un seul espace Slack) ou l’autre (plusieurs)`;
}
