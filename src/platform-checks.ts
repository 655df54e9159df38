import type { PlatformQuestion } from './bot/outgoing/platform-question.ts';
import type { Config } from './config.ts';
import { inTime } from './deadline.ts';
import { errorFields } from './log.ts';
import type { PlatformFinding } from './platform-finding.ts';
import { useProxy } from './proxy.ts';

/** Asks each platform about the bot's own secrets, all at once, for so long at most. Never rejects. */
export async function checkPlatforms(
  { teams, slack, proxy }: Pick<Config, 'teams' | 'slack' | 'proxy'>,
  timeoutMs: number,
): Promise<readonly PlatformFinding[]> {
  // The whole process calls by way of it from now on, as the bot does.
  if (proxy !== undefined) useProxy(proxy);
  const questions: PlatformQuestion[] = [];
  // Each platform's library takes long to load: only where it is on.
  if (teams !== undefined)
    questions.push(...(await import('./bot/teams/questions.ts')).teamsQuestions(teams));
  if (slack !== undefined)
    questions.push(...(await import('./bot/slack/questions.ts')).slackQuestions(slack));
  return Promise.all(
    questions.map(async ({ about, ask, refusalOf }) => {
      try {
        return { about, failure: undefined, missingScopes: await inTime(ask(), timeoutMs) };
      } catch (error) {
        const refusal = refusalOf(error);
        const failure = { isRefused: refusal !== undefined, code: refusal ?? networkCode(error) };
        return { about, failure, missingScopes: [] };
      }
    }),
  );
}

/** Why nobody answered: the innermost cause says it best. */
function networkCode(error: unknown): string {
  const { error: name = 'unknown', code, cause } = errorFields(error);
  const innermost = cause?.split(' < ').at(-1)?.split(' ').at(-1);
  return innermost ?? code ?? name;
}
