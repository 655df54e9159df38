/** A run of text. Plain strings are never interpreted as markup, whatever they hold. */
export type Run = string | { readonly bold: string } | { readonly link: string; readonly url: string };

/** One paragraph, as runs. Renderers escape what their platform would interpret. */
export type Text = readonly Run[];

export interface Fact {
  readonly label: string;
  readonly value: string;
}

/** What stands in a card, from top to bottom. Closed: both renderers end in `never`. */
export type Block =
  | { readonly kind: 'text'; readonly text: Text }
  /** A 🚨 of the seeds, or a verdict: set apart so that it cannot be missed. */
  | { readonly kind: 'callout'; readonly tone: Tone; readonly text: Text }
  /** Things to do in this order. */
  | { readonly kind: 'steps'; readonly items: readonly Text[] }
  | { readonly kind: 'list'; readonly items: readonly Text[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }
  /** Small print: progress, who and since when. */
  | { readonly kind: 'note'; readonly text: Text }
  | { readonly kind: 'picture'; readonly url: string; readonly alt: string }
  /** A choice whose value is sent, under `id`, with every `send` action of the card. */
  | {
      readonly kind: 'choice';
      readonly id: string;
      readonly label: string;
      readonly value: string;
      readonly options: readonly { readonly value: string; readonly label: string }[];
    };

export type Tone = 'good' | 'warning' | 'danger' | 'neutral';

/** What our buttons and forms send back, by name, and how long each may be; of what comes back, nothing else is kept. */
const LONGEST_DATA = {
  account: 500,
  reset: 100,
  revision: 20,
  reminder: 20,
  alertMonths: 20,
  until: 20,
  message: 500,
  beforeSubmit: 20,
  submission: 100,
  cancelled: 20,
  /** What « Détails pour le support » shows. */
  support: 600,
  /** What was asked about the sealed draft, so that the next submission answers it. */
  asked: 20,
  /** What was typed, sealed. */
  draft: 24_000,
} as const;

/** What comes back with a click: short strings and numbers only, so that it fits every platform's limits. */
export type ActionData = { readonly [Name in keyof typeof LONGEST_DATA]?: string | number };

/** Of what came back with a click or a form, what is ours: anybody may add to it. */
export function actionDataOf(sent: Readonly<Record<string, unknown>>): ActionData {
  return Object.fromEntries(
    Object.entries(LONGEST_DATA)
      .map(([name, longest]) => [name, Object.hasOwn(sent, name) ? sent[name] : undefined, longest] as const)
      .filter(
        ([, value, longest]) =>
          typeof value === 'number' || (typeof value === 'string' && value.length <= longest),
      ),
  );
}

export type Action =
  /** Comes back to the bot as a click. */
  | {
      readonly kind: 'send';
      readonly label: string;
      readonly verb: string;
      readonly data: ActionData;
      readonly style?: 'primary' | 'danger';
    }
  /** Opens a private form: the bot is asked for the form named `form`. A disabled one is drawn, greyed, where the platform can. */
  | {
      readonly kind: 'form';
      readonly label: string;
      readonly form: string;
      readonly data: ActionData;
      readonly style?: 'primary' | 'danger';
      readonly enabled?: boolean;
    }
  | { readonly kind: 'link'; readonly label: string; readonly url: string };

/** What people see in a conversation, before any platform. Data only: no function, no date, no secret. */
export interface Card {
  readonly title: string;
  readonly tone?: Tone;
  readonly body: readonly Block[];
  readonly actions: readonly Action[];
}

export type Field =
  /** Typed masked where the platform can. Never has a value: what was typed is not drawn again. */
  | {
      readonly kind: 'password';
      readonly id: string;
      readonly label: string;
      readonly placeholder?: string;
      readonly required: boolean;
      readonly requiredMessage: string;
      readonly error?: string;
    }
  | {
      readonly kind: 'line';
      readonly id: string;
      readonly label: string;
      readonly value: string;
      readonly placeholder?: string;
      readonly hint?: string;
      readonly requiredMessage: string;
      readonly error?: string;
    }
  /** One of a few, all to be seen. */
  | {
      readonly kind: 'choice';
      readonly id: string;
      readonly label: string;
      readonly value: string;
      readonly options: readonly { readonly value: string; readonly label: string }[];
      readonly error?: string;
    };

/** A private modal: only the person who opened it sees it. */
export interface Form {
  /** Comes back with the submission. */
  readonly name: string;
  readonly data: ActionData;
  readonly title: string;
  readonly body: readonly Block[];
  /** What is wrong with the form as a whole (the store is down); a field's own error stands at the field. */
  readonly error?: string;
  readonly fields: readonly Field[];
  readonly submit: string;
  readonly cancel: string;
  /** It asks for something else than the form that was submitted: drawing errors under its fields is not enough. */
  readonly isOther?: true;
}
