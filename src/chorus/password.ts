import { createHash, timingSafeEqual } from 'node:crypto';
import { Secret } from '../secret.ts';

export type PasswordProblem =
  | 'empty'
  | 'tooLong'
  | 'control'
  | 'emoji'
  | 'accent'
  | 'unexpectedCharacter'
  | 'spaceInside'
  | 'login'
  | 'emailTitle'
  | 'alreadyCurrent';

export type InspectedPassword =
  | { readonly ok: true; readonly password: Secret; readonly trimmed: boolean }
  | {
      readonly ok: false;
      readonly problem: PasswordProblem;
      /** Which character, from 1, as a person counts them in what is left after trimming. */
      readonly position?: number;
    };

const LONGEST = 256;

/**
 * Whether what was typed can be a new password. Chorus Pro publishes no rule, so every printable ASCII
 * character is welcome; the rest are the mistakes of copy-paste. Blanks inside are one: no published
 * sample has any, several words pasted do. Only what a copy-paste adds at either end is trimmed.
 */
export function inspectPassword(
  typed: Secret,
  known: { readonly login: string; readonly current?: Secret },
): InspectedPassword {
  const raw = typed.reveal();
  const text = withoutBlankEnds(raw);
  const whole = wholeProblem(text, known.login);
  if (whole !== undefined) return { ok: false, problem: whole };

  let position = 0;
  for (const { segment } of new Intl.Segmenter('fr').segment(text)) {
    position++;
    const problem = characterProblem(segment);
    if (problem !== undefined) return { ok: false, problem, position };
  }
  const trimmed = text !== raw;
  const password = trimmed ? new Secret(text) : typed;
  if (known.current !== undefined && isSamePassword(password, known.current)) {
    return { ok: false, problem: 'alreadyCurrent' };
  }
  return { ok: true, password, trimmed };
}

/** Whether somebody typed the same one, found out in a time that tells nothing of it. */
export function isSamePassword(one: Secret, other: Secret): boolean {
  return same(one.reveal(), other.reveal());
}

/** Blanks and invisible format characters (zero-width, byte order mark) stay out. */
function withoutBlankEnds(text: string): string {
  return /[^\s\p{Cf}](?:.*[^\s\p{Cf}])?/su.exec(text)?.[0] ?? '';
}

function wholeProblem(text: string, login: string): PasswordProblem | undefined {
  if (text === '') return 'empty';
  const folded = fold(text);
  if (folded.includes('[chorus pro]') || folded.includes('reinitialisation du mot de passe')) {
    return 'emailTitle';
  }
  if (text.length > LONGEST) return 'tooLong';
  if (same(text.toLowerCase(), login.toLowerCase())) return 'login';
  return undefined;
}

/** Without case and accents, blanks made one. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').toLowerCase();
}

function characterProblem(character: string): PasswordProblem | undefined {
  if (/^[!-~]$/.test(character)) return undefined;
  if (/\p{Cc}/u.test(character)) return 'control';
  if (/\p{Zs}/u.test(character)) return 'spaceInside';
  // Extended_Pictographic alone would name the signs © ® ™ too.
  if (/\p{Emoji_Presentation}|(?![©®™])\p{Extended_Pictographic}|[\uFE0F\u20E3]/u.test(character))
    return 'emoji';
  if (/^\p{Script=Latin}\p{M}+$/u.test(character.normalize('NFD'))) return 'accent';
  return 'unexpectedCharacter';
}

function same(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** What is looked at of a message: a password stands near its beginning, or is all of it. */
const LOOKED_AT = 4_000;

/** All that follows « mot de passe », "password", « mdp ». */
const ANNOUNCED = /\b(?:mot\s+de\s+passe|mdp|password|pwd)\b(.*)/is;

/**
 * Whether a message in the chat may be a password, typed there by mistake: one word of 8 to 64 printable
 * characters that is no ordinary one, alone or somewhere after the words « mot de passe ». A guess: at worst
 * it warns about a harmless word, or misses a password of small letters only.
 */
export function looksLikePassword(message: string): boolean {
  const said = message
    .slice(0, LOOKED_AT)
    .replace(/[«»“”‘]/g, ' ')
    .trim();
  const words = (ANNOUNCED.exec(said)?.[1] ?? '').split(/\s/);
  return [said, ...words].some((word) => /^[!-~]{8,64}$/.test(word) && !isOrdinary(word));
}

/** What mixes kinds of characters without being a password. */
const ORDINARY = [
  /^[^\s@]+@[^\s@]+\.[a-z]{2,}[.,;!?]*$/i, // an e-mail address, a technical login
  /^TECH_\w+$/i, // a login cut short
  /^[a-z][a-z+.-]*:\/\//i, // an address
  /^([a-z0-9-]+\.)+[a-z]{2,6}(\/\S*)?$/, // the same without its scheme, a file's name
  /^<.*>$/, // a mention or a link, as Slack writes them
  /^(:[a-z0-9_+-]+:)+$/, // an emoji, as Slack writes it
  /^[@/#]?chorus/i, // the bot's name, a command, the portal
];

function isOrdinary(word: string): boolean {
  if (ORDINARY.some((shape) => shape.test(word))) return true;
  // « Bonjour! », (comptes), `aide`: what stands around a word says nothing about it.
  const core = word.replace(/^[^a-z0-9]+|(?<![^a-z0-9])[^a-z0-9]+$/gi, '');
  // Aujourd'hui, rendez-vous, Saint-Denis: signs that join two parts, and the capital a part begins with.
  const parts = core.split(/(?<=[a-z])['-](?=[a-z])/i).map((part) => part.replace(/^[A-Z]/, ''));
  const letters = parts.join('');
  const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^a-z0-9]/i].filter((kind) => kind.test(letters));
  const dateOrNumber = !/[a-z]/i.test(core);
  return kinds.length < 2 || dateOrNumber;
}
