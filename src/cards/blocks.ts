import type { Block, Text } from './card.ts';
import type { Messages } from './messages.ts';

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
  /** Not every page of the list could be read. */
  readonly isIncomplete?: true;
  /** Rows of the list that name no structure. */
  readonly unreadable?: number;
  /** Of the account's own structure, which comes first where it is there. */
  readonly own?: 'absent' | 'inactive';
}

/** The number of structures a card lists before it counts the rest. */
export const STRUCTURES_SHOWN = 10;

/** The structures that Chorus Pro gave, under the seed's own heading; before it, what is not as it should be. */
export function structureList(m: Messages, structures: StructuresView, account: AccountView): Block[] {
  return [...warnings(m, structures, account), ...list(m, structures)];
}

function warnings(
  m: Messages,
  { own, unreadable, isIncomplete }: StructuresView,
  account: AccountView,
): Block[] {
  const { accepted } = m.test;
  return [
    ...(own === 'absent' ? [warning(accepted.ownAbsent(account.structure, account.siret))] : []),
    ...(own === 'inactive' ? [warning(accepted.ownInactive(account.structure, account.siret))] : []),
    ...(unreadable === undefined ? [] : [paragraph(accepted.unreadable(unreadable))]),
    ...(isIncomplete === true ? [paragraph(accepted.incomplete)] : []),
  ];
}

function list(m: Messages, structures: StructuresView): Block[] {
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

export function warning(text: Text): Block {
  return { kind: 'callout', tone: 'warning', text };
}

export function danger(text: Text): Block {
  return { kind: 'callout', tone: 'danger', text };
}

/** A single thing to do needs no number. */
export function steps(items: readonly Text[]): Block {
  const [only, ...others] = items;
  return only !== undefined && others.length === 0 ? paragraph(only) : { kind: 'steps', items };
}
