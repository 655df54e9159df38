import { z } from 'zod';
import { visibleName } from '../invisible.ts';
import type { Answer } from './post.ts';
import { type Structure, type Unknown, undecided } from './verdict.ts';

/** A page of the account's structures. */
export interface Page {
  readonly outcome: 'read';
  readonly structures: readonly Structure[];
  readonly pages: number;
}

export const tokenShape = z.object({
  // What a header can carry: anything else would make the next request throw.
  access_token: z.string().regex(/^[\x21-\x7e]+$/),
  expires_in: z.coerce.number().min(1),
});

export const tokenRefusalShape = z.object({ error: z.literal('invalid_client') });

const answerShape = z.object({ codeRetour: z.number(), libelle: z.string().nullish() });

export const attachmentsShape = z
  .object({
    listeStructureRattachement: z
      .array(z.object({ identifiantStructure: z.string(), designationStructure: z.string().nullish() }))
      .nullish(),
    parametresRetour: z.object({ pages: z.number().nullish() }).nullish(),
  })
  .transform(({ listeStructureRattachement, parametresRetour }) => ({
    pages: parametresRetour?.pages ?? 1,
    structures: (listeStructureRattachement ?? []).map((structure) => ({
      siret: visibleName(structure.identifiantStructure),
      name: visibleName(structure.designationStructure ?? ''),
    })),
  }));

export const activeStructuresShape = z
  .object({
    listeStructures: z
      .array(z.object({ identifiant: z.string(), designationStructure: z.string().nullish() }))
      .nullish(),
  })
  .transform(({ listeStructures }) => ({
    pages: 1,
    structures: (listeStructures ?? []).map((structure) => ({
      siret: visibleName(structure.identifiant),
      name: visibleName(structure.designationStructure ?? ''),
    })),
  }));

/** The structures of an answer with status 200. */
export function readPage(
  answer: Answer,
  shape: typeof attachmentsShape | typeof activeStructuresShape,
): Page | Unknown {
  const json = jsonOf(answer);
  const { data: business } = answerShape.safeParse(json);
  // « No result » comes after the password was accepted.
  if (business?.codeRetour === 20000 && business.libelle?.includes('TRA_MSG_00.015')) {
    return { outcome: 'read', structures: [], pages: 1 };
  }
  const { data: page } = shape.safeParse(json);
  return business?.codeRetour === 0 && page !== undefined
    ? { outcome: 'read', ...page }
    : undecided('unexpected');
}

/** Which of the two credentials of a call a 401 is about; nothing where it does not say. */
export function refusedBy401(answer: Answer): 'bearer' | 'technicalAccount' | undefined {
  if (/\binvalid_token\b/.test(`${answer.challenge} ${answer.text}`)) return 'bearer';
  const older = answerShape.safeParse(jsonOf(answer));
  if (/login or password incorrect/i.test(answer.challenge) || older.data?.codeRetour === 401) {
    return 'technicalAccount';
  }
  return undefined;
}

/** The body as JSON, or nothing: the parser's own error would quote the text. */
export function jsonOf(answer: Answer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch {
    return undefined;
  }
}
