import { createHash, timingSafeEqual } from 'node:crypto';
import { Secret } from '../secret.ts';

/** What is surely not the new password. */
export type PasswordProblem =
  | 'empty'
  | 'tooLong'
  | 'control'
  | 'masked'
  | 'login'
  | 'siret'
  | 'emailTitle'
  | 'loginAndPassword'
  | 'loginAndPasswordEncoded'
  | 'otherAccount'
  | 'alreadyCurrent';

/** What no published sample has, and what Chorus Pro may have made all the same. */
export type PasswordWarning = 'accent' | 'emoji' | 'space' | 'unusual' | 'quotes';

export type InspectedPassword =
  | { readonly outcome: 'keep'; readonly password: Secret; readonly trimmed: boolean }
  | {
      readonly outcome: 'warn';
      readonly warning: PasswordWarning;
      /** Which character, from 1, as a person counts them in what is left after trimming. */
      readonly position?: number;
      readonly password: Secret;
      readonly trimmed: boolean;
      /** The same without its quotes. */
      readonly proposed?: Secret;
    }
  | {
      readonly outcome: 'stop';
      readonly problem: PasswordProblem;
      readonly position?: number;
      /** The part behind the colon, where login and password were pasted together. */
      readonly proposed?: Secret;
    };

/** What is known of the account whose password it should be. */
export interface KnownOfAccount {
  readonly login: string;
  readonly siret?: string;
  readonly current?: Secret;
}

const LONGEST = 256;

/**
 * Whether what was typed can be a new password. Chorus Pro publishes no rule and judges it itself, so that only what is
 * surely a mistake stops; what no published sample has is warned of. Only what a copy-paste adds at either end is trimmed.
 */
export function inspectPassword(typed: Secret, known: KnownOfAccount): InspectedPassword {
  const raw = typed.reveal();
  const text = withoutBlankEnds(raw);
  const whole = wholeProblem(text, known);
  if (whole !== undefined) return whole;

  const trimmed = text !== raw;
  const password = trimmed ? secretOf(text) : typed;
  const warning = lookedThrough(text);
  if (warning?.outcome === 'stop') return warning;
  if (known.current !== undefined && isSamePassword(password, known.current)) {
    return { outcome: 'stop', problem: 'alreadyCurrent' };
  }
  const inside = withoutQuotes(text);
  if (inside !== undefined)
    return { outcome: 'warn', warning: 'quotes', password, trimmed, proposed: secretOf(inside) };
  return warning === undefined ? { outcome: 'keep', password, trimmed } : { ...warning, password, trimmed };
}

/** Whether somebody typed the same one, found out in a time that tells nothing of it. */
export function isSamePassword(one: Secret, other: Secret): boolean {
  return same(one.reveal(), other.reveal());
}

function secretOf(text: string): Secret {
  return new Secret(text);
}

/** Blanks and invisible format characters (zero-width, byte order mark) stay out. */
function withoutBlankEnds(text: string): string {
  return /[^\s\p{Cf}](?:.*[^\s\p{Cf}])?/su.exec(text)?.[0] ?? '';
}

type Stopped = Extract<InspectedPassword, { outcome: 'stop' }>;

function stop(problem: PasswordProblem): Stopped {
  return { outcome: 'stop', problem };
}

function wholeProblem(text: string, known: KnownOfAccount): Stopped | undefined {
  if (text === '') return stop('empty');
  const folded = fold(text);
  if (folded.includes('[chorus pro]') || folded.includes('reinitialisation du mot de passe')) {
    return stop('emailTitle');
  }
  const both = togetherWithLogin(text, known);
  if (both !== undefined) return both;
  if (text.length > LONGEST) return stop('tooLong');
  if (/^[*•●∙·⚫]+$/u.test(text)) return stop('masked');
  if (isLogin(text, known.login)) return stop('login');
  return isSiretOf(text, known.siret) ? stop('siret') : undefined;
}

/** Without case and accents, blanks made one. */
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/\s+/g, ' ').toLowerCase();
}

/** As logins of production and of qualification look, whole or without their end. */
const TECHNICAL_LOGIN =
  /^(?:API\s+)?(?:TECH_\w{1,64}|[\w.-]{1,64}@(?:cpro|cpp2017)\.fr)(?:@(?:cpro|cpp2017)\.fr)?$/i;

function isLogin(text: string, login: string): boolean {
  return same(text.toLowerCase(), login.toLowerCase()) || TECHNICAL_LOGIN.test(text);
}

/** Written with blanks or points too; another establishment of the same body is one as well. */
function isSiretOf(text: string, siret: string | undefined): boolean {
  const written = text.replace(/[\s.]/g, '');
  if (siret === undefined || siret === '') return false;
  return written === siret || (/^\d{14}$/.test(written) && written.startsWith(siret.slice(0, 9)));
}

/**
 * « login:password », as people note it, or its Base64, as Chorus Pro's header `cpro-account` has it. A password may contain
 * a colon and a login may not: it is split at the first one (API contract).
 */
function togetherWithLogin(text: string, known: KnownOfAccount): Stopped | undefined {
  const encoded = decoded(text);
  const [problem, pair] =
    encoded === undefined
      ? (['loginAndPassword', text] as const)
      : (['loginAndPasswordEncoded', encoded] as const);
  const [, login, behind] = /^([^:]{1,300}?)\s{0,20}:(.*)$/su.exec(pair) ?? [];
  if (login === undefined || behind === undefined || !isLogin(login, known.login)) return undefined;
  if (!same(login.toLowerCase(), known.login.toLowerCase())) return stop('otherAccount');
  const inspected = inspectPassword(secretOf(behind), known);
  if (inspected.outcome !== 'stop') return { outcome: 'stop', problem, proposed: inspected.password };
  return inspected.problem === 'empty' ? stop('login') : inspected;
}

/** What stands in the Base64 of a text that has a colon in it; undefined where it is no such thing. */
function decoded(text: string): string | undefined {
  const body = text.replace(/^(?:cpro-account\s*:|basic)\s*/i, '');
  if (body.length > 2_000 || !/^[\w+/-]{12,}={0,2}$/.test(body)) return undefined;
  const plain = Buffer.from(body, 'base64').toString('utf8');
  return plain.includes(':') ? plain : undefined;
}

const QUOTES = [
  ['"', '"'],
  ["'", "'"],
  ['`', '`'],
  ['«', '»'],
  ['“', '”'],
  ['„', '“'],
  ['‘', '’'],
  ['‹', '›'],
] as const;

/** What stands between the quotes around a text; undefined where there are none, or nothing between them. */
function withoutQuotes(text: string): string | undefined {
  const isQuoted = QUOTES.some(([opening, closing]) => text.startsWith(opening) && text.endsWith(closing));
  if (!isQuoted || text.length < 3) return undefined;
  const inside = withoutBlankEnds(text.slice(1, -1));
  return inside === '' ? undefined : inside;
}

type Warned = { readonly outcome: 'warn'; readonly warning: PasswordWarning; readonly position: number };

/** A control character anywhere stops; otherwise the first unusual character is told. */
function lookedThrough(text: string): Warned | Stopped | undefined {
  let position = 0;
  let first: Warned | undefined;
  for (const { segment } of new Intl.Segmenter('fr').segment(text)) {
    position++;
    if (/[\p{Cc}\p{Cs}]/u.test(segment)) return { ...stop('control'), position };
    const warning = first === undefined ? characterWarning(segment) : undefined;
    if (warning !== undefined) first = { outcome: 'warn', warning, position };
  }
  return first;
}

function characterWarning(character: string): PasswordWarning | undefined {
  if (/^[!-~]$/.test(character)) return undefined;
  if (/\p{Zs}/u.test(character)) return 'space';
  // Extended_Pictographic alone would name the signs © ® ™ too.
  if (/\p{Emoji_Presentation}|(?![©®™])\p{Extended_Pictographic}|[\uFE0F\u20E3]/u.test(character))
    return 'emoji';
  if (/^\p{Script=Latin}\p{M}+$/u.test(character.normalize('NFD'))) return 'accent';
  return 'unusual';
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
