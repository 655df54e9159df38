import { randomInt, randomUUID } from 'node:crypto';
import { DateTime } from 'luxon';
import type { Behaviour } from './behaviour.ts';

/** Somebody who signs in to the portal. */
export interface Person {
  readonly name: string;
  /** The portal's identifier, and where its e-mails go. */
  readonly email: string;
  readonly password: string;
}

export interface Structure {
  readonly siret: string;
  readonly name: string;
  /** The e-mail of the gestionnaire principal: the only one who may reset. */
  readonly manager: string;
  /** The e-mails of the others who see the structure. */
  readonly members?: readonly string[];
  readonly services?: readonly { readonly code: string; readonly name: string }[];
}

export interface TechnicalAccount {
  readonly login: string;
  readonly siret: string;
  readonly password: string;
  readonly state: 'ACTIF' | 'INACTIF';
  readonly created: Date;
  readonly modified: Date;
  readonly expires: Date;
  /** The address *Contact*, where it is not the manager's. */
  readonly contact?: string;
}

export interface Mail {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly lines: readonly string[];
  readonly at: Date;
}

/** A password that was shown and means nothing before it is submitted. */
export interface Proposal {
  readonly id: string;
  readonly by: Person;
  readonly login: string;
  readonly password: string;
}

export interface Seed {
  readonly people: readonly Person[];
  readonly structures: readonly Structure[];
  readonly accounts: readonly TechnicalAccount[];
}

/** The e-mail's title, to the letter (seed). */
const CONFIRMATION = '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.';

/** Days from a reset to the expiry: 22/02/2022 to 18/04/2023 in the seed's table. */
const VALIDITY_DAYS = 420;

interface Sent extends Mail {
  readonly awaited: boolean;
}

/** Everything Chorus Pro knows, and its rules. Does no I/O; the time is what `now` says. */
export class World {
  readonly people: readonly Person[];
  readonly structures: readonly Structure[];
  readonly #accounts: Map<string, TechnicalAccount>;
  readonly #failures = new Map<string, number>();
  /** When each reset account was submitted. */
  readonly #submitted = new Map<string, Date>();
  readonly #mails: Sent[] = [];
  readonly #behaviour: Readonly<Behaviour>;
  readonly #now: () => Date;

  constructor(seed: Seed, behaviour: Readonly<Behaviour>, now: () => Date) {
    this.people = seed.people;
    this.structures = seed.structures;
    this.#accounts = new Map(seed.accounts.map((account) => [account.login, account]));
    this.#behaviour = behaviour;
    this.#now = now;
  }

  /** The person with this identifier and password, or undefined. */
  signIn(email: string, password: string): Person | undefined {
    return this.people.find((person) => person.email === email && person.password === password);
  }

  /** Mails the second factor and gives it: six digits. */
  sendCode(person: Person): string {
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    this.#send(person.email, '[Chorus Pro] Votre code de vérification', [`Votre code est : ${code}`], false);
    return code;
  }

  structuresOf(person: Person): Structure[] {
    return this.structures.filter(
      ({ manager, members }) => manager === person.email || members?.includes(person.email),
    );
  }

  accountsOf(structure: Structure): TechnicalAccount[] {
    return [...this.#accounts.values()].filter(({ siret }) => siret === structure.siret);
  }

  /** A new password for `login`, of which nothing is kept here; undefined unless `person` is the gestionnaire principal (seed). */
  propose(person: Person, login: string): Proposal | undefined {
    if (this.#structureOf(login)?.manager !== person.email) return undefined;
    return { id: randomUUID(), by: person, login, password: newPassword() };
  }

  /** Soumettre: the old password dies now; the confirmation is on its way. Gives the structure concerned. */
  submit({ by, login, password }: Proposal): Structure {
    const account = this.#accounts.get(login);
    const structure = this.#structureOf(login);
    if (!account || !structure) throw new Error(`no technical account ${login}`);
    const now = this.#now();
    this.#accounts.set(login, { ...account, password, modified: now, expires: expiryOf(now) });
    this.#submitted.set(login, now);
    this.#failures.delete(login);
    const contact = account.contact ?? structure.manager;
    this.#send(
      this.#behaviour.confirmationTo === 'contact' ? contact : by.email,
      CONFIRMATION,
      [
        `Le mot de passe du compte utilisateur technique ${login} a été réinitialisé.`,
        `Structure : ${structure.name} (${structure.siret})`,
      ],
      true,
    );
    return structure;
  }

  /** The mails that have arrived, newest first. */
  mails(): Mail[] {
    return this.#mails
      .map(({ awaited, at, ...mail }) => ({ ...mail, at: awaited ? this.#arrival(at) : at }))
      .filter(({ at }) => at <= this.#now())
      .sort((one, other) => other.at.getTime() - one.at.getTime());
  }

  /**
   * The structures a technical account may act for, or undefined if Chorus Pro refuses it.
   * They are all those of its gestionnaire principal (API contract).
   */
  authenticate(login: string, password: string): Structure[] | undefined {
    const account = this.#accounts.get(login);
    const structure = this.#structureOf(login);
    if (!account || !structure) return undefined;
    if (account.password !== password || !this.#usable(account)) {
      this.#failures.set(login, (this.#failures.get(login) ?? 0) + 1);
      return undefined;
    }
    this.#failures.delete(login);
    return this.structures.filter(({ manager }) => manager === structure.manager);
  }

  #usable({ login, state, expires }: TechnicalAccount): boolean {
    const now = this.#now();
    const { lockAfter, activationDelayMs } = this.#behaviour;
    const submitted = this.#submitted.get(login);
    const active = !submitted || this.#arrival(submitted).getTime() + activationDelayMs <= now.getTime();
    const locked = lockAfter !== null && (this.#failures.get(login) ?? 0) >= lockAfter;
    return state === 'ACTIF' && expires > now && active && !locked;
  }

  #structureOf(login: string): Structure | undefined {
    const siret = this.#accounts.get(login)?.siret;
    return this.structures.find((structure) => structure.siret === siret);
  }

  #arrival(sent: Date): Date {
    return new Date(sent.getTime() + this.#behaviour.emailDelayMs);
  }

  #send(to: string, subject: string, lines: readonly string[], awaited: boolean): void {
    this.#mails.unshift({ id: randomUUID(), to, subject, lines, at: this.#now(), awaited });
  }
}

/** When a password set at `now` expires: 420 days later, at midnight UTC, which is the seed's « 02:00:00 ». */
export function expiryOf(now: Date): Date {
  return DateTime.fromJSDate(now, { zone: 'utc' }).plus({ days: VALIDITY_DAYS }).startOf('day').toJSDate();
}

/** A password like the public samples: 12 to 16 characters, mixed case, some with symbols or `:`. */
export function newPassword(): string {
  const letters = 'abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ';
  const alphabet = randomInt(2) ? letters : `${letters}23456789!#$%&*+-=?@_:`;
  for (;;) {
    const length = randomInt(12, 17);
    const password = Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
    if (/[a-z]/.test(password) && /[A-Z]/.test(password)) return password;
  }
}
