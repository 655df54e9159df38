import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import {
  type Activity,
  CloudAdapter,
  ConfigurationBotFrameworkAuthentication,
  type TurnContext,
} from 'botbuilder';
import { CompactEncrypt } from 'jose';
import { renderCard } from '../../src/cards/adaptive-card.ts';
import type { Card } from '../../src/cards/card.ts';
import { bareCard } from './bare-card.ts';
import { givenOptions, serveParent } from './parent.ts';

export interface BareBotOptions {
  /** Whether it keeps what is submitted, sealed, in an LMDB of its own. */
  readonly keeps?: boolean;
}

/**
 * The floor: a bot as botbuilder's samples write it, on plain node:http, with no state, no rights and no log.
 * It answers with the very cards that ours draws, and puts them on the clicked message too, as ours does.
 */
const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}));
const cards = {
  done: attachmentOf(bareCard('copyPassword')),
  back: attachmentOf(bareCard('openApplication')),
};
const { keeps = false } = givenOptions<BareBotOptions>();
const vault = keeps ? await openVault() : undefined;

async function turn(context: TurnContext): Promise<void> {
  const { type, name, value } = context.activity;
  if (type === 'message') {
    await context.sendActivity({ attachments: [cards.back] });
  } else if (type === 'invoke' && name === 'adaptiveCard/action') {
    const card = value.action.verb === 'back' ? cards.back : cards.done;
    await replaceClicked(context, card);
    await answer(context, { statusCode: 200, type: card.contentType, value: card.content });
  } else if (type === 'invoke' && name === 'task/submit') {
    await vault?.keep(value.data.account, value.data.password);
    await replaceClicked(context, cards.done);
    await answer(context, { task: { type: 'message', value: 'Le mot de passe est gardé.' } });
  }
}

async function replaceClicked(context: TurnContext, card: ReturnType<typeof attachmentOf>): Promise<void> {
  const { replyToId, value } = context.activity;
  await context.updateActivity({ type: 'message', id: replyToId ?? value.data.message, attachments: [card] });
}

async function answer(context: TurnContext, body: object): Promise<void> {
  await context.sendActivity({ type: 'invokeResponse', value: { status: 200, body } });
}

function attachmentOf(card: Card) {
  return { contentType: 'application/vnd.microsoft.card.adaptive', content: renderCard(card) };
}

async function openVault() {
  const { open } = await import('lmdb');
  const folder = await mkdtemp(join(tmpdir(), 'chorus-bench-'));
  const records = open<string, string>({
    path: join(folder, 'store'),
    noSubdir: false,
    overlappingSync: false,
  });
  const key = randomBytes(32);
  return {
    keep: async (account: string, password: string) => {
      const sealed = await new CompactEncrypt(new TextEncoder().encode(password))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(key);
      await records.put(account, sealed);
    },
    close: async () => {
      await records.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What CloudAdapter needs of Express, and no more. */
async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = (await json(request)) as Activity;
  await adapter.process(
    Object.assign(request, { body }) as never,
    Object.assign(response, {
      status: (code: number) => {
        response.statusCode = code;
      },
      header: (name: string, value: string) => response.setHeader(name, value),
      send: (sent: object) => {
        response.setHeader('content-type', 'application/json; charset=utf-8');
        response.write(JSON.stringify(sent));
      },
    }) as never,
    turn,
  );
}

const server = createServer((request, response) => void handle(request, response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
serveParent({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, async () => {
  await vault?.close();
});
