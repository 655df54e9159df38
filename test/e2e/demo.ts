import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';

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
    const env = { ...process.env, PORT: String(await freePort()) };
    const demo = new Demo(spawn('node', ['dist/build/demo/main.js'], { env }));
    await until(
      () => demo.#printed.includes('http://'),
      () => demo.#printed,
    );
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
