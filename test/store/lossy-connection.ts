import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';

/** The next request with its connection, or the next answer, with its connection or alone. */
type Loss = 'request' | 'answer' | 'connection';

/** Stands before a server, and can lose what it answers. */
export class LossyConnection {
  readonly #server;
  #loses: 'nothing' | Loss = 'nothing';

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) socket.on('error', () => undefined);
      near.on('data', (part) => {
        if (this.#loses === 'request') near.destroy();
        else far.write(part);
      });
      far.on('data', (part) => {
        if (this.#loses === 'nothing') return near.write(part);
        if (this.#loses === 'connection') near.destroy();
        this.#loses = 'nothing';
        return true;
      });
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
    });
  }

  async start(): Promise<string> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  lose(what: Loss): void {
    this.#loses = what;
  }

  stop(): void {
    this.#server.close();
  }
}
