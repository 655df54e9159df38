import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** Made for tests only, for 127.0.0.1; an authority for whoever is told so, and nobody's otherwise. */
export const SELF_SIGNED = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgff00vzqusC23zrOZ
aP/vMLtNv4E/6OJtRT04K0G+KAGhRANCAATCh8jrfhN9no9+lcaq8a43YV9RqPbH
Pq6ZzcpPBuMW6zvMwbBS3+zSTNLmGR26CU0hqmLWhAXt1LMMKItTK52Y
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBjzCCATagAwIBAgIUS+QyqIDHq9ObKIYBilE+suaN9aAwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjAwMTgzMloYDzIxMjYxMDI5
MDAxODMyWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAATCh8jrfhN9no9+lcaq8a43YV9RqPbHPq6ZzcpPBuMW6zvMwbBS3+zS
TNLmGR26CU0hqmLWhAXt1LMMKItTK52Yo2QwYjAdBgNVHQ4EFgQUPFuKV4biqIJJ
jKWT0BQNwKOVbvowHwYDVR0jBBgwFoAUPFuKV4biqIJJjKWT0BQNwKOVbvowDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0cAMEQC
IBEZGS3CTuvVMvmEUQaEj2Fn6Gb52XKa/lSmioORIEhsAiBs/FiNeVhHf+p3uUP3
frbM4W+TmWMu7cCI9imD8ekwng==
-----END CERTIFICATE-----`,
};

/** What a broken server does once a request has begun to arrive. */
type Fault = (socket: Socket) => void;

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** Answers for ever, one byte a second. */
export const oneByteASecond: Fault = (socket) => {
  socket.write(`${HEAD}content-length: 3600\r\n\r\n{`);
  const timer = setInterval(() => socket.write(' '), 1000);
  socket.on('close', () => clearInterval(timer));
};

export const hanging: Fault = () => {};

export const reset: Fault = (socket) => socket.resetAndDestroy();

/** Hangs up without a word, politely. */
export const hangsUp: Fault = (socket) => socket.end();

export const garbage: Fault = (socket) => socket.end('\u0000goZckgKkevikl is not HTTP\r\n\r\n');

/** A well-formed answer of 20 MB, with no length given beforehand. */
export const twentyMegabytes: Fault = (socket) => {
  const chunk = ' '.repeat(64 * 1024);
  let left = 20 * 1024 * 1024;
  socket.write(`${HEAD}connection: close\r\n\r\n`);
  const pour = () => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length;
      if (!socket.write(chunk)) return void socket.once('drain', pour);
    }
    socket.end();
  };
  pour();
};

export class FaultyServer {
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  readonly #sockets = new Set<Socket>();
  /** Bytes that left for the client. */
  sent = 0;

  constructor(fault: Fault, { tls = false } = {}) {
    const serve = (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        this.sent += socket.bytesWritten;
      });
      socket.once('data', () => fault(socket));
    };
    this.#scheme = tls ? 'https' : 'http';
    this.#server = tls ? createTlsServer(SELF_SIGNED, serve) : createServer(serve);
    this.#server.on('tlsClientError', () => {});
  }

  /** `scheme` lies where a test wants a TLS hello to meet a server that does not speak it. */
  url(scheme: string = this.#scheme): string {
    return `${scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
