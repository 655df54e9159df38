import { type FastifyInstance, fastify } from 'fastify';
import { Handover, type HandoverState } from '../../src/bot/password/handover.ts';
import { mountHandoverPage } from '../../src/bot/password/handover-page.ts';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { createLog } from '../../src/log.ts';
import type { AccountId } from '../../src/store/accounts.ts';
import { World } from '../consumers/world.ts';
import { freePort } from '../free-port.ts';

export const CAMILLE = {
  id: 'teams:7d1f3c52-0a4b-4e0f-9c55-2f3d8c1b9a10:camille',
  name: 'Camille Martin',
  language: 'fr',
} as const;
export const PASSWORD = 'H9-{7&:k|cOE|+;N';

/** A reset at its last step whose leader typed the password in use, and the page on which they take it back. */
export class HandoverWorld {
  readonly world: World;
  readonly account: AccountId;
  readonly handover: Handover;
  readonly url: string;
  readonly told: string[] = [];
  state: HandoverState | undefined;
  readonly #http: FastifyInstance;

  private constructor(
    world: World,
    account: AccountId,
    { http, url }: { http: FastifyInstance; url: string },
  ) {
    this.world = world;
    this.account = account;
    this.url = url;
    this.#http = http;
    this.handover = new Handover({
      ...world,
      stateOf: async () => this.state,
      tell: async (_person, { login }) => void this.told.push(login),
      publicUrl: url,
      now: () => world.now,
    });
    mountHandoverPage(http, {
      handover: this.handover,
      messages: LANGUAGES,
      publicUrl: url,
      log: createLog('silent'),
    });
  }

  static async open(): Promise<HandoverWorld> {
    const world = await World.open();
    world.now = new Date();
    const account = await world.addAccount();
    const { version } = await world.use(account, PASSWORD);
    const port = await freePort();
    const http = fastify({ forceCloseConnections: true });
    http.addHook('onRequest', async (_request, reply) => {
      reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    });
    const opened = new HandoverWorld(world, account, { http, url: `http://127.0.0.1:${port}` });
    opened.state = { resetId: 'reset-1', person: CAMILLE.id, version };
    await http.listen({ host: '127.0.0.1', port });
    return opened;
  }

  async close(): Promise<void> {
    await this.#http.close();
    await this.world.close();
  }

  async link(person: Parameters<Handover['offer']>[0] = CAMILLE): Promise<string> {
    const offered = await this.handover.offer(person, this.account);
    if (typeof offered === 'string') throw new Error(offered);
    return offered.url;
  }

  /** The journal's entries of hand-overs. */
  async handedOver(): Promise<string[]> {
    const entries = await this.world.journal.entries({ limit: 100 });
    return entries.map(({ who, what }) => `${who} ${what}`).filter((line) => line.includes('HandedOver'));
  }
}
