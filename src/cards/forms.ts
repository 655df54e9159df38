import type { ActionData, Block, Form } from './card.ts';
import type { Messages } from './messages.ts';

/** The ids of the fields: what is typed masked, and what is not. */
export const PASSWORD_FIELD = 'password';
export const LINE_FIELDS = ['expiry'] as const;

/** What is wrong with a submission, already in words. */
export interface FormErrors {
  readonly password?: string;
  readonly expiry?: string;
  readonly whole?: string;
}

export interface PasswordFormView {
  readonly name: 'password' | 'configurationPassword';
  readonly data: ActionData;
  /** Kept before « Soumettre », or entered after the e-mail. */
  readonly beforeSubmit: boolean;
  /** As the portal shows it: dd/MM/yyyy HH:mm:ss. */
  readonly expiry: string;
  /** What was typed before is still there, sealed: an empty field means the same again. */
  readonly hasDraft: boolean;
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
    body: [...notMasked(m, view.unmasked), { kind: 'text', text: m.form.intro }],
    ...(view.errors.whole === undefined ? {} : { error: view.errors.whole }),
    fields: [
      {
        kind: 'password',
        id: PASSWORD_FIELD,
        label: m.labels.newPassword,
        required: !view.hasDraft,
        requiredMessage: m.form.required,
        ...(view.hasDraft ? { placeholder: m.form.keptDraft } : {}),
        ...(view.errors.password === undefined ? {} : { error: view.errors.password }),
      },
      {
        kind: 'line',
        id: LINE_FIELDS[0],
        label: m.labels.expiry,
        value: view.expiry,
        hint: m.form.expiryHint,
        requiredMessage: m.form.expiryRequired,
        ...(view.errors.expiry === undefined ? {} : { error: view.errors.expiry }),
      },
    ],
    submit: m.buttons.ok,
    cancel: m.form.cancel,
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
        id: LINE_FIELDS[0],
        label: m.labels.expiry,
        value: view.expiry,
        requiredMessage: m.form.expiryRequired,
        ...(view.errors.expiry === undefined ? {} : { error: view.errors.expiry }),
      },
    ],
    submit: m.buttons.ok,
    cancel: m.form.cancel,
  };
}
