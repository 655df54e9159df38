import { accountFacts, danger, good, paragraph, steps } from './blocks.ts';
import type { Action, Block, Card } from './card.ts';
import { CHORUS, type Messages } from './messages.ts';
import { about, passwordFormAction, progress, type ResetView, sender, trimmedNotice } from './reset-view.ts';

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

/** A step whose card tells what to do on the portal. */
export type WalkCard = keyof typeof WALK_CARDS;

/** A step that is shown by a picture as well. What the last step's button opens needs none: it is seen at once. */
export type PicturedStep = Exclude<WalkCard, 'enterPassword'>;

/** The names of the pictures, without « .png ». */
export const PICTURED_STEPS = (Object.keys(WALK_CARDS) as WalkCard[]).filter(isPictured);

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
      return signInBody(m, view);
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
        paragraph(m.walk.selectAccount.fields),
      ];
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
        keptSince === undefined
          ? danger(m.walk.submitRequest.notKept)
          : good(m.walk.submitRequest.kept(m.moment(keptSince))),
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
      return signInActions(m, view, { done, abandon });
    case 'openApplication':
    case 'requestType':
    case 'selectAccount':
      return [done, back, abandon];
    case 'copyPassword':
      return view.keptSince === undefined
        ? [
            passwordFormAction(view, m.buttons.keepSafe, 'primary'),
            send(m.buttons.done, 'done'),
            back,
            abandon,
          ]
        : [done, passwordFormAction(view, m.buttons.replaceKept), back, abandon];
    case 'submitRequest':
      return view.keptSince === undefined
        ? [done, passwordFormAction(view, m.buttons.keepSafe), back, abandon]
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
        passwordFormAction(view, m.buttons.enterPassword, 'primary'),
        back,
        send(m.buttons.lostPassword, 'lostPassword'),
        abandon,
      ];
    default:
      return step satisfies never;
  }
}

/** The two ways in, until one is chosen; then what is to be done on that one. */
function signInBody(m: Messages, { entry }: ResetView): Block[] {
  const { choose, ways, afterwards, pigp, direct, portal, domains, onlyYou, code } = m.walk.signIn;
  switch (entry) {
    case undefined:
      return [
        paragraph(choose),
        { kind: 'list', items: ways },
        paragraph(afterwards),
        steps(portal),
        paragraph(domains),
        paragraph(onlyYou),
      ];
    case 'pigp':
      return [steps([...pigp, ...portal]), paragraph(domains), paragraph(onlyYou)];
    case 'direct':
      return [steps([...direct, ...portal]), paragraph(code), paragraph(domains), paragraph(onlyYou)];
    default:
      return entry satisfies never;
  }
}

function signInActions(
  m: Messages,
  view: ResetView,
  { done, abandon }: { readonly done: Action; readonly abandon: Action },
): Action[] {
  const send = sender(view);
  const { entry, portalUrl, pigpUrl } = view;
  if (entry === undefined)
    return [
      send(m.buttons.enterByPigp, 'enterByPigp', 'primary'),
      send(m.buttons.enterDirectly, 'enterDirectly', 'primary'),
      send(m.buttons.done, 'done'),
      passwordFormAction(view, m.buttons.knownPassword),
      abandon,
    ];
  const open: Action[] =
    entry === 'direct'
      ? [{ kind: 'link', label: m.buttons.openPortal, url: portalUrl }]
      : pigpUrl === undefined
        ? []
        : [{ kind: 'link', label: m.buttons.openPigp, url: pigpUrl }];
  return [
    ...open,
    done,
    send(m.buttons.enterOtherwise, 'enterOtherwise'),
    passwordFormAction(view, m.buttons.knownPassword),
    abandon,
  ];
}

function picture(m: Messages, { picturesUrl, entry }: ResetView, step: WalkCard): Block[] {
  // Its numbers are those of one way in.
  const isChosen = step !== 'signIn' || entry !== undefined;
  if (picturesUrl === undefined || !isPictured(step) || !isChosen) return [];
  return [{ kind: 'picture', url: `${picturesUrl}/${step}.png`, alt: m.walk[step].picture }];
}

function isPictured(step: WalkCard): step is PicturedStep {
  return step !== 'enterPassword';
}
