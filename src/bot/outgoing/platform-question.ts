import type { PlatformFinding } from '../../platform-finding.ts';

/** What a platform is asked about the bot's own secrets, for `doctor --online`. */
export interface PlatformQuestion {
  readonly about: PlatformFinding['about'];
  /** Gives the scopes that are missing. Rejects with what the platform or the network says. */
  ask(): Promise<readonly string[]>;
  /** The platform's word where it has said no; undefined: it could not be asked. */
  refusalOf(error: unknown): string | undefined;
}
