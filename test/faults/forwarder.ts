import { createServer, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers instead of whoever was asked. */
export type Failure = (response: ServerResponse) => void;

/** Passes every request on to one of its targets in turn, unless it is told to fail: a load balancer, or a network. */
export class Forwarder {
  /** Given the address and the body of a request. */
  fails: (asked: string) => Failure | undefined = () => undefined;
  failed = 0;
  #turn = 0;
  readonly #targets: readonly string[];
  readonly #server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const failure = this.fails(decodeURIComponent(`${request.url} ${body}`));
      if (failure !== undefined) {
        this.failed += 1;
        return failure(response);
      }
      const target = this.#targets[this.#turn++ % this.#targets.length] ?? '';
      const { method = 'GET', headers } = request;
      // A connection for each: one that is kept may be closed by the target just as it is used again.
      httpRequest(new URL(request.url ?? '', target), { method, headers, agent: false }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      })
        .on('error', () => response.destroy())
        .end(body);
    });
  });

  private constructor(targets: readonly string[]) {
    this.#targets = targets;
    // For the same reason no connection to it ends by itself.
    this.#server.keepAliveTimeout = 0;
  }

  static async to(...targets: string[]): Promise<Forwarder> {
    const forwarder = new Forwarder(targets);
    await new Promise<void>((ready) => forwarder.#server.listen(0, '127.0.0.1', ready));
    return forwarder;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
