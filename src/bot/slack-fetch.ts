import type { webApi } from '@slack/bolt';
import { type Dispatcher, request } from 'undici';

/**
 * How Slack is called: undici's `request` costs half of the processor time of Node's `fetch`.
 *
 * The answer is read to its end here, so that `signal` and Slack's own second attempt are also for one that breaks off.
 * A redirect is not followed, and its status is not Slack's 200. Throws what undici throws, and for a body that is no text.
 */
export const slackFetch: webApi.FetchFunction = async (
  url,
  { method, headers = {}, body = null, signal } = {},
) => {
  if (body !== null && typeof body !== 'string') throw new TypeError('only text is sent to Slack');
  const answer = await request(url, {
    method: (method ?? 'GET') as Dispatcher.HttpMethod,
    headers,
    body,
    ...(signal === undefined ? {} : { signal }),
  });
  const text = await answer.body.text();
  const received = Object.entries(answer.headers).map(([name, value]): [string, string] => [
    name,
    String(value),
  ]);
  // A status that means « no content » takes no text, not even an empty one.
  return new Response(text || null, { status: answer.statusCode, headers: received });
};
