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

  /** `text`, with `[secret]` wherever this secret stands in it, also as an address, a page or JSON quotes it. */
  hideIn(text: string): string {
    if (this.#text.length < SHORTEST_HIDDEN) return text;
    return quotations(this.#text).reduce((shown, quoted) => shown.replaceAll(quoted, HIDDEN), text);
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

function quotations(text: string): string[] {
  // Halves of a pair have no writing in an address.
  const address = encodeURIComponent(text.replace(/\p{Cs}/gu, '\ufffd'));
  const page = text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign);
  return [...new Set([text, address, page, JSON.stringify(text).slice(1, -1)])];
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
