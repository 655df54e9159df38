import { randomUUID } from 'node:crypto';
import type { ActionData } from '../../cards/card.ts';
import { type FormErrors, type PasswordFormView, passwordForm } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import { estimateExpiry, formatPortalDate, readExpiry } from '../../chorus/expiry.ts';
import { inspectPassword } from '../../chorus/password.ts';
import { hasEnded, type Reset, type Step, takesPassword } from '../../chorus/procedures/reset.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Secret } from '../../secret.ts';
import type { Account } from '../../store/accounts.ts';
import type { Credentials } from '../../store/credentials.ts';
import { SealBroken, type Sealing } from '../../store/seal.ts';
import { type Store, StoreUnavailable } from '../../store/store.ts';
import {
  accountIdOf,
  assertProven,
  type FormAnswer,
  type Language,
  type Notice,
  type Opened,
  type SubmitAnswer,
  type Submitted,
} from '../channel.ts';
import type { SavedReset } from '../reset/card.ts';
import type { ResetHolders } from '../reset/holder.ts';
import type { ResetRunner } from '../reset/runner.ts';
import type { MaskedLinks } from './masked-page.ts';

export interface PasswordDependencies {
  readonly store: Store;
  readonly credentials: Credentials;
  readonly sealer: Sealing;
  readonly holders: ResetHolders;
  readonly resets: ResetRunner;
  readonly messages: Readonly<Record<Language, Messages>>;
  /** Where the bot has a public address: the way to a masked page, for forms that cannot mask. */
  readonly maskedLinks: MaskedLinks | undefined;
  readonly log: Log;
  readonly now: () => Date;
}

/** Longer than one submission takes; after a crash in the middle of one, the person may try again that soon. */
const SUBMISSION_TAKES = 30_000;

/** Sealed: ten thousand characters fit, and the form stays well under what Teams takes. */
const LONGEST_DRAFT = 16_000;
/** The same where the form keeps what was typed by itself, and is seldom in need of it: Slack holds 3,000 beside a form. */
const LONGEST_SPARE_DRAFT = 2_000;

/**
 * The private form *Saisie du mot de passe* of the second seed: opened, corrected, submitted.
 *
 * The password is a parameter here, all the way to `credentials.keep`. A form that must be shown again carries what was
 * typed as a sealed draft, so that nothing is lost and nothing is shown.
 */
export class PasswordEntry {
  readonly #dependencies: PasswordDependencies;

  constructor(dependencies: PasswordDependencies) {
    this.#dependencies = dependencies;
  }

  /** For the reset that runs, at the steps that take a password. */
  async open(turn: Opened): Promise<FormAnswer> {
    const m = this.#m(turn);
    const found = await this.#dependencies.holders.find(turn, accountIdOf(turn));
    if ('refusal' in found) return { kind: 'refusal', text: found.refusal };
    const reset = found.saved?.value.reset;
    if (reset === undefined || !takesPassword(reset) || !isLinkedTo(turn.data, reset)) {
      return { kind: 'refusal', text: m.form.moved };
    }
    const data = {
      account: found.account.id,
      reset: reset.id,
      beforeSubmit: reset.step === 'copyPassword' || reset.step === 'submitRequest' ? 1 : 0,
    };
    return this.#blank(turn, 'password', data, { revision: reset.revision });
  }

  /** From the configuration card, which has seen to its own conditions: a reset that begins with its password. */
  async openFromConfiguration(turn: Opened, account: Account): Promise<FormAnswer> {
    if (await this.#dependencies.resets.isRunning(account)) {
      return { kind: 'refusal', text: this.#m(turn).configuration.resetRunning };
    }
    return this.#blank(turn, 'configurationPassword', { account: account.id, beforeSubmit: 0 }, {});
  }

  /** Takes the new password: inspects it, seals it as pending, and has it tested where its time has come. */
  async submit(turn: Submitted, typed: Secret): Promise<SubmitAnswer> {
    const draft = await this.#draft(turn);
    const blank = inspectPassword(typed, { login: '' });
    const password = !blank.ok && blank.problem === 'empty' && draft !== undefined ? draft : typed;
    try {
      return await this.#takeOnce(turn, password);
    } catch (error) {
      this.#dependencies.log.error('password.notKept', {
        correlation: turn.correlation,
        ...errorFields(error),
      });
      const { storeDown, failed } = this.#m(turn).form;
      return this.#again(turn, password, { whole: error instanceof StoreUnavailable ? storeDown : failed });
    }
  }

  /**
   * One submission at a time for an account: of two deliveries at once the second reads what the first has done (P4),
   * and of two passwords at once none takes the other's place before it is tested.
   */
  async #takeOnce(turn: Submitted, password: Secret): Promise<SubmitAnswer> {
    assertProven(turn);
    const { store, holders } = this.#dependencies;
    // Before the claim, so that nobody keeps others from an account that is not theirs.
    const found = await holders.find(turn, accountIdOf(turn));
    if ('refusal' in found) return this.#notice(turn, found.refusal);
    const claim = `submission/${found.account.id}`;
    const token = await store.claim(claim, SUBMISSION_TAKES);
    if (token === undefined) return this.#again(turn, password, { whole: this.#m(turn).form.busy });
    try {
      return await this.#take(turn, password);
    } finally {
      await store.release(claim, token).catch(() => undefined);
    }
  }

  async #take(turn: Submitted, password: Secret): Promise<SubmitAnswer> {
    const { credentials, holders, resets, now } = this.#dependencies;
    const m = this.#m(turn);
    const found = await holders.find(turn, accountIdOf(turn));
    if ('refusal' in found) return this.#notice(turn, found.refusal);
    const { account, saved } = found;
    const submission = String(turn.data.submission ?? '');
    if (!isForThisReset(turn, saved)) return this.#overtaken(turn, account, saved, submission);

    const inspected = inspectPassword(password, {
      login: account.login,
      ...(await this.#currentOf(account)),
    });
    const expiry = readExpiry(turn.lines.expiry ?? '', now());
    if (!inspected.ok || !expiry.ok) {
      return this.#again(turn, password, {
        ...(inspected.ok
          ? {}
          : { password: sentence(m.form.problems[inspected.problem], inspected.position) }),
        ...(expiry.ok ? {} : { expiry: m.form.expiryProblems[expiry.problem] }),
      });
    }

    const running = saved !== undefined && !hasEnded(saved.value.reset) ? saved : undefined;
    if (running !== undefined && !takesPassword(running.value.reset)) {
      return this.#again(turn, password, { whole: m.form.busy });
    }
    const kept = await credentials.keep(account.id, inspected.password, {
      heldBy: turn.person.name,
      heldSince: now(),
      expiry: { at: expiry.at.toISOString(), estimated: turn.lines.expiry === turn.data.proposed },
    });
    const { trimmed } = inspected;
    const reached = await resets.passwordKept(turn, account, running, { kept, trimmed, submission });
    if (reached === undefined) return this.#notice(turn, m.form.moved);
    const first = this.#verdictNotice(turn, reached.step, trimmed);
    if (first === undefined) return this.#notice(turn, m.form.keptNotice(trimmed));
    const later = reached.verdict?.then((step) => this.#verdictNotice(turn, step, trimmed));
    return later === undefined ? first : { ...first, later };
  }

  /** What the connection test has said; undefined where none was made. */
  #verdictNotice(turn: Submitted, step: Step | undefined, trimmed: boolean): Notice | undefined {
    const { form } = this.#m(turn);
    switch (step) {
      case 'testing':
      case 'accepted':
      case 'refused':
      case 'unknown':
        return this.#notice(turn, form.verdictNotice[step] + (trimmed ? form.trimmedNotice : ''));
      default:
        return undefined;
    }
  }

  /** A second delivery of a form, or a form whose reset has ended: the person reads how it stands. */
  async #overtaken(
    turn: Submitted,
    account: Account,
    saved: SavedReset | undefined,
    submission: string,
  ): Promise<SubmitAnswer> {
    const m = this.#m(turn);
    await this.#dependencies.resets.redraw(account);
    const isKept = saved !== undefined && submission !== '' && saved.value.submission === submission;
    return this.#notice(turn, isKept ? m.form.alreadyKept : m.form.moved);
  }

  /** `bound` is what a masked page's link holds besides, so that it opens this form and no later one. */
  async #blank(
    turn: Opened,
    name: PasswordFormView['name'],
    about: Record<string, string | number>,
    bound: { readonly revision?: number },
  ): Promise<FormAnswer> {
    const { now, maskedLinks } = this.#dependencies;
    const proposed = String(turn.data.proposed ?? formatPortalDate(estimateExpiry(now())));
    const data: ActionData = { ...about, submission: randomUUID(), proposed };
    const page = turn.unmasked === true ? await maskedLinks?.offer(turn, { ...data, ...bound }) : undefined;
    return {
      kind: 'form',
      form: passwordForm(this.#m(turn), {
        name,
        data,
        beforeSubmit: data.beforeSubmit === 1,
        expiry: proposed,
        hasDraft: false,
        ...(turn.unmasked === true ? { unmasked: page === undefined ? {} : { page } } : {}),
        errors: {},
      }),
    };
  }

  /** The same form with its errors and all that was typed: the date in clear, the password sealed. */
  async #again(turn: Submitted, password: Secret, errors: FormErrors): Promise<SubmitAnswer> {
    const { draft: _before, ...data } = turn.data;
    const draft = await this.#sealedDraft(turn, password);
    return {
      kind: 'form',
      form: passwordForm(this.#m(turn), {
        name: turn.form === 'configurationPassword' ? 'configurationPassword' : 'password',
        data: { ...data, ...(draft === undefined ? {} : { draft }) },
        beforeSubmit: data.beforeSubmit === 1,
        expiry: turn.lines.expiry ?? '',
        hasDraft: draft !== undefined,
        errors,
      }),
    };
  }

  async #sealedDraft(turn: Submitted, password: Secret): Promise<string | undefined> {
    const inspected = inspectPassword(password, { login: '' });
    if (!inspected.ok && inspected.problem === 'empty') return undefined;
    const sealed = await this.#dependencies.sealer.seal(password, draftOf(turn));
    return sealed.length <= (turn.unmasked ? LONGEST_SPARE_DRAFT : LONGEST_DRAFT) ? sealed : undefined;
  }

  async #draft(turn: Submitted): Promise<Secret | undefined> {
    const { draft } = turn.data;
    return typeof draft === 'string'
      ? this.#dependencies.sealer.open(draft, draftOf(turn)).catch(() => undefined)
      : undefined;
  }

  /** A current password that can no longer be opened must not stand in the way of a new one. */
  async #currentOf(account: Account): Promise<{ current?: Secret }> {
    try {
      const current = await this.#dependencies.credentials.current(account.id);
      return current === undefined ? {} : { current: current.secret };
    } catch (error) {
      if (!(error instanceof SealBroken)) throw error;
      return {};
    }
  }

  #notice(turn: Submitted, text: string): Notice {
    return { kind: 'notice', title: this.#m(turn).form.title, text };
  }

  #m(turn: Opened | Submitted): Messages {
    return this.#dependencies.messages[turn.person.language];
  }
}

/** A masked page is for one revision of its reset; any other form is for the whole of it. */
function isLinkedTo(data: ActionData, reset: Reset): boolean {
  return data.submission === undefined || data.revision === undefined || data.revision === reset.revision;
}

function isForThisReset(turn: Submitted, saved: SavedReset | undefined): boolean {
  const running = saved !== undefined && !hasEnded(saved.value.reset) ? saved.value : undefined;
  if (saved?.value.submission !== undefined && saved.value.submission === turn.data.submission) return false;
  if (turn.form === 'configurationPassword') return running === undefined;
  if (running === undefined || running.reset.id !== turn.data.reset) return false;
  return isLinkedTo(turn.data, running.reset);
}

/** What was typed into a form that stays open is sealed for this person's account, and for nothing else. */
function draftOf(turn: Submitted) {
  return {
    account: `${accountIdOf(turn)} ${turn.person.id}`,
    version: 0,
    purpose: 'draft',
  } as const;
}

function sentence(words: string | ((position: number) => string), position = 0): string {
  return typeof words === 'string' ? words : words(position);
}
