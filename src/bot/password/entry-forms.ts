import { randomUUID } from 'node:crypto';
import { type ActionData, actionDataOf } from '../../cards/card.ts';
import { type Asked, type PasswordFormView, passwordForm } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import { isSamePassword } from '../../chorus/password.ts';
import type { Secret } from '../../secret.ts';
import type { Account, Accounts } from '../../store/accounts.ts';
import { mayReset } from '../../store/rights.ts';
import type { Sealing } from '../../store/seal.ts';
import {
  accountIdOf,
  type FormAnswer,
  type Language,
  type Opened,
  type SubmitAnswer,
  type Submitted,
} from '../channel.ts';
import type { CardLinks } from '../reset/card.ts';
import type { AskedBefore } from './decision.ts';
import { Drafts } from './drafts.ts';
import type { MaskedLinks } from './masked-links.ts';

export interface EntryFormsDependencies {
  readonly accounts: Accounts;
  readonly sealer: Sealing;
  readonly messages: Readonly<Record<Language, Messages>>;
  /** Where the bot has a public address: the way to a masked page, for forms that cannot mask. */
  readonly maskedLinks: MaskedLinks | undefined;
  readonly links: Pick<CardLinks, 'isHandoverOn'>;
}

/** A form that is opened. */
interface BlankForm {
  readonly name: PasswordFormView['name'];
  readonly account: Account;
  /** Comes back with the submission. */
  readonly about: Record<string, string | number>;
  /** What a masked page's link holds besides, so that it opens this form and no later one. */
  readonly bound?: { readonly revision?: number };
}

/** What an empty field of the form that comes back means, and what is asked of it. */
interface Returned {
  readonly draft?: Secret;
  readonly asked?: Asked | undefined;
}

/** *Saisie du mot de passe* as it is drawn: empty, with what is wrong, and with what was typed, sealed. */
export class EntryForms {
  readonly #dependencies: EntryFormsDependencies;
  readonly #drafts: Drafts;

  constructor(dependencies: EntryFormsDependencies) {
    this.#dependencies = dependencies;
    this.#drafts = new Drafts(dependencies.sealer);
  }

  async blank(turn: Opened, { name, account, about, bound = {} }: BlankForm): Promise<FormAnswer> {
    const { maskedLinks } = this.#dependencies;
    const data: ActionData = { ...about, submission: randomUUID() };
    const page = turn.unmasked === true ? await maskedLinks?.offer(turn, { ...data, ...bound }) : undefined;
    return {
      kind: 'form',
      form: passwordForm(this.#m(turn), {
        name,
        data,
        account,
        ...this.#moment(data),
        hasDraft: false,
        ...(turn.unmasked === true ? { unmasked: page === undefined ? {} : { page } } : {}),
        errors: {},
      }),
    };
  }

  /** What was typed now or, where the field was left empty, before. */
  typed(turn: Submitted, password: Secret): Promise<Secret> {
    return this.#drafts.typed(turn, password);
  }

  /** What the submitted form had asked. */
  async askedBefore(turn: Submitted): Promise<AskedBefore> {
    return {
      asked: askedIn(turn.data),
      draft: await this.#drafts.before(turn),
      keepAs: turn.lines.keepAs,
    };
  }

  /** The same form with what was typed, sealed, since nothing is wrong with that (P6). */
  async kept(turn: Submitted, password: Secret, whole: string): Promise<SubmitAnswer> {
    const { draft, asked } = await this.askedBefore(turn);
    const isTheSame = draft !== undefined && isSamePassword(draft, password);
    return this.#drawn(turn, { whole }, { draft: password, ...(isTheSame ? { asked } : {}) });
  }

  /** The form with what is wrong with the password: empty, unless it asks something of what was typed. */
  async again(turn: Submitted, password: string, returned: Returned): Promise<SubmitAnswer> {
    return this.#drawn(turn, { password }, returned);
  }

  async #drawn(
    turn: Submitted,
    errors: PasswordFormView['errors'],
    returned: Returned,
  ): Promise<SubmitAnswer> {
    // Ours only: what anybody added may not fit the platform.
    const { draft: _before, asked: askedOnce, ...data } = actionDataOf(turn.data);
    const draft = returned.draft && (await this.#drafts.seal(turn, returned.draft));
    const asked = draft === undefined ? undefined : returned.asked;
    return {
      kind: 'form',
      form: passwordForm(this.#m(turn), {
        name: nameOf(turn),
        data: {
          ...data,
          ...(draft === undefined ? {} : { draft }),
          ...(asked === undefined ? {} : { asked }),
        },
        account: await this.#accountOf(turn),
        ...this.#moment(data),
        hasDraft: draft !== undefined,
        asked,
        ...(turn.lines.keepAs === undefined ? {} : { keepAs: turn.lines.keepAs }),
        isOther: asked !== undefined || askedOnce !== undefined,
        errors,
      }),
    };
  }

  /** While the portal shows the password: whoever cannot take it back at the last step is to note it. */
  #moment(data: ActionData): Pick<PasswordFormView, 'beforeSubmit' | 'isToNote'> {
    const beforeSubmit = data.beforeSubmit === 1;
    return { beforeSubmit, isToNote: beforeSubmit && this.#dependencies.links.isHandoverOn !== true };
  }

  /** For whoever may see it (P9); a form that stays open because the store is down does without. */
  async #accountOf(turn: Submitted): Promise<Account | undefined> {
    const account = await this.#dependencies.accounts.find(accountIdOf(turn)).catch(() => undefined);
    return account !== undefined && mayReset(turn.person.id, account) ? account : undefined;
  }

  #m(turn: Opened | Submitted): Messages {
    return this.#dependencies.messages[turn.person.language];
  }
}

function nameOf({ form }: Submitted): PasswordFormView['name'] {
  return form === 'configurationPassword' || form === 'knownPassword' ? form : 'password';
}

function askedIn({ asked }: ActionData): Asked | undefined {
  return asked === 'warning' || asked === 'quotes' || asked === 'part' ? asked : undefined;
}
