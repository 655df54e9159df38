import type { Shell } from './shell.ts';

const EVERY_MS = 1_000;

/** Says how far a long command is, at most once a second: « 300 / 1000 ». Call it with what is done after each step. */
export function progressOf(shell: Pick<Shell, 'warn'>, total: number): (done: number) => void {
  let saidAtMs = performance.now();
  return (done) => {
    if (performance.now() - saidAtMs < EVERY_MS) return;
    saidAtMs = performance.now();
    shell.warn(`${done} / ${total}`);
  };
}
