import type { AddressInfo } from 'node:net';
import formbody from '@fastify/formbody';
import Fastify, { type FastifyReply } from 'fastify';
import { Secret } from '../../src/secret.ts';
import type { Html } from '../chorus/html.ts';
import { Emagnus, type EmagnusOptions } from './emagnus.ts';
import { PATHS, programPage, screenPage } from './pages.ts';
import { PasswordReader, type ReaderOptions } from './reader.ts';

export interface ApplicationOptions extends EmagnusOptions {
  /** How the second application reads the password from the bot. */
  readonly reading: Pick<ReaderOptions, 'apiUrl' | 'token' | 'pauseMs'>;
}

/** The applications that need the password, on loopback: one in which a person enters it, one that reads it by itself. */
export interface Application {
  readonly url: string;
  readonly entered: Emagnus;
  readonly read: Emagnus;
  /** The version that the program has read, with its test done; undefined: none yet. */
  readonly versionRead: () => number | undefined;
  close(): Promise<void>;
}

export async function startApplication(options: ApplicationOptions): Promise<Application> {
  const entered = new Emagnus(options);
  const read = new Emagnus(options);
  let version: number | undefined;

  const app = Fastify({ forceCloseConnections: true });
  await app.register(formbody);
  app.get<{ Querystring: { saisie?: string } }>(PATHS.screen, ({ query }, reply) =>
    show(reply, screenPage(entered, query.saisie !== undefined)),
  );
  app.post(PATHS.test, async (_request, reply) => {
    await entered.test();
    return reply.redirect(PATHS.screen, 303);
  });
  app.post<{ Body: { nouveau?: string } | undefined }>(PATHS.enter, ({ body }, reply) => {
    const typed = body?.nouveau ?? '';
    if (typed !== '') entered.enter(new Secret(typed));
    return reply.redirect(PATHS.screen, 303);
  });
  app.get(PATHS.program, (_request, reply) => show(reply, programPage({ application: read, version })));
  await app.listen({ host: '127.0.0.1', port: 0 });

  const reader = new PasswordReader({
    ...options.reading,
    login: options.login,
    took: async (password, newest) => {
      read.replaceBy(password);
      await read.test();
      version = newest;
    },
  });
  return {
    url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    entered,
    read,
    versionRead: () => version,
    async close() {
      await reader.stop();
      await app.close();
      await Promise.all([entered.close(), read.close()]);
    },
  };
}

function show(reply: FastifyReply, { text }: Html): FastifyReply {
  return reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', 'no-store')
    .header('referrer-policy', 'no-referrer')
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
    .send(text);
}
