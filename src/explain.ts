import { errorFields } from './log.ts';
import { Refusal } from './refusal.ts';
import { StoreUnavailable } from './store/store.ts';

/** What stopped a start or a command, in French, for whoever typed it: mostly one line. Anything may have been thrown. */
export function explain(error: unknown): readonly string[] {
  if (error instanceof Refusal) return error.lines;
  // A message may quote what it could not read.
  const { error: name, code, cause } = errorFields(error);
  const seen = [name, code, cause && `← ${cause}`].filter(Boolean).join(' ');
  return error instanceof StoreUnavailable
    ? [
        `STORE_URL : le coffre n’a pas répondu, ou a refusé (${seen}) ; vérifiez l’adresse, et que le serveur tourne`,
      ]
    : [`erreur inattendue (${seen}) ; vérifiez l’installation`];
}
