import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Conversation } from '../../src/bot/channel.ts';
import { SlackChannel } from '../../src/bot/slack/channel.ts';
import { OneWorkspace } from '../../src/bot/slack/workspaces.ts';
import { TeamsChannel } from '../../src/bot/teams/channel.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { createHttp, stopHttp } from '../../src/http.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { Secret } from '../../src/secret.ts';
import { openStore } from '../../src/store/open.ts';
import { SlackPlatform } from '../journeys/slack.ts';
import { startTeamsPlatform, TENANT } from '../journeys/teams.ts';
import { TEAM, TOKENS } from '../slack/fake-slack.ts';
import { overHttp, overSocket } from '../slack/person.ts';
import { until } from '../slack/testbed.ts';
import { channelContract, type Side } from './contract.ts';

channelContract('Teams', openTeams, { masks: true, redraws: false });
channelContract('Slack over HTTP', (conversation) => openSlack('http', conversation), {
  masks: false,
  redraws: true,
});
channelContract('Slack in Socket Mode', (conversation) => openSlack('socket', conversation), {
  masks: false,
  redraws: true,
});

function openServer(onLogged: (line: Record<string, unknown>) => void = () => undefined) {
  const logged: string[] = [];
  const write = (line: string) => {
    logged.push(line);
    onLogged(JSON.parse(line));
  };
  const log = createLog('trace', { write });
  return {
    app: createHttp({ log, metrics: createMetrics(), readiness: { failed: async () => [] } }),
    log,
    logged,
  };
}

async function openTeams(conversation: Conversation): Promise<Side> {
  const { app, log, logged } = openServer();
  const allowedTenants = new Set([TENANT]);
  const channel = new TeamsChannel({
    authentication: 'anonymous',
    allowedTenants,
    reportHealth: () => undefined,
    log,
  });
  channel.mount(app, conversation);
  const platform = await startTeamsPlatform(await app.listen({ host: '127.0.0.1', port: 0 }));
  return {
    platform,
    channel,
    logged,
    async close() {
      await stopHttp(app);
      await platform.close();
    },
  };
}

async function openSlack(mode: 'http' | 'socket', conversation: Conversation): Promise<Side> {
  // Slack waits in vain for what the bot does not understand; here nobody does.
  const { app, log, logged } = openServer(({ event, envelope }) => {
    if (event === 'slack.refused' && typeof envelope === 'string') platform.slack.socket.giveUp(envelope);
  });
  const folder = await mkdtemp(join(tmpdir(), 'channel-'));
  const store = await openStore(`lmdb:${folder}`);
  const platform = await SlackPlatform.start(() => channel.settled());
  const { slack } = platform;
  const config = {
    botToken: new Secret(TOKENS.bot),
    apiUrl: slack.apiUrl,
    events:
      mode === 'http'
        ? { mode, signingSecret: new Secret(TOKENS.signingSecret) }
        : { mode, appToken: new Secret(TOKENS.app) },
  };
  const channel = new SlackChannel({
    config,
    workspaces: new OneWorkspace(config),
    allowedTenants: new Set([TEAM]),
    store,
    messages: { fr, en },
    reportHealth: () => undefined,
    log,
  });
  channel.mount(app, conversation);
  const botUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  if (mode === 'socket') await until(() => slack.isConnected);
  platform.connect(mode === 'http' ? overHttp(botUrl) : overSocket(slack));
  return {
    platform,
    channel,
    logged,
    async close() {
      await stopHttp(app);
      await platform.close();
      await store.close();
      await rm(folder, { recursive: true });
    },
  };
}
