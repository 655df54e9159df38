import { type Asked, KEEP_AS } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import {
  type InspectedPassword,
  inspectPassword,
  isSamePassword,
  type KnownOfAccount,
} from '../../chorus/password.ts';
import type { Secret } from '../../secret.ts';

/** What the form had asked when it came back, and what was chosen in it. */
export interface AskedBefore {
  readonly asked?: Asked | undefined;
  readonly draft?: Secret | undefined;
  readonly keepAs?: string | undefined;
}

/** What is done with what was typed: it is taken, or the form comes back. */
export type PasswordDecision =
  | { readonly kind: 'take'; readonly password: Secret; readonly trimmed: boolean }
  | {
      readonly kind: 'again';
      readonly why: Exclude<InspectedPassword, { outcome: 'keep' }>;
      /** What an empty field means from now on, and what is asked of it; undefined: the form comes back empty. */
      readonly draft?: Secret;
      readonly asked?: Asked;
    };

/**
 * Whether what was typed is taken. What is unusual is asked about once, and taken where the same is submitted again; of
 * « login:password » the part behind the colon is, where that is submitted.
 */
export function decide(typed: Secret, known: KnownOfAccount, before: AskedBefore): PasswordDecision {
  const inspected = inspectPassword(typed, known);
  switch (inspected.outcome) {
    case 'keep':
      return { kind: 'take', password: inspected.password, trimmed: inspected.trimmed };
    case 'stop': {
      const { proposed } = inspected;
      if (proposed === undefined) return { kind: 'again', why: inspected };
      // Slack may keep in its field what was typed.
      const isAnswered = before.asked === 'part' && isSameDraft(before, proposed, known);
      return isAnswered
        ? decide(proposed, known, {})
        : { kind: 'again', why: inspected, draft: proposed, asked: 'part' };
    }
    case 'warn': {
      const { password, trimmed, proposed } = inspected;
      const asked = proposed === undefined ? 'warning' : 'quotes';
      if (before.asked !== asked || !isSameDraft(before, password, known))
        return { kind: 'again', why: inspected, draft: typed, asked };
      return proposed !== undefined && before.keepAs === KEEP_AS.withoutQuotes
        ? decide(proposed, known, {})
        : { kind: 'take', password, trimmed };
    }
    default:
      return inspected satisfies never;
  }
}

/** Why the form comes back, in words. */
export function sentenceFor(m: Messages, why: Extract<PasswordDecision, { kind: 'again' }>['why']): string {
  const words = why.outcome === 'stop' ? m.form.problems[why.problem] : m.form.warnings[why.warning];
  return typeof words === 'string' ? words : words(why.position ?? 0);
}

function isSameDraft({ draft }: AskedBefore, password: Secret, known: KnownOfAccount): boolean {
  if (draft === undefined) return false;
  const inspected = inspectPassword(draft, known);
  return inspected.outcome !== 'stop' && isSamePassword(inspected.password, password);
}
