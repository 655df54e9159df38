import { z } from 'zod';
import { visibleName } from '../invisible.ts';
import type { Accepted, Structure } from './verdict.ts';

/** A page of the account's structures. */
export interface Page {
  readonly structures: readonly ListedStructure[];
  /** Rows that name no structure. */
  readonly unreadable: number;
  readonly pages: number;
}

interface ListedStructure extends Structure {
  readonly isActive: boolean;
}

const identifier = z
  .union([z.string(), z.number().transform(String)])
  .transform(visibleName)
  .pipe(z.string().min(1));
const designation = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((name) => visibleName(name ?? ''));
const status = z.string().nullish().catch(undefined);

const attachedShape = z
  .object({
    identifiantStructure: identifier,
    designationStructure: designation,
    statutRattachementStructure: status,
    statutUtilisateur: status,
  })
  .transform(
    (row): ListedStructure => ({
      siret: row.identifiantStructure,
      name: row.designationStructure,
      isActive: [row.statutRattachementStructure, row.statutUtilisateur].every(isActive),
    }),
  );

const activeShape = z.object({ identifiant: identifier, designationStructure: designation }).transform(
  (row): ListedStructure => ({
    siret: row.identifiant,
    name: row.designationStructure,
    isActive: true,
  }),
);

const rows = z.array(z.unknown()).nullish().catch(undefined);
const attachmentsShape = z.object({
  listeStructureRattachement: rows,
  parametresRetour: z
    .object({ pages: z.number().int().nullish().catch(undefined) })
    .nullish()
    .catch(undefined),
});
const activeStructuresShape = z.object({ listeStructures: rows });

/** What *rattachements* gives: a row that does not fit is counted and left out, and none is no fault. */
export function attachmentsIn(json: unknown): Page {
  const { data } = attachmentsShape.safeParse(json);
  return {
    ...readRows(data?.listeStructureRattachement ?? [], attachedShape),
    pages: data?.parametresRetour?.pages ?? 1,
  };
}

/** What *structures actives* gives: one page. */
export function activeStructuresIn(json: unknown): Page {
  const { data } = activeStructuresShape.safeParse(json);
  return { ...readRows(data?.listeStructures ?? [], activeShape), pages: 1 };
}

/** The structures of an accepted account: each once, its own first, and what is not as it should be. */
export class StructureList {
  readonly #bySiret = new Map<string, ListedStructure>();
  #unreadable = 0;

  add({ structures, unreadable }: Pick<Page, 'structures' | 'unreadable'>): void {
    this.#unreadable += unreadable;
    for (const structure of structures) {
      const known = this.#bySiret.get(structure.siret);
      if (known === undefined || !known.isActive) this.#bySiret.set(structure.siret, structure);
    }
  }

  /** `siret`: of the account's own structure; undefined: it is not looked for. */
  accepted(siret: string | undefined, complete: boolean): Omit<Accepted, 'diagnosis'> {
    const isOwn = (structure: Structure) => siret !== undefined && plain(structure.siret) === plain(siret);
    const own = [...this.#bySiret.values()].find(isOwn);
    const others = [...this.#bySiret.values()].filter((structure) => structure !== own);
    const all = own === undefined ? others : [own, ...others];
    const warning = siret === undefined ? undefined : warningOf(own, complete && this.#unreadable === 0);
    return {
      outcome: 'accepted',
      structures: all.map(({ siret: id, name }) => ({ siret: id, name })),
      complete,
      ...(this.#unreadable === 0 ? {} : { unreadable: this.#unreadable }),
      ...(warning === undefined ? {} : { own: warning }),
    };
  }
}

/** What was not read to its end may hold it. */
function warningOf(own: ListedStructure | undefined, isWhole: boolean): Accepted['own'] {
  if (own === undefined) return isWhole ? 'absent' : undefined;
  return own.isActive ? undefined : 'inactive';
}

function readRows(
  list: readonly unknown[],
  shape: typeof attachedShape | typeof activeShape,
): Omit<Page, 'pages'> {
  const read = list.map((row) => shape.safeParse(row).data);
  const structures = read.filter((row) => row !== undefined);
  return { structures, unreadable: read.length - structures.length };
}

function plain(id: string): string {
  return id.replace(/\s/g, '').toUpperCase();
}

/** Absent where Chorus Pro leaves it out. */
function isActive(state: string | null | undefined): boolean {
  return state === undefined || state === null || state.trim() === '' || /^actif$/i.test(state.trim());
}
