import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { App, type BlockAction } from '@slack/bolt';
import { renderMessage } from '../../src/cards/block-kit.ts';
import { SLACK } from '../slack-side.ts';
import { bareCard } from './bare-card.ts';
import { givenOptions, serveParent } from './parent.ts';

/**
 * The floor: a bot as Bolt's samples write it, with no state, no rights and no log.
 * It acknowledges each click and puts on the clicked message the very card that ours draws.
 */
const { slackApiUrl } = givenOptions<{ slackApiUrl: string }>();
const cards = {
  done: renderMessage(bareCard('copyPassword')),
  back: renderMessage(bareCard('openApplication')),
};
const app = new App({
  token: SLACK.botToken,
  signingSecret: SLACK.signingSecret,
  clientOptions: { slackApiUrl },
});
app.message(async ({ message, client }) => {
  await client.chat.postMessage({ channel: message.channel, ...cards.back });
});
app.action<BlockAction>({ type: 'block_actions' }, async ({ body, action, ack, client }) => {
  await ack();
  await client.chat.update({
    channel: body.channel?.id ?? '',
    ts: body.message?.ts ?? '',
    ...(action.action_id === 'back' ? cards.back : cards.done),
  });
});
const server = (await app.start({ port: 0, host: '127.0.0.1' })) as Server;
serveParent({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, async () => {
  await app.stop();
});
