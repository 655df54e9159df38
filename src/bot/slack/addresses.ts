import type { Place, Posted } from '../channel.ts';

/** What a place in Slack consists of. */
export interface SlackAddress {
  /** undefined: the only workspace. */
  readonly team: string | undefined;
  /** A channel, or a person: their own conversation with the bot. */
  readonly channel: string;
  readonly thread?: string;
}

/** What one person alone sees for a while. */
export interface Ephemeral {
  readonly user: string;
  readonly responseUrl: string;
}

const HOME = 'home/';
const EPHEMERAL = 'ephemeral/';

export function addressOf({ address }: Place): SlackAddress {
  const { team, channel = '', thread } = address;
  return { team, channel, ...(thread === undefined ? {} : { thread }) };
}

/** Somebody's own conversation with the bot. */
export function directPlace(team: string | undefined, user: string): Place {
  return {
    platform: 'slack',
    private: true,
    address: { ...(team === undefined ? {} : { team }), channel: user },
  };
}

export function homeMessage(user: string): Posted['message'] {
  return HOME + user;
}

/** Whose Home this is; undefined for any other message. */
export function homeOf(message: Posted['message']): string | undefined {
  return message.startsWith(HOME) ? message.slice(HOME.length) : undefined;
}

export function ephemeralMessage({ user, responseUrl }: Ephemeral): Posted['message'] {
  return `${EPHEMERAL}${user}/${responseUrl}`;
}

/** Undefined for a message that stays. */
export function ephemeralOf(message: Posted['message']): Ephemeral | undefined {
  if (!message.startsWith(EPHEMERAL)) return undefined;
  const rest = message.slice(EPHEMERAL.length);
  const end = rest.indexOf('/');
  return { user: rest.slice(0, end), responseUrl: rest.slice(end + 1) };
}
