import { errorFields } from './log.ts';
import { Refusal } from './refusal.ts';
import { StoreUnavailable } from './store/store.ts';
import { explainTrouble } from './store/trouble.ts';

/** What stopped a start or a command, in French, for whoever typed it: mostly one line. Anything may have been thrown. */
export function explain(error: unknown): readonly string[] {
  if (error instanceof Refusal) return error.lines;
  if (error instanceof StoreUnavailable) return [explainTrouble(error)];
  // A message may quote what it could not read.
  const { error: name, code, cause } = errorFields(error);
  const seen = [name, code, cause && `← ${cause}`].filter(Boolean).join(' ');
  return [`erreur inattendue (${seen}) ; vérifiez l’installation`];
}
