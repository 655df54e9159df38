/** Stands for `node:crypto`: the same run has the same ids, so that a failure can be played again. */
// biome-ignore lint/style/useNodejsImportProtocol: under its full name it is this very file.
export { createHash, randomBytes, timingSafeEqual } from 'crypto';

let last = 0;

export function beginAnew(): void {
  last = 0;
}

export function randomUUID(): string {
  last += 1;
  return `id ${last}`;
}

export function randomInt(): number {
  last += 1;
  return last;
}
