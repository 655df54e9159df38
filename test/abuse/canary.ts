import { randomBytes } from 'node:crypto';

/**
 * A word that can be looked for. It needs no escape in JSON, HTML, a form or an address, so that whatever holds it is
 * found in all of them.
 */
export function newMark(): string {
  return `Zq${randomBytes(8).toString('hex')}X`;
}

/** A password with this mark in it, and with what does need an escape behind it. */
export function canaryOf(mark: string, number: number): string {
  return `${mark}${number}"\\<&:+%`;
}

/** Every place in these bytes where the mark stands, in whatever form, with what stands around it. */
export function hitsIn(place: Buffer | string, mark: string): string[] {
  const bytes = Buffer.isBuffer(place) ? place : Buffer.from(place);
  return formsOf(mark).flatMap((form) => hitsOf(bytes, form));
}

/** The mark as bytes, in every form in which it could lie somewhere. */
export function formsOf(mark: string): Buffer[] {
  const texts = [mark, Buffer.from(mark).toString('hex'), ...base64Of(mark)];
  return texts.flatMap((text) => [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')]);
}

/** What of its base64 does not hang on what stands before and after it: three ways, by where it begins. */
function base64Of(mark: string): string[] {
  return [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), Buffer.from(mark)]).toString('base64url');
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + mark.length) * 8) / 6));
  });
}

const AROUND = 80;

function hitsOf(bytes: Buffer, form: Buffer): string[] {
  const hits: string[] = [];
  for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + form.length)) {
    hits.push(bytes.toString('latin1', Math.max(0, at - AROUND), at + form.length + AROUND));
  }
  return hits;
}
