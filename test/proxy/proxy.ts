import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { until } from '../until.ts';

/** A proxy in a process of its own. It takes every host for this machine, so names that do not exist lead somewhere. */
export class ProxyProcess {
  readonly #process: ChildProcess;
  #printed = '';

  /** `credentials`: `name:password` that it asks for. */
  constructor(credentials?: string) {
    const words = credentials === undefined ? [] : [Buffer.from(credentials).toString('base64')];
    this.#process = spawn(process.execPath, [join(__dirname, 'proxy-process.cjs'), ...words]);
    this.#process.stdout?.on('data', (chunk: Buffer) => {
      this.#printed += chunk.toString();
    });
  }

  /** Its address. */
  async start(): Promise<string> {
    await until(() => /^listening \d+$/m.test(this.#printed));
    return `http://127.0.0.1:${/^listening (\d+)$/m.exec(this.#printed)?.[1]}`;
  }

  /** What it was asked for, the oldest first: `CONNECT host:port`, or a method and an address. */
  get seen(): string[] {
    return this.#printed.split('\n').filter((line) => line !== '' && !line.startsWith('listening'));
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }
}
