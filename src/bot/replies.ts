import type { Card } from '../cards/card.ts';
import {
  accountsCard,
  burnedCard,
  chooseCard,
  helloCard,
  helpCard,
  noticeCard,
} from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import { looksLikePassword } from '../chorus/password.ts';
import type { Account } from '../store/accounts.ts';
import type { Configuration } from './account/configuration.ts';
import { type AccountChoiceDependencies, accountLines, withAccount } from './account-choice.ts';
import { isBeforeOthers, type Said, type Turn } from './channel.ts';
import { readCommand, readSaying } from './commands.ts';
import type { PrivateAnswers } from './outgoing/private-answers.ts';
import type { Subscriptions } from './reminders/subscriptions.ts';
import type { ResetRunner } from './reset/runner.ts';

export interface RepliesDependencies extends AccountChoiceDependencies {
  readonly resetRunner: ResetRunner;
  readonly configuration: Configuration;
  readonly subscriptions: Subscriptions;
  readonly privateAnswers: PrivateAnswers;
}

/** Whether somebody has written a password to the bot, in the message or with it. What the bot knows as a command is none. */
export function holdsPassword({ text, others = [] }: Said): boolean {
  return [text, ...others].some((said) => readCommand(said) === undefined && looksLikePassword(said));
}

/** What is answered to what people write. Nothing that is written moves a reset: it shows its card again. */
export class Replies {
  readonly #dependencies: RepliesDependencies;

  constructor(dependencies: RepliesDependencies) {
    this.#dependencies = dependencies;
  }

  async reply(turn: Said): Promise<readonly Card[]> {
    // Nothing of what was written goes into the answer, nor anywhere else.
    if (holdsPassword(turn)) return this.burned(turn);
    const read = readCommand(turn.text);
    if (read === undefined) return this.#withoutCommand(turn);
    const { configuration, subscriptions, resetRunner } = this.#dependencies;
    switch (read.command) {
      case 'hello':
        return this.hello(turn, 'hello');
      case 'help':
        return this.#help(turn, true);
      case 'accounts':
        return this.#inPrivate(turn, isBeforeOthers(turn), async (own) => [
          accountsCard(this.#m(turn), await accountLines(this.#dependencies, own)),
        ]);
      case 'reset':
        // Its card lives on, where an answer to one person alone does not.
        return this.#inPrivate(turn, !turn.place.private, (own) =>
          withAccount(this.#dependencies, own, { named: read.rest, verb: 'begin' }, ({ id }) =>
            resetRunner.beginHere(own, id),
          ),
        );
      case 'configuration':
        return this.#inPrivate(turn, isBeforeOthers(turn), (own) =>
          withAccount(
            this.#dependencies,
            own,
            { named: read.rest, verb: 'configuration' },
            async (account) => [await configuration.card(own, account)],
          ),
        );
      case 'reminders':
        return subscriptions.change(turn, read.rest);
      default:
        return read.command satisfies never;
    }
  }

  async hello(turn: Said, how: 'hello' | 'welcome'): Promise<readonly Card[]> {
    const m = this.#m(turn);
    const title = how === 'welcome' ? m.conversation.welcome : m.conversation.hello(turn.person.name);
    // Before others, whose accounts these are is nobody's business; and a greeting is no place for a refusal.
    const mine = turn.place.private ? await accountLines(this.#dependencies, turn) : [];
    const isForNobody = !turn.place.private || (how === 'welcome' && mine.length === 0);
    return [helloCard(m, title, isForNobody ? undefined : mine)];
  }

  async burned(turn: Said): Promise<readonly Card[]> {
    if (isBeforeOthers(turn)) return [burnedCard(this.#m(turn), [])];
    const [only, ...others] = await this.#led(turn);
    const shown =
      only === undefined || others.length > 0
        ? undefined
        : await this.#dependencies.resetRunner.shownPassword(only.id);
    return [burnedCard(this.#m(turn), await accountLines(this.#dependencies, turn), shown)];
  }

  /** What is said of a running reset shows its card again; to everything else, what the bot can do. */
  async #withoutCommand(turn: Said): Promise<readonly Card[]> {
    const saying = readSaying(turn.text);
    if (saying === 'help') return this.#help(turn, true);
    const running = saying === undefined ? [] : await this.#led(turn);
    const [only, ...others] = running;
    if (only === undefined) return this.#help(turn, false);
    return this.#inPrivate(turn, !turn.place.private, async (own) => {
      // Whoever wants to stop, or to wait, finds both there.
      const isUnfolded = saying === 'stop';
      if (others.length === 0) return this.#dependencies.resetRunner.beginHere(own, only.id, { isUnfolded });
      const lines = await accountLines(this.#dependencies, own);
      const theirs = lines.filter(({ id }) => running.some((account) => account.id === id));
      return [chooseCard(this.#m(turn), theirs, 'begin')];
    });
  }

  /** The way back to a running reset is on it, but not where others read which account that is (P9). */
  async #help(turn: Said, isUnderstood: boolean): Promise<readonly Card[]> {
    const [only, ...others] = turn.place.private ? await this.#led(turn) : [];
    const running = only === undefined ? undefined : others.length === 0 ? { account: only.id } : {};
    return [helpCard(this.#m(turn), isUnderstood, running)];
  }

  /** The accounts whose reset this person leads at the moment. */
  async #led(turn: Turn): Promise<readonly Account[]> {
    const { accounts, resetRunner } = this.#dependencies;
    const mine = await accounts.ofPerson(turn.person.id);
    const isLed = await Promise.all(mine.map((account) => resetRunner.isRunning(account, turn.person.id)));
    return mine.filter((_, i) => isLed[i]);
  }

  /** Where this turn was not taken in private but must be answered there: the sentence that says so is what others read. */
  async #inPrivate(
    turn: Said,
    isNeeded: boolean,
    act: (turn: Said) => Promise<readonly Card[]>,
  ): Promise<readonly Card[]> {
    // Of somebody who has no account there is nothing to hide.
    if (!isNeeded || (await this.#dependencies.accounts.ofPerson(turn.person.id)).length === 0)
      return act(turn);
    const sentence = await this.#dependencies.privateAnswers.answer(turn, act);
    return [noticeCard(this.#m(turn).conversation.inPrivateTitle, sentence)];
  }

  #m(turn: Turn): Messages {
    return this.#dependencies.messages[turn.person.language];
  }
}
