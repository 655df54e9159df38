import { setTimeout as pause } from 'node:timers/promises';
import { Secret } from '../../src/secret.ts';

export interface ReaderOptions {
  /** Where the bot's private API listens, without a path. */
  readonly apiUrl: string;
  readonly token: Secret;
  readonly login: string;
  readonly pauseMs: number;
  /** The program has another password from now on. */
  readonly took: (password: Secret, version: number) => Promise<void>;
}

/** A program that reads the password by itself: it asks again and again, and hears « unchanged » until there is a new one. */
export class PasswordReader {
  readonly #options: ReaderOptions;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  #etag = '';

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      // Whatever goes wrong, it keeps what it has and asks again.
      await this.#read().catch(() => undefined);
      await pause(this.#options.pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  async #read(): Promise<void> {
    const { apiUrl, token, login, took } = this.#options;
    const answer = await fetch(`${apiUrl}/v1/credentials/${encodeURIComponent(login)}`, {
      headers: { authorization: `Bearer ${token.reveal()}`, 'if-none-match': this.#etag },
      signal: this.#ended.signal,
    });
    if (answer.status !== 200) return void (await answer.body?.cancel());
    const { password, version } = (await answer.json()) as { password: string; version: number };
    await took(new Secret(password), version);
    this.#etag = answer.headers.get('etag') ?? '';
  }
}
