/** How Chorus Pro may name a structure: SIRET, RIDET, TAHITI, EU VAT number, or an identifier from outside the EU. */
export type StructureIdKind = 'siret' | 'ridet' | 'tahiti' | 'vat' | 'other';

/** As it is kept: in capitals, without blanks. */
export function plainStructureId(text: string): string {
  return text.replace(/\s/g, '').toUpperCase();
}

/** What an identifier is; undefined: it is none, most likely a SIRET with a digit too few or too many. */
export function structureIdKind(text: string): StructureIdKind | undefined {
  if (/^\d{14}$/.test(text)) return 'siret';
  // Seven digits of the enterprise, with three of the establishment or without.
  if (/^\d{7}(?:[.-]?\d{3})?$/.test(text)) return 'ridet';
  if (/^[A-Z]\d{5}(?:-?\d{3})?$/.test(text)) return 'tahiti';
  if (/^[A-Z]{2}[A-Z\d]{8,12}$/.test(text) && /\d{4}/.test(text)) return 'vat';
  return /^[A-Z]{2}[A-Z\d&'.-]{3,60}$/.test(text) ? 'other' : undefined;
}

/** Fourteen digits whose check digit is right (Luhn); La Poste's establishments have a rule of their own (INSEE). */
export function isSiret(text: string): boolean {
  if (!/^\d{14}$/.test(text)) return false;
  const digits = [...text].map(Number);
  const luhn = digits.map((digit, index) =>
    index % 2 === 1 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit,
  );
  if (sum(luhn) % 10 === 0) return true;
  return text.startsWith('356000000') && sum(digits) % 5 === 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
