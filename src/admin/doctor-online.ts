import { fetch } from 'undici';
import { ChorusClient } from '../chorus/client.ts';
import type { ChorusConfig, Config } from '../config.ts';
import type { PlatformFinding } from '../platform-finding.ts';
import { dispatcherFor, proxyOf } from '../proxy.ts';
import { Refusal } from '../refusal.ts';
import { testAccount, verdictLines } from './connection.ts';
import { accountNamed, type Shell, withDependencies } from './shell.ts';

/** One thing to look at: gives what was seen, or throws a {@link Refusal} that says what is wrong and what to do. */
export interface DoctorCheck {
  readonly name: string;
  readonly look: () => Promise<string>;
}

/** For each question. All are asked at once, so that the whole takes less than 15 s whatever hangs. */
const QUESTION_TIMEOUT_MS = 10_000;
const TEST_TIMEOUTS = { connect: 5_000, test: QUESTION_TIMEOUT_MS };
/** Teams and Slack refuse what is five minutes off; this leaves room for both ends. */
export const CLOCK_SLACK_MS = 2 * 60_000;
export const SET_THE_CLOCK = 'mettez la machine à l’heure (NTP)';

/**
 * What is asked over the network: PISTE, the clock, each platform and, where it is named, an account's password. In groups,
 * since only the answers of the platforms say what they were asked.
 */
export function onlineChecks(
  shell: Shell,
  config: Config,
  login: string | undefined,
): readonly Promise<readonly DoctorCheck[]>[] {
  const chorus: ChorusConfig & { readonly timeouts: typeof TEST_TIMEOUTS } = {
    ...config.chorus,
    timeouts: TEST_TIMEOUTS,
  };
  const ofPiste = [
    { name: 'PISTE', look: () => lookAtPiste(chorus) },
    { name: 'horloge, vue de PISTE', look: () => lookAtClock(chorus, shell.now()) },
  ];
  const others = [
    ...(config.publicUrl === undefined ? [] : [publicUrlCheck(config.publicUrl)]),
    ...(login === undefined
      ? []
      : [{ name: `connexion de ${login}`, look: () => lookAtAccount(shell, chorus, login) }]),
  ];
  return [Promise.resolve(ofPiste), platformChecks(shell, config), Promise.resolve(others)];
}

async function lookAtPiste(chorus: ChorusConfig): Promise<string> {
  const client = new ChorusClient(chorus);
  const tested = await client.testApplication().finally(() => client.close());
  if (tested.outcome !== 'accepted') throw new Refusal(verdictLines(tested).join('\n'));
  const via = proxyOf(chorus.proxy, chorus.tokenUrl);
  return `l’application PISTE est reconnue, ${via === undefined ? 'sans proxy' : `par le proxy ${via}`}`;
}

async function lookAtClock({ tokenUrl, proxy }: ChorusConfig, now: Date): Promise<string> {
  const answer = await fetch(tokenUrl, {
    method: 'HEAD',
    redirect: 'manual',
    dispatcher: dispatcherFor(proxy),
    signal: AbortSignal.timeout(QUESTION_TIMEOUT_MS),
  }).catch(() => undefined);
  const there = Date.parse(answer?.headers.get('date') ?? '');
  if (Number.isNaN(there)) throw new Refusal('PISTE ne donne pas l’heure ; vérifiez le pare-feu');
  const apart = Math.abs(there - now.getTime());
  if (apart > CLOCK_SLACK_MS) throw new Refusal(`${Math.round(apart / 1000)} s d’écart ; ${SET_THE_CLOCK}`);
  return 'à l’heure';
}

async function lookAtAccount(shell: Shell, chorus: ChorusConfig, login: string): Promise<string> {
  return withDependencies(shell, async (dependencies) => {
    const account = await accountNamed(dependencies, login);
    const verdict = await testAccount(shell, dependencies, account, chorus);
    const text = verdictLines(verdict).join('\n');
    if (verdict.outcome !== 'accepted') throw new Refusal(text);
    return text;
  });
}

/** What each platform is asked, under the name of the variable that it is about. */
const ABOUT: Readonly<
  Record<PlatformFinding['about'], { readonly name: string; readonly fine: string; readonly cure: string }>
> = {
  slackToken: {
    name: 'SLACK_BOT_TOKEN',
    fine: 'Slack l’accepte, et l’application a tous les droits qu’il faut',
    cure: 'copiez dans SLACK_BOT_TOKEN le « Bot User OAuth Token » de l’application',
  },
  slackAppToken: {
    name: 'SLACK_APP_TOKEN',
    fine: 'Slack l’accepte',
    cure: 'créez un « App-Level Token » avec le droit connections:write, et mettez-le dans SLACK_APP_TOKEN',
  },
  teamsSecret: {
    name: 'MicrosoftAppPassword',
    fine: 'Microsoft donne au bot son jeton',
    cure: 'vérifiez MicrosoftAppId, MicrosoftAppTenantId et le secret client, qui a une date de fin dans Entra',
  },
  teamsKeys: {
    name: 'clés de Teams',
    fine: 'Microsoft donne les clés qui signent ce que Teams envoie',
    cure: 'corrigez ToBotFromChannelOpenIdMetadataUrl',
  },
};

async function platformChecks(shell: Shell, config: Config): Promise<readonly DoctorCheck[]> {
  const findings = await shell.checkPlatforms(config, QUESTION_TIMEOUT_MS);
  return findings.map((finding) => ({
    name: ABOUT[finding.about].name,
    look: async () => sentenceOf(finding),
  }));
}

function sentenceOf({ about, failure, missingScopes }: PlatformFinding): string {
  const { fine, cure } = ABOUT[about];
  // Nothing is known of the secret where nobody answered.
  if (failure !== undefined)
    throw new Refusal(
      failure.isRefused
        ? `refusé (${failure.code}) ; ${cure}`
        : `pas de réponse (${failure.code}) ; vérifiez le pare-feu et HTTPS_PROXY`,
    );
  if (missingScopes.length > 0)
    throw new Refusal(
      `il manque à l’application les droits ${missingScopes.join(', ')} ; reprenez dist/slack-manifest.json, puis réinstallez-la dans l’espace`,
    );
  return fine;
}

/** Nobody can tell from inside. */
function publicUrlCheck(publicUrl: string): DoctorCheck {
  return {
    name: 'PUBLIC_URL',
    look: async () =>
      `le doctor ne peut pas savoir si ${publicUrl} est joignable de l’extérieur ; ouvrez ${publicUrl}/healthz depuis un autre réseau`,
  };
}
