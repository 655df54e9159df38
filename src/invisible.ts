/**
 * What a reader does not see and a terminal or a line of text obeys: control characters, line ends, marks that turn the
 * direction of writing, characters without a width, halves of a pair.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const LONGEST_NAME = 200;

export function hasInvisible(text: string): boolean {
  return text.search(INVISIBLE) >= 0;
}

/** Each as `\u001b`, which is harmless in a terminal and means the same within JSON. */
export function escapeInvisible(text: string): string {
  return text.replace(INVISIBLE, (found) =>
    found
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** A name that somebody else gave, fit to stand in our sentences: on one line, visible, and no longer than names are. */
export function visibleName(name: string): string {
  return withoutInvisible(name.slice(0, 4 * LONGEST_NAME))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, LONGEST_NAME);
}

/** Blanks that end a line become spaces; what else is invisible goes. */
export function withoutInvisible(text: string): string {
  return text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]/g, ' ').replace(INVISIBLE, '');
}
