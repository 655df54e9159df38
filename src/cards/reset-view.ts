import { type AccountView, type ExpiryView, expiryDay, paragraph } from './blocks.ts';
import type { Action, ActionData, Block } from './card.ts';
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
export const REPORT_STEP = 10;

export function progress(m: Messages, n: number): Block {
  return { kind: 'note', text: [m.walk.progress(n, REPORT_STEP)] };
}

export function trimmedNotice(m: Messages, view: ResetView): Block[] {
  return view.trimmed === true ? [paragraph(m.walk.trimmed)] : [];
}

export function about(m: Messages, view: ResetView): Block {
  const { structure, login } = view.account;
  return {
    kind: 'note',
    text: [`${structure}, ${login}. `, m.walk.heldBy(view.heldBy.name, m.moment(view.heldBy.since))],
  };
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
