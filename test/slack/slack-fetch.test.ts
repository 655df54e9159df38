import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { slackFetch } from '../../src/bot/slack/fetch.ts';

const asked: { method: string | undefined; body: string }[] = [];

/** A Slack that answers each path in a way of its own. */
const answers: Record<string, (incoming: IncomingMessage, response: ServerResponse) => void> = {
  '/limited': (_, response) => response.writeHead(429, { 'retry-after': '7' }).end('{"ok":false}'),
  '/moved': (_, response) => response.writeHead(302, { location: '/limited' }).end(),
  '/silent': (_, response) => response.writeHead(204).end(),
  '/broken': (_, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"ok"');
    setImmediate(() => response.destroy());
  },
  '/endless': (_, response) => void response.writeHead(200).write('{"ok"'),
};

let slack: Server;
let url: string;

beforeAll(async () => {
  slack = createServer(async (incoming, response) => {
    asked.push({ method: incoming.method, body: await text(incoming) });
    answers[incoming.url ?? '']?.(incoming, response);
  }).listen(0, '127.0.0.1');
  await once(slack, 'listening');
  url = `http://127.0.0.1:${(slack.address() as AddressInfo).port}`;
});

afterAll(() => {
  slack.closeAllConnections();
  slack.close();
});

test('sends what it is given, and gives the status, the headers and the text of the answer', async () => {
  const answer = await slackFetch(`${url}/limited`, { method: 'POST', body: 'channel=C1' });
  expect(asked.at(-1)).toEqual({ method: 'POST', body: 'channel=C1' });
  expect([answer.ok, answer.status, answer.headers.get('retry-after')]).toEqual([false, 429, '7']);
  expect(await answer.text()).toBe('{"ok":false}');
  expect(await answer.json()).toEqual({ ok: false });
  expect(Buffer.from(await answer.arrayBuffer()).toString()).toBe('{"ok":false}');
  expect(Object.fromEntries(answer.headers.entries())).toMatchObject({ 'retry-after': '7' });
  expect([answer.headers.get('Retry-After'), answer.headers.get('x-other')]).toEqual(['7', null]);
  expect([answer.statusText, answer.url]).toEqual(['Too Many Requests', `${url}/limited`]);
});

test('does not follow a redirect: what goes to Slack goes nowhere else', async () => {
  const before = asked.length;
  expect((await slackFetch(`${url}/moved`, { method: 'POST', body: 'token' })).ok).toBe(false);
  expect(asked.length - before).toBe(1);
});

test('an answer without content is an answer', async () => {
  const answer = await slackFetch(`${url}/silent`);
  expect([answer.ok, await answer.text()]).toEqual([true, '']);
});

test('an answer that breaks off is an error, not half an answer', async () => {
  await expect(slackFetch(`${url}/broken`)).rejects.toThrow();
});

test('the time limit is also for an answer that has begun', async () => {
  await expect(slackFetch(`${url}/endless`, { signal: AbortSignal.timeout(200) })).rejects.toThrow();
});
