import { z } from 'zod';
import { visibleName } from '../invisible.ts';
import { Secret } from '../secret.ts';

/** A token, and how long it lives. */
export interface TokenAnswer {
  readonly bearer: Secret;
  readonly lifetimeMs: number;
}

/** Of a token that does not say, or not so that it can be (API contract: « without `expires_in` »). */
const UNSAID_LIFETIME_MS = 5 * 60_000;

/** The body as JSON, or nothing: the parser's own error would quote the text. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands under a name, of whatever was answered. */
function fieldOf(json: unknown, name: 'codeRetour' | 'libelle'): unknown {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, name)
    ? (json as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** An integer (AIFE). */
export function codeRetourOf(json: unknown): number | undefined {
  const code = fieldOf(json, 'codeRetour');
  return Number.isSafeInteger(code) ? (code as number) : undefined;
}

/** Its own code goes: « GCU_MSG_20.003 Utilisateur verrouillé » is « Utilisateur verrouillé ». */
export function libelleOf(json: unknown, withoutSecrets: (text: string) => string): string | undefined {
  const libelle = fieldOf(json, 'libelle');
  if (typeof libelle !== 'string') return undefined;
  // Twice: before it is cut off, and once nothing invisible divides it any more.
  const shown = withoutSecrets(visibleName(withoutSecrets(libelle)));
  const cleaned = shown.replace(/^[A-Z]{2,6}_[A-Z]{2,6}_\d{1,3}[._]\d{1,4}\s*:?\s*/, '');
  return cleaned === '' ? undefined : cleaned;
}

/** As support knows them (`Id-<24 hex> 0`); anything else is not one. */
export function correlationIdOf(header: string | string[] | undefined): string | undefined {
  const text = [header].flat()[0]?.trim() ?? '';
  return /^[\w:.-]{1,80}( \d{1,6})?$/.test(text) ? text : undefined;
}

const tokenShape = z.object({
  // What a header can carry: anything else would make the next request throw.
  access_token: z.string().regex(/^[\x21-\x7e]{1,4096}$/),
  expires_in: z.coerce.number().min(1).optional().catch(undefined),
});

export function tokenOf(json: unknown): TokenAnswer | undefined {
  const { data } = tokenShape.safeParse(json);
  if (data === undefined) return undefined;
  const { access_token, expires_in } = data;
  const lifetimeMs = expires_in === undefined ? UNSAID_LIFETIME_MS : expires_in * 1000;
  return { bearer: new Secret(access_token), lifetimeMs };
}
