import { ChorusClient, type ChorusClientOptions } from '../../src/chorus/client.ts';
import type { Verdict } from '../../src/chorus/verdict.ts';
import type { Secret } from '../../src/secret.ts';

export interface EmagnusOptions {
  readonly chorus: ChorusClientOptions;
  readonly login: string;
  /** The password that the application has had so far. */
  readonly password: Secret;
  /** When that one was entered. */
  readonly updated: Date;
  readonly now?: () => Date;
}

/**
 * The application into which a person enters the password, as the second seed shows it: only after a conclusive test
 * with the password that it has does it take another one.
 */
export class Emagnus {
  readonly url: string;
  readonly login: string;
  readonly #client: ChorusClient;
  readonly #now: () => Date;
  #password: Secret;
  #updated: Date;
  #verdict: Verdict | undefined;

  constructor({ chorus, login, password, updated, now = () => new Date() }: EmagnusOptions) {
    this.url = chorus.apiUrl;
    this.login = login;
    this.#client = new ChorusClient(chorus);
    this.#now = now;
    this.#password = password;
    this.#updated = updated;
  }

  /** « Date de dernière mise à jour ». */
  get updated(): Date {
    return this.#updated;
  }

  /** How the last test ended; undefined: none since the password was entered. */
  get verdict(): Verdict | undefined {
    return this.#verdict;
  }

  /** Whether « Saisir un nouveau mot de passe » can be clicked. */
  get takesPassword(): boolean {
    return this.#verdict?.outcome === 'accepted';
  }

  /** « Test de connexion », with the password that it has. */
  async test(): Promise<Verdict> {
    this.#verdict = await this.#client.testConnection({ login: this.login }, this.#password);
    return this.#verdict;
  }

  /** « Valider ». false: there was no conclusive test, and nothing has changed. */
  enter(password: Secret): boolean {
    if (!this.takesPassword) return false;
    this.#replace(password);
    return true;
  }

  /** A program that has read the password by itself needs no test before. */
  replaceBy(password: Secret): void {
    this.#replace(password);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #replace(password: Secret): void {
    this.#password = password;
    this.#updated = this.#now();
    this.#verdict = undefined;
  }
}
