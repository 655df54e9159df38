import type { AccountView } from './blocks.ts';
import type { ActionData, Block, Field, Form } from './card.ts';
import type { Messages } from './messages.ts';
import { about } from './reset-view.ts';

/** The ids of the fields: what is typed masked, and what is not. */
export const PASSWORD_FIELD = 'password';
export const LINE_FIELDS = ['expiry', 'keepAs'] as const;
const [EXPIRY_FIELD, KEEP_AS_FIELD] = LINE_FIELDS;

/** What a form that came back asks about the sealed draft: to confirm it, to do without its quotes, to take a part of it. */
export type Asked = 'warning' | 'quotes' | 'part';

/** What is chosen where quotes are around the password. */
export const KEEP_AS = { typed: 'typed', withoutQuotes: 'withoutQuotes' } as const;

/** What is wrong with a submission, already in words. */
export interface FormErrors {
  readonly password?: string;
  readonly expiry?: string;
  readonly whole?: string;
}

export interface PasswordFormView {
  /** Of a reset's card; after a conclusive test; and one that somebody has without the portal's steps. */
  readonly name: 'password' | 'configurationPassword' | 'knownPassword';
  readonly data: ActionData;
  /** Whose password it is; absent where the store does not tell. */
  readonly account?: AccountView | undefined;
  /** Kept before « Soumettre », or entered after the e-mail. */
  readonly beforeSubmit: boolean;
  /** It is to be typed again at the last step, and the bot does not give it back. */
  readonly isToNote?: boolean;
  /** What was typed before is still there, sealed: an empty field means the same again. */
  readonly hasDraft: boolean;
  readonly asked?: Asked | undefined;
  /** What was chosen of {@link KEEP_AS}. */
  readonly keepAs?: string;
  readonly isOther?: boolean;
  /** Present where the platform cannot mask; `page` is this person's own link to a page that can. */
  readonly unmasked?: { readonly page?: string };
  readonly errors: FormErrors;
}

/** *Saisie du mot de passe*: the second seed's modal. */
export function passwordForm(m: Messages, view: PasswordFormView): Form {
  return {
    name: view.name,
    data: view.data,
    title: view.beforeSubmit ? m.form.keepTitle : m.form.title,
    body: [
      ...(view.account === undefined ? [] : [about(view.account)]),
      ...notMasked(m, view.unmasked),
      { kind: 'text', text: m.form.intro },
      ...(view.isToNote === true ? [{ kind: 'text' as const, text: m.form.noteToo }] : []),
    ],
    ...(view.errors.whole === undefined ? {} : { error: view.errors.whole }),
    fields: [
      {
        kind: 'password',
        id: PASSWORD_FIELD,
        label: m.labels.newPassword,
        required: !view.hasDraft,
        requiredMessage: m.form.required,
        ...(view.hasDraft ? { placeholder: leftEmpty(m, view) } : {}),
        ...(view.errors.password === undefined ? {} : { error: view.errors.password }),
      },
      ...(view.asked === 'quotes' ? [quotesChoice(m, view.keepAs)] : []),
    ],
    submit: m.buttons.ok,
    cancel: m.form.cancel,
    ...(view.isOther === true ? { isOther: true as const } : {}),
  };
}

/** What an empty field means. After an error of the store it means what was typed, whatever had been asked of it. */
function leftEmpty(m: Messages, { asked, errors }: PasswordFormView): string {
  return asked === undefined || errors.whole !== undefined ? m.form.keptDraft : m.form.leftEmpty[asked];
}

function quotesChoice(m: Messages, value = ''): Field {
  const { label, typed, withoutQuotes } = m.form.keepAs;
  return {
    kind: 'choice',
    id: KEEP_AS_FIELD,
    label,
    value: value === KEEP_AS.withoutQuotes ? value : KEEP_AS.typed,
    options: [
      { value: KEEP_AS.typed, label: typed },
      { value: KEEP_AS.withoutQuotes, label: withoutQuotes },
    ],
  };
}

function notMasked(m: Messages, unmasked: PasswordFormView['unmasked']): Block[] {
  if (unmasked === undefined) return [];
  const { page } = unmasked;
  return [
    { kind: 'callout', tone: 'warning', text: m.form.notMasked },
    ...(page === undefined ? [] : [{ kind: 'text' as const, text: m.form.maskedPage(page) }]),
  ];
}

/** *Date exp. Mot de passe* alone: whoever submits it has read it on the portal. */
export function expiryForm(
  m: Messages,
  view: { data: ActionData; expiry: string; errors: FormErrors },
): Form {
  return {
    name: 'expiry',
    data: view.data,
    title: m.form.expiryForm.title,
    body: [{ kind: 'text', text: m.form.expiryForm.intro }],
    ...(view.errors.whole === undefined ? {} : { error: view.errors.whole }),
    fields: [
      {
        kind: 'line',
        id: EXPIRY_FIELD,
        label: m.labels.expiry,
        value: view.expiry,
        hint: m.form.expiryForm.hint,
        requiredMessage: m.form.expiryRequired,
        ...(view.errors.expiry === undefined ? {} : { error: view.errors.expiry }),
      },
    ],
    submit: m.buttons.ok,
    cancel: m.form.cancel,
  };
}
