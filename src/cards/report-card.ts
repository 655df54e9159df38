import { type ExpiryView, paragraph, steps } from './blocks.ts';
import type { Action, Block, Card, Text } from './card.ts';
import { noticeCard } from './conversation-cards.ts';
import type { Messages } from './messages.ts';
import {
  type ApplicationView,
  beginAction,
  expiryQuestion,
  giveExpiry,
  type ResetView,
  sender,
  stepCard,
} from './reset-view.ts';

/** A program that may read the password. Instants are ISO. */
export interface ProgramView {
  readonly name: string;
  /** When it first took the version in use; absent: not yet. */
  readonly tookAt?: string;
  /** When it last took any version. */
  readonly lastReadAt?: string;
}

/** Where the bot brings the password, or the news of it, by itself. */
export interface DestinationView {
  readonly kind: 'webhook' | 'pastell';
  readonly state: 'delivered' | 'waiting' | 'disabled';
  /** ISO: when it was delivered, or when it is tried next. */
  readonly at?: string;
  /** What the last attempt ended with. */
  readonly result?: string;
}

/** A program or a Pastell that has the version in use, and whose token or destination is gone or has ended. */
export interface FormerTaker {
  readonly name: string;
  /** ISO: when it first had it. */
  readonly at: string;
}

/** What has taken the version in use, as far as the bot knows. */
export interface PasswordUse {
  readonly programs: readonly ProgramView[];
  readonly destinations: readonly DestinationView[];
  /** They have no access any more; that they have this version stays true. */
  readonly formerly?: readonly FormerTaker[];
  /** ISO: when whoever typed it last took it back. */
  readonly takenBackAt?: string;
}

export const NO_USE: PasswordUse = { programs: [], destinations: [] };

/** The number of programs that the card names before it counts the rest. */
const PROGRAMS_SHOWN = 5;

/** Whether anything has this version. The news alone, by a webhook, is no password. */
export function isTaken({ programs, destinations, formerly = [], takenBackAt }: PasswordUse): boolean {
  return (
    takenBackAt !== undefined ||
    formerly.length > 0 ||
    programs.some(({ tookAt }) => tookAt !== undefined) ||
    destinations.some(({ kind, state }) => kind === 'pastell' && state === 'delivered')
  );
}

/** The last step: the password goes into the application. `isTheirs`: whoever leads the reset typed the password in it. */
export function reportCard(
  m: Messages,
  view: ResetView,
  {
    isTheirs,
    use,
    expiry,
  }: { readonly isTheirs: boolean; readonly use: PasswordUse; readonly expiry?: ExpiryView | undefined },
): Card {
  const mayTake = view.isHandoverOn === true && isTheirs;
  // Where it can be taken back nobody was told to note it: whoever has taken a reset over is told who has it.
  const isNoted = view.isHandoverOn !== true;
  const readsItself = view.application?.kind === 'readsItself' && hasReader(use);
  return stepCard(m, view, 'report', {
    title: m.report.title,
    body: [
      ...whereTo(m, view, use),
      ...(isKnown(use) ? known(m, use) : []),
      ...(readsItself || mayTake ? [] : [paragraph(isNoted ? m.report.noted : m.report.notNoted)]),
      ...expiryQuestion(m, expiry),
    ],
    details: [
      ...(view.application === undefined ? aboutApplication(m) : []),
      ...(isKnown(use) ? [] : known(m, use)),
      ...(mayTake && !readsItself ? [paragraph(m.report.take)] : []),
      ...(isNoted && !readsItself ? [paragraph(m.report.notNoted)] : []),
      ...(expiry?.estimated === true ? [paragraph(m.report.whereExpiry)] : []),
    ],
    actions: [
      ...(mayTake ? [sender(view)(m.buttons.takePassword, 'handover')] : []),
      sender(view)(readsItself ? m.buttons.finish : m.buttons.reported, 'done', 'primary'),
      ...giveExpiry(m, view, expiry),
    ],
    stopping: readsItself ? undefined : m.walk.finishToday,
  });
}

function whereTo(
  m: Messages,
  { application }: { readonly application?: ApplicationView | undefined },
  use: PasswordUse,
): Block[] {
  switch (application?.kind) {
    case undefined:
      return [paragraph(m.report.application), paragraph(m.report.path), steps(m.report.steps)];
    case 'other':
      return [
        paragraph(m.report.continuity),
        paragraph(m.report.otherApplication),
        paragraph([{ bold: application.path }]),
      ];
    case 'readsItself':
      return [paragraph(hasReader(use) ? m.report.readsItself : m.report.noReader)];
    default:
      return application satisfies never;
  }
}

/** What is not needed to enter the password, but to understand it, or where the application does not let one. */
function aboutApplication(m: Messages): Block[] {
  return [paragraph(m.report.continuity), paragraph(m.report.updated), paragraph(m.report.greyed)];
}

/** Whether there is more to say than that nothing has taken the password yet. */
function isKnown({ programs, destinations, takenBackAt }: PasswordUse): boolean {
  return programs.length + destinations.length > 0 || takenBackAt !== undefined;
}

function hasReader({ programs, destinations }: PasswordUse): boolean {
  return programs.length + destinations.length > 0;
}

function known(m: Messages, use: PasswordUse): Block[] {
  const { programs, destinations, formerly = [], takenBackAt } = use;
  const more = programs.length - PROGRAMS_SHOWN;
  const items: Text[] = [
    ...(takenBackAt === undefined ? [] : [m.report.takenBack(m.moment(takenBackAt))]),
    ...programs.slice(0, PROGRAMS_SHOWN).map((program) => programLine(m, program)),
    ...(more > 0 ? [m.report.morePrograms(more)] : []),
    ...destinations.slice(0, PROGRAMS_SHOWN).map((destination) => destinationLine(m, destination)),
    ...formerly.slice(0, PROGRAMS_SHOWN).map(({ name, at }) => m.report.tookFormerly(name, m.moment(at))),
  ];
  return [
    paragraph(isTaken(use) ? m.report.taken : m.report.notTaken),
    ...(items.length === 0 ? [] : [{ kind: 'list' as const, items }]),
  ];
}

function programLine(m: Messages, { name, tookAt, lastReadAt }: ProgramView): Text {
  if (tookAt !== undefined) return m.report.programTook(name, m.moment(lastReadAt ?? tookAt));
  return lastReadAt === undefined
    ? m.report.programNever(name)
    : m.report.programBefore(name, m.moment(lastReadAt));
}

function destinationLine(m: Messages, { kind, state, at, result = '' }: DestinationView): Text {
  const name = kind === 'pastell' ? 'Pastell' : m.report.webhook;
  switch (state) {
    case 'delivered':
      return m.report[kind === 'pastell' ? 'pushed' : 'announced'](name, m.moment(at ?? ''), result);
    case 'waiting':
      return m.report.pushedLater(name, at === undefined ? undefined : m.moment(at), result);
    case 'disabled':
      return m.report.disabled(name, result);
    default:
      return state satisfies never;
  }
}

/** Asked once, three days after the reset has ended, where nothing has taken its password. */
export function reportedQuestion(m: Messages, account: { id: string; login: string }): Card {
  const data = { account: account.id };
  const button = (label: string, verb: string): Action => ({ kind: 'send', label, verb, data });
  return {
    ...noticeCard(m.reported.title, m.reported.question(account.login)),
    actions: [button(m.reported.yes, 'reported'), button(m.reported.no, 'notReported')],
  };
}

/** The answer to that question: thanks, or what to do now. */
export function reportedAnswer(
  m: Messages,
  account: { id: string; application?: ApplicationView | undefined },
  isReported: boolean,
): Card {
  if (isReported) return noticeCard(m.reported.title, m.reported.thanks);
  return {
    title: m.reported.title,
    body: [
      ...whereTo(m, account, NO_USE),
      ...(account.application === undefined ? aboutApplication(m) : []),
      paragraph(m.reported.whereFrom),
    ],
    actions: [beginAction(m, { account: account.id })],
  };
}
