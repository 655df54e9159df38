import { createHmac, randomBytes } from 'node:crypto';
import { Secret } from '../secret.ts';
import type { Attempt, News } from './deliveries.ts';
import type { WebhookDestination } from './destinations.ts';
import type { Outbound } from './outbound.ts';

/** The specification asks for 15 to 30 s. */
const TIMEOUT_MS = 20_000;
const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** A signing key as receivers configure it: `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): Secret {
  return new Secret(`whsec_${randomBytes(32).toString('base64')}`);
}

/** Whether a text is a signing key of 24 to 64 bytes. */
export function isWebhookSecret(secret: Secret): boolean {
  const bytes = Buffer.from(SECRET.exec(secret.reveal())?.[1] ?? '', 'base64').length;
  return bytes >= 24 && bytes <= 64;
}

/** Sends one attempt, by Standard Webhooks 1.0: same id for all attempts, the attempt's own time, HMAC-SHA-256. */
export async function sendWebhook(
  outbound: Outbound,
  { url, viaProxy }: WebhookDestination,
  secret: Secret,
  { id, login, version, at, now }: News,
): Promise<Attempt> {
  const timestamp = Math.floor(now.getTime() / 1000).toString();
  const body = JSON.stringify({
    type: 'chorus.password.changed',
    timestamp: at.toISOString(),
    data: { login, version },
  });
  const key = Buffer.from(SECRET.exec(secret.reveal())?.[1] ?? '', 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  const { status, retryAfterMs } = await outbound.call(
    {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': timestamp,
        'webhook-signature': `v1,${signature}`,
      },
      body,
      timeoutMs: TIMEOUT_MS,
    },
    viaProxy,
  );
  const result = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { outcome: 'taken', result };
  if (status === 410) return { outcome: 'disabled', result };
  return { outcome: 'failed', result, retryAfterMs };
}
