import { DateTime } from 'luxon';
import { readExpiry } from '../chorus/expiry.ts';
import { readTypedDate } from '../chorus/typed-date.ts';
import { personId } from '../config/variables.ts';
import { hasInvisible } from '../invisible.ts';
import { Refusal } from '../refusal.ts';
import { LONGEST_PATH } from '../store/accounts.ts';
import type { Expiry } from '../store/credentials.ts';
import { isSiret, plainStructureId, structureIdKind } from '../store/structure-id.ts';

// What was typed is never repeated in a refusal: anything can be pasted into the wrong place.

/** What was typed for `option`, without blanks around it. Nobody could read what is invisible within it, nor tell it apart. */
function readVisible(option: string, text: string): string {
  const typed = text.trim();
  if (hasInvisible(typed)) {
    throw new Refusal(
      `${option} : il s’y trouve un caractère invisible (fin de ligne, sens d’écriture, espace sans largeur…) ; tapez-le au clavier`,
    );
  }
  return typed;
}

/** The login as it is sent in `login:password`. */
export function readLogin(text: string): string {
  const login = readVisible('--login', text);
  if (!/^[^\s:]+$/.test(login)) {
    throw new Refusal(
      '--login : un identifiant n’a ni espace ni « : » ; recopiez celui que montre le portail',
    );
  }
  return login;
}

/** The id of a conversation or of a workspace, as the platform shows it. */
export function readId(option: string, text: string): string {
  const id = readVisible(option, text);
  if (!/^\S{1,300}$/.test(id))
    throw new Refusal(`${option} : recopiez l’identifiant que montre la plateforme, sans espace`);
  return id;
}

/** `isQualification`: there the check digit of a SIRET may be wrong (API contract). */
export function readSiret(text: string, isQualification = false): string {
  const id = plainStructureId(text);
  const kind = structureIdKind(id);
  if (kind !== undefined && (kind !== 'siret' || isQualification || isSiret(id))) return id;
  throw new Refusal(
    '--siret : ce ne sont pas 14 chiffres dont la clé est juste, ni un RIDET, un numéro TAHITI, un numéro de TVA ou un identifiant hors UE ; recopiez-le à nouveau',
  );
}

export function readName(text: string): string {
  const name = readVisible('--name', text);
  if (name === '') throw new Refusal('--name : donnez le nom de la structure');
  return name;
}

/** Where the password is entered in an application that is not e.magnus, as people find it there. */
export function readApplication(text: string): string {
  const path = readVisible('--application', text);
  if (path.length > 0 && path.length <= LONGEST_PATH) return path;
  throw new Refusal(
    `--application : donnez le chemin de l’écran où se saisit le mot de passe, en ${LONGEST_PATH} caractères au plus`,
  );
}

export function readPerson(
  option: '--manager' | '--deputy' | '--from' | '--to' | '--person',
  text: string,
): string {
  const parsed = personId.safeParse(readVisible(option, text));
  if (parsed.success) return parsed.data;
  throw new Refusal(
    `${option} : donnez teams:<locataire>:<personne> (leurs identifiants dans Microsoft Entra) ou slack:<équipe>:<personne>`,
  );
}

/** A day, or the portal's own date. Confirmed, since an administrator has read it. */
export function readExpires(text: string, now: Date): Expiry {
  const read = readExpiry(text, now);
  const problem = read.ok ? undefined : read.problem;
  // A password that has expired already is one more reason to take the account in.
  const at = read.ok ? read.at : problem === 'past' ? readTypedDate(text) : undefined;
  if (at !== undefined) return { at: at.toISOString(), estimated: false };
  throw new Refusal(
    problem === 'tooFar'
      ? '--expires : cette date est trop lointaine, un mot de passe vaut environ quatorze mois ; relisez l’année'
      : '--expires : donnez le jour, AAAA-MM-JJ, ou la date du portail, jj/mm/aaaa hh:mm:ss',
  );
}

/** The beginning of a day, as Paris counts it. */
export function readDay(option: '--since' | '--until', text: string): DateTime {
  const day = DateTime.fromISO(text.trim(), { zone: 'Europe/Paris' });
  if (/^\d{4}-\d\d-\d\d$/.test(text.trim()) && day.isValid) return day;
  throw new Refusal(`${option} : donnez le jour, AAAA-MM-JJ`);
}

export function readAlert(text: string): number {
  const months = Number(text);
  if (!Number.isInteger(months) || months < 1 || months > 14) {
    throw new Refusal('--alert : donnez un nombre de mois, de 1 à 14');
  }
  return months;
}

export function readThresholds(text: string): number[] {
  const days = text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(Number);
  const isRight =
    days.length > 0 &&
    days.length <= 20 &&
    days.every((day) => Number.isInteger(day) && day >= 0 && day <= 400);
  if (!isRight)
    throw new Refusal('--thresholds : donnez des nombres de jours avant l’échéance, par exemple 60,30,7,1');
  return days;
}
