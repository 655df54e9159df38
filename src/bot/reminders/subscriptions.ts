import type { Card } from '../../cards/card.ts';
import { noAccountCard, noticeCard } from '../../cards/conversation-cards.ts';
import type { Messages } from '../../cards/messages.ts';
import { subscriptionCard } from '../../cards/reminder-cards.ts';
import type { Platform } from '../../person.ts';
import { type Account, type Accounts, accountId } from '../../store/accounts.ts';
import type { Journal } from '../../store/journal.ts';
import { mayReset } from '../../store/rights.ts';
import { type Channel, type Language, placeKey, type Said } from '../channel.ts';
import { folded } from '../commands.ts';
import type { Administrators } from '../outgoing/administrators.ts';

export interface SubscriptionsDependencies {
  readonly accounts: Accounts;
  readonly journal: Journal;
  readonly administrators: Administrators;
  readonly channels: ReadonlyMap<Platform, Channel>;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly now: () => Date;
}

const HERE = new Set(['ici', 'here', 'on']);
const STOP = new Set(['stop', 'arret', 'off']);

/** « rappels ici » and « rappels stop »: which team conversations are told of which accounts. */
export class Subscriptions {
  readonly #dependencies: SubscriptionsDependencies;

  constructor(dependencies: SubscriptionsDependencies) {
    this.#dependencies = dependencies;
  }

  /** `asked` is what follows « rappels »: whether, and for which account where it is not for all of the speaker's. */
  async change(turn: Said, asked: string): Promise<readonly Card[]> {
    const m = this.#dependencies.messages[turn.person.language];
    const notice = (sentence: string) => [noticeCard(m.reminders.here.title, sentence)];
    if (turn.place.private) return notice(m.reminders.here.privately);
    const [first = '', ...rest] = asked.split(/\s+/);
    const isStop = STOP.has(folded(first));
    const isVerb = isStop || HERE.has(folded(first));
    const meant = await this.#accountsFor(turn, isVerb ? rest.join(' ') : asked);
    if (meant === 'which') return notice(m.reminders.here.which);
    if (meant === 'none') return [noAccountCard(m)];
    if (meant.length === 0) return notice(m.conversation.notYours);
    const set: Account[] = [];
    for (const account of meant) if (await this.#set(turn, account, !isStop)) set.push(account);
    if (set.length === 0) return notice(m.conversation.notYours);
    return [subscriptionCard(m, isStop ? 'off' : 'on', set)];
  }

  /** An administrator may name any account, and must name one; a manager or a deputy means all of theirs. */
  async #accountsFor(turn: Said, named: string): Promise<readonly Account[] | 'which' | 'none'> {
    const { accounts, administrators } = this.#dependencies;
    const theirs = await accounts.ofPerson(turn.person.id);
    const isAdministrator = administrators.ids.includes(turn.person.id);
    if (named === '') return theirs.length > 0 ? theirs : isAdministrator ? 'which' : 'none';
    const any = isAdministrator ? await accounts.find(accountId(named)) : undefined;
    if (any !== undefined) return [any];
    const wanted = folded(named);
    return theirs.filter(({ login, siret, structure }) =>
      [login, siret, structure].some((name) => folded(name).includes(wanted)),
    );
  }

  /** false: they have lost the right since they spoke. */
  async #set(turn: Said, { id }: Account, isOn: boolean): Promise<boolean> {
    const { accounts, administrators, journal, channels, now } = this.#dependencies;
    const { person } = turn;
    const place = channels.get(turn.place.platform)?.outOfThread?.(turn.place) ?? turn.place;
    const changed = await accounts.change(id, ({ channels: before = [], ...account }) => {
      if (!administrators.ids.includes(person.id) && !mayReset(person.id, account)) return undefined;
      const others = before.filter((each) => placeKey(each) !== placeKey(place));
      const after = isOn ? [...others, { ...place, subscribedBy: person.id }] : others;
      return after.length === 0 ? account : { ...account, channels: after };
    });
    if (changed === undefined) return false;
    await journal.append({
      at: now(),
      who: person.id,
      what: isOn ? 'remindersHere' : 'remindersStopped',
      account: id,
      from: turn.place.platform,
    });
    return true;
  }
}
