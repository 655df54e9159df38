/** Where people are. */
export type Platform = 'teams' | 'slack';

/** `teams:<tenant>:<user>` or `slack:<team>:<user>`. */
export type PersonId = `${Platform}:${string}:${string}`;
