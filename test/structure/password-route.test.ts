import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { Secret } from '../../src/secret.ts';

/** How often each file of src does it. */
function count(what: RegExp): Record<string, number> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const counts = files.map((name): [string, number] => [
    name,
    [...readFileSync(join('src', name), 'utf8').matchAll(what)].length,
  ]);
  return Object.fromEntries(counts.filter(([, n]) => n > 0).sort());
}

// One more place that makes or reveals a secret is a decision: take it here, with its reason.
test('secrets are made in these places, and nowhere else', () => {
  expect(count(/\bnew Secret\(/g)).toEqual({
    // What an administrator typed for « credential set », on standard input.
    'admin.ts': 1,
    // A destination's secret, from the administrator's file; the signing key of a new webhook.
    'admin/destination.ts': 1,
    'consumers/webhook.ts': 1,
    // What was typed in the private form: in Slack, in Teams, and on the bot's own page; what that page is about, on its way
    // to the cipher.
    'bot/password/masked-page.ts': 2,
    // What Slack gave to a workspace that installs the bot, on its way to the cipher.
    'bot/slack/installations.ts': 1,
    'bot/slack/modals.ts': 1,
    'bot/teams/incoming.ts': 1,
    // The bearer token that PISTE gave.
    'chorus/body.ts': 1,
    // The same password without what a copy brought along: blanks, quotes, the login before it.
    'chorus/password.ts': 1,
    // Passwords and tokens of the environment.
    'config/variables.ts': 1,
    // What was sealed, opened.
    'store/seal.ts': 1,
  });
});

test('secrets are revealed in these places, and nowhere else', () => {
  expect(count(/\.reveal\(\)/g)).toEqual({
    // To the administrator who asks for the stored credential.
    'admin/credential.ts': 1,
    // To the administrator, once: the signing key that was made for a new webhook.
    'admin/destination.ts': 2,
    // To whoever typed it, by the hand-over page.
    'bot/password/handover-page.ts': 1,
    // To programs with a token for the account: our own route, and Vault's.
    'consumers/credential-routes.ts': 1,
    'consumers/vault-routes.ts': 1,
    // To Pastell: its own secret (two ways to sign in), the password. To sign news of a password, and to check such a key.
    'consumers/pastell.ts': 3,
    'consumers/webhook.ts': 2,
    // The store's address may hold its password.
    'admin/shell.ts': 1,
    // What the page that is sent back is about: no password.
    'bot/password/masked-page.ts': 1,
    // The application's own secrets: to check Slack's signatures, to Bolt (its token, that of Socket Mode, its OAuth secret
    // and what a workspace has given), to botbuilder.
    'bot/slack/installations.ts': 1,
    'bot/slack/oauth.ts': 1,
    // To ask Slack about them, for the doctor.
    'bot/slack/questions.ts': 2,
    'bot/slack/receiver.ts': 1,
    'bot/slack/workspaces.ts': 1,
    'bot/slack/socket.ts': 1,
    'bot/teams/connector.ts': 1,
    // To PISTE: its application's secret (to fetch a token, and to tell one application from another), the token, the password.
    'chorus/client.ts': 2,
    'chorus/tokens.ts': 2,
    // To look at what was typed, and to compare it with the one in use and with the one that is kept.
    'chorus/password.ts': 3,
    'main.ts': 1,
    'store/seal.ts': 1,
  });
});

test('a secret that is printed, serialised, spread or thrown shows nothing', () => {
  const secret = new Secret('canary-1234');
  const prints = [
    `${secret}`,
    String(secret),
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect({ deep: { secret } }),
    JSON.stringify({ ...secret }),
    new Error(`failed for ${secret}`).message,
    Object.values(secret).join(),
  ];
  for (const print of prints) expect(print).not.toContain('canary');
  expect(secret.reveal()).toBe('canary-1234');
});
