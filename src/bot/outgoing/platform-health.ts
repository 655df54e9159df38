import type { Messages } from '../../cards/messages.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Platform } from '../../person.ts';
import { NotReady } from '../../readiness.ts';
import { PLATFORM_NAMES } from '../channel.ts';
import type { Administrators } from './administrators.ts';

/** What a platform needs of the bot: a secret that it accepts and, in Slack's Socket Mode, a connection. */
export type HealthPart = 'secret' | 'connection';

/** `reason`: the platform's own code. Undefined: this part works. */
export type ReportHealth = (part: HealthPart, reason: string | undefined) => void;

interface Failure {
  readonly platform: Platform;
  readonly part: HealthPart;
  readonly reason: string;
  readonly since: Date;
}

export interface PlatformHealthOptions {
  /** Those that are on. */
  readonly platforms: readonly Platform[];
  readonly tellOnce: Administrators['tellOnce'];
  readonly metrics: Pick<Metrics, 'platformUp'>;
  readonly log: Log;
  readonly now: () => Date;
}

/** A connection is made again by itself; a secret is not. */
const TOLD_AFTER_MS: Readonly<Record<HealthPart, number>> = { secret: 0, connection: 5 * 60_000 };
/** What an administrator has to look at. */
const VARIABLES: Readonly<Record<Platform, Readonly<Record<HealthPart, string>>>> = {
  teams: { secret: 'MicrosoftAppPassword', connection: 'MicrosoftAppPassword' },
  slack: { secret: 'SLACK_BOT_TOKEN', connection: 'SLACK_APP_TOKEN' },
};
const TOLD_EVERY_MS = 24 * 60 * 60_000;

/** Whether each platform works for the bot as a whole, as the channels have seen it. */
export class PlatformHealth {
  readonly #options: PlatformHealthOptions;
  readonly #failures = new Map<string, Failure>();

  constructor(options: PlatformHealthOptions) {
    this.#options = options;
    for (const platform of options.platforms) options.metrics.platformUp(platform, true);
  }

  /** What a channel reports to. */
  reportOf(platform: Platform): ReportHealth {
    return (part, reason) => this.#report(platform, part, reason);
  }

  /** Throws {@link NotReady} where no platform works. Where one of two works, the bot is of use. */
  assertOneWorks(): void {
    const failing = new Set([...this.#failures.values()].map(({ platform }) => platform));
    const [first] = this.#failures.values();
    if (first !== undefined && failing.size === this.#options.platforms.length)
      throw new NotReady(first.reason);
  }

  /** Tells the administrators, once a day, of what has failed for so long that it does not mend itself. */
  async tell(): Promise<void> {
    const { tellOnce, now, log } = this.#options;
    for (const { platform, part, reason, since } of this.#failures.values()) {
      if (now().getTime() - since.getTime() < TOLD_AFTER_MS[part]) continue;
      const notice = {
        title: (m: Messages) => m.platforms.failedTitle(PLATFORM_NAMES[platform]),
        sentence: (m: Messages) =>
          m.platforms.failed[part](PLATFORM_NAMES[platform], VARIABLES[platform][part], reason),
      };
      // Where no platform is left to tell them by, the log and the metric have it.
      await tellOnce(`platform/${platform}`, TOLD_EVERY_MS, notice).catch((error: unknown) =>
        log.warn('administrators.notTold', errorFields(error)),
      );
    }
  }

  #report(platform: Platform, part: HealthPart, reason: string | undefined): void {
    const { metrics, log, now } = this.#options;
    const key = `${platform} ${part}`;
    const known = this.#failures.get(key);
    if (reason === undefined) {
      if (this.#failures.delete(key)) log.info('platform.works', { platform });
    } else if (known?.reason !== reason) {
      this.#failures.set(key, { platform, part, reason, since: known?.since ?? now() });
      log.error('platform.failed', { platform, reason });
    }
    metrics.platformUp(platform, ![...this.#failures.values()].some((one) => one.platform === platform));
  }
}
