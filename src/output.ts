import { errorFields, type Log, plainWords } from './log.ts';

/**
 * Makes a line of the log of everything else that this process prints, so that whoever collects it as JSON reads it all:
 * what libraries write, Node's warnings, rejections and exceptions that nobody has caught.
 *
 * A rejection ends nothing. An exception ends the process, since what it has left half done is unknown.
 */
export function logEverything(log: Log): void {
  // Node's own listener prints warnings as text.
  process.removeAllListeners('warning');
  process.on('warning', (warning) => log.warn('process.warning', errorFields(warning)));
  process.on('unhandledRejection', (reason) => log.error('unhandled', errorFields(reason)));
  process.on('uncaughtException', (error) => {
    log.error('uncaught', errorFields(error));
    process.exit(1);
  });
  for (const method of CONSOLE_METHODS) {
    console[method] = (...printed: unknown[]) => {
      const thrown = printed.find((one) => typeof one === 'object' && one !== null);
      const text = printed.filter((one) => typeof one === 'string').join(' ');
      log.warn('library.printed', {
        ...(thrown === undefined ? {} : errorFields(thrown)),
        reason: plainWords(text),
      });
    };
  }
  // The log itself writes to the file descriptor, not through these.
  for (const stream of [process.stdout, process.stderr]) {
    stream.write = (chunk: Uint8Array | string, ...rest: unknown[]) => {
      log.warn('library.printed', { reason: plainWords(Buffer.from(chunk).toString()) });
      const done = rest.find((one) => typeof one === 'function');
      if (done !== undefined) process.nextTick(done);
      return true;
    };
  }
}

const CONSOLE_METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'] as const;
