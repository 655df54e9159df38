import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { PAGE_STYLE } from '../../cards/html-document.ts';
import type { Messages } from '../../cards/messages.ts';
import type { Language } from '../channel.ts';

/** What a browser may do with the bot's own pages: draw them, and send their form back where it came from. No script at all. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Beside the safe headers of every answer. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
} as const;

/** What a browser has sent under this name; empty where it has sent nothing. */
export function cookieNamed(name: string, { cookie = '' }: IncomingHttpHeaders): string {
  const pairs = cookie.split(';').map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
}

/** Where nothing else tells who asks: their browser says which language they read. */
export function messagesFor(
  headers: IncomingHttpHeaders,
  messages: Readonly<Record<Language, Messages>>,
): Messages {
  return messages[/^en\b/i.test(headers['accept-language'] ?? '') ? 'en' : 'fr'];
}
