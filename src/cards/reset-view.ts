import { type AccountView, type ExpiryView, expiryDay, paragraph } from './blocks.ts';
import type { Action, ActionData, Block, Card, Text } from './card.ts';
import type { Messages } from './messages.ts';

/**
 * The application that uses the password: e.magnus where it is absent. `other`: the administrator has named where to
 * enter it. `readsItself`: the administrator says that nobody has to.
 */
export type ApplicationView =
  | { readonly kind: 'other'; readonly path: string }
  | { readonly kind: 'readsItself' };

/** What every card of a reset knows. Instants are ISO. */
export interface ResetView {
  /** Sent back with each click: which reset, and the revision the card was drawn with. */
  readonly ref: ActionData;
  readonly account: AccountView;
  readonly heldBy: { readonly name: string; readonly since: string };
  /** The step at which it began; absent: the first one. */
  readonly first?: NumberedStep;
  /** Soumettre was clicked, as far as the bot was told. */
  readonly submitted?: boolean;
  readonly mayPause?: boolean;
  /** The new password is in use. */
  readonly isSettled?: boolean;
  /** The list of steps is shown, with what is seldom done. */
  readonly isUnfolded?: boolean;
  readonly keptSince?: string;
  readonly trimmed?: boolean;
  /** Chorus Pro's portal, of production, of qualification or of the simulator. */
  readonly portalUrl: string;
  readonly pigpUrl?: string;
  /** How the reader enters the portal; absent: it is asked. */
  readonly entry?: 'pigp' | 'direct';
  /** Whoever typed a password takes it back at the last step, by a page. */
  readonly isHandoverOn?: boolean;
  /** Where the password goes; absent: e.magnus. */
  readonly application?: ApplicationView;
  /** Where the pictures of the steps are served, without a slash at the end; absent where the bot has no public address. */
  readonly picturesUrl?: string;
}

/** The last step of all, by which progress is measured. */
const REPORT_STEP = 10;
/** The step at which the connection is tested. */
const TEST_STEP = 9;

/** What is to be done on each card of the walk, and which steps it covers. */
export const STEP_NUMBERS = {
  signIn: [1, 1],
  openApplication: [2, 4],
  copyPassword: [5, 5],
  submitRequest: [6, 6],
  awaitEmail: [7, 7],
  enterPassword: [8, 8],
  test: [TEST_STEP, TEST_STEP],
  report: [REPORT_STEP, REPORT_STEP],
} as const satisfies Readonly<Record<string, readonly [first: number, last: number]>>;

export type NumberedStep = keyof typeof STEP_NUMBERS;

/** What a card of a step says beside where it stands. */
export interface StepCard extends Omit<Card, 'body'> {
  readonly body: readonly Block[];
  /** The body itself names the structure and the login: they are named once. */
  readonly isNamed?: boolean;
  /** What is read only by whoever asks for it. */
  readonly details?: readonly Block[];
  /** What is seldom done at this step. */
  readonly moreActions?: readonly Action[];
  /** What stopping here means; absent where the body says it. */
  readonly stopping?: Text | undefined;
}

/**
 * The card of one step: where it stands, whose account it is, what is to be done, and what stopping here means. The list
 * of steps, and what is seldom done, are folded behind « Où en suis-je ? ».
 */
export function stepCard(
  m: Messages,
  view: ResetView,
  step: NumberedStep,
  { body, actions, isNamed = false, details = [], moreActions = [], stopping, ...card }: StepCard,
): Card {
  const isUnfolded = view.isUnfolded === true;
  const send = sender(view);
  return {
    ...card,
    body: [
      ...(isNamed ? [progress(m, step)] : whereItStands(m, view, step)),
      ...body,
      ...(stopping === undefined ? [] : [paragraph(stopping)]),
      ...(isUnfolded ? [...details, ...allSteps(m, view, step), heldBy(m, view)] : []),
    ],
    actions: isUnfolded
      ? [...actions, ...moreActions, ...seldom(m, view, step), send(m.buttons.fold, 'fold')]
      : [...actions, send(m.buttons.whereAmI, 'whereAmI')],
  };
}

/** The first lines of each card: which step, and whose account. */
export function whereItStands(m: Messages, { account }: ResetView, step: NumberedStep): Block[] {
  return [progress(m, step), about(account)];
}

/** « ●●●●●○○○○○ Étape 5 sur 10 » */
function progress(m: Messages, step: NumberedStep): Block {
  const [first, last] = STEP_NUMBERS[step];
  const dots = '●'.repeat(last) + '○'.repeat(REPORT_STEP - last);
  const where =
    first === last ? m.walk.progress(first, REPORT_STEP) : m.walk.progressOfSeveral(first, last, REPORT_STEP);
  return { kind: 'note', text: [`${dots} ${where}`] };
}

/** Whose account it is, on one line. */
export function about({ structure, login }: AccountView): Block {
  return { kind: 'note', text: [`${structure} – ${login}`] };
}

function heldBy(m: Messages, { heldBy: { name, since } }: ResetView): Block {
  return { kind: 'note', text: [m.walk.heldBy(name, m.moment(since))] };
}

/** Every step with what has become of it. */
function allSteps(m: Messages, { first }: ResetView, present: NumberedStep): Block[] {
  const here = STEP_NUMBERS[present][0];
  const began = first === undefined ? 0 : STEP_NUMBERS[first][0];
  const items = (Object.keys(STEP_NUMBERS) as NumberedStep[]).map((step): Text => {
    const [from, to] = STEP_NUMBERS[step];
    const numbers = from === to ? `${from}` : `${from}-${to}`;
    const title = `${numbers}. ${stepTitle(m, step)}`;
    if (step === present) return [{ bold: title }];
    if (from >= here) return [title];
    return [from < began ? `✔ ${title} (${m.walk.skipped})` : `✔ ${title}`];
  });
  return [{ kind: 'list', items }];
}

function stepTitle(m: Messages, step: NumberedStep): string {
  if (step === 'test') return m.walk.testStep;
  return step === 'report' ? m.report.title : m.walk[step].title;
}

/** Once the password is in use there is nothing left to stop. */
function seldom(m: Messages, view: ResetView, step: NumberedStep): Action[] {
  const send = sender(view);
  return [
    ...(view.mayPause === true ? [send(m.buttons.pause, 'pause')] : []),
    ...(step === 'report' || view.isSettled === true ? [] : [send(m.buttons.abandon, 'askStop')]),
  ];
}

export function trimmedNotice(m: Messages, view: ResetView): Block[] {
  return view.trimmed === true ? [paragraph(m.walk.trimmed)] : [];
}

export function sender(view: ResetView) {
  return (label: string, verb: string, style?: 'primary' | 'danger'): Action => ({
    kind: 'send',
    label,
    verb,
    data: view.ref,
    ...(style === undefined ? {} : { style }),
  });
}

export function passwordFormAction(view: ResetView, label: string, style?: 'primary'): Action {
  return { kind: 'form', label, form: 'password', data: view.ref, ...(style === undefined ? {} : { style }) };
}

/** Starts a reset of the account that `ref` names, or shows the one that runs. */
export function beginAction(m: Messages, ref: ActionData, label = m.buttons.begin): Action {
  return { kind: 'send', label, verb: 'begin', data: { account: ref.account ?? '' }, style: 'primary' };
}

/** An estimate is asked about once the password is in use, and not before; it may be left as it is. */
export function expiryQuestion(m: Messages, expiry: ExpiryView | undefined): Block[] {
  return expiry?.estimated === true ? [paragraph(m.report.expiry(expiryDay(m, expiry)))] : [];
}

export function giveExpiry(m: Messages, view: ResetView, expiry: ExpiryView | undefined): Action[] {
  return expiry?.estimated === true
    ? [{ kind: 'form', label: m.buttons.giveExpiry, form: 'expiry', data: view.ref }]
    : [];
}
