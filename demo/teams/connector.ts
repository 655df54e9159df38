import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { ActivityLog } from './activity-log.ts';
import { Chats } from './chats.ts';
import { connectorRoutes } from './connector-routes.ts';
import { Delivery } from './delivery.ts';
import { type PageLinks, pageRoutes } from './page-routes.ts';
import type { Person } from './people.ts';

/** The page's files, from the root of the project. */
const files: Readonly<Record<string, readonly [path: string, type: string]>> = {
  '/': ['demo/teams/client.html', 'text/html'],
  '/client.css': ['demo/teams/client.css', 'text/css'],
  '/client.js': ['demo/teams/client.js', 'text/javascript'],
  '/cards.js': ['demo/teams/cards.js', 'text/javascript'],
  '/dialog.js': ['demo/teams/dialog.js', 'text/javascript'],
  '/adaptivecards.js': ['node_modules/adaptivecards/dist/adaptivecards.min.js', 'text/javascript'],
};

/** Nothing but the page's own files; pictures that a card brings may come from elsewhere. */
const contentSecurityPolicy = "default-src 'self'; img-src 'self' data: http: https:; frame-ancestors 'none'";

/**
 * Starts the Teams side of the demo on loopback: a Bot Connector for the bot, and a chat client page for
 * people, both at `url`.
 *
 * @param port - an ephemeral one if absent
 * @param botUrl - where the bot takes activities
 * @param people - whom the page can be
 * @param links - where the page's links lead
 */
export async function startTeams({
  port = 0,
  botUrl,
  people,
  links,
}: {
  readonly port?: number;
  readonly botUrl: string;
  readonly people: readonly Person[];
  readonly links: PageLinks;
}): Promise<{ url: string; close(): Promise<void> }> {
  // Teams' ids are longer than the router's hundred characters, and its streams never end by themselves.
  const app = fastify({ routerOptions: { maxParamLength: 500 }, forceCloseConnections: true });
  const chats = new Chats(people);
  const log = new ActivityLog();
  let url = '';

  const delivery = new Delivery(botUrl, log);
  // Each in a scope of its own: the connector words its errors, and writes down what is called, as Teams would.
  await app.register((scope, _options, done) => {
    connectorRoutes(scope, chats, log);
    done();
  });
  await app.register((scope, _options, done) => {
    pageRoutes(scope, { chats, log, delivery, serviceUrl: () => `${url}/`, links });
    done();
  });
  for (const [route, [path, type]] of Object.entries(files)) {
    app.get(route, async (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('content-security-policy', contentSecurityPolicy)
        .header('cache-control', 'no-cache')
        .send(await readFile(path)),
    );
  }

  await app.listen({ host: '127.0.0.1', port });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { url, close: () => app.close() };
}
