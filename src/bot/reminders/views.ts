import type { Card } from '../../cards/card.ts';
import { closedCard, noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { digestCard, type ReminderView, reminderCard } from '../../cards/reminder-cards.ts';
import { timeLeft } from '../../chorus/expiry.ts';
import type { Account, AccountId } from '../../store/accounts.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { Resets } from '../../store/resets.ts';
import type { Language } from '../channel.ts';
import type { Administrators } from '../outgoing/administrators.ts';
import type { LivingCards } from '../outgoing/living-cards.ts';
import type { ResetRecord } from '../reset/record.ts';
import { publicId, type Reader, readerOf } from '../rights.ts';
import {
  actorsOf,
  type Case,
  isLent,
  isOn,
  type Recipient,
  refusalOf,
  refusalReasonOf,
  runningOf,
  snoozesOf,
} from './case.ts';
import type { ReminderCases } from './cases.ts';
import type { Alert, Delivered, ReminderRecord } from './plan.ts';

export interface ReminderViewsDependencies {
  readonly credentials: Pick<Credentials, 'slots'>;
  readonly resets: Pick<Resets<ResetRecord>, 'findMany'>;
  readonly administrators: Administrators;
  readonly cards: LivingCards;
  readonly messages: Readonly<Record<Language, Messages>>;
}

/** How accounts look to each of their readers, alone or together on a digest. */
export class ReminderViews {
  readonly #dependencies: ReminderViewsDependencies;
  readonly #cases: Pick<ReminderCases, 'of'>;

  constructor(dependencies: ReminderViewsDependencies, cases: Pick<ReminderCases, 'of'>) {
    this.#dependencies = dependencies;
    this.#cases = cases;
  }

  /**
   * The card as it is now on the message that `delivered` names, which may be a digest of several accounts. Undefined: it
   * has become the card of a reset that was begun on it, of whichever account.
   */
  async cardOn(about: Case, to: Recipient, delivered: Delivered): Promise<Card | undefined> {
    const { movedTitle, moved } = this.#dependencies.messages[to.language].reminders;
    if (isLent(about.reset?.value, delivered)) return undefined;
    const others = await this.#sharing(about.account.id, delivered, about.now);
    return others && this.#drawn([about, ...others], to, delivered, noticeCard(movedTitle, moved));
  }

  /**
   * What is left of a card that its reader may not see any more: the other accounts of a digest, or nothing. Undefined: it
   * has become the card of a reset, which is closed by itself.
   */
  async closed({ account, now }: Case, key: string, delivered: Delivered): Promise<Card | undefined> {
    const others = await this.#sharing(account.id, delivered, now);
    const to = { key, language: delivered.language, place: delivered.posted?.place };
    return (
      others &&
      this.#drawn(others, to, delivered, closedCard(this.#dependencies.messages[delivered.language]))
    );
  }

  /** This account, and the others that share its message to this recipient. */
  async onCard(about: Case, key: string): Promise<Case[]> {
    const delivered = about.record.told[key];
    const shared = delivered?.digest?.filter((id) => id !== about.account.id) ?? [];
    const others = await this.#cases.of(shared, about.now);
    return [about, ...others.filter((other) => delivered !== undefined && isOn(other, key, delivered))];
  }

  async view(about: Case, to: Recipient): Promise<ReminderView> {
    const { account, record, now, people } = about;
    const { alert, told: delivered } = record;
    const { expiry, lastUpdated, manager, deputy } = account;
    const name = (id: string | undefined) => people.get(id ?? '')?.name;
    const [managerName, deputyName] = [name(manager), name(deputy)];
    const reader = this.#readerOf(about, to) ?? 'team';
    const isForTeam = reader === 'team';
    const refusedAt = isForTeam ? undefined : refusalOf(about);
    const refusedBecause = refusedAt === undefined ? undefined : refusalReasonOf(about);
    const running = runningOf(about);
    const snoozedUntil = delivered[to.key]?.snoozedUntil;
    const isAsked = alert?.kind === 'expiry' && reader === 'actor';
    const unreached = alert === undefined ? [] : actorsOf(about, alert).filter(({ id }) => !people.has(id));
    return {
      ref: { account: isForTeam ? publicId(account.id) : account.id },
      account,
      ...(expiry && { expiry, ...timeLeft(new Date(expiry.at), now) }),
      news: isForTeam ? calendarNewsOf(alert) : newsOf(about),
      ...(lastUpdated && { updated: lastUpdated }),
      ...(managerName && { manager: managerName }),
      ...(deputyName && { deputy: deputyName }),
      reader,
      ...(refusedAt && { refusedAt }),
      ...(refusedBecause && { refusedBecause }),
      ...(running && { running: { name: running.holder.name, since: running.reset.startedAt } }),
      unreached: unreached.map(({ role }) => role),
      snoozes: isAsked ? snoozesOf(about).map(({ snooze }) => snooze) : [],
      ...(snoozedUntil && snoozedUntil > now.toISOString() ? { snoozedUntil } : {}),
      ...(alert?.kind === 'renewed' ? { renewed: await this.#renewal(account) } : {}),
    };
  }

  /** The account was removed: its cards lead nowhere any more. */
  drawForgotten(id: AccountId, { told: delivered }: ReminderRecord, now: Date): void {
    const { cards } = this.#dependencies;
    for (const [key, each] of Object.entries(delivered))
      if (each.posted !== undefined) cards.drawLater(each.posted, this.#cardWithout(id, key, each, now));
  }

  /** The other accounts of a digest; undefined where the reset of one of them lives on its message. */
  async #sharing(id: AccountId, delivered: Delivered, now: Date): Promise<Case[] | undefined> {
    const shared = delivered.digest?.filter((other) => other !== id) ?? [];
    const [others, led] = await Promise.all([
      this.#cases.of(shared, now),
      this.#dependencies.resets.findMany(shared),
    ]);
    return led.some((found) => isLent(found?.value, delivered)) ? undefined : others;
  }

  /** Those of the accounts that are still on this message; `empty` where none is. */
  async #drawn(cases: readonly Case[], to: Recipient, delivered: Delivered, empty: Card): Promise<Card> {
    const m = this.#dependencies.messages[to.language];
    const shown = cases.filter(
      (each) => isOn(each, to.key, delivered) && this.#readerOf(each, to) !== undefined,
    );
    const views = await Promise.all(shown.map((each) => this.view(each, to)));
    const [only] = views;
    if (only === undefined) return empty;
    return delivered.digest === undefined ? reminderCard(m, only) : digestCard(m, views);
  }

  #readerOf({ account }: Case, { key }: Recipient): Reader | undefined {
    return readerOf(account, key, this.#dependencies.administrators.ids);
  }

  async #renewal({ id, lastUpdated = '' }: Account): Promise<{ by: string | undefined; at: string }> {
    const { current } = await this.#dependencies.credentials.slots(id);
    return { by: current?.heldBy, at: lastUpdated };
  }

  /** What is left of the card of an account that was removed. */
  async #cardWithout(id: AccountId, key: string, delivered: Delivered, now: Date): Promise<Card | undefined> {
    const { language, posted } = delivered;
    const { movedTitle, forgotten } = this.#dependencies.messages[language].reminders;
    const others = await this.#sharing(id, delivered, now);
    const to = { key, language, place: posted?.place };
    return others && this.#drawn(others, to, delivered, noticeCard(movedTitle, forgotten));
  }
}

function newsOf({ record: { alert }, check }: Case): ReminderView['news'] {
  if (alert?.kind === 'waiting' && check?.waiting !== undefined)
    return { kind: 'waiting', since: check.waiting.since };
  if (alert?.kind === 'refused') return { kind: 'refused' };
  if (alert?.kind === 'accepted' && alert.threshold === undefined) return { kind: 'accepted' };
  return calendarNewsOf(alert);
}

function calendarNewsOf(alert: Alert | undefined): { readonly kind: 'alert' | 'expiry' } {
  return { kind: alert?.threshold === 'alert' ? 'alert' : 'expiry' };
}
