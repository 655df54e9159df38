import type { AddressInfo } from 'node:net';
import formbody from '@fastify/formbody';
import Fastify from 'fastify';
import { type Piste, serveApi } from './api.ts';
import { type Behaviour, QUIET } from './behaviour.ts';
import { servePortal } from './portal.ts';
import { type Seed, World } from './state.ts';

interface SimulatorOptions extends Seed {
  /** 0, the default, takes a free one. */
  readonly port?: number;
  readonly piste: Piste;
  /** What differs from a Chorus Pro that is well and answers at once. */
  readonly behaviour?: Partial<Behaviour>;
  readonly now?: () => Date;
}

/** Chorus Pro as far as the bot and its user see it, on loopback. */
export interface Simulator {
  readonly tokenUrl: string;
  /** The client appends `/cpro/…`. */
  readonly apiUrl: string;
  readonly portalUrl: string;
  readonly mailboxUrl: string;
  /** The PIGP, by which managers of public bodies outside the State enter. */
  readonly pigpUrl: string;
  /** Requests so far, for each path. */
  readonly seen: ReadonlyMap<string, number>;
  /** Switches the uncertain rows and the faults, at once. */
  behave(change: Partial<Behaviour>): void;
  close(): Promise<void>;
}

/** Starts the simulator on 127.0.0.1. Throws when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { port = 0, piste, now = () => new Date() } = options;
  const behaviour: Behaviour = { ...QUIET, ...options.behaviour };
  const world = new World(options, behaviour, now);
  const seen = new Map<string, number>();

  const app = Fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async ({ url }) => {
    const path = url.split('?', 1)[0] ?? url;
    seen.set(path, (seen.get(path) ?? 0) + 1);
  });
  await app.register((scope, _options, done) => {
    serveApi(scope, { world, behaviour, piste, now });
    done();
  });
  await app.register(formbody);
  servePortal(app, world, behaviour);
  await app.listen({ host: '127.0.0.1', port });

  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return {
    tokenUrl: `${origin}/api/oauth/token`,
    apiUrl: origin,
    portalUrl: `${origin}/portail`,
    mailboxUrl: `${origin}/messagerie`,
    pigpUrl: `${origin}/pigp`,
    seen,
    behave: (change) => {
      Object.assign(behaviour, change);
    },
    close: () => app.close(),
  };
}
