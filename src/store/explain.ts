import { errorFields } from '../log.ts';
import { Refusal } from '../refusal.ts';
import { SealBroken } from './seal.ts';
import { RecordRefused, StoreUnavailable } from './store.ts';
import { explainTrouble } from './trouble.ts';

/** What stopped a start or a command, in French, for whoever typed it: mostly one line. Anything may have been thrown. */
export function explain(error: unknown): readonly string[] {
  if (error instanceof Refusal) return error.lines;
  if (error instanceof RecordRefused) return [refusedSentence([error])];
  if (error instanceof SealBroken) return [brokenSealSentence(error)];
  if (error instanceof StoreUnavailable) return [explainTrouble(error)];
  // A message may quote what it could not read.
  const { error: name, code, cause } = errorFields(error);
  const seen = [name, code, cause && `← ${cause}`].filter(Boolean).join(' ');
  return [`erreur inattendue (${seen}) ; vérifiez l’installation`];
}

function brokenSealSentence({ binding: { purpose, account } }: SealBroken): string {
  return `STORE_URL : ce qui est scellé pour ${account} (${purpose}) ne s’ouvre pas : c’est modifié, ou la clé n’est pas dans STORE_KEYS_FILE ; remettez la clé qui manque ou restaurez une sauvegarde, « npm run admin -- doctor » nomme tout ce qui ne s’ouvre pas`;
}

const REASONS = {
  changed: 'modifiés ou déplacés hors du bot',
  unsigned: 'sans signature',
  unreadable: 'illisibles',
  keyMissing: 'signés par une clé qui n’est pas dans STORE_KEYS_FILE',
} as const;

/** More than these are only counted. */
const NAMED_AT_MOST = 50;

/** Which records do not verify, why, and what to do. One line. */
export function refusedSentence(refused: readonly RecordRefused[]): string {
  const isKeyMissing = refused.every(({ why }) => why === 'keyMissing');
  return `STORE_URL : ne se vérifient pas, et ne servent pas : ${refusedNames(refused)} ; ${isKeyMissing ? KEY_CURE : CURE}`;
}

const KEY_CURE = `remettez dans STORE_KEYS_FILE la clé qui manque ; si elle est perdue, « keys rotate --accept-all » signe tout tel quel`;
const CURE =
  'cherchez qui y a écrit, puis restaurez une sauvegarde ; ou, après comparaison, « keys rotate --accept <enregistrement> » le signe tel quel, « --drop <enregistrement> » le retire';

/** By reason. */
export function refusedNames(refused: readonly RecordRefused[]): string {
  const reasons = Object.keys(REASONS) as (keyof typeof REASONS)[];
  return reasons
    .map((reason) => refused.filter(({ why }) => why === reason).map(({ key }) => key))
    .flatMap((keys, i) =>
      keys.length === 0 ? [] : [`${someOf(keys)} (${REASONS[reasons[i] ?? 'changed']})`],
    )
    .join(' ; ');
}

function someOf(keys: readonly string[]): string {
  const more = keys.length - NAMED_AT_MOST;
  return keys.slice(0, NAMED_AT_MOST).join(', ') + (more > 0 ? ` et ${more} autres` : '');
}
