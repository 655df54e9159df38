import { isDeepStrictEqual } from 'node:util';
import type { Card } from '../../cards/card.ts';
import { noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { isTaken, reportedQuestion } from '../../cards/report-card.ts';
import { plain } from '../../cards/text.ts';
import { verdictSentence } from '../../cards/verdict-cards.ts';
import { wakeAt } from '../../chorus/procedures/reset.ts';
import { inTime } from '../../deadline.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Platform } from '../../person.ts';
import type { Account, Accounts } from '../../store/accounts.ts';
import type { Credentials } from '../../store/credentials.ts';
import type { People } from '../../store/people.ts';
import { mayReset } from '../../store/rights.ts';
import type { Store } from '../../store/store.ts';
import {
  type Channel,
  channelOf,
  type Language,
  PLATFORM_NAMES,
  type Place,
  PlaceGone,
  TryLater,
} from '../channel.ts';
import type { Administrators } from '../outgoing/administrators.ts';
import { DELIVERY_PACE, type DeliveryPace, failed } from '../outgoing/deadline.ts';
import {
  type PendingNotice,
  pendingNotice,
  type ResetRecord,
  type ResetRecords,
  verdictOf,
} from './record.ts';
import type { UseOf } from './use.ts';

export interface ResetNewsDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly people: People<Place>;
  readonly credentials: Credentials;
  readonly useOf: UseOf;
  readonly records: ResetRecords;
  readonly administrators: Administrators;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
  readonly now: () => Date;
  readonly pace?: DeliveryPace;
}

/** Who is told, and where; undefined: the bot does not know where to write to them. */
interface Listener {
  readonly name: string;
  readonly language: Language;
  readonly place: Place | undefined;
}

/**
 * Tells whoever walks a reset what has happened while nobody was clicking; once they may not see the account any more, its
 * gestionnaire principal (P9).
 *
 * What is still to be told stands in the reset's record until it was shown, and the agenda of resets brings it back:
 * a crash or a platform that fails loses none, and repeats one message at most (P8).
 */
export class ResetNews {
  readonly #dependencies: ResetNewsDependencies;
  readonly #pace: DeliveryPace;

  constructor(dependencies: ResetNewsDependencies) {
    this.#dependencies = dependencies;
    this.#pace = dependencies.pace ?? DELIVERY_PACE;
  }

  /** Tells what is due to be told of this account's reset, unless another replica is at it. */
  async tell(account: Account): Promise<void> {
    const { store, records, now } = this.#dependencies;
    const claim = `news/${account.id}`;
    const token = await store.claim(claim, this.#pace.leaseMs);
    if (token === undefined) return;
    try {
      const saved = await records.find(account.id);
      const news = saved && dueNotice(saved.value, now());
      if (saved !== undefined && news !== undefined)
        await this.#replace(account, news, await this.#leftAfter(account, saved.value, news));
    } finally {
      await store.release(claim, token);
    }
  }

  /** It was shown otherwise. */
  async told(account: Account, news: PendingNotice): Promise<void> {
    await this.#replace(account, news, undefined);
  }

  /** Sends the message; gives what is left to be told, if anything is. */
  async #leftAfter(
    account: Account,
    record: ResetRecord,
    news: PendingNotice,
  ): Promise<PendingNotice | undefined> {
    const { accounts, messages, log, now } = this.#dependencies;
    const { platform } = record.place;
    try {
      const present = await accounts.find(account.id);
      if (present === undefined) return undefined;
      if (news.what === 'notTaken' && (await this.#isSettled(account, record))) return undefined;
      const to = await this.#listener(present, record);
      const gone = await this.#posted(to, cardOf(messages[to.language], account, record, news.what));
      if (gone === undefined || (await this.#giveUp(account, record, news.what, { to, gone })))
        return undefined;
      throw gone;
    } catch (error) {
      log.warn('news.notTold', { platform, account: account.id, ...errorFields(error) });
      return failed(news, now(), error instanceof TryLater ? error.retryAfterMs : 0);
    }
  }

  /** Something has taken the password, or another one is in use by now: nobody is asked for it. */
  async #isSettled({ id }: Account, { reset }: ResetRecord): Promise<boolean> {
    const { credentials, useOf } = this.#dependencies;
    const [{ current }, use] = await Promise.all([credentials.slots(id), useOf(id, reset.kept)]);
    return current?.version !== reset.kept || isTaken(use);
  }

  /** Their own conversation; an earlier version let a reset live where others read it too. */
  async #listener(account: Account, { holder, place }: ResetRecord): Promise<Listener> {
    if (mayReset(holder.id, account) && place.private) return { ...holder, place };
    const id = mayReset(holder.id, account) ? holder.id : account.manager;
    const [known] = await this.#dependencies.people.findMany([id]);
    return { language: 'fr', place: undefined, ...known, name: known?.name || id };
  }

  /** Gives why nothing can be posted there. */
  async #posted({ place }: Listener, card: Card): Promise<PlaceGone | undefined> {
    if (place === undefined) return new PlaceGone('not_known');
    try {
      await inTime(channelOf(this.#dependencies.channels, place).show(place, card), this.#pace.patienceMs);
      return undefined;
    } catch (error) {
      if (error instanceof PlaceGone) return error;
      throw error;
    }
  }

  /** The administrators read what nobody else will. false: nobody could be told of it yet. */
  async #giveUp(
    account: Account,
    record: ResetRecord,
    what: PendingNotice['what'],
    { to, gone }: { readonly to: Listener; readonly gone: PlaceGone },
  ): Promise<boolean> {
    const { platform } = to.place ?? record.place;
    try {
      await this.#dependencies.administrators.tell({
        title: (m) => m.notices.untoldTitle,
        sentence: (m) =>
          m.notices.untold(
            to.name,
            PLATFORM_NAMES[platform],
            gone.reason,
            noticeOf(m, account, record, what).text,
          ),
      });
      return true;
    } catch {
      return false;
    }
  }

  /** Unless there is other news by now. */
  async #replace(account: Account, news: PendingNotice, left: PendingNotice | undefined): Promise<void> {
    await this.#dependencies.records.change(account.id, (before) => {
      if (before === undefined || !isDeepStrictEqual(before.news, news)) return { result: undefined };
      const { news: _told, ...record } = before;
      const next = left === undefined ? record : { ...record, news: left };
      return { result: undefined, change: { account, record: next } };
    });
  }
}

/** What is to be told now. */
export function dueNotice(record: ResetRecord, now: Date): PendingNotice | undefined {
  const news = pendingNotice(record);
  return news !== undefined && Date.parse(news.retryAt) <= now.getTime() ? news : undefined;
}

function cardOf(m: Messages, account: Account, record: ResetRecord, what: PendingNotice['what']): Card {
  if (what === 'notTaken') return reportedQuestion(m, account);
  const { title, text } = noticeOf(m, account, record, what);
  return noticeCard(title, text);
}

function noticeOf(
  m: Messages,
  { structure, login }: Account,
  record: ResetRecord,
  what: PendingNotice['what'],
): { readonly title: string; readonly text: string } {
  const { reset } = record;
  switch (what) {
    case 'verdict': {
      const verdict = reset.step === 'accepted' ? 'accepted' : 'refused';
      const why = plain(verdictSentence(m, verdictOf(record)));
      return { title: m.test[verdict].title, text: m.test.verdictNotice[verdict](structure, why) };
    }
    case 'standsStill':
      return { title: m.buttons.resume, text: m.notices.standsStill(structure) };
    case 'aboutToTimeOut': {
      const end = wakeAt(reset)?.toISOString() ?? reset.touchedAt;
      return { title: m.buttons.resume, text: m.notices.aboutToTimeOut(structure, m.moment(end)) };
    }
    case 'paused': {
      const since = m.moment(reset.pausedAt ?? reset.touchedAt);
      return { title: m.buttons.resume, text: m.notices.paused(structure, since) };
    }
    case 'timedOut':
      return { title: m.ends.timedOut.title, text: m.notices.timedOut(structure) };
    case 'notTaken':
      return { title: m.reported.title, text: m.reported.question(login) };
    default:
      return what satisfies never;
  }
}
