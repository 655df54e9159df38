import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** What a process has used so far. */
export interface Usage {
  /** Processor time, user and system, in µs. */
  readonly cpu: number;
  /** Bytes resident now. */
  readonly resident: number;
}

/** Node's flags in `npm start`, so that ours is measured as it is run. */
export function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  return String(scripts.start)
    .split(' ')
    .filter((word) => word.startsWith('--'));
}

/** A program of `servers/` in a process of its own, so that its load and its costs are told apart. */
export class Server<Ready> {
  readonly ready: Ready;
  readonly #process: ChildProcess;

  private constructor(ready: Ready, child: ChildProcess) {
    this.ready = ready;
    this.#process = child;
  }

  /** `flags` are Node's own; `options`, and what the program says when it is ready, cross over as JSON. */
  static async start<Ready>(
    name: string,
    options: object = {},
    flags: readonly string[] = [],
  ): Promise<Server<Ready>> {
    const child = fork(new URL(`./servers/${name}.js`, import.meta.url), [JSON.stringify(options)], {
      // A pipe, as where a service's log is collected.
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      execArgv: [...flags],
    });
    child.stdout?.resume();
    return new Server(await messageOf<Ready>(child, `servers/${name} did not start`), child);
  }

  async usage(): Promise<Usage> {
    return this.ask<Usage>();
  }

  /** The one question that the program answers; most are asked for their usage. */
  async ask<Answer>(): Promise<Answer> {
    this.#process.send('?');
    return messageOf<Answer>(this.#process, 'the program has ended');
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}

/** The next message of this process. Throws with these words where it ends instead. */
async function messageOf<Message>(child: ChildProcess, ended: string): Promise<Message> {
  const heard = new AbortController();
  const { signal } = heard;
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(() => Promise.reject(new Error(ended))),
    ]);
    return message as Message;
  } finally {
    heard.abort();
  }
}
