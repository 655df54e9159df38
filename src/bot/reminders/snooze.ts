import { SNOOZE_CHOICE } from '../../cards/reminder-cards.ts';
import { mayReset } from '../../store/rights.ts';
import { accountIdOf, type ClickAnswer, type Clicked } from '../channel.ts';
import { type Case, type Recipient, snoozesOf } from './case.ts';
import type { CasesDependencies, ReminderCases } from './cases.ts';
import type { ReminderViews, ReminderViewsDependencies } from './views.ts';

export interface SnoozeDependencies
  extends Pick<CasesDependencies, 'accounts' | 'records'>,
    Pick<ReminderViewsDependencies, 'messages'> {
  readonly now: () => Date;
  readonly cases: ReminderCases;
  readonly views: ReminderViews;
}

/** Puts reminders off for the person who asks for it. */
export class SnoozeClicks {
  readonly #dependencies: SnoozeDependencies;

  constructor(dependencies: SnoozeDependencies) {
    this.#dependencies = dependencies;
  }

  /** « Me le rappeler », clicked on a person's own card: for all the accounts on it that are theirs to renew. */
  async clicked(turn: Clicked): Promise<ClickAnswer> {
    const { accounts, messages, now, cases, views } = this.#dependencies;
    const { person, place } = turn;
    const m = messages[person.language];
    const outOfDate = { kind: 'refusal', text: m.conversation.outOfDate } as const;
    // Before anything else: to look at what there is to tell of an account may change the store.
    const account = await accounts.find(accountIdOf(turn));
    if (account === undefined || !mayReset(person.id, account))
      return { kind: 'refusal', text: m.conversation.notYours };
    if (!place.private) return outOfDate;
    const [found] = await cases.of([account.id], now());
    if (found === undefined) return outOfDate;
    const all = await views.onCard(found, person.id);
    const theirs = all.filter(
      ({ account, record }) => record.alert?.kind === 'expiry' && mayReset(person.id, account),
    );
    const choices = theirs.map((each) =>
      snoozesOf(each).find(({ snooze }) => snooze === turn.data[SNOOZE_CHOICE]),
    );
    const [chosen] = choices;
    if (chosen === undefined || choices.includes(undefined)) return outOfDate;
    for (const each of theirs) await this.#snoozeOne(each, turn, chosen.at);
    const delivered = found.record.told[person.id];
    const to: Recipient = { key: person.id, language: person.language, place };
    const card = delivered && (await views.cardOn(found, to, delivered));
    return card === undefined ? outOfDate : { kind: 'card', card };
  }

  async #snoozeOne(about: Case, { person, clicked }: Clicked, until: Date): Promise<void> {
    const { accounts, records } = this.#dependencies;
    const snoozed = {
      language: person.language,
      ...(clicked === undefined ? {} : { posted: clicked }),
      snoozedUntil: until.toISOString(),
    };
    const saved = await records.change(about.account.id, (before = about.record) => ({
      ...before,
      told: { ...before.told, [person.id]: { ...before.told[person.id], ...snoozed } },
    }));
    await accounts.lookAgain(about.account.id);
    about.record = saved?.value ?? about.record;
  }
}
