import type { ActionData } from '../../cards/card.ts';
import type { Messages } from '../../cards/messages.ts';
import { plain } from '../../cards/text.ts';
import { verdictSentence } from '../../cards/verdict-cards.ts';
import { estimateExpiry } from '../../chorus/expiry.ts';
import { isSamePassword } from '../../chorus/password.ts';
import { hasEnded, type Reset, takesPassword } from '../../chorus/procedures/reset.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Secret } from '../../secret.ts';
import type { Account, Accounts } from '../../store/accounts.ts';
import type { Credentials, Expiry, Kept } from '../../store/credentials.ts';
import { SealBroken } from '../../store/seal.ts';
import type { Store } from '../../store/store.ts';
import { maySubmit } from '../account/conclusive-test.ts';
import {
  accountIdOf,
  assertProven,
  type FormAnswer,
  type Notice,
  type Opened,
  type SubmitAnswer,
  type Submitted,
} from '../channel.ts';
import type { KeptPassword } from '../reset/decisions.ts';
import type { ResetHolders } from '../reset/holder.ts';
import type { ResetRecord, SavedReset } from '../reset/record.ts';
import type { ReachedStep, ResetRunner } from '../reset/runner.ts';
import { storeTrouble } from '../store-trouble.ts';
import { decide, type PasswordDecision, sentenceFor } from './decision.ts';
import { EntryForms, type EntryFormsDependencies } from './entry-forms.ts';

export interface PasswordDependencies extends EntryFormsDependencies {
  readonly store: Store;
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly holders: ResetHolders;
  readonly resetRunner: ResetRunner;
  readonly log: Log;
  readonly now: () => Date;
}

/** Longer than one submission takes; after a crash in the middle of one, the person may try again that soon. */
const SUBMISSION_TAKES = 30_000;

/**
 * The private form *Saisie du mot de passe* of the second seed: opened, corrected, submitted.
 *
 * The password is a parameter here, all the way to `credentials.keep`. A form that must be shown again carries what was
 * typed as a sealed draft, so that nothing is lost and nothing is shown.
 */
export class PasswordEntry {
  readonly #dependencies: PasswordDependencies;
  readonly #forms: EntryForms;

  constructor(dependencies: PasswordDependencies) {
    this.#dependencies = dependencies;
    this.#forms = new EntryForms(dependencies);
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
    const about = {
      account: found.account.id,
      reset: reset.id,
      // One that was lost, or that the portal will show later, must not come back here.
      ...(reset.step === 'signIn' ? { revision: reset.revision } : {}),
      beforeSubmit: reset.step === 'copyPassword' || reset.step === 'submitRequest' ? 1 : 0,
    };
    const { account } = found;
    return this.#forms.blank(turn, { name: 'password', account, about, bound: { revision: reset.revision } });
  }

  /** From the configuration card, which has seen to its own conditions: a reset that begins with its password. */
  async openFromConfiguration(
    turn: Opened,
    account: Account,
    name: 'configurationPassword' | 'knownPassword',
  ): Promise<FormAnswer> {
    const m = this.#m(turn);
    if (await this.#dependencies.resetRunner.isRunning(account)) {
      return { kind: 'refusal', text: m.configuration.resetRunning };
    }
    if (account.suspendedAt !== undefined)
      return { kind: 'refusal', text: m.conversation.suspended(m.date(account.suspendedAt)) };
    return this.#forms.blank(turn, { name, account, about: { account: account.id, beforeSubmit: 0 } });
  }

  /** Takes the new password: inspects it, seals it as pending, and has it tested where its time has come. */
  async submit(turn: Submitted, typed: Secret): Promise<SubmitAnswer> {
    const password = await this.#forms.typed(turn, typed);
    try {
      return await this.#takeOnce(turn, password);
    } catch (error) {
      this.#dependencies.log.error('password.notKept', {
        correlation: turn.correlation,
        ...errorFields(error),
      });
      const { form } = this.#m(turn);
      return this.#forms.kept(turn, password, storeTrouble(form, error) ?? form.failed);
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
    if (token === undefined) return this.#forms.kept(turn, password, this.#m(turn).form.busy);
    try {
      return await this.#take(turn, password);
    } finally {
      await store.release(claim, token).catch(() => undefined);
    }
  }

  async #take(turn: Submitted, typed: Secret): Promise<SubmitAnswer> {
    const { holders, now } = this.#dependencies;
    const m = this.#m(turn);
    const found = await holders.find(turn, accountIdOf(turn));
    if ('refusal' in found) return this.#notice(turn, found.refusal);
    const { account, saved } = found;
    const target = targetOf(turn, saved);
    const before = await this.#forms.askedBefore(turn);
    if (await this.#isKept(account, target, decide(typed, account, before))) {
      await this.#dependencies.resetRunner.redraw(account);
      return this.#notice(turn, m.form.alreadyKept);
    }
    const whole = this.#obstacle(turn, account, { running: runningOf(saved), target });
    if (whole !== undefined) return this.#forms.kept(turn, typed, whole);

    const { login, siret } = account;
    const decision = decide(typed, { login, siret, ...(await this.#currentOf(account)) }, before);
    if (decision.kind === 'again') return this.#forms.again(turn, sentenceFor(m, decision.why), decision);
    const kept = await this.#keep(account, decision.password, {
      heldBy: turn.person.name,
      heldSince: now(),
      // Until Soumettre the portal shows the old one's date, so that nobody is asked for it here.
      expiry: { at: estimateExpiry(now()).toISOString(), estimated: true },
    });
    return this.#kept(turn, account, {
      kept,
      trimmed: decision.trimmed,
      submission: String(turn.data.submission ?? ''),
      resetId: runningOf(target)?.value.reset.id,
    });
  }

  /** Why no password may be entered now, by what opening the form has looked at too; undefined: it may. */
  #obstacle(
    turn: Submitted,
    account: Account,
    {
      running,
      target,
    }: { readonly running: SavedReset | undefined; readonly target: SavedReset | undefined },
  ): string | undefined {
    const { form, configuration } = this.#m(turn);
    const record = runningOf(target)?.value;
    // The same form once more is for the reset that its first password has moved on.
    if (record !== undefined && (isResent(turn, record) || isLinkedTo(turn.data, record.reset))) {
      const { step, revision } = record.reset;
      if (step === 'signIn' && turn.data.revision !== revision) return form.moved;
      if (takesPassword(record.reset)) return undefined;
      return record.reset.step === 'testing' ? form.busy : form.moved;
    }
    if (turn.form === 'password') return form.moved;
    if (running !== undefined) return configuration.resetRunning;
    if (turn.form === 'knownPassword') return undefined;
    const isFirst = target === undefined;
    return isFirst && !maySubmit(account, this.#dependencies.now()) ? configuration.mustTest : undefined;
  }

  /** Whether this very password is the one that the form's reset has kept, however often the form is sent. */
  async #isKept(
    account: Account,
    target: SavedReset | undefined,
    decision: PasswordDecision,
  ): Promise<boolean> {
    const version = target?.value.reset.kept;
    if (version === undefined || decision.kind !== 'take') return false;
    const kept = await this.#dependencies.credentials.version(account.id, version).catch(unlessBroken);
    return kept !== undefined && isSamePassword(kept.secret, decision.password);
  }

  /** Once: one that is pending already, of which a crash kept its reset from learning, is not sealed again. */
  async #keep(
    account: Account,
    password: Secret,
    about: { readonly heldBy: string; readonly heldSince: Date; readonly expiry: Expiry },
  ): Promise<Kept> {
    const { credentials } = this.#dependencies;
    const pending = await credentials.pending(account.id).catch(unlessBroken);
    return pending !== undefined && isSamePassword(pending.secret, password)
      ? pending.kept
      : credentials.keep(account.id, password, about);
  }

  async #kept(turn: Submitted, account: Account, password: KeptPassword): Promise<Notice> {
    const { form } = this.#m(turn);
    const outcome = await this.#dependencies.resetRunner.passwordKept(turn, account, password);
    if (outcome === undefined) return this.#notice(turn, `${form.moved} ${form.keptAllTheSame}`);
    if ('refusal' in outcome) return this.#notice(turn, `${outcome.refusal} ${form.keptAllTheSame}`);
    const { trimmed } = password;
    const first = this.#verdictNotice(turn, outcome, trimmed);
    if (first === undefined) return this.#notice(turn, form.keptNotice(trimmed));
    const later = outcome.verdict?.then((reached) => this.#verdictNotice(turn, reached, trimmed));
    return later === undefined ? first : { ...first, later };
  }

  /** What the connection test has said; undefined where none was made. */
  #verdictNotice(turn: Submitted, reached: ReachedStep | undefined, trimmed: boolean): Notice | undefined {
    const m = this.#m(turn);
    const { verdictNotice, trimmedNotice } = m.form;
    const said = (text: string) => this.#notice(turn, text + (trimmed ? trimmedNotice : ''));
    switch (reached?.step) {
      case 'testing':
      case 'accepted':
        return said(verdictNotice[reached.step]);
      case 'refused':
      case 'unknown':
        return said(verdictNotice[reached.step](plain(verdictSentence(m, reached.because))));
      default:
        return undefined;
    }
  }

  /** A current password that can no longer be opened must not stand in the way of a new one. */
  async #currentOf(account: Account): Promise<{ current?: Secret }> {
    const current = await this.#dependencies.credentials.current(account.id).catch(unlessBroken);
    return current === undefined ? {} : { current: current.secret };
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

/**
 * The reset that a form is about: the one it was opened for or, sent again from the configuration, the one that began
 * with it. Whether it says the same again is for what was typed to tell, not for the form.
 */
function targetOf(turn: Submitted, saved: SavedReset | undefined): SavedReset | undefined {
  if (saved === undefined) return undefined;
  const { reset } = saved.value;
  const isOfForm = turn.form === 'password' ? reset.id === turn.data.reset : isResent(turn, saved.value);
  return isOfForm ? saved : undefined;
}

function isResent({ data }: Submitted, { submission }: ResetRecord): boolean {
  return submission !== undefined && submission === data.submission;
}

function runningOf(saved: SavedReset | undefined): SavedReset | undefined {
  return saved !== undefined && !hasEnded(saved.value.reset) ? saved : undefined;
}

function unlessBroken(error: unknown): undefined {
  if (!(error instanceof SealBroken)) throw error;
}
