import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Answer = (received: Received, response: ServerResponse) => void;

/** A server of somebody else's: it keeps what it gets, and answers as a test says. */
export class Receiver {
  readonly received: Received[] = [];
  readonly #server: Server;
  #answer: Answer;

  private constructor(answer: Answer) {
    this.#answer = answer;
    this.#server = createServer((request, response) => void this.#take(request, response));
  }

  static async open(answer: Answer = status(204)): Promise<Receiver> {
    const receiver = new Receiver(answer);
    await new Promise<void>((ready) => receiver.#server.listen(0, '127.0.0.1', ready));
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  answers(answer: Answer): void {
    this.#answer = answer;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body: Buffer.concat(chunks).toString(),
    };
    this.received.push(received);
    this.#answer(received, response);
  }
}

export function status(code: number, headers: Record<string, string> = {}): Answer {
  return (_received, response) => void response.writeHead(code, headers).end();
}

export interface PastellState {
  /** What the connector is, and the login and password in it. */
  connectorType: string;
  entity: number;
  login: string;
  password: string;
  /** What Pastell's own connection test says of a password. */
  accepts: (password: string) => boolean;
  /** What its test says of one that it does not accept. */
  refusal?: (password: string) => string;
  /** What it says where it refuses the new content, in which it quotes what it was sent. */
  quotes?: (password: string | null) => string;
}

/** A Chorus Pro connector of entity 3 with this login and an old password, whose own test says yes to these passwords. */
export function chorusConnector(login: string, accepts: PastellState['accepts'] = () => true): PastellState {
  return { connectorType: 'cpp', entity: 3, login, password: 'old', accepts };
}

/**
 * Pastell's API as its sources have it: `GET`, `PATCH …/content` and `POST …/action/test-cpp` of one connector. It
 * refuses another user (401), another entity and an unknown connector (400, as its plain exceptions do), an unknown
 * action (404), and never gives a password.
 */
export function pastell(state: PastellState): Answer {
  return ({ method, path, headers, body }, response) => {
    const answer = (code: number, content: unknown) =>
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(content));
    const error = (code: number, message: string) =>
      answer(code, { status: 'error', 'error-message': message });
    if (headers.authorization !== `Basic ${Buffer.from('bot:s3cret').toString('base64')}`)
      return error(401, 'Accès interdit');
    const [, entity, connector, rest = ''] =
      /^\/api\/v2\/entite\/(\d+)\/connecteur\/(\d+)(.*)$/.exec(path) ?? [];
    if (connector !== '7') return error(400, "Ce connecteur n'existe pas.");
    if (Number(entity) !== state.entity)
      return error(400, `Le connecteur ${connector} n'appartient pas à l'entité ${entity}`);
    const detail = {
      id_ce: connector,
      id_e: entity,
      id_connecteur: state.connectorType,
      libelle: 'Chorus Pro',
      data: { user_login: state.login },
      'action-possible': ['test-cpp'],
    };
    if (method === 'GET' && rest === '') return answer(200, detail);
    if (method === 'PATCH' && rest === '/content') {
      const form = new URLSearchParams(body);
      if (state.quotes !== undefined) return error(400, state.quotes(form.get('user_password')));
      state.login = form.get('user_login') ?? state.login;
      state.password = form.get('user_password') ?? state.password;
      return answer(200, { ...detail, result: 'ok' });
    }
    if (method === 'POST' && rest === '/action/test-cpp')
      return state.accepts(state.password)
        ? answer(200, { result: true, last_message: 'La connexion est réussie' })
        : answer(200, {
            result: false,
            last_message: state.refusal?.(state.password) ?? 'login or password incorrects',
          });
    return error(404, "L'action n'existe pas");
  };
}
