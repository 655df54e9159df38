import type { SlackConfig } from '../../config.ts';
import type { Secret } from '../../secret.ts';
import type { PlatformQuestion } from '../outgoing/platform-question.ts';
import { openClient } from './calls.ts';
import { platformError } from './errors.ts';
import { SCOPES } from './oauth.ts';

/** About the tokens that an administrator gave. Those of workspaces that installed the bot by OAuth are not asked about. */
export function slackQuestions(config: SlackConfig): readonly PlatformQuestion[] {
  const { events } = config;
  return [
    ...('botToken' in config ? [botToken(config, config.botToken)] : []),
    ...(events.mode === 'socket' ? [appToken(config, events.appToken)] : []),
  ];
}

function botToken(config: SlackConfig, token: Secret): PlatformQuestion {
  return {
    about: 'slackToken',
    async ask() {
      const api = await openClient(token.reveal(), config);
      const { response_metadata } = await api.auth.test();
      // Slack names them in a header, which its client puts here.
      const granted = response_metadata?.scopes;
      return granted === undefined ? [] : SCOPES.filter((scope) => !granted.includes(scope));
    },
    refusalOf: platformError,
  };
}

/** The address that Slack gives is not opened. */
function appToken(config: SlackConfig, token: Secret): PlatformQuestion {
  return {
    about: 'slackAppToken',
    async ask() {
      const api = await openClient(token.reveal(), config);
      await api.apps.connections.open();
      return [];
    },
    refusalOf: platformError,
  };
}
