import { createHash, createHmac } from 'node:crypto';
import type { InstallationStore, InstallProviderOptions } from '@slack/bolt';
import type { InstallProvider, StateStore } from '@slack/oauth';
import type { SlackConfig, SlackOAuth } from '../../config.ts';
import type { Store } from '../../store/store.ts';
import { clientOptions, SILENT } from './calls.ts';

export interface SlackOAuthOptions {
  readonly oauth: SlackOAuth;
  readonly apiUrl: SlackConfig['apiUrl'];
  readonly store: Store;
}

/** What the bot may do in a workspace; the manifest says the same. https://docs.slack.dev/reference/scopes */
export const SCOPES = [
  'app_mentions:read',
  'channels:read',
  'chat:write',
  'commands',
  'groups:read',
  'im:history',
  'im:read',
  'mpim:read',
  'users:read',
];
export const INSTALL_PATH = '/slack/install';
export const REDIRECT_PATH = '/slack/oauth_redirect';

/** Longer than a state lives, which is ten minutes. */
const STATE_REMEMBERED_MS = 15 * 60_000;

/** Bolt's provider: leads to Slack's page of consent, exchanges the code, and renews tokens. It asks for no token of a person. */
export async function createOAuth(
  { oauth, apiUrl, store }: SlackOAuthOptions,
  installationStore: InstallationStore,
  more: Partial<InstallProviderOptions> = {},
): Promise<InstallProvider> {
  const { InstallProvider } = await import('@slack/oauth');
  const clientSecret = oauth.clientSecret.reveal();
  const stateSecret = createHmac('sha256', clientSecret).update('slack-oauth-state').digest('base64url');
  return new InstallProvider({
    clientId: oauth.clientId,
    clientSecret,
    stateStore: await statesThatWorkOnce(stateSecret, store),
    installUrlOptions: { scopes: SCOPES, redirectUri: `${oauth.publicUrl}${REDIRECT_PATH}` },
    authorizationUrl: new URL('/oauth/v2/authorize', apiUrl ?? 'https://slack.com').href,
    installationStore,
    clientOptions: clientOptions({ apiUrl }),
    logger: SILENT,
    ...more,
  });
}

/** A state is signed, lives for ten minutes, and works once on whatever replica. */
async function statesThatWorkOnce(secret: string, store: Store): Promise<StateStore> {
  const { ClearStateStore, InvalidStateError } = await import('@slack/oauth');
  const signed = new ClearStateStore(secret);
  return {
    generateStateParam: (options, now) => signed.generateStateParam(options, now),
    verifyStateParam: async (now, state) => {
      const options = await signed.verifyStateParam(now, state);
      const key = `slack-state/${createHash('sha256').update(state).digest('base64url')}`;
      if ((await store.claim(key, STATE_REMEMBERED_MS)) === undefined)
        throw new InvalidStateError('The state was used before');
      return options;
    },
  };
}
