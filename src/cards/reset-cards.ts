import type { Action, ActionData, Block, Card, Text } from './card.ts';
import { CHORUS, type Messages } from './messages.ts';

/** The technical account as the cards name it. */
export interface AccountView {
  readonly structure: string;
  readonly siret: string;
  readonly login: string;
}

export interface ExpiryView {
  /** ISO instant. */
  readonly at: string;
  readonly estimated: boolean;
}

/** What is known of an account's expiry. */
export interface DeadlineView {
  readonly expiry?: ExpiryView;
  /** Paris calendar days until the expiry; negative after its day. */
  readonly daysLeft?: number;
  /** Its instant is past, be it on its day. */
  readonly isExpired?: boolean;
}

/** The first structures that Chorus Pro gave, and how many there are in all. */
export interface StructuresView {
  readonly shown: readonly { readonly siret: string; readonly name: string }[];
  readonly total: number;
}

/** What every card of a reset knows. Instants are ISO. */
export interface ResetView {
  /** Sent back with each click: which reset, and the revision the card was drawn with. */
  readonly ref: ActionData;
  readonly account: AccountView;
  readonly heldBy: { readonly name: string; readonly since: string };
  readonly keptSince?: string;
  readonly trimmed?: boolean;
  /** Chorus Pro's portal, of production, of qualification or of the simulator. */
  readonly portalUrl: string;
  /** Where the pictures of the steps are served, without a slash at the end; absent where the bot has no public address. */
  readonly picturesUrl?: string;
}

const WALK_CARDS = {
  signIn: 1,
  openApplication: 2,
  requestType: 3,
  selectAccount: 4,
  copyPassword: 5,
  submitRequest: 6,
  awaitEmail: 7,
  enterPassword: 8,
} as const;
const TEST_STEP = 9;
const REPORT_STEP = 10;

/** A step whose card tells what to do on the portal. */
export type WalkCard = keyof typeof WALK_CARDS;

/** A step that is shown by a picture as well. What the last step's button opens needs none: it is seen at once. */
export type PicturedStep = Exclude<WalkCard, 'enterPassword'>;

/** The names of the pictures, without « .png ». */
export const PICTURED_STEPS = (Object.keys(WALK_CARDS) as WalkCard[]).filter(isPictured);

/** The number of structures a card lists before it counts the rest. */
export const STRUCTURES_SHOWN = 10;

/** The card of one step on the portal. `notYet`: how often the e-mail had not come. */
export function walkCard(m: Messages, view: ResetView, step: WalkCard, notYet: number): Card {
  return {
    title: m.walk[step].title,
    body: [
      progress(m, WALK_CARDS[step]),
      ...walkBody(m, view, step, notYet),
      ...picture(m, view, step),
      about(m, view),
    ],
    actions: walkActions(m, view, step),
  };
}

function walkBody(m: Messages, view: ResetView, step: WalkCard, notYet: number): Block[] {
  const { account, keptSince } = view;
  switch (step) {
    case 'signIn':
      return [steps(m.walk.signIn.steps), paragraph(m.walk.signIn.onlyYou)];
    case 'openApplication':
      return [steps(m.walk.openApplication.steps)];
    case 'requestType':
      return [
        steps(m.walk.requestType.steps),
        paragraph(m.walk.requestType.notThese),
        { kind: 'list', items: CHORUS.otherRequestTypes.map((type) => [type]) },
      ];
    case 'selectAccount':
      return [
        steps(m.walk.selectAccount.steps),
        paragraph(m.walk.selectAccount.these),
        accountFacts(m, account),
      ];
    case 'copyPassword':
      return [
        paragraph(m.walk.copyPassword.shown),
        danger(m.walk.copyPassword.copyFirst),
        danger(m.walk.copyPassword.neverAgain),
        keptSince === undefined
          ? paragraph(m.walk.copyPassword.safeHere)
          : good(m.walk.copyPassword.kept(m.moment(keptSince))),
      ];
    case 'submitRequest':
      return [
        keptSince === undefined
          ? danger(m.walk.submitRequest.notKept)
          : good(m.walk.submitRequest.kept(m.moment(keptSince))),
        ...trimmedNotice(m, view),
        steps(m.walk.submitRequest.steps),
        danger(m.walk.submitRequest.mustSubmit),
      ];
    case 'awaitEmail':
      return [
        paragraph(m.walk.awaitEmail.wait),
        paragraph(m.walk.awaitEmail.subject),
        danger(m.walk.awaitEmail.notBefore),
        ...(keptSince === undefined ? [] : [paragraph(m.walk.awaitEmail.kept)]),
        ...(notYet > 0 ? [{ kind: 'list' as const, items: m.walk.awaitEmail.notYet }] : []),
      ];
    case 'enterPassword':
      return [steps(m.walk.enterPassword.steps), paragraph(m.walk.enterPassword.afterwards)];
    default:
      return step satisfies never;
  }
}

function walkActions(m: Messages, view: ResetView, step: WalkCard): Action[] {
  const send = sender(view);
  const back = send(m.buttons.back, 'back');
  const abandon = send(m.buttons.abandon, 'abandon', 'danger');
  const done = send(m.buttons.done, 'done', 'primary');
  switch (step) {
    case 'signIn':
      return [{ kind: 'link', label: m.buttons.openPortal, url: view.portalUrl }, done, abandon];
    case 'openApplication':
    case 'requestType':
    case 'selectAccount':
      return [done, back, abandon];
    case 'copyPassword':
      return view.keptSince === undefined
        ? [passwordForm(view, m.buttons.keepSafe, 'primary'), send(m.buttons.done, 'done'), back, abandon]
        : [done, passwordForm(view, m.buttons.replaceKept), back, abandon];
    case 'submitRequest':
      return view.keptSince === undefined
        ? [done, passwordForm(view, m.buttons.keepSafe), back, abandon]
        : [done, back, abandon];
    case 'awaitEmail':
      return [
        send(m.buttons.emailCame, 'done', 'primary'),
        send(m.buttons.emailNotYet, 'emailNotYet'),
        back,
        ...(view.keptSince === undefined ? [send(m.buttons.lostPassword, 'lostPassword')] : []),
        abandon,
      ];
    case 'enterPassword':
      return [
        passwordForm(view, m.buttons.enterPassword, 'primary'),
        back,
        send(m.buttons.lostPassword, 'lostPassword'),
        abandon,
      ];
    default:
      return step satisfies never;
  }
}

export function testingCard(m: Messages, view: ResetView): Card {
  return {
    title: m.test.testing.title,
    body: [progress(m, TEST_STEP), paragraph(m.test.testing.body), ...trimmedNotice(m, view), about(m, view)],
    actions: [],
  };
}

export function acceptedCard(
  m: Messages,
  view: ResetView,
  known: { structures: StructuresView; updated: string; expiry?: ExpiryView },
): Card {
  return {
    title: m.test.accepted.title,
    tone: 'good',
    body: [
      progress(m, TEST_STEP),
      paragraph(m.test.accepted.body),
      paragraph(m.test.accepted.kept),
      ...trimmedNotice(m, view),
      {
        kind: 'facts',
        facts: [
          { label: m.labels.technicalAccount, value: view.account.login },
          { label: m.labels.updated, value: m.moment(known.updated) },
          { label: m.labels.expiry, value: expiryValue(m, known.expiry) },
        ],
      },
      ...structureList(m, known.structures),
      ...(known.expiry?.estimated === true ? [paragraph(m.test.accepted.estimated)] : []),
      about(m, view),
    ],
    actions: [
      sender(view)(m.buttons.next, 'done', 'primary'),
      { kind: 'form', label: m.buttons.correctExpiry, form: 'expiry', data: view.ref },
    ],
  };
}

/** `credential` is what Chorus Pro refused; `retry` whether the person may test again, `testAt` when the bot will. */
export function refusedCard(
  m: Messages,
  view: ResetView,
  refusal: { credential: string; retry: boolean; testAt?: string },
): Card {
  const ofPiste = refusal.credential === 'pisteApplication';
  return {
    title: m.test.refused.title,
    tone: 'danger',
    body: [
      progress(m, TEST_STEP),
      paragraph(ofPiste ? m.test.refused.pisteApplication : m.test.refused.technicalAccount),
      good(m.test.refused.safe),
      ...(ofPiste ? [] : [{ kind: 'list' as const, items: m.test.refused.whatToDo }]),
      ...(refusal.testAt === undefined ? [] : [paragraph(m.test.refused.again(m.moment(refusal.testAt)))]),
      ...(refusal.retry ? [] : [paragraph(m.test.refused.enough)]),
      about(m, view),
    ],
    actions: afterTest(m, view, { retry: refusal.retry, suspect: !ofPiste }),
  };
}

export function unknownCard(
  m: Messages,
  view: ResetView,
  known: { reason: string; retry: boolean; testAt: string },
): Card {
  return {
    title: m.test.unknown.title,
    tone: 'warning',
    body: [
      progress(m, TEST_STEP),
      paragraph(unknownReason(m, known.reason)),
      good(m.test.unknown.safe),
      paragraph(m.test.unknown.again(m.moment(known.testAt))),
      about(m, view),
    ],
    actions: afterTest(m, view, { retry: known.retry, suspect: true }),
  };
}

/** Why Chorus Pro has not said yes or no. */
export function unknownReason(m: Messages, reason: string): Text {
  return m.test.unknown.reasons[reason] ?? m.test.unknown.reasons.unexpected ?? [];
}

/** `suspect`: the password itself may be at fault. */
function afterTest(m: Messages, view: ResetView, { retry, suspect }: { retry: boolean; suspect: boolean }) {
  const send = sender(view);
  return [
    ...(retry ? [send(m.buttons.retry, 'retry', 'primary')] : []),
    ...(suspect
      ? [passwordForm(view, m.buttons.enterPassword), send(m.buttons.lostPassword, 'lostPassword')]
      : []),
    send(m.buttons.abandon, 'abandon', 'danger'),
  ];
}

export function reportCard(m: Messages, view: ResetView): Card {
  return {
    title: m.report.title,
    body: [
      progress(m, REPORT_STEP),
      paragraph(m.report.application),
      paragraph(m.report.path),
      steps(m.report.steps),
      paragraph(m.report.faq),
      about(m, view),
    ],
    actions: [sender(view)(m.buttons.finish, 'done', 'primary')],
  };
}

export function doneCard(m: Messages, view: ResetView, at: string, expiry: ExpiryView | undefined): Card {
  return {
    title: m.ends.done.title,
    tone: 'good',
    body: [
      paragraph(m.ends.done.body(view.heldBy.name, m.date(at))),
      ...(expiry === undefined ? [] : [paragraph(m.ends.done.next(expiryDay(m, expiry)))]),
      accountFacts(m, view.account),
    ],
    actions: [{ kind: 'send', label: m.buttons.configuration, verb: 'configuration', data: view.ref }],
  };
}

/** `submitted`: the request may already have been submitted on the portal, so that the old password may be dead. */
export function abandonedCard(m: Messages, view: ResetView, submitted: boolean): Card {
  return {
    title: m.ends.abandoned.title,
    body: [
      paragraph(m.ends.abandoned.body),
      ...(view.keptSince === undefined ? [] : [paragraph(m.ends.abandoned.kept)]),
      ...(submitted ? [danger(m.ends.abandoned.submitted)] : []),
      accountFacts(m, view.account),
    ],
    actions: [beginAction(m, view.ref)],
  };
}

/** `submitted`: as for an abandoned one. */
export function timedOutCard(m: Messages, view: ResetView, submitted: boolean): Card {
  return {
    title: m.ends.timedOut.title,
    tone: 'warning',
    body: [
      paragraph(m.ends.timedOut.body),
      ...(view.keptSince === undefined ? [] : [paragraph(m.ends.abandoned.kept)]),
      ...(submitted ? [danger(m.ends.abandoned.submitted)] : []),
      accountFacts(m, view.account),
    ],
    actions: [beginAction(m, view.ref)],
  };
}

/** Starts a reset of the account that `ref` names, or shows the one that runs. */
export function beginAction(m: Messages, ref: ActionData, label = m.buttons.begin): Action {
  return { kind: 'send', label, verb: 'begin', data: { account: ref.account ?? '' }, style: 'primary' };
}

/** The structures that Chorus Pro gave, under the seed's own heading. */
export function structureList(m: Messages, structures: StructuresView): Block[] {
  if (structures.total === 0) return [paragraph(m.test.accepted.noStructure)];
  const shown = structures.shown.map(({ name, siret }): Text => [name, ` (${siret})`]);
  const rest = structures.total - shown.length;
  return [
    paragraph([{ bold: m.labels.structures }]),
    { kind: 'list', items: rest > 0 ? [...shown, m.test.accepted.more(rest)] : shown },
  ];
}

export function expiryDay(m: Messages, expiry: ExpiryView): string {
  return expiry.estimated ? m.estimated(m.date(expiry.at)) : m.date(expiry.at);
}

/** The day of the expiry, and how long the password still holds, or since when it does not. */
export function deadline(m: Messages, { expiry, daysLeft, isExpired }: DeadlineView): string | undefined {
  if (expiry === undefined || daysLeft === undefined) return undefined;
  const left = daysLeft === 0 && isExpired === true ? m.expiredToday(expiry.at) : m.days(daysLeft);
  return `${expiryDay(m, expiry)}, ${left}`;
}

export function accountFacts(m: Messages, account: AccountView): Block {
  return {
    kind: 'facts',
    facts: [
      { label: m.labels.structure, value: account.structure },
      { label: m.labels.siret, value: account.siret },
      { label: m.labels.technicalAccount, value: account.login },
    ],
  };
}

export function paragraph(text: Text): Block {
  return { kind: 'text', text };
}

export function good(text: Text): Block {
  return { kind: 'callout', tone: 'good', text };
}

export function danger(text: Text): Block {
  return { kind: 'callout', tone: 'danger', text };
}

/** A single thing to do needs no number. */
function steps(items: readonly Text[]): Block {
  const [only, ...others] = items;
  return only !== undefined && others.length === 0 ? paragraph(only) : { kind: 'steps', items };
}

function picture(m: Messages, { picturesUrl }: ResetView, step: WalkCard): Block[] {
  if (picturesUrl === undefined || !isPictured(step)) return [];
  return [{ kind: 'picture', url: `${picturesUrl}/${step}.png`, alt: m.walk[step].picture }];
}

function isPictured(step: WalkCard): step is PicturedStep {
  return step !== 'enterPassword';
}

function expiryValue(m: Messages, expiry: ExpiryView | undefined): string {
  if (expiry === undefined) return m.labels.unknownYet;
  return expiry.estimated ? m.estimated(m.moment(expiry.at)) : m.moment(expiry.at);
}

function progress(m: Messages, n: number): Block {
  return { kind: 'note', text: [m.walk.progress(n, REPORT_STEP)] };
}

function trimmedNotice(m: Messages, view: ResetView): Block[] {
  return view.trimmed === true ? [paragraph(m.walk.trimmed)] : [];
}

function about(m: Messages, view: ResetView): Block {
  const { structure, login } = view.account;
  return {
    kind: 'note',
    text: [`${structure}, ${login}. `, m.walk.heldBy(view.heldBy.name, m.moment(view.heldBy.since))],
  };
}

function sender(view: ResetView) {
  return (label: string, verb: string, style?: 'primary' | 'danger'): Action => ({
    kind: 'send',
    label,
    verb,
    data: view.ref,
    ...(style === undefined ? {} : { style }),
  });
}

function passwordForm(view: ResetView, label: string, style?: 'primary'): Action {
  return { kind: 'form', label, form: 'password', data: view.ref, ...(style === undefined ? {} : { style }) };
}
