import type {
  Clicked,
  Conversation,
  Deliver,
  FormAnswer,
  Opened,
  Said,
  SubmitAnswer,
  Submitted,
} from '../../src/bot/channel.ts';
import type { Card, Form } from '../../src/cards/card.ts';
import type { Secret } from '../../src/secret.ts';

/** With one action of each kind that comes back to the bot. */
export const CARD: Card = {
  title: 'Une carte',
  body: [
    {
      kind: 'choice',
      id: 'alertMonths',
      label: 'Alerte',
      value: '12',
      options: [
        { value: '12', label: '12 mois' },
        { value: '3', label: '3 mois' },
      ],
    },
  ],
  actions: [
    { kind: 'send', label: 'Continuer', verb: 'done', data: { account: 'tech_1', revision: 7 } },
    { kind: 'form', label: 'Saisir', form: 'password', data: { account: 'tech_1', reset: 'r1' } },
  ],
};

export const CHANGED: Card = { title: 'Une autre carte', body: [], actions: [] };

export const FORM: Form = {
  name: 'password',
  data: { account: 'tech_1', revision: 7 },
  title: 'Saisie',
  body: [{ kind: 'text', text: ['Collez-le ici.'] }],
  fields: [
    {
      kind: 'password',
      id: 'password',
      label: 'Nouveau mot de passe',
      required: false,
      requiredMessage: 'Il manque.',
    },
    { kind: 'line', id: 'expiry', label: 'Date', value: '18/04/2027', requiredMessage: 'Elle manque.' },
  ],
  submit: 'Valider',
  cancel: 'Annuler',
};

/** What it answers instead of the card above. */
interface Answers extends Pick<Conversation, 'clicked' | 'opened' | 'submitted'> {
  said(): Promise<readonly Card[]>;
}

/** Stands where the bot decides: writes down what reaches it, and answers with the card above unless told otherwise. */
export class Recording implements Conversation {
  readonly heard = {
    welcomed: [] as Said[],
    said: [] as Said[],
    edited: [] as Said[],
    clicked: [] as Clicked[],
    opened: [] as Opened[],
    submitted: [] as Submitted[],
  };
  /** What was typed in masked fields. */
  readonly passwords: string[] = [];
  answers: Partial<Answers> = {};

  get count(): number {
    return Object.values(this.heard).flat().length;
  }

  forget(): void {
    for (const turns of Object.values(this.heard)) turns.length = 0;
    this.passwords.length = 0;
    this.answers = {};
  }

  async welcomed(turn: Said, deliver: Deliver): Promise<void> {
    if (this.#isFirst(turn, this.heard.welcomed)) await deliver([CARD]);
  }

  async said(turn: Said, deliver: Deliver): Promise<void> {
    if (this.#isFirst(turn, this.heard.said)) await deliver((await this.answers.said?.()) ?? [CARD]);
  }

  async edited(turn: Said): Promise<void> {
    this.heard.edited.push(turn);
  }

  async clicked(turn: Clicked) {
    this.heard.clicked.push(turn);
    return this.answers.clicked?.(turn) ?? ({ kind: 'card', card: CARD } as const);
  }

  async opened(turn: Opened): Promise<FormAnswer> {
    this.heard.opened.push(turn);
    return this.answers.opened?.(turn) ?? { kind: 'form', form: FORM };
  }

  async submitted(turn: Submitted, password: Secret): Promise<SubmitAnswer> {
    this.heard.submitted.push(turn);
    this.passwords.push(password.reveal());
    return (
      this.answers.submitted?.(turn, password) ?? { kind: 'notice', title: 'Saisie', text: "C'est gardé." }
    );
  }

  /** Knows a delivery by its name, as the store does for the bot. */
  #isFirst(turn: Said, before: Said[]): boolean {
    const isFirst = before.every(({ delivery }) => delivery !== turn.delivery);
    before.push(turn);
    return isFirst;
  }
}
