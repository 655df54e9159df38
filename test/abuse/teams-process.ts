import { fastify } from 'fastify';
import type { Conversation } from '../../src/bot/channel.ts';
import { TeamsChannel } from '../../src/bot/teams/channel.ts';
import { helpCard } from '../../src/cards/conversation-cards.ts';
import { fr } from '../../src/cards/messages.ts';
import { createLog } from '../../src/log.ts';
import { Secret } from '../../src/secret.ts';

export interface TeamsProcessOptions {
  readonly appId: string;
  readonly tenant: string;
  readonly metadataUrl: string;
}

/** What it answers to every message that it is sent: bytes that are in use after a collection, and what botbuilder keeps. */
export interface Kept {
  readonly heap: number;
  readonly resident: number;
  /** How many issuers botbuilder would take for its emulator's. */
  readonly emulatorIssuers: number;
}

// The endpoint of Teams, with tokens asked for, in a process whose memory nobody else uses.
async function run(): Promise<void> {
  const { appId, tenant, metadataUrl }: TeamsProcessOptions = JSON.parse(process.argv[3] ?? '');
  const channel = new TeamsChannel({
    authentication: {
      appId,
      appType: 'SingleTenant',
      appPassword: new Secret('application-secret'),
      tenantId: tenant,
      endpoints: {
        ToBotFromChannelOpenIdMetadataUrl: metadataUrl,
        ToBotFromChannelTokenIssuer: undefined,
        ToChannelFromBotLoginUrl: undefined,
        ToChannelFromBotOAuthScope: undefined,
      },
    },
    allowedTenants: new Set([tenant]),
    reportHealth: () => undefined,
    log: createLog('silent'),
  });
  const app = fastify({ forceCloseConnections: true });
  const conversation = { clicked: async () => ({ kind: 'card', card: helpCard(fr, true) }) };
  channel.mount(app, conversation as unknown as Conversation);
  process.on('message', () => {
    global.gc?.();
    const { heapUsed: heap, rss: resident } = process.memoryUsage();
    process.send?.({ heap, resident, emulatorIssuers: emulatorIssuers().length } satisfies Kept);
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ url: await app.listen({ host: '127.0.0.1', port: 0 }) });
}

function emulatorIssuers(): readonly string[] {
  const parameters = require(
    require
      .resolve('botbuilder')
      .replace(/botbuilder.lib.*$/, 'botframework-connector/lib/auth/tokenValidationParameters'),
  );
  return parameters.ToBotFromBotOrEmulatorTokenValidationParameters.issuer;
}

void run();
