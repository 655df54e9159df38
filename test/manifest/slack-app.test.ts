import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { buildSlackApp } from '../../manifest/slack-app.ts';
import { readCommand } from '../../src/bot/commands.ts';
import { SCOPES } from '../../src/bot/slack/oauth.ts';
import { loadSlackManifestConfig, type SlackManifestConfig } from '../../src/config.ts';

const PUBLIC = { publicUrl: 'https://bot.saubin.example/chorus', byOAuth: false };
const built = async (app: SlackManifestConfig) => JSON.parse(await buildSlackApp(app));

describe("Slack's manifest", () => {
  test('sends everything to the one address of the bot', async () => {
    const { features, settings } = await built(PUBLIC);
    const address = 'https://bot.saubin.example/chorus/slack/events';
    expect(settings.event_subscriptions.request_url).toBe(address);
    expect(settings.interactivity).toEqual({ is_enabled: true, request_url: address });
    expect(features.slash_commands[0].url).toBe(address);
    expect(settings.socket_mode_enabled).toBe(false);
  });

  test('without a public address asks for Socket Mode, and names none', async () => {
    const manifest = await built({ publicUrl: undefined, byOAuth: false });
    expect(manifest.settings.socket_mode_enabled).toBe(true);
    expect(JSON.stringify(manifest)).not.toContain('http');
  });

  test('lets workspaces and organisations install the bot by OAuth, and tells it when they remove it', async () => {
    const alone = await built(PUBLIC);
    const { oauth_config, settings } = await built({ ...PUBLIC, byOAuth: true });
    expect(oauth_config.redirect_urls).toEqual(['https://bot.saubin.example/chorus/slack/oauth_redirect']);
    expect(oauth_config.scopes.bot).toEqual(SCOPES);
    expect(settings.org_deploy_enabled).toBe(true);
    const told = [...alone.settings.event_subscriptions.bot_events, 'app_uninstalled', 'tokens_revoked'];
    expect(settings.event_subscriptions.bot_events).toEqual(told);
    expect(alone.oauth_config.redirect_urls).toBeUndefined();
    expect(alone.settings.org_deploy_enabled).toBe(false);
  });

  test('suggests commands that the bot understands', async () => {
    const { features } = await built(PUBLIC);
    for (const word of features.slash_commands[0].usage_hint.split(' | '))
      expect(readCommand(word)?.command).toBeDefined();
  });

  test('asks for the scopes of what the bot calls and hears, and no more', async () => {
    const { oauth_config, settings } = await built({ ...PUBLIC, byOAuth: true });
    // https://docs.slack.dev/reference/methods and https://docs.slack.dev/reference/events
    const scopes: Record<string, readonly string[]> = {
      'auth.test': [],
      'auth.revoke': [],
      'chat.postMessage': ['chat:write'],
      'chat.postEphemeral': ['chat:write'],
      'chat.update': ['chat:write'],
      'conversations.info': ['channels:read', 'groups:read', 'im:read', 'mpim:read'],
      'users.info': ['users:read'],
      'views.open': [],
      'views.update': [],
      'views.publish': [],
      '/chorus': ['commands'],
      app_home_opened: [],
      app_mention: ['app_mentions:read'],
      app_uninstalled: [],
      member_joined_channel: ['channels:read', 'groups:read'],
      'message.im': ['im:history'],
      tokens_revoked: [],
    };
    const code = readdirSync('src/bot/slack')
      .map((name) => readFileSync(join('src/bot/slack', name), 'utf8'))
      .join('\n');
    const called = [...code.matchAll(/\bapi\.(\w+\.\w+)\(/g)].map(([, method = '']) => method);
    const used = [...called, ...settings.event_subscriptions.bot_events, '/chorus'];
    expect(used.filter((name) => scopes[name] === undefined)).toEqual([]);
    expect(oauth_config.scopes.bot).toEqual([...new Set(used.flatMap((name) => scopes[name] ?? []))].sort());
  });

  test('that Slack would refuse is refused, by the place in it', async () => {
    await expect(buildSlackApp({ ...PUBLIC, publicUrl: 'http://bot.saubin.example' })).rejects.toThrow(
      /^manifest\/slack\.json: .*\/settings\/event_subscriptions\/request_url/,
    );
  });
});

test('with an application token the bot fetches what people do, whatever its address', () => {
  const PUBLIC_URL = 'https://bot.saubin.example/';
  const publicUrl = 'https://bot.saubin.example';
  expect(loadSlackManifestConfig({ PUBLIC_URL })).toEqual({ publicUrl, byOAuth: false });
  expect(loadSlackManifestConfig({ PUBLIC_URL, SLACK_APP_TOKEN: 'xapp-1' })).toMatchObject({
    publicUrl: undefined,
  });
  expect(loadSlackManifestConfig({})).toEqual({ publicUrl: undefined, byOAuth: false });
  expect(loadSlackManifestConfig({ PUBLIC_URL, SLACK_CLIENT_ID: '1.2' })).toEqual({
    publicUrl,
    byOAuth: true,
  });
});

test('a signing secret without a public address names what is missing, instead of Socket Mode', () => {
  expect(() => loadSlackManifestConfig({ SLACK_SIGNING_SECRET: 'x' })).toThrow(/^PUBLIC_URL manque : /);
  expect(() => loadSlackManifestConfig({ SLACK_CLIENT_ID: '1.2' })).toThrow(/^PUBLIC_URL manque : /);
  expect(loadSlackManifestConfig({ SLACK_SIGNING_SECRET: 'x', SLACK_APP_TOKEN: 'xapp-1' })).toMatchObject({
    publicUrl: undefined,
  });
});
