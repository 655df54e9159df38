import { CLASSES } from './classes.ts';
import type { Diagnosis, Reason, Verdict } from './verdict.ts';

/** Of a verdict, what the log, the journal, the metrics and support read: a class by name, and no secret. */
export interface DiagnosisFields extends Partial<Omit<Diagnosis, 'at'>> {
  readonly class: string;
}

export function reasonOfVerdict(verdict: Verdict): Reason {
  return verdict.outcome === 'accepted' ? 'accepted' : verdict.reason;
}

export function diagnosisFields(verdict: Verdict): DiagnosisFields {
  const { at: _at, ...known } = verdict.diagnosis ?? {};
  return { class: CLASSES[reasonOfVerdict(verdict)].name, ...known };
}

/** The same on one line, for the journal and for support. */
export function diagnosisLine(verdict: Verdict): string {
  return Object.entries(diagnosisFields(verdict))
    .map(([name, value]) => (typeof value === 'number' ? `${name}=${value}` : `${name}="${value}"`))
    .join(' ');
}

/** Whether the answer may have judged the password, and was no yes. */
export function isAttempt(verdict: Verdict): boolean {
  return CLASSES[reasonOfVerdict(verdict)].isAttempt;
}
