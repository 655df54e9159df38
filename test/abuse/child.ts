import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { join } from 'node:path';
import type { BotOptions, Order } from './bot-process.ts';

/** The bot in a process of its own. */
export class Child {
  readonly #process: ChildProcess;
  #printed = '';

  private constructor(options: BotOptions, folder: string, execArgv: string[]) {
    const script = join(__dirname, '../store/run-typescript.cjs');
    const entry = join(__dirname, 'bot-process.ts');
    this.#process = fork(script, [entry, JSON.stringify(options)], { cwd: folder, silent: true, execArgv });
    for (const output of [this.#process.stdout, this.#process.stderr]) {
      output?.on('data', (part: Buffer) => {
        this.#printed += part.toString();
      });
    }
  }

  /** It works in `folder`. `execArgv`: what Node is told. */
  static async start(options: BotOptions, folder: string, execArgv: string[] = []): Promise<Child> {
    const child = new Child(options, folder, execArgv);
    const [said] = await Promise.race([once(child.#process, 'message'), once(child.#process, 'exit')]);
    if (said?.order !== 'ready') throw new Error(`the bot does not start: ${child.#printed}`);
    return child;
  }

  /** All that it has written on its two outputs. */
  get printed(): string {
    return this.#printed;
  }

  forgetPrinted(): void {
    this.#printed = '';
  }

  /** Has it done, and waits until it is. Gives what was found, if anything. */
  async order<Found>(order: Order): Promise<Found | undefined> {
    const answered = new AbortController();
    const { signal } = answered;
    const done = (async () => {
      for await (const [said] of on(this.#process, 'message', { signal }))
        if (said.order === order) return said.found as Found;
      return undefined;
    })();
    const ended = once(this.#process, 'exit', { signal }).then((): undefined => {
      throw new Error(`the bot has ended: ${this.#printed.slice(-2_000)}`);
    });
    this.#process.send(order);
    const found = await Promise.race([done, ended]);
    answered.abort();
    await ended.catch(() => undefined);
    return found;
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
