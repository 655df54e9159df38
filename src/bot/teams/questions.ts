import type { TeamsConfig } from '../../config.ts';
import { createLog } from '../../log.ts';
import type { PlatformQuestion } from '../outgoing/platform-question.ts';
import { Connector, secretRefusal } from './connector.ts';
import { ServiceAddresses } from './service-address.ts';
import { TeamsTokens } from './tokens.ts';

/** Microsoft is asked for a token of the bot's own, and for the keys with which Teams signs. */
export function teamsQuestions(config: TeamsConfig): readonly PlatformQuestion[] {
  const connector = new Connector({ config, addresses: new ServiceAddresses([]) });
  const tokens = new TeamsTokens(config, createLog('silent'));
  return [
    {
      about: 'teamsSecret',
      async ask() {
        await connector.askForToken();
        return [];
      },
      refusalOf: secretRefusal,
    },
    {
      about: 'teamsKeys',
      async ask() {
        await tokens.fetchKeys();
        return [];
      },
      refusalOf: () => undefined,
    },
  ];
}
