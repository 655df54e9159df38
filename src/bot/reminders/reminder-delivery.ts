import { noticeCard } from '../../cards/conversation-cards.ts';
import { digestCard, reminderCard } from '../../cards/reminder-cards.ts';
import { inTime } from '../../deadline.ts';
import { errorFields } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Account } from '../../store/accounts.ts';
import {
  channelOf,
  MessageGone,
  PLATFORM_NAMES,
  PlaceGone,
  type Posted,
  placeKey,
  TryLater,
} from '../channel.ts';
import { failed } from '../outgoing/deadline.ts';
import { readerOf } from '../rights.ts';
import type { Batch, DueReminder } from './batches.ts';
import { type Case, isTeam, type Reached, refusalOf } from './case.ts';
import type { CasesDependencies } from './cases.ts';
import type { KnownPeople } from './known-people.ts';
import {
  type Alert,
  type Delivered,
  firstRecord,
  isRenewal,
  withDelivered,
  withNews,
  withWaiting,
} from './plan.ts';
import type { ReminderViews, ReminderViewsDependencies } from './views.ts';

export interface ReminderDeliveryDependencies
  extends Pick<CasesDependencies, 'accounts' | 'records' | 'administrators' | 'channels' | 'log'>,
    Pick<ReminderViewsDependencies, 'messages' | 'cards'> {
  readonly metrics: Metrics;
  readonly knownPeople: KnownPeople;
  readonly views: ReminderViews;
  /** How long the platform may take for one message. */
  readonly patienceMs: number;
}

/** Sends reminders, and notes each as soon as it was sent. */
export class ReminderDelivery {
  readonly #dependencies: ReminderDeliveryDependencies;

  constructor(dependencies: ReminderDeliveryDependencies) {
    this.#dependencies = dependencies;
  }

  /** One message, about one account or several. Whatever goes wrong with it does not stop the others. */
  async send(batch: Batch): Promise<void> {
    const reminders = await this.#stillAllowed(batch);
    if (reminders === undefined) return;
    const [{ to }] = reminders;
    const before = reminders.map(({ about }) => about.record.told[to.key]);
    let posted: Posted;
    try {
      posted = await inTime(this.#post(reminders), this.#dependencies.patienceMs);
    } catch (error) {
      return this.#notSent(reminders, error);
    }
    this.#dependencies.metrics.reminder(to.place.platform, 'sent');
    const digest = reminders.length === 1 ? {} : { digest: reminders.map(({ about }) => about.account.id) };
    await Promise.all(reminders.map((reminder) => this.#mark(reminder, { posted, ...digest })));
    this.#retire(reminders, before, posted);
  }

  /**
   * Those of them whose reader may still see the account at this moment (P9). An account that has changed meanwhile is
   * looked at again by that.
   */
  async #stillAllowed(reminders: Batch): Promise<Batch | undefined> {
    const { accounts, administrators } = this.#dependencies;
    const found = await accounts.findMany(reminders.map(({ about }) => about.account.id));
    const [first, ...others] = reminders.filter(({ to }, i) => {
      const account = found[i];
      if (account === undefined || account instanceof Error) return false;
      return readerOf(account, to.key, administrators.ids) !== undefined;
    });
    return first && [first, ...others];
  }

  async #post(reminders: Batch): Promise<Posted> {
    const [{ about, alert, to }] = reminders;
    if (alert.kind === 'renewed' || alert.kind === 'accepted') return this.#postEnd(about, alert, to);
    const m = this.#dependencies.messages[to.language];
    const views = await Promise.all(
      reminders.map((reminder) => this.#dependencies.views.view(reminder.about, to)),
    );
    const [only, ...others] = views;
    const card = only !== undefined && others.length === 0 ? reminderCard(m, only) : digestCard(m, views);
    return channelOf(this.#dependencies.channels, to.place).show(to.place, card);
  }

  /** The living card says that there is no more to do; a team is told of a renewal in a line of its own. */
  async #postEnd(about: Case, alert: Alert, to: Reached): Promise<Posted> {
    const delivered = about.record.told[to.key];
    const posted = delivered?.posted;
    if (delivered === undefined || posted === undefined) throw new Error('there is no card to end');
    const channel = channelOf(this.#dependencies.channels, to.place);
    const card = await this.#dependencies.views.cardOn(about, to, delivered);
    try {
      if (card !== undefined) await channel.replace(posted, card);
    } catch (error) {
      // A message that somebody has deleted needs no end.
      if (!(error instanceof MessageGone || error instanceof PlaceGone)) throw error;
    }
    if (alert.kind === 'renewed' && isTeam(to)) {
      const { renewed, expiry, account } = await this.#dependencies.views.view(about, to);
      const m = this.#dependencies.messages[to.language];
      const next = expiry && m.date(expiry.at);
      const sentence = m.reminders.renewedNotice(
        account.structure,
        renewed?.by ?? m.reminders.somebody,
        next,
      );
      await channel.show(to.place, noticeCard(m.reminders.renewedTitle, sentence));
    }
    return posted;
  }

  async #notSent(reminders: Batch, error: unknown): Promise<void> {
    const { metrics, log } = this.#dependencies;
    const [{ to, about: first }] = reminders;
    const { platform } = to.place;
    if (error instanceof PlaceGone && (await this.#giveUp(reminders, error)))
      return metrics.reminder(platform, 'gone');
    const atLeast = error instanceof TryLater ? error.retryAfterMs : 0;
    metrics.reminder(platform, atLeast > 0 ? 'later' : 'failed');
    log.warn('reminder.notSent', { platform, account: first.account.id, ...errorFields(error) });
    for (const { about } of reminders) {
      const delivered = failed(about.record.told[to.key] ?? { language: to.language }, about.now, atLeast);
      about.record = withDelivered(about.record, to.key, delivered);
    }
  }

  /** A place that no longer exists is not tried again. false: nobody could be told of it yet. */
  async #giveUp(reminders: Batch, { reason }: PlaceGone): Promise<boolean> {
    const { accounts, administrators, log } = this.#dependencies;
    const [{ to }] = reminders;
    log.warn('place.gone', { platform: to.place.platform, reason });
    if (to.place.private) {
      // The administrators are told with the reminder itself, which then has one more recipient.
      await this.#dependencies.knownPeople.lose(to.key, to.place);
      for (const { about } of reminders) about.isUnfinished = true;
      return true;
    }
    const structures = [...new Set(reminders.map(({ about }) => about.account.structure))].join(', ');
    try {
      await administrators.tell({
        title: (m) => m.reminders.placeGoneTitle,
        sentence: (m) => m.reminders.placeGone(PLATFORM_NAMES[to.place.platform], structures, reason),
      });
    } catch {
      return false;
    }
    for (const { about } of reminders) {
      about.record = withDelivered(about.record, to.key, undefined);
      await accounts.change(about.account.id, (account) => withoutChannel(account, to.key));
    }
    return true;
  }

  /** Written down at once: what is not will be sent again. */
  async #mark({ about, alert, to }: DueReminder, shown: Pick<Delivered, 'posted' | 'digest'>): Promise<void> {
    const { records } = this.#dependencies;
    const { account, check, now } = about;
    for (;;) {
      const { digest } = about.record.told[to.key] ?? {};
      const isEnd = alert.kind === 'renewed' || alert.kind === 'accepted';
      // A team is not told of it.
      const refusedAt = isTeam(to) ? undefined : refusalOf(about);
      const delivered = {
        ...(isEnd && digest && { digest }),
        ...shown,
        ...(refusedAt && { refusedAt }),
        language: to.language,
        key: alert.key,
      };
      about.record = withDelivered(about.record, to.key, delivered);
      if (await records.save(account.id, about.record, about.version)) {
        about.version += 1;
        about.stored = about.record;
        return;
      }
      // Somebody has pressed « Me le rappeler » meanwhile.
      const fresh = await records.find(account.id);
      about.version = fresh?.version ?? 0;
      const news = withNews(account, fresh?.value ?? firstRecord(account), check, now);
      about.record = alert.kind === 'waiting' ? withWaiting(account, news, check, now) : news;
    }
  }

  /** What a newer message takes the place of is folded up, or is no longer on its digest. */
  #retire(reminders: Batch, before: readonly (Delivered | undefined)[], posted: Posted): void {
    const seen = new Set([posted.message]);
    for (const [i, { about, to }] of reminders.entries()) {
      const old = before[i];
      if (old?.posted === undefined || isRenewal(old.key)) continue;
      if (seen.has(old.posted.message)) continue;
      seen.add(old.posted.message);
      this.#dependencies.cards.drawLater(old.posted, this.#dependencies.views.cardOn(about, to, old));
    }
  }
}

function withoutChannel({ channels, ...account }: Account, key: string): Account {
  const left = channels?.filter((place) => placeKey(place) !== key) ?? [];
  return left.length === 0 ? account : { ...account, channels: left };
}
