import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

// biome-ignore lint/suspicious/noExplicitAny: what a bot sends can be anything
type Json = any;

/** What Slack does with one web socket that the bot asks for. */
export type Connecting = (upgrade: Upgrade) => void;

export interface Upgrade {
  /** The raw connection, not yet a web socket. */
  readonly socket: Socket;
  /** Completes the handshake. */
  accept(): Promise<WebSocket>;
}

/** As Slack does every day. */
const greet: Connecting = async ({ accept }) => hello(await accept());

export function hello(connection: WebSocket): void {
  connection.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
}

/** Slack's announcement that it is about to close the connection. */
export function announce(connection: WebSocket, reason: string): void {
  connection.send(JSON.stringify({ type: 'disconnect', reason, debug_info: { host: 'fake-slack' } }));
}

/** It reads nothing any more: no ping is answered, and no close. */
export function mute(connection: WebSocket): void {
  connection.pause();
}

/** Slack's side of Socket Mode, on loopback. What it does with the next connections can be told beforehand. */
export class FakeSlackSocket {
  /** For each connection in turn; those after them are greeted. */
  readonly next: Connecting[] = [];
  /** When each web socket was asked for. */
  readonly asked: number[] = [];
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #raw = new Set<Socket>();
  readonly #envelopes = new Map<string, { acknowledged(payload: Json): void; unanswered(): void }>();

  /** How many web sockets are open, and not muted. */
  get open(): number {
    return this.#talking.length;
  }

  get #talking(): WebSocket[] {
    return [...this.#sockets.clients].filter(({ isPaused }) => !isPaused);
  }

  mount(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      this.asked.push(performance.now());
      this.#raw.add(socket as Socket);
      socket.on('error', () => undefined);
      (this.next.shift() ?? greet)({
        socket: socket as Socket,
        accept: () => this.#accept(request, socket as Socket, head),
      });
    });
  }

  /** Cuts the web sockets, as Slack does now and then. */
  cut(): void {
    for (const client of this.#sockets.clients) client.close();
  }

  close(): void {
    for (const socket of this.#raw) socket.destroy();
  }

  /** Sends an envelope over the web socket, and gives what it was acknowledged with. */
  async deliver(type: string, payload: Json): Promise<Json> {
    const [connection] = this.#talking;
    if (connection === undefined) throw new Error('no socket is connected');
    const envelope_id = randomUUID();
    const ends: (() => void)[] = [];
    const acknowledged = new Promise((resolve, reject) => {
      const unanswered = () => reject(new Error('not acknowledged'));
      const closed = () => reject(new Error('closed before it was acknowledged'));
      this.#envelopes.set(envelope_id, { acknowledged: resolve, unanswered });
      connection.once('close', closed);
      // Slack waits for 3 s, on machines that do nothing else.
      const longest = setTimeout(unanswered, 60_000).unref();
      ends.push(
        () => connection.off('close', closed),
        () => clearTimeout(longest),
      );
    });
    connection.send(JSON.stringify({ type, envelope_id, payload, accepts_response_payload: true }));
    return acknowledged.finally(() => {
      for (const end of ends) end();
    });
  }

  /** The bot says that it will never acknowledge this envelope: nobody waits for it any more. */
  giveUp(envelope: string): void {
    this.#envelopes.get(envelope)?.unanswered();
  }

  #accept(request: IncomingMessage, socket: Socket, head: Buffer): Promise<WebSocket> {
    return new Promise((resolve) =>
      this.#sockets.handleUpgrade(request, socket, head, (connection) => {
        // One for each envelope that waits to be acknowledged.
        connection.setMaxListeners(0);
        connection.on('message', (data) => {
          const { envelope_id, payload } = JSON.parse(String(data));
          this.#envelopes.get(envelope_id)?.acknowledged(payload);
        });
        resolve(connection);
      }),
    );
  }
}
