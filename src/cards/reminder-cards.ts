import {
  type AccountView,
  accountFacts,
  type DeadlineView,
  danger,
  deadline,
  expiryDay,
  paragraph,
  warning,
} from './blocks.ts';
import type { Action, ActionData, Block, Card, Text } from './card.ts';
import type { Messages } from './messages.ts';
import { beginAction } from './reset-view.ts';
import { supportAction, type VerdictView, verdictSentence } from './verdict-cards.ts';

/** What a card of reminders knows of one account. Instants are ISO. */
export interface ReminderView extends DeadlineView {
  readonly ref: ActionData;
  readonly account: AccountView;
  readonly news: ReminderNews;
  /** « Date de dernière mise à jour ». */
  readonly updated?: string;
  /** The names of those who may act, as far as the bot knows them. */
  readonly manager?: string;
  readonly deputy?: string;
  readonly reader: ReminderReader;
  /** When Chorus Pro refused the password in use, before its expiry. */
  readonly refusedAt?: string;
  /** What it was refused for. */
  readonly refusedBecause?: VerdictView;
  readonly running?: { readonly name: string; readonly since: string };
  /** Who could not be told in private. */
  readonly unreached: readonly ('manager' | 'deputy')[];
  readonly snoozes: readonly SnoozeChoice[];
  readonly snoozedUntil?: string;
  /** Once it is renewed: by whom and when. */
  readonly renewed?: { readonly by: string | undefined; readonly at: string };
}

/** Why people are told: the calendar, « Alerte actualisation », a refusal before the date or its end, a password that waits. */
export type ReminderNews =
  | { readonly kind: 'expiry' | 'alert' | 'refused' | 'accepted' }
  | { readonly kind: 'waiting'; readonly since: string };

/** Who may act; the team that is told who must, and neither login nor state (P9); or an administrator. */
export type ReminderReader = 'actor' | 'team' | 'administrator';

export type SnoozeChoice = keyof Messages['reminders']['snoozes'];

/** The id of the choice that comes back with `snooze`. */
export const SNOOZE_CHOICE = 'until';
/** Whole weeks and days are told in the title only while they are few. */
const URGENT_DAYS = 7;

/** One account, for one reader. */
export function reminderCard(m: Messages, view: ReminderView): Card {
  if (!isToDo(view)) return renewedCard(m, view);
  const { reader, running } = view;
  return {
    title: titleOf(m, view),
    ...toneOf(view),
    body: [
      ...reasons(m, view),
      ...refusal(m, view),
      facts(m, view),
      ...(view.expiry === undefined || view.news.kind === 'waiting' || view.news.kind === 'refused'
        ? []
        : [paragraph(view.isExpired ? m.reminders.after : m.reminders.before)]),
      ...(view.expiry?.estimated === true ? [warning(m.reminders.estimated)] : []),
      ...(reader === 'actor' ? [] : [paragraph(toDo(m, view))]),
      ...(reader === 'actor' ? [] : view.unreached.map((who) => warning(m.reminders.unreached[who]))),
      ...(running === undefined ? [] : [note(m.reminders.running(running.name, m.moment(running.since)))]),
      ...snoozeBlocks(m, view),
    ],
    actions: actionsOf(m, view),
  };
}

/** Several accounts that are due in one place on one morning. */
export function digestCard(m: Messages, views: readonly ReminderView[]): Card {
  const open = views.filter(isToDo);
  const theirs = open.filter(({ reader }) => reader === 'actor');
  const [first] = theirs;
  const isRenewed = views.some(({ renewed }) => renewed !== undefined);
  const done = isRenewed ? m.reminders.renewedTitle : m.reminders.acceptedTitle;
  return {
    title: open.length === 0 ? done : m.reminders.digestTitle(open.length),
    ...(open.length === 0
      ? { tone: 'good' }
      : (open.map(toneOf).find(({ tone }) => tone === 'danger') ?? { tone: 'warning' })),
    body: [
      { kind: 'list', items: views.map((view) => digestLine(m, view)) },
      ...(open.some(({ reader }) => reader === 'team') ? [paragraph(m.reminders.digestToDo)] : []),
      ...(theirs.some(({ expiry }) => expiry?.estimated) ? [warning(m.reminders.digestEstimated)] : []),
      ...(first === undefined ? [] : snoozeBlocks(m, together(first, theirs))),
    ],
    // Before others, whose accounts these are would be drawn for everybody.
    actions: first === undefined ? [] : [beginAction(m, {}), ...snoozeActions(m, together(first, theirs))],
  };
}

/** An earlier version did not keep what a password was refused for. */
const UNSAID: VerdictView = { reason: 'technicalAccount' };

/** When the daily test was refused, why in the words of every other card, and what follows. */
function refusal(m: Messages, { refusedAt, refusedBecause = UNSAID }: ReminderView): Block[] {
  if (refusedAt === undefined) return [];
  return [
    danger(m.reminders.refused(m.moment(refusedAt))),
    paragraph(verdictSentence(m, refusedBecause)),
    paragraph(m.reminders.afterRefusal),
  ];
}

function isToDo({ renewed, news }: ReminderView): boolean {
  return renewed === undefined && news.kind !== 'accepted';
}

function renewedCard(m: Messages, { renewed, expiry, account, reader }: ReminderView): Card {
  const next = expiry && expiryDay(m, expiry);
  return {
    title: renewed === undefined ? m.reminders.acceptedTitle : m.reminders.renewedTitle,
    tone: 'good',
    body: [
      paragraph(
        renewed === undefined
          ? m.reminders.accepted(next)
          : m.reminders.renewed(renewed.by ?? m.reminders.somebody, m.date(renewed.at), next),
      ),
      ...(reader === 'team' ? [structureFact(m, account)] : [accountFacts(m, account)]),
    ],
    actions: [],
  };
}

function structureFact(m: Messages, { structure }: AccountView): Block {
  return { kind: 'facts', facts: [{ label: m.labels.structure, value: structure }] };
}

function titleOf(m: Messages, { news, expiry, daysLeft, isExpired }: ReminderView): string {
  switch (news.kind) {
    case 'alert':
      return m.reminders.alertTitle;
    case 'refused':
      return m.reminders.refusedTitle;
    case 'accepted':
      return m.reminders.acceptedTitle;
    case 'waiting':
      return m.reminders.waitingTitle;
    case 'expiry':
      return expiry !== undefined && isExpired && daysLeft === 0
        ? m.reminders.expiredToday(expiry.at)
        : m.reminders.title(daysLeft ?? 0);
    default:
      return news satisfies never;
  }
}

function toneOf({ news, daysLeft = 0, isExpired }: ReminderView): { tone?: 'warning' | 'danger' } {
  if (news.kind === 'refused' || isExpired) return { tone: 'danger' };
  return news.kind === 'waiting' || daysLeft <= URGENT_DAYS ? { tone: 'warning' } : {};
}

function reasons(m: Messages, { news, updated, reader }: ReminderView): Block[] {
  if (reader === 'team') return [];
  if (news.kind === 'waiting') return [paragraph(m.reminders.waiting(m.moment(news.since)))];
  return news.kind === 'alert' && updated !== undefined
    ? [paragraph(m.reminders.alert(m.date(updated)))]
    : [];
}

function facts(m: Messages, { account, expiry, reader }: ReminderView): Block {
  const { structure, siret, login } = account;
  return {
    kind: 'facts',
    facts: [
      { label: m.labels.structure, value: structure },
      ...(reader === 'team'
        ? []
        : [
            { label: m.labels.siret, value: siret },
            { label: m.labels.technicalAccount, value: login },
          ]),
      ...(expiry === undefined
        ? []
        : [
            {
              label: m.labels.expiry,
              value: expiry.estimated ? m.estimated(m.moment(expiry.at)) : m.moment(expiry.at),
            },
          ]),
    ],
  };
}

function toDo(m: Messages, { manager, deputy }: ReminderView): Text {
  const { toDo } = m.reminders;
  const first = manager === undefined ? toDo.unknown : toDo.manager(manager);
  return deputy === undefined ? first : [...first, ...toDo.deputy(deputy)];
}

/** « Me le rappeler » for several accounts at once: what it may be for each of them. */
function together(first: ReminderView, views: readonly ReminderView[]): ReminderView {
  const { snoozedUntil, ...others } = first;
  const snoozes = first.snoozes.filter((choice) => views.every((view) => view.snoozes.includes(choice)));
  const isSnoozed = snoozedUntil !== undefined && views.every((view) => view.snoozedUntil === snoozedUntil);
  return { ...others, snoozes, ...(isSnoozed ? { snoozedUntil } : {}) };
}

function snoozeBlocks(m: Messages, { reader, snoozes, snoozedUntil }: ReminderView): Block[] {
  if (snoozedUntil !== undefined) return [note(m.reminders.snoozed(m.moment(snoozedUntil)))];
  const [first] = snoozes;
  if (reader !== 'actor' || first === undefined) return [];
  return [
    {
      kind: 'choice',
      id: SNOOZE_CHOICE,
      label: m.reminders.snooze,
      value: first,
      options: snoozes.map((choice) => ({ value: choice, label: m.reminders.snoozes[choice] })),
    },
  ];
}

function snoozeActions(m: Messages, { ref, snoozes, snoozedUntil }: ReminderView): Action[] {
  if (snoozes.length === 0 || snoozedUntil !== undefined) return [];
  return [{ kind: 'send', label: m.reminders.snooze, verb: 'snooze', data: ref }];
}

function actionsOf(m: Messages, view: ReminderView): Action[] {
  const { ref, reader, running, expiry, refusedAt, refusedBecause } = view;
  const support =
    refusedAt === undefined || refusedBecause === undefined ? [] : supportAction(m, ref, refusedBecause);
  if (reader === 'administrator') return support;
  const begin = beginAction(m, ref, running === undefined ? m.buttons.begin : m.buttons.resume);
  if (reader === 'team') return [begin];
  return [
    begin,
    ...snoozeActions(m, view),
    ...(expiry?.estimated === true
      ? [
          {
            kind: 'form' as const,
            label: m.buttons.correctExpiry,
            form: 'expiry',
            data: { ...ref, reminder: 1 },
          },
        ]
      : []),
    ...support,
  ];
}

function digestLine(m: Messages, view: ReminderView): Text {
  const { account, renewed, reader, refusedAt, running } = view;
  const { structure, login } = account;
  const lineOf = (state: string) =>
    reader === 'team'
      ? m.reminders.digestTeamLine(structure, state)
      : m.reminders.digestLine(structure, login, state);
  const due = deadline(m, view);
  if (renewed !== undefined)
    return lineOf(m.reminders.digestRenewed(renewed.by ?? m.reminders.somebody, m.date(renewed.at)));
  if (!isToDo(view)) return lineOf(m.reminders.digestAccepted);
  const state = [
    ...(refusedAt === undefined ? [] : [m.reminders.digestRefused]),
    ...(due === undefined ? [] : [due]),
    ...(running === undefined ? [] : [m.conversation.resetRunning]),
  ].join(', ');
  const line = lineOf(state);
  return reader === 'actor' ? line : [...line, ...toDo(m, view)];
}

function note(text: Text): Block {
  return { kind: 'note', text };
}

/** « rappels ici », « rappels stop »: what was asked for, and of which structures. Others read it too. */
export function subscriptionCard(
  m: Messages,
  how: 'on' | 'off',
  accounts: readonly Pick<AccountView, 'structure'>[],
): Card {
  return {
    title: m.reminders.here.title,
    body: [
      paragraph([m.reminders.here[how]]),
      { kind: 'list', items: accounts.map(({ structure }) => [{ bold: structure }]) },
    ],
    actions: [],
  };
}
