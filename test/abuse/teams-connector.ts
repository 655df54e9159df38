import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Where the bot posts to Teams: keeps what is shown in each conversation. */
export class TeamsConnector {
  readonly #server: Server;
  readonly #shown = new Map<string, string[]>();

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const [, , , conversation = ''] = (request.url ?? '').split('/');
      this.#shown.get(conversation)?.push(await text(request));
      response.setHeader('content-type', 'application/json');
      response.end('{"id":"1"}');
    });
  }

  static async start(): Promise<TeamsConnector> {
    const connector = new TeamsConnector();
    await new Promise<void>((ready) => connector.#server.listen(0, '127.0.0.1', ready));
    return connector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Fills with what is posted from now on. */
  listenTo(conversation: string): readonly string[] {
    const shown: string[] = [];
    this.#shown.set(encodeURIComponent(conversation), shown);
    return shown;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }
}
