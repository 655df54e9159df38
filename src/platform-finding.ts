/** `isRefused`: the platform has said no; otherwise it could not be asked. */
export interface PlatformFailure {
  readonly isRefused: boolean;
  /** The platform's own, or that of the network. */
  readonly code: string;
}

/** What a platform said of one of the bot's own secrets, for `doctor --online`. */
export interface PlatformFinding {
  readonly about: 'slackToken' | 'slackAppToken' | 'teamsSecret' | 'teamsKeys';
  /** Undefined: all is well. */
  readonly failure: PlatformFailure | undefined;
  /** What the application must be given in Slack. */
  readonly missingScopes: readonly string[];
}
