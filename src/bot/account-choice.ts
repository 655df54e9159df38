import type { Card } from '../cards/card.ts';
import { type AccountLine, chooseCard, noAccountCard, noticeCard } from '../cards/conversation-cards.ts';
import type { Messages } from '../cards/messages.ts';
import { timeLeft } from '../chorus/expiry.ts';
import type { Account, Accounts } from '../store/accounts.ts';
import type { Language, Turn } from './channel.ts';
import { folded, namingWords } from './commands.ts';
import type { ResetRunner } from './reset/runner.ts';

export interface AccountChoiceDependencies {
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly accounts: Accounts;
  readonly resetRunner: Pick<ResetRunner, 'isRunning'>;
  readonly now: () => Date;
}

/** The accounts of whoever takes this turn, a line each. */
export async function accountLines(
  { accounts, resetRunner, now }: AccountChoiceDependencies,
  turn: Turn,
): Promise<AccountLine[]> {
  const mine = await accounts.ofPerson(turn.person.id);
  return Promise.all(
    mine.map(async (account) => ({
      id: account.id,
      account,
      ...(account.expiry === undefined
        ? {}
        : { expiry: account.expiry, ...timeLeft(new Date(account.expiry.at), now()) }),
      resetRunning: await resetRunner.isRunning(account),
      ...(account.suspendedAt === undefined ? {} : { isSuspended: true }),
    })),
  );
}

/** The card on which one of the accounts is chosen for this verb. */
export async function chooseAccount(
  dependencies: AccountChoiceDependencies,
  turn: Turn,
  verb: 'begin' | 'configuration',
): Promise<Card> {
  const m = dependencies.messages[turn.person.language];
  const lines = await accountLines(dependencies, turn);
  return lines.length === 0 ? noAccountCard(m) : chooseCard(m, lines, verb);
}

/** Does it with the one account that is meant: the only one, or the one whose login, SIRET or structure was named. */
export async function withAccount(
  dependencies: AccountChoiceDependencies,
  turn: Turn,
  { named, verb }: { readonly named: string; readonly verb: 'begin' | 'configuration' },
  act: (account: Account) => Promise<readonly Card[]>,
): Promise<readonly Card[]> {
  const m = dependencies.messages[turn.person.language];
  const accounts = await dependencies.accounts.ofPerson(turn.person.id);
  if (accounts.length === 0) return [noAccountCard(m)];
  const meant = meantBy(named, accounts);
  const [only, ...others] = meant;
  if (only === undefined) return [noticeCard(m.conversation.chooseTitle, m.conversation.notYours)];
  if (others.length === 0) return act(only);
  const lines = await accountLines(dependencies, turn);
  return [
    chooseCard(
      m,
      lines.filter((line) => meant.some(({ id }) => id === line.id)),
      verb,
    ),
  ];
}

/**
 * The accounts whose login, SIRET or structure is named so, whatever is said around it: all where nothing is named. Of a
 * name that is a whole one, only that account.
 */
function meantBy(named: string, accounts: readonly Account[]): readonly Account[] {
  const words = namingWords(named);
  // « 217 199 991 00019 »
  const digits = words.join('');
  const wanted = /^\d{9,14}$/.test(digits) ? [digits] : words;
  const found = accounts.filter(({ login, siret, structure }) => {
    const names = folded(`${login} ${siret} ${structure}`);
    return wanted.every((word) => names.includes(word));
  });
  const whole = wanted.join(' ');
  const exact = found.filter(({ login, siret, structure }) =>
    [login, siret, namingWords(structure).join(' ')].some((name) => folded(name) === whole),
  );
  return exact.length === 1 ? exact : found;
}
