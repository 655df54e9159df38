import { inspect } from 'node:util';

const HIDDEN = '[secret]';
/** A shorter one would be found within words that have nothing to do with it. */
const SHORTEST_HIDDEN = 6;

/**
 * A text that must never be seen: a technical account's password, a token.
 *
 * Every implicit way out (template, JSON, console, inspection, spread) gives `[secret]`.
 * `reveal()` is the only explicit one, and a test counts who calls it.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself. To be handed straight to the network or to the cipher, and kept nowhere. */
  reveal(): string {
    return this.#text;
  }

  /** `text`, with `[secret]` wherever this secret stands in it. */
  hideIn(text: string): string {
    return this.#text.length < SHORTEST_HIDDEN ? text : text.replaceAll(this.#text, HIDDEN);
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [inspect.custom](): string {
    return HIDDEN;
  }
}
