import type { Card } from '../../cards/card.ts';
import { ALERT_MONTHS, type ConfigurationView, configurationCard } from '../../cards/configuration-card.ts';
import { closedCard } from '../../cards/conversation-cards.ts';
import { withWrongLogin } from '../../cards/environment.ts';
import { expiryForm, type FormErrors } from '../../cards/forms.ts';
import type { Messages } from '../../cards/messages.ts';
import { wrongEnvironmentFor } from '../../chorus/classes.ts';
import { alertOn, formatPortalDate, readExpiry } from '../../chorus/expiry.ts';
import type { Environment, Verdict } from '../../chorus/verdict.ts';
import { withDeadline } from '../../deadline.ts';
import { errorFields, type Log } from '../../log.ts';
import type { Account, Accounts } from '../../store/accounts.ts';
import type { Credentials, Expiry } from '../../store/credentials.ts';
import type { Journal } from '../../store/journal.ts';
import { mayReset } from '../../store/rights.ts';
import { RecordRefused, StoreUnavailable } from '../../store/store.ts';
import {
  accountIdOf,
  assertProven,
  type ClickAnswer,
  type Clicked,
  type FormAnswer,
  isBeforeOthers,
  type Language,
  type Opened,
  type SubmitAnswer,
  type Submitted,
  type Turn,
} from '../channel.ts';
import type { LivingCards } from '../outgoing/living-cards.ts';
import type { PasswordEntry } from '../password/entry.ts';
import type { ConnectionTests } from '../reset/connection-test.ts';
import type { ResetRunner } from '../reset/runner.ts';
import { mayOpen } from './conclusive-test.ts';

export interface ConfigurationDependencies {
  readonly accounts: Accounts;
  readonly credentials: Credentials;
  readonly journal: Journal;
  readonly tests: ConnectionTests;
  /** *Lien URL*: the API that the bot talks to. */
  readonly apiUrl: string;
  readonly environment: Environment;
  readonly resetRunner: ResetRunner;
  readonly passwords: PasswordEntry;
  readonly cards: LivingCards;
  readonly messages: Readonly<Record<Language, Messages>>;
  readonly log: Log;
  readonly now: () => Date;
  /** Both as in `ResetsDependencies`. */
  readonly answerWithinMs: number;
  readonly changed: (account: Account) => void;
}

/** The second seed's screen: the connection, its test, its alert, and the way to a new password. */
export class Configuration {
  readonly #dependencies: ConfigurationDependencies;

  constructor(dependencies: ConfigurationDependencies) {
    this.#dependencies = dependencies;
  }

  /** The card as it stands, without a test. */
  async card(turn: Turn, account: Account, more: Partial<ConfigurationView> = {}): Promise<Card> {
    const { credentials, apiUrl, environment, now } = this.#dependencies;
    const { pending, current } = await credentials.slots(account.id);
    const card = configurationCard(this.#m(turn), {
      ref: { account: account.id },
      account,
      url: apiUrl,
      ...(current === undefined ? {} : { heldSince: current.currentSince ?? current.heldSince }),
      ...(pending === undefined ? {} : { pendingSince: pending.heldSince }),
      ...(account.lastUpdated === undefined ? {} : { updated: account.lastUpdated }),
      ...(account.expiry === undefined ? {} : { expiry: account.expiry }),
      alertMonths: account.alertMonths,
      ...alertOf(account),
      isExpired: account.expiry !== undefined && new Date(account.expiry.at) <= now(),
      mayEnter: mayOpen(account, now()),
      ...(account.suspendedAt === undefined ? {} : { suspendedAt: account.suspendedAt }),
      ...more,
    });
    const wrong = wrongEnvironmentFor(account.login, environment);
    return wrong === undefined ? card : withWrongLogin(this.#m(turn), card, wrong);
  }

  async show(turn: Clicked): Promise<ClickAnswer> {
    const account = await this.#accountOf(turn);
    return account === undefined
      ? notYours(this.#m(turn))
      : { kind: 'card', card: await this.card(turn, account) };
  }

  /** **Test de connexion** of the password in use. A late verdict goes to the card. */
  async test(turn: Clicked): Promise<ClickAnswer> {
    const account = await this.#accountOf(turn);
    if (account === undefined) return notYours(this.#m(turn));
    const tested = this.#test(turn, account);
    const first = await withDeadline(tested, this.#dependencies.answerWithinMs, () => 'late' as const);
    if (first !== 'late') return { kind: 'card', card: first };
    if (turn.clicked !== undefined)
      this.#dependencies.cards.drawLater(turn.clicked, this.#ifStillTheirs(turn, tested));
    return { kind: 'card', card: await this.card(turn, account, { test: { outcome: 'running' } }) };
  }

  /** Whoever has lost the right meanwhile reads nothing new (P9). */
  async #ifStillTheirs(turn: Clicked, coming: Promise<Card>): Promise<Card> {
    const card = await coming;
    return (await this.#accountOf(turn)) === undefined ? closedCard(this.#m(turn)) : card;
  }

  /** *Alerte actualisation*, in months. */
  async saveAlert(turn: Clicked): Promise<ClickAnswer> {
    const account = await this.#accountOf(turn);
    if (account === undefined) return notYours(this.#m(turn));
    const months = Number(turn.data.alertMonths);
    const isOffered = Number.isInteger(months) && months >= ALERT_MONTHS.least && months <= ALERT_MONTHS.most;
    if (!isOffered) return { kind: 'refusal', text: this.#m(turn).conversation.outOfDate };
    const { accounts } = this.#dependencies;
    const changed = await accounts.change(account.id, ifTheirs(turn, { alertMonths: months }));
    if (changed === undefined) return notYours(this.#m(turn));
    await this.#record(turn, account, 'alertChanged');
    return { kind: 'card', card: await this.card(turn, changed, { alertSaved: true }) };
  }

  /**
   * **Saisir un nouveau mot de passe**: only after a conclusive test, whatever button was pressed. **J'ai déjà le nouveau
   * mot de passe** needs none, since there may be none that could succeed.
   */
  async openPassword(turn: Opened, name: 'configurationPassword' | 'knownPassword'): Promise<FormAnswer> {
    const account = await this.#accountOf(turn);
    if (account === undefined) return notYours(this.#m(turn));
    return name === 'knownPassword' || mayOpen(account, this.#dependencies.now())
      ? this.#dependencies.passwords.openFromConfiguration(turn, account, name)
      : { kind: 'refusal', text: this.#m(turn).configuration.mustTest };
  }

  async openExpiry(turn: Opened): Promise<FormAnswer> {
    const account = await this.#accountOf(turn);
    if (account === undefined) return notYours(this.#m(turn));
    // An estimate is not there to be confirmed by whoever has not read the date.
    const isKnown = account.expiry !== undefined && !account.expiry.estimated;
    const expiry = isKnown ? formatPortalDate(new Date(account.expiry.at)) : '';
    // A reset's card and a reminder are drawn anew by the code they belong to; the configuration card, here.
    const { reset, reminder } = turn.data;
    const isItsOwn = reset === undefined && reminder === undefined && !isBeforeOthers(turn);
    const message = isItsOwn ? turn.clicked?.message : undefined;
    const data = { account: account.id, ...(message === undefined ? {} : { message }) };
    return { kind: 'form', form: expiryForm(this.#m(turn), { data, expiry, errors: {} }) };
  }

  /** Whoever submits the date has read it on the portal: it is an estimate no longer. */
  async submitExpiry(turn: Submitted): Promise<SubmitAnswer> {
    const { expiryForm: words, expiryProblems } = this.#m(turn).form;
    try {
      const former = (await this.#accountOf(turn))?.formerExpiry;
      const typed = turn.lines.expiry ?? '';
      const read = readExpiry(
        typed,
        this.#dependencies.now(),
        former === undefined ? former : new Date(former),
      );
      if (!read.ok) return this.#expiryAgain(turn, { expiry: expiryProblems[read.problem] });
      assertProven(turn);
      return await this.#correctExpiry(turn, { at: read.at.toISOString(), estimated: false });
    } catch (error) {
      this.#dependencies.log.error('expiry.notKept', {
        correlation: turn.correlation,
        ...errorFields(error),
      });
      if (error instanceof RecordRefused)
        return this.#expiryAgain(turn, { whole: this.#m(turn).form.recordRefused });
      const whole = error instanceof StoreUnavailable ? words.storeDown : this.#m(turn).conversation.failed;
      return this.#expiryAgain(turn, { whole });
    }
  }

  /** The same form with its errors and what was typed (P6). */
  #expiryAgain(turn: Submitted, errors: FormErrors): SubmitAnswer {
    const expiry = turn.lines.expiry ?? '';
    return { kind: 'form', form: expiryForm(this.#m(turn), { data: turn.data, expiry, errors }) };
  }

  async #correctExpiry(turn: Submitted, expiry: Expiry): Promise<SubmitAnswer> {
    const { accounts, credentials, resetRunner, cards } = this.#dependencies;
    const m = this.#m(turn);
    const title = m.form.expiryForm.title;
    const account = await this.#accountOf(turn);
    const changed = account && (await accounts.change(account.id, ifTheirs(turn, { expiry })));
    if (account === undefined || changed === undefined)
      return { kind: 'notice', title, text: m.conversation.notYours };
    const { current } = await credentials.slots(account.id);
    if (current !== undefined) await credentials.correctExpiry(account.id, current.version, expiry);
    await this.#record(turn, account, 'expiryCorrected');
    this.#dependencies.changed(account);
    const { message } = turn.data;
    if (typeof message === 'string' && !isBeforeOthers(turn)) {
      cards.drawNow({ place: turn.place, message }, await this.card(turn, changed));
    } else {
      await resetRunner.redraw(changed);
    }
    return { kind: 'notice', title, text: m.form.expiryForm.saved };
  }

  async #test(turn: Clicked, account: Account): Promise<Card> {
    const { credentials, tests } = this.#dependencies;
    const { current } = await credentials.slots(account.id);
    if (current === undefined) return this.card(turn, account);
    const test = await tests.testOnce(account, current.version, (verdict) =>
      this.#tested(turn, account, current.version, verdict),
    );
    const latest = await this.#dependencies.accounts.find(account.id);
    return this.card(turn, latest ?? account, { test });
  }

  async #tested(turn: Turn, account: Account, version: number, { outcome }: Verdict): Promise<void> {
    const { accounts, credentials, now } = this.#dependencies;
    await this.#record(turn, account, `connection ${outcome}`);
    if (outcome !== 'accepted') return;
    // The first success of the current password is what the previous one was kept for (P7).
    await credentials.proven(account.id, version, now());
    const at = now().toISOString();
    await accounts.change(account.id, (a) => ({ ...a, conclusiveTest: at }));
  }

  async #accountOf(turn: Clicked | Opened | Submitted): Promise<Account | undefined> {
    const account = await this.#dependencies.accounts.find(accountIdOf(turn));
    return account !== undefined && mayReset(turn.person.id, account) ? account : undefined;
  }

  #record(turn: Turn, account: Account, what: string): Promise<void> {
    const { journal, now } = this.#dependencies;
    return journal.append({
      at: now(),
      who: turn.person.id,
      what,
      account: account.id,
      from: turn.place.platform,
    });
  }

  #m(turn: Turn): Messages {
    return this.#dependencies.messages[turn.person.language];
  }
}

/** Whoever lost the right since their click was looked at changes nothing: it is read in the account that would change. */
function ifTheirs({ person }: Turn, fields: Pick<Account, 'alertMonths'> | Pick<Account, 'expiry'>) {
  return (account: Account) => (mayReset(person.id, account) ? { ...account, ...fields } : undefined);
}

/** When *Alerte actualisation* comes, and whether the password will have expired by then. */
function alertOf({ lastUpdated, alertMonths, expiry }: Account): Pick<ConfigurationView, 'alert'> {
  if (lastUpdated === undefined) return {};
  const at = alertOn(new Date(lastUpdated), alertMonths);
  const isTooLate = expiry !== undefined && at >= new Date(expiry.at);
  return { alert: { at: at.toISOString(), isTooLate } };
}

function notYours(m: Messages): { kind: 'refusal'; text: string } {
  return { kind: 'refusal', text: m.conversation.notYours };
}
