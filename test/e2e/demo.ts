import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** `npm run demo`, as a newcomer starts it, on a free port. */
export class Demo {
  readonly #process: ChildProcess;
  #printed = '';

  private constructor(process: ChildProcess) {
    this.#process = process;
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (part: Buffer) => {
        this.#printed += part.toString();
      });
    }
  }

  static async start(): Promise<Demo> {
    const demo = new Demo(spawn('node', ['dist/build/demo/main.js'], { env: { ...process.env, PORT: '0' } }));
    for (const end = Date.now() + 20_000; !demo.#printed.includes('http://'); ) {
      if (Date.now() > end) throw new Error(`the demo does not start: ${demo.#printed}`);
      await new Promise((soon) => setTimeout(soon, 50));
    }
    return demo;
  }

  /** The one address that it prints. */
  get address(): string {
    return /http:\/\/[^ ]+/.exec(this.#printed)?.[0] ?? '';
  }

  /** All that it has printed so far. */
  get printed(): string {
    return this.#printed;
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await once(this.#process, 'exit');
  }
}
