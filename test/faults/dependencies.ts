import { type Bot, type BotPorts, createBot } from '../../src/bot/bot.ts';
import type { Channel } from '../../src/bot/channel.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { Resets } from '../../src/store/resets.ts';
import { SIGNING } from '../signing-keys.ts';

export interface DependenciesOptions
  extends Pick<BotPorts, 'store' | 'sealer' | 'chorus' | 'metrics' | 'log' | 'now'> {
  /** Everybody is on it. */
  readonly channel: Channel;
  readonly journal?: Journal;
}

/** A bot, and what it keeps. */
export interface Dependencies extends Bot {
  readonly resetRecords: Resets<ResetRecord>;
  readonly credentials: Credentials;
}

/** What nobody looks at. */
export function quiet(): Pick<DependenciesOptions, 'metrics' | 'log'> {
  return { metrics: createMetrics(), log: createLog('error', { write: () => undefined }) };
}

/** The bot without a platform: what a process needs to keep a password. */
export function openDependencies({ channel, journal, ...ports }: DependenciesOptions): Dependencies {
  const { store, sealer } = ports;
  const bot = createBot({
    ...ports,
    channels: new Map([[channel.platform, channel]]),
    journal: journal ?? new Journal(store, SIGNING),
    apiUrl: 'https://chorus.invalid',
    links: { portalUrl: 'https://portal.invalid' },
    messages: { fr, en },
    maskedLinks: undefined,
    administrators: [],
    dailyTest: false,
    changed: () => undefined,
  });
  return { ...bot, resetRecords: new Resets(store), credentials: new Credentials(store, sealer) };
}
