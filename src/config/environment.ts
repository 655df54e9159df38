import { readFileSync, statSync } from 'node:fs';
import type { z } from 'zod';
import { isOpenToOthers } from '../private-file.ts';
import { type Name, SECRETS, VARIABLES } from './variables.ts';

/** What is wrong with each variable: one line in French, which never holds what was typed. */
export type Mistakes = ReadonlyMap<Name, string>;

/** What the environment says of these variables; one with a mistake has no value. */
export interface Reading<Values> {
  readonly values: Partial<Values>;
  readonly mistakes: Mistakes;
}

/** Where a value comes from, in sentences. */
interface Source {
  /** The variable that the administrator has to mend. */
  readonly variable: string;
  readonly holder: '.env' | 'ce fichier';
}

export function readVariables<Schema extends z.ZodObject>(
  schema: Schema,
  env: NodeJS.ProcessEnv,
): Reading<z.infer<Schema>> {
  const values: Record<string, unknown> = {};
  const mistakes = new Map<Name, string>();
  for (const name of Object.keys(schema.shape) as Name[]) {
    const given = textOf(name, env);
    if (given.mistake !== undefined) mistakes.set(name, given.mistake);
    else {
      const read = (schema.shape[name] as z.ZodType).safeParse(given.text);
      if (read.success) values[name] = read.data;
      else mistakes.set(name, given.text === undefined ? missing(name) : wrong(name, given.source));
    }
  }
  return { values: values as Partial<z.infer<Schema>>, mistakes };
}

type Given =
  | { readonly text: string | undefined; readonly source: Source; readonly mistake?: undefined }
  | { readonly mistake: string };

/** « NAME= » in .env is how people leave a variable out. */
function textOf(name: Name, env: NodeJS.ProcessEnv): Given {
  const text = env[name]?.trim() || undefined;
  const source: Source = { variable: name, holder: '.env' };
  if (!SECRETS.some((secret) => secret === name)) return { text, source };
  const variable = fileVariable(name);
  const file = env[variable]?.trim() || undefined;
  if (file === undefined) return { text, source };
  if (text !== undefined)
    return { mistake: `${name} et ${variable} sont donnés tous les deux : gardez dans .env l’un ou l’autre` };
  return textIn(file, { variable, holder: 'ce fichier' });
}

function fileVariable(name: Name): string {
  return `${name}_FILE`;
}

function textIn(file: string, source: Source): Given {
  const { variable } = source;
  try {
    if (isOpenToOthers(statSync(file)))
      return {
        mistake: `${variable} : d’autres que le bot peuvent lire ce fichier ; lancez sur lui « chmod 600 »`,
      };
    const text = readFileSync(file, 'utf8').trim();
    return text === ''
      ? { mistake: `${variable} : ce fichier est vide ; mettez-y le secret, et rien d’autre` }
      : { text, source };
  } catch {
    return {
      mistake: `${variable} : ce fichier ne peut pas être lu ; donnez le chemin d’un fichier que le bot peut lire`,
    };
  }
}

export function missing(name: Name): string {
  return `${name} manque : mettez dans .env ${VARIABLES.shape[name].description}`;
}

export function wrong(name: Name, { variable, holder }: Source = { variable: name, holder: '.env' }): string {
  return `${variable} ne convient pas : mettez dans ${holder} ${VARIABLES.shape[name].description}`;
}
