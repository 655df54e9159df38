import { accountFacts, danger, good, paragraph, steps } from './blocks.ts';
import type { Action, Block, Card, Text } from './card.ts';
import { CHORUS, type Messages } from './messages.ts';
import {
  type NumberedStep,
  passwordFormAction,
  type ResetView,
  sender,
  stepCard,
  trimmedNotice,
} from './reset-view.ts';

/** A step whose card tells what to do on the portal. */
export type WalkCard = Exclude<NumberedStep, 'test' | 'report'>;

/** What each card shows by pictures: their names, without « .png ». What the last step's button opens needs none. */
const PICTURES = {
  signIn: ['signIn'],
  openApplication: ['openApplication', 'requestType', 'selectAccount'],
  copyPassword: ['copyPassword'],
  submitRequest: ['submitRequest'],
  awaitEmail: ['awaitEmail'],
  enterPassword: [],
} as const satisfies Readonly<Record<WalkCard, readonly string[]>>;

export type PicturedStep = (typeof PICTURES)[WalkCard][number];

export const PICTURED_STEPS: readonly PicturedStep[] = Object.values(PICTURES).flat();

/** The card of one step on the portal. `notYet`: how often the e-mail had not come. */
export function walkCard(m: Messages, view: ResetView, step: WalkCard, notYet: number): Card {
  return stepCard(m, view, step, {
    title: m.walk[step].title,
    body: [...walkBody(m, view, step, notYet), ...pictures(m, view, step)],
    details: walkDetails(m, view, step),
    actions: walkActions(m, view, step),
    moreActions: step === 'signIn' ? [passwordFormAction(view, m.buttons.knownPassword)] : [],
    isNamed: step === 'openApplication',
    stopping: stopping(m, view, step),
  });
}

/** After Soumettre the old password no longer works; on its own card it may have been clicked a moment ago. */
function stopping(m: Messages, { submitted }: ResetView, step: WalkCard): Text {
  if (submitted === true) return m.walk.finishToday;
  return step === 'submitRequest' ? m.walk.nothingSubmitted : m.walk.nothingChanged;
}

function walkBody(m: Messages, view: ResetView, step: WalkCard, notYet: number): Block[] {
  const { account, keptSince } = view;
  switch (step) {
    case 'signIn':
      return signInBody(m, view);
    case 'openApplication':
      return [steps(m.walk.openApplication.steps), accountFacts(m, account)];
    case 'copyPassword':
      return [
        paragraph(m.walk.copyPassword.shown),
        danger(m.walk.copyPassword.copyFirst),
        danger(m.walk.copyPassword.neverAgain),
        danger(m.walk.submitRequest.mustSubmit),
        keptSince === undefined
          ? paragraph(
              view.isHandoverOn === true ? m.walk.copyPassword.safeHere : m.walk.copyPassword.safeAndNoted,
            )
          : good(m.walk.copyPassword.kept(m.moment(keptSince))),
      ];
    case 'submitRequest':
      return [
        keptSince === undefined ? danger(m.walk.submitRequest.notKept) : good(m.walk.submitRequest.kept),
        ...trimmedNotice(m, view),
        ...(view.application === undefined ? [paragraph(m.walk.submitRequest.testFirst)] : []),
        steps(m.walk.submitRequest.steps),
        danger(m.walk.submitRequest.mustSubmit),
      ];
    case 'awaitEmail':
      return [
        paragraph(m.walk.awaitEmail.wait),
        paragraph(m.walk.awaitEmail.subject),
        danger(m.walk.awaitEmail.notBefore),
        ...(notYet > 0 ? [{ kind: 'list' as const, items: m.walk.awaitEmail.notYet }] : []),
      ];
    case 'enterPassword':
      return [steps(m.walk.enterPassword.steps), paragraph(m.walk.enterPassword.afterwards)];
    default:
      return step satisfies never;
  }
}

/** What whoever is at a loss reads. */
function walkDetails(m: Messages, view: ResetView, step: WalkCard): Block[] {
  switch (step) {
    case 'signIn':
      return signInDetails(m, view);
    case 'openApplication':
      return [
        paragraph(m.walk.openApplication.fields),
        paragraph(m.walk.openApplication.notThese),
        { kind: 'list', items: CHORUS.otherRequestTypes.map((type) => [type]) },
      ];
    case 'copyPassword':
      return view.isHandoverOn === true && view.keptSince === undefined
        ? [paragraph(m.walk.copyPassword.takenBack)]
        : [];
    case 'submitRequest':
      return view.application === undefined ? [paragraph(m.walk.submitRequest.whyTestFirst)] : [];
    case 'awaitEmail':
      return view.keptSince === undefined ? [] : [paragraph(m.walk.awaitEmail.kept)];
    case 'enterPassword':
      return [];
    default:
      return step satisfies never;
  }
}

function walkActions(m: Messages, view: ResetView, step: WalkCard): Action[] {
  const send = sender(view);
  const back = send(m.buttons.back, 'back');
  const done = send(m.buttons.done, 'done', 'primary');
  const open: Action = { kind: 'link', label: m.buttons.openPortal, url: view.portalUrl };
  switch (step) {
    case 'signIn':
      return signInActions(m, view, done);
    case 'openApplication':
      return [done, open, back];
    case 'copyPassword':
      return view.keptSince === undefined
        ? [passwordFormAction(view, m.buttons.keepSafe, 'primary'), send(m.buttons.done, 'done'), open, back]
        : [done, passwordFormAction(view, m.buttons.replaceKept), open, back];
    case 'submitRequest':
      return view.keptSince === undefined
        ? [done, passwordFormAction(view, m.buttons.keepSafe), open, back]
        : [done, open, back];
    case 'awaitEmail':
      return [
        send(m.buttons.emailCame, 'done', 'primary'),
        send(m.buttons.emailNotYet, 'emailNotYet'),
        back,
        ...(view.keptSince === undefined ? [send(m.buttons.lostPassword, 'askLost')] : []),
      ];
    case 'enterPassword':
      return [
        passwordFormAction(view, m.buttons.enterPassword, 'primary'),
        back,
        send(m.buttons.lostPassword, 'askLost'),
      ];
    default:
      return step satisfies never;
  }
}

/** The two ways in, until one is chosen; then what is to be done on that one. */
function signInBody(m: Messages, { entry }: ResetView): Block[] {
  const { choose, ways, pigp, direct, portal } = m.walk.signIn;
  switch (entry) {
    case undefined:
      return [paragraph(choose), { kind: 'list', items: ways }];
    case 'pigp':
      return [steps([...pigp, ...portal])];
    case 'direct':
      return [steps([...direct, ...portal])];
    default:
      return entry satisfies never;
  }
}

function signInDetails(m: Messages, { entry }: ResetView): Block[] {
  const { afterwards, identity, code, portal, domains, onlyYou } = m.walk.signIn;
  return [
    ...(entry === undefined ? [paragraph(afterwards), steps(portal)] : []),
    ...(entry === 'direct' ? [paragraph(identity), paragraph(code)] : []),
    paragraph(domains),
    paragraph(onlyYou),
  ];
}

function signInActions(m: Messages, view: ResetView, done: Action): Action[] {
  const send = sender(view);
  const { entry, portalUrl, pigpUrl } = view;
  if (entry === undefined)
    return [
      send(m.buttons.enterByPigp, 'enterByPigp', 'primary'),
      send(m.buttons.enterDirectly, 'enterDirectly', 'primary'),
      send(m.buttons.done, 'done'),
    ];
  const open: Action[] =
    entry === 'direct'
      ? [{ kind: 'link', label: m.buttons.openPortal, url: portalUrl }]
      : pigpUrl === undefined
        ? []
        : [{ kind: 'link', label: m.buttons.openPigp, url: pigpUrl }];
  return [...open, done, send(m.buttons.enterOtherwise, 'enterOtherwise')];
}

function pictures(m: Messages, { picturesUrl, entry }: ResetView, step: WalkCard): Block[] {
  // Its numbers are those of one way in.
  const isChosen = step !== 'signIn' || entry !== undefined;
  if (picturesUrl === undefined || !isChosen) return [];
  return PICTURES[step].map((name) => ({
    kind: 'picture',
    url: `${picturesUrl}/${name}.png`,
    alt: m.walk[name].picture,
  }));
}
