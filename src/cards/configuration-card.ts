import {
  type AccountView,
  danger,
  type ExpiryView,
  expiryDay,
  good,
  paragraph,
  type StructuresView,
  structureList,
  warning,
} from './blocks.ts';
import type { ActionData, Block, Card } from './card.ts';
import { CHORUS, type Messages } from './messages.ts';
import { testKeptAction } from './question-cards.ts';
import { beginAction } from './reset-view.ts';
import { supportAction, type VerdictView, verdictSentence } from './verdict-cards.ts';

/** The second seed's screen. Instants are ISO. */
export interface ConfigurationView {
  readonly ref: ActionData;
  readonly account: AccountView;
  readonly url: string;
  readonly heldSince?: string;
  readonly pendingSince?: string;
  readonly updated?: string;
  readonly expiry?: ExpiryView;
  /** The stored expiry is past. */
  readonly isExpired?: boolean;
  readonly alertMonths: number;
  /** When the alert comes, where the last update is known; `isTooLate`: the password will not be valid any more. */
  readonly alert?: { readonly at: string; readonly isTooLate: boolean };
  /** What the test that was just made found; absent where none was. */
  readonly test?: ConfigurationTest;
  /** A conclusive test of the last ten minutes: the new password may be entered. */
  readonly mayEnter: boolean;
  readonly alertSaved?: boolean;
  readonly suspendedAt?: string;
}

export type ConfigurationTest =
  | { readonly outcome: 'running' }
  | { readonly outcome: 'accepted'; readonly structures: StructuresView }
  /** `isEnough`: it is not tested again today. */
  | (VerdictView & { readonly outcome: 'refused'; readonly isEnough?: boolean })
  | (VerdictView & { readonly outcome: 'unknown' });

/** Months that *Alerte actualisation* offers: a password lives about 14 (AIFE). */
export const ALERT_MONTHS = { least: 1, most: 14, first: 12 } as const;

export function configurationCard(m: Messages, view: ConfigurationView): Card {
  const held = view.heldSince !== undefined;
  return {
    title: m.configuration.title,
    body: [
      {
        kind: 'facts',
        facts: [
          { label: m.labels.structure, value: view.account.structure },
          { label: m.labels.siret, value: view.account.siret },
        ],
      },
      ...(view.suspendedAt === undefined
        ? []
        : [paragraph([m.conversation.suspended(m.date(view.suspendedAt))])]),
      frame(CHORUS.connectionFrame),
      {
        kind: 'facts',
        facts: [
          { label: m.labels.url, value: view.url },
          { label: m.labels.login, value: view.account.login },
          {
            label: m.labels.password,
            value:
              view.heldSince === undefined
                ? m.configuration.notHeld
                : m.configuration.heldSince(m.date(view.heldSince)),
          },
        ],
      },
      ...testResult(m, view),
      frame(CHORUS.passwordFrame),
      {
        kind: 'facts',
        facts: [
          {
            label: m.labels.updated,
            value: view.updated === undefined ? m.labels.unknownYet : m.moment(view.updated),
          },
          {
            label: m.labels.expiry,
            value: view.expiry === undefined ? m.labels.unknownYet : expiryDay(m, view.expiry),
          },
        ],
      },
      ...(view.pendingSince === undefined
        ? []
        : [paragraph(m.configuration.pending(m.moment(view.pendingSince)))]),
      ...whatNext(m, view),
      {
        kind: 'choice',
        id: 'alertMonths',
        label: m.labels.alert,
        value: String(view.alertMonths),
        options: months().map((n) => ({ value: String(n), label: m.labels.alertMonths(n) })),
      },
      ...aboutAlert(m, view),
    ],
    actions: [
      ...(held
        ? [
            {
              kind: 'send' as const,
              label: m.buttons.testConnection,
              verb: 'testConnection',
              data: view.ref,
              ...(view.mayEnter || isStuck(view) ? {} : { style: 'primary' as const }),
            },
            {
              kind: 'form' as const,
              label: m.buttons.enterPassword,
              form: 'configurationPassword',
              data: view.ref,
              enabled: view.mayEnter,
              ...(view.mayEnter ? { style: 'primary' as const } : {}),
            },
          ]
        : []),
      // A refused password, or none yet: the ways out.
      ...(isStuck(view)
        ? [
            beginAction(m, view.ref),
            {
              kind: 'form' as const,
              label: m.buttons.knownPassword,
              form: 'knownPassword',
              data: view.ref,
            },
          ]
        : []),
      ...(view.pendingSince === undefined ? [] : [testKeptAction(m, view.ref)]),
      { kind: 'send', label: m.buttons.saveAlert, verb: 'saveAlert', data: view.ref },
      ...(view.expiry === undefined
        ? []
        : [{ kind: 'form' as const, label: m.buttons.correctExpiry, form: 'expiry', data: view.ref }]),
      ...(view.test !== undefined && 'reason' in view.test ? supportAction(m, view.ref, view.test) : []),
    ],
  };
}

/** A frame of the seed's screen, under its own name. */
function frame(name: string): Block {
  return paragraph([{ bold: name }]);
}

function aboutAlert(m: Messages, { alertMonths, alert, alertSaved, expiry }: ConfigurationView): Block[] {
  const at = alert && m.date(alert.at);
  const saved = alertSaved === true ? [good(m.configuration.alertSaved(alertMonths, at))] : [];
  if (at === undefined || alert?.isTooLate !== true || expiry === undefined) return saved;
  const text = m.configuration.alertTooLate(alertMonths, at, expiryDay(m, expiry));
  return [...saved, warning(text)];
}

function whatNext(m: Messages, view: ConfigurationView): Block[] {
  const { test } = view;
  // What the test has just said is the last word, whatever an earlier one had opened.
  if (test?.outcome === 'running' || test?.outcome === 'refused') return [];
  if (test?.outcome === 'unknown')
    return MENDED_BY_TIME.includes(test.reason) ? [paragraph(m.configuration.testLater)] : [];
  if (view.mayEnter) return [paragraph(m.configuration.mayEnter)];
  if (view.heldSince !== undefined) return [paragraph(m.configuration.testFirst)];
  return view.pendingSince === undefined ? [paragraph(m.configuration.nothingToTest)] : [];
}

/** After these the same test may well end otherwise. */
const MENDED_BY_TIME: readonly string[] = ['busy', 'unavailable', 'timeout'];
/** After these only another password leads on. */
const ASKS_FOR_ANOTHER: readonly string[] = ['notOpened', 'attemptsSpent'];

/** No password is in use, or the one in use leads nowhere. */
function isStuck({ heldSince, test }: ConfigurationView): boolean {
  const leadsNowhere =
    test?.outcome === 'refused' || (test?.outcome === 'unknown' && ASKS_FOR_ANOTHER.includes(test.reason));
  return heldSince === undefined || leadsNowhere;
}

/** What the stored expiry tells of a refusal: where Chorus Pro has said why, only that it is past. */
function whyRefused(
  m: Messages,
  { reason }: VerdictView,
  { expiry, isExpired = false }: ConfigurationView,
): Block[] {
  const { refusedExpired, refusedValid, refusedUnknown, wayOut } = m.configuration;
  if (reason === 'refusedInWords' && !isExpired) return [];
  if (expiry === undefined) return [paragraph(refusedUnknown), paragraph(wayOut)];
  const date = expiryDay(m, expiry);
  return [paragraph(isExpired ? refusedExpired(date) : refusedValid(date)), paragraph(wayOut)];
}

function testResult(m: Messages, view: ConfigurationView): Block[] {
  const { test, account } = view;
  switch (test?.outcome) {
    case undefined:
      return [];
    case 'running':
      return [paragraph(m.configuration.testing)];
    case 'accepted':
      return [good(m.test.accepted.body), ...structureList(m, test.structures, account)];
    case 'refused':
      return [
        danger(verdictSentence(m, test)),
        ...whyRefused(m, test, view),
        ...(test.isEnough === true ? [paragraph(m.test.refused.enough)] : []),
      ];
    case 'unknown':
      return [warning(verdictSentence(m, test))];
    default:
      return test satisfies never;
  }
}

function months(): number[] {
  return Array.from({ length: ALERT_MONTHS.most - ALERT_MONTHS.least + 1 }, (_, i) => ALERT_MONTHS.least + i);
}
