import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { REDIRECT_PATH } from '../src/bot/slack/oauth.ts';
import type { SlackManifestConfig } from '../src/config.ts';

const SOURCE = 'manifest/slack.json';

const address = z.url({ protocol: /^https$/ });
/** Slack's own limits: https://docs.slack.dev/reference/app-manifest */
const shape = z.strictObject({
  _metadata: z.strictObject({ major_version: z.literal(1), minor_version: z.literal(1) }),
  display_information: z.strictObject({
    name: z.string().min(1).max(35),
    description: z.string().min(1).max(140),
    long_description: z.string().min(174).max(4000),
    background_color: z.string().regex(/^#[0-9a-f]{6}$/i),
  }),
  features: z.strictObject({
    app_home: z.strictObject({
      home_tab_enabled: z.literal(true),
      messages_tab_enabled: z.literal(true),
      messages_tab_read_only_enabled: z.literal(false),
    }),
    bot_user: z.strictObject({
      display_name: z
        .string()
        .max(80)
        .regex(/^[\w .-]+$/),
      always_online: z.boolean(),
    }),
    slash_commands: z
      .array(
        z.strictObject({
          command: z
            .string()
            .max(32)
            .regex(/^\/[a-z-]+$/),
          description: z.string().max(2000),
          usage_hint: z.string().max(1000),
          should_escape: z.literal(false),
          url: address.exactOptional(),
        }),
      )
      .max(50),
  }),
  oauth_config: z.strictObject({
    redirect_urls: z.array(address).max(1000).exactOptional(),
    scopes: z.strictObject({ bot: z.array(z.string().regex(/^[a-z_.]+(:[a-z]+)?$/)).max(255) }),
  }),
  settings: z.strictObject({
    event_subscriptions: z.strictObject({
      request_url: address.exactOptional(),
      bot_events: z.array(z.string()).max(100),
    }),
    interactivity: z.strictObject({ is_enabled: z.literal(true), request_url: address.exactOptional() }),
    org_deploy_enabled: z.boolean(),
    socket_mode_enabled: z.boolean(),
    token_rotation_enabled: z.literal(false),
  }),
});

/** The manifest to create the Slack app from, as JSON. Throws where it is not what Slack documents. */
export async function buildSlackApp({ publicUrl, byOAuth }: SlackManifestConfig): Promise<string> {
  const template = shape.parse(JSON.parse(await readFile(SOURCE, 'utf8')));
  const { features, oauth_config, settings } = template;
  if (publicUrl === undefined) return pretty(template);
  const request_url = `${publicUrl}/slack/events`;
  const { bot_events } = settings.event_subscriptions;
  return pretty({
    ...template,
    features: {
      ...features,
      slash_commands: features.slash_commands.map((command) => ({ ...command, url: request_url })),
    },
    oauth_config: byOAuth
      ? { ...oauth_config, redirect_urls: [`${publicUrl}${REDIRECT_PATH}`] }
      : oauth_config,
    settings: {
      ...settings,
      event_subscriptions: {
        request_url,
        bot_events: byOAuth ? [...bot_events, 'app_uninstalled', 'tokens_revoked'] : bot_events,
      },
      // An organisation may install it for all of its workspaces.
      org_deploy_enabled: byOAuth,
      interactivity: { ...settings.interactivity, request_url },
      socket_mode_enabled: false,
    },
  });
}

function pretty(manifest: z.infer<typeof shape>): string {
  const checked = shape.safeParse(manifest);
  if (checked.success) return `${JSON.stringify(checked.data, undefined, 2)}\n`;
  const faults = checked.error.issues.map(({ path, message }) => `/${path.join('/')} ${message}`);
  throw new Error(`${SOURCE}: ${faults.join(', ')}`);
}
