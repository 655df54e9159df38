import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from '../../src/bot/account/daily-test.ts';
import type { Channel, Place, Posted } from '../../src/bot/channel.ts';
import { Administrators } from '../../src/bot/outgoing/administrators.ts';
import { LivingCards } from '../../src/bot/outgoing/living-cards.ts';
import type { ReminderRecord } from '../../src/bot/reminders/plan.ts';
import { Reminders } from '../../src/bot/reminders/reminders.ts';
import type { ResetRecord } from '../../src/bot/reset/record.ts';
import type { Card } from '../../src/cards/card.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import type { PersonId, Platform } from '../../src/person.ts';
import { AccountRecords } from '../../src/store/account-records.ts';
import { Accounts } from '../../src/store/accounts.ts';
import { openStore } from '../../src/store/open.ts';
import { People } from '../../src/store/people.ts';
import { Resets } from '../../src/store/resets.ts';

// One replica of the reminders, on a clock that its parent moves, posting to a platform that its parent plays.
const [, , , storeUrl = '', platformUrl = '', administrator = '', lease = ''] = process.argv;

let now = new Date(0);

class HttpChannel implements Channel {
  readonly platform = 'teams';

  async show(place: Place, card: Card): Promise<Posted> {
    return { place, message: await this.#send('POST', { to: place.address.conversation, card }) };
  }

  async replace({ place, message }: Posted, card: Card): Promise<void> {
    await this.#send('PUT', { to: place.address.conversation, message, card });
  }

  async #send(method: string, body: object): Promise<string> {
    const response = await fetch(platformUrl, {
      method,
      body: JSON.stringify({ ...body, from: process.pid }),
    });
    if (!response.ok) throw new Error(String(response.status));
    return response.text();
  }
}

async function run(): Promise<void> {
  const store = await openStore(storeUrl);
  const channels = new Map<Platform, Channel>([['teams', new HttpChannel()]]);
  const messages = { fr, en };
  const people = new People<Place>(store);
  // A platform that was too slow has perhaps delivered all the same.
  const log = createLog('warn', {
    write: (line) => (line.includes('reminder.notSent') ? process.send?.('not sent') : undefined),
  });
  const administrators = new Administrators({
    administrators: [administrator as PersonId],
    store,
    people,
    channels,
    messages,
    log,
  });
  const reminders = new Reminders({
    store,
    accounts: new Accounts(store),
    people,
    records: new AccountRecords<ReminderRecord>(store, 'reminder'),
    checks: new AccountRecords<Check>(store, 'check'),
    credentials: { slots: async () => ({ setAside: [] }) },
    resets: new Resets<ResetRecord>(store),
    administrators,
    dailyTest: undefined,
    channels,
    cards: new LivingCards(channels, () => undefined),
    messages,
    metrics: createMetrics(),
    log,
    now: () => now,
    pace: { budgetMs: Number(lease) / 5, patienceMs: Number(lease) * 0.75, leaseMs: Number(lease) },
  });
  process.send?.('ready');
  while (now.getTime() === 0) await sleep(5);
  for (;;) {
    await reminders.tick().catch(() => undefined);
    await sleep(5);
  }
}

process.on('message', (instant) => {
  now = new Date(String(instant));
});
process.on('disconnect', () => process.exit());
void run();
