import { decodeHTML } from 'entities';
import { withoutInvisible } from '../../invisible.ts';

/** Longer than anything that is said to the bot: the rest of a message is not looked at. */
const LONGEST_TEXT = 10_000;

/** The elements that Teams writes around what was typed. Anything else in angle brackets was typed, a password too. */
const TAGS =
  /<\/?(?:p|div|span|br|b|i|u|s|em|strong|strike|code|pre|ul|ol|li|a|h[1-6]|font|img|emoji|codeblock|attachment|table|tbody|tr|td|th|hr)(?=[\s/>])[^<>]*>/gi;

/** As people read it: without the mention of the bot, what is quoted, HTML and what is invisible. Its time grows with the length only. */
export function typedWords(html: string): string {
  const own = ['at', 'blockquote'].reduce(withoutElement, html.slice(0, LONGEST_TEXT));
  const plain = decodeHTML(own.replace(TAGS, ' '));
  return withoutInvisible(plain).replaceAll('\u00A0', ' ').trim();
}

/** « @Bot réinitialiser » comes as `<at>Bot</at>`, and what somebody answers to as `<blockquote …>`. */
function withoutElement(text: string, name: string): string {
  const parts: string[] = [];
  let rest = 0;
  for (;;) {
    const start = indexOfElement(text, name, rest);
    const end = start < 0 ? -1 : text.indexOf(`</${name}>`, start);
    if (end < 0) return [...parts, text.slice(rest)].join(' ');
    parts.push(text.slice(rest, start));
    rest = end + `</${name}>`.length;
  }
}

function indexOfElement(text: string, name: string, from: number): number {
  const plain = text.indexOf(`<${name}>`, from);
  const withAttributes = text.indexOf(`<${name} `, from);
  return plain < 0 || withAttributes < 0 ? Math.max(plain, withAttributes) : Math.min(plain, withAttributes);
}
