import { type AccountView, type DeadlineView, danger, deadline, paragraph } from './blocks.ts';
import type { Action, ActionData, Block, Card } from './card.ts';
import type { Messages } from './messages.ts';
import { beginAction } from './reset-view.ts';

/** An account in somebody's list. */
export interface AccountLine extends DeadlineView {
  readonly id: string;
  readonly account: AccountView;
  readonly resetRunning: boolean;
  readonly isSuspended?: boolean;
}

/** « bonjour », and the greeting on install. `accounts` is left out before others. */
export function helloCard(m: Messages, title: string, accounts: readonly AccountLine[] | undefined): Card {
  if (accounts === undefined) return { title, body: [paragraph(m.conversation.whoIAm)], actions: [help(m)] };
  return {
    title,
    body: [
      paragraph(m.conversation.whoIAm),
      ...(accounts.length === 0 ? [paragraph(m.conversation.noAccount)] : accountLines(m, accounts)),
    ],
    actions: accounts.length === 0 ? [help(m)] : [...accountActions(m, accounts), help(m)],
  };
}

/** `running`: whoever asks leads a reset; of one account, or of several where none is named. */
export function helpCard(m: Messages, understood: boolean, running?: { readonly account?: string }): Card {
  return {
    title: m.conversation.commandsTitle,
    body: [
      ...(understood ? [] : [paragraph(m.conversation.notUnderstood)]),
      { kind: 'list', items: m.conversation.commands },
      danger(m.conversation.neverHere),
    ],
    actions: [
      ...(running === undefined ? [] : [beginAction(m, running, m.buttons.resume)]),
      { kind: 'send', label: m.buttons.accounts, verb: 'accounts', data: {} },
    ],
  };
}

export function accountsCard(m: Messages, accounts: readonly AccountLine[]): Card {
  return accounts.length === 0
    ? noAccountCard(m)
    : {
        title: m.conversation.accountsTitle,
        body: accountLines(m, accounts),
        actions: accountActions(m, accounts),
      };
}

/** Also what somebody reads who asks for an account that is another's: it looks as if it did not exist (P9). */
export function noAccountCard(m: Messages): Card {
  return {
    title: m.conversation.accountsTitle,
    body: [paragraph(m.conversation.noAccount)],
    actions: [help(m)],
  };
}

/** Somebody of several accounts asked for one, and did not say which. */
export function chooseCard(
  m: Messages,
  accounts: readonly AccountLine[],
  verb: 'begin' | 'configuration',
): Card {
  const more = accounts.length - CHOICES_SHOWN;
  return {
    title: m.conversation.chooseTitle,
    body: [
      paragraph(m.conversation.choose),
      {
        kind: 'choice',
        id: 'account',
        label: m.labels.account,
        // Nothing is chosen for anybody: a click too many would begin with the wrong one.
        value: '',
        options: byUrgency(accounts)
          .slice(0, CHOICES_SHOWN)
          .map(({ id, account, ...line }) => ({
            value: id,
            // First what tells two of one structure apart: Slack cuts a long option at its end.
            label: `${account.login} – ${timeLeftOf(m, line)} – ${account.structure}`,
          })),
      },
      ...(more > 0 ? [paragraph(m.conversation.chooseByName[verb](more))] : []),
    ],
    actions: [
      {
        kind: 'send',
        label: verb === 'begin' ? m.buttons.begin : m.buttons.configuration,
        verb,
        data: {},
        style: 'primary',
      },
    ],
  };
}

/**
 * A password was typed into the chat. Nothing of it is repeated. `shown`: the reset in which the portal has shown it, which
 * goes back to where another one is shown.
 */
export function burnedCard(m: Messages, accounts: readonly AccountLine[], shown?: ActionData): Card {
  return {
    title: m.conversation.burnedTitle,
    tone: 'danger',
    body: m.conversation.burned.map(paragraph),
    actions:
      shown !== undefined
        ? [
            {
              kind: 'send',
              label: m.buttons.anotherPassword,
              verb: 'lostPassword',
              data: shown,
              style: 'primary',
            },
          ]
        : accountActions(m, accounts).slice(0, accounts.length === 0 ? 0 : 1),
  };
}

/** What is left of a card whose readers may no longer see what it told of: it tells nothing, not even why (P9). */
export function closedCard(m: Messages): Card {
  return noticeCard(m.conversation.closedTitle, m.conversation.closed);
}

/** What is left of a reset's older card once it lives on another message; it can be brought back here. */
export function continuedCard(m: Messages, account: string, where: 'below' | 'elsewhere'): Card {
  return {
    title: m.conversation.continuedTitle,
    body: [paragraph([m.conversation.continued[where]])],
    actions: [beginAction(m, { account }, m.buttons.resume)],
  };
}

/** The way to the page on which whoever typed a password takes it back. `until` is an ISO instant. */
export function handoverCard(m: Messages, link: { login: string; url: string; until: string }): Card {
  const { handover } = m;
  return {
    title: handover.offeredTitle,
    body: [{ kind: 'text', text: [handover.offered(link.login, m.time(link.until))] }],
    actions: [{ kind: 'link', label: handover.open, url: link.url }],
  };
}

/** A line of its own, where a card would be too much. */
export function noticeCard(title: string, sentence: string): Card {
  return { title, body: [paragraph([sentence])], actions: [] };
}

/** So many can be chosen from: with the longest names both platforms take that. The others are named. */
const CHOICES_SHOWN = 40;
/** The number of accounts that a card lists before it counts the rest. */
const LINES_SHOWN = 25;

/** The nearest expiry first, or the one that is longest past; last those of which none is known. */
function byUrgency<Line extends DeadlineView>(accounts: readonly Line[]): Line[] {
  const at = ({ expiry }: Line) => (expiry === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiry.at));
  return [...accounts].sort((one, other) => (at(one) === at(other) ? 0 : at(one) - at(other)));
}

function timeLeftOf(m: Messages, { expiry, daysLeft, isExpired }: DeadlineView): string {
  if (expiry === undefined || daysLeft === undefined) return m.conversation.noExpiry;
  return daysLeft === 0 && isExpired === true ? m.expiredToday(expiry.at) : m.days(daysLeft);
}

function accountLines(m: Messages, accounts: readonly AccountLine[]): Block[] {
  const more = accounts.length - LINES_SHOWN;
  return [
    {
      kind: 'list',
      items: byUrgency(accounts)
        .slice(0, LINES_SHOWN)
        .map(({ account, resetRunning, isSuspended = false, ...line }) =>
          m.conversation.accountLine(
            account.structure,
            account.login,
            [
              deadline(m, line) ?? m.conversation.noExpiry,
              ...(resetRunning ? [m.conversation.resetRunning] : []),
              ...(isSuspended ? [m.conversation.suspendedAccount] : []),
            ].join(', '),
          ),
        ),
    },
    ...(more > 0 ? [paragraph(m.conversation.moreAccounts(more))] : []),
  ];
}

/** One account has its buttons at once; of several, one is chosen first. */
function accountActions(m: Messages, accounts: readonly AccountLine[]): Action[] {
  const [only, ...others] = accounts;
  const data: { account?: string } = only !== undefined && others.length === 0 ? { account: only.id } : {};
  const running = others.length === 0 && only?.resetRunning === true;
  return [
    beginAction(m, data as Readonly<Record<string, string>>, running ? m.buttons.resume : m.buttons.begin),
    {
      kind: 'send',
      label: m.buttons.configuration,
      verb: 'configuration',
      data: data as Readonly<Record<string, string>>,
    },
  ];
}

function help(m: Messages): Action {
  return { kind: 'send', label: m.buttons.help, verb: 'help', data: {} };
}
