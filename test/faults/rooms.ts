import { Administrators } from '../../src/bot/administrators.ts';
import type { Channel, Place } from '../../src/bot/channel.ts';
import { LivingCards } from '../../src/bot/living-cards.ts';
import { PasswordEntry } from '../../src/bot/password-entry.ts';
import { patient } from '../../src/bot/patient-channel.ts';
import { ResetRunner } from '../../src/bot/reset.ts';
import type { ResetRecord } from '../../src/bot/reset-card.ts';
import { ResetNews } from '../../src/bot/reset-news.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import type { ChorusClient } from '../../src/chorus/client.ts';
import { createLog, type Log } from '../../src/log.ts';
import { createMetrics, type Metrics } from '../../src/metrics.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { Credentials } from '../../src/store/credentials.ts';
import { Journal } from '../../src/store/journal.ts';
import { People } from '../../src/store/people.ts';
import { Resets } from '../../src/store/resets.ts';
import type { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';

export interface RoomsOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly chorus: Pick<ChorusClient, 'testConnection'>;
  /** Everybody is on it. */
  readonly channel: Channel;
  readonly journal?: Journal;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly now: () => Date;
}

export type Rooms = ReturnType<typeof openRooms>;

/** What nobody looks at. */
export function quiet(): Pick<RoomsOptions, 'metrics' | 'log'> {
  return { metrics: createMetrics(), log: createLog('error', { write: () => undefined }) };
}

/** The rooms of a reset as `compose` puts them together, without a platform: what a process needs to keep a password. */
export function openRooms({ store, sealer, chorus, channel, journal, metrics, log, now }: RoomsOptions) {
  const channels = new Map<Place['platform'], Channel>([[channel.platform, patient(channel)]]);
  const messages = { fr, en };
  const cards = new LivingCards(channels, () => undefined);
  const credentials = new Credentials(store, sealer);
  const resetRecords = new Resets<ResetRecord>(store);
  const people = new People<Place>(store);
  const administrators = new Administrators({ administrators: [], people, channels, messages, log });
  const news = new ResetNews({
    store,
    resets: resetRecords,
    administrators,
    channels,
    messages,
    log,
    now,
  });
  const resets = new ResetRunner({
    cards,
    store,
    accounts: new Accounts(store),
    credentials,
    resets: resetRecords,
    news,
    journal: journal ?? new Journal(store),
    chorus,
    channels,
    messages,
    links: { portalUrl: 'https://portal.invalid' },
    log,
    metrics,
    now,
    changed: () => undefined,
  });
  const passwords = new PasswordEntry({
    store,
    credentials,
    sealer,
    resets,
    messages,
    maskedLinks: undefined,
    log,
    now,
  });
  return {
    resets,
    resetRecords,
    credentials,
    passwords,
    /** Resolves when all that was acknowledged is done, and drawn. */
    async settled(): Promise<void> {
      await resets.settled();
      await cards.settled();
    },
  };
}
