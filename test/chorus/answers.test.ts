import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { structuresOf } from '../../src/bot/reset/connection-test.ts';
import { structureList } from '../../src/cards/blocks.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { plain } from '../../src/cards/text.ts';
import { verdictSentence } from '../../src/cards/verdict-cards.ts';
import { CLASSES } from '../../src/chorus/classes.ts';
import { ChorusClient } from '../../src/chorus/client.ts';
import type { Environment, Verdict } from '../../src/chorus/verdict.ts';
import { Secret } from '../../src/secret.ts';
import { ATTACHMENTS, Piste, type Reply, TOKEN } from './piste.ts';

interface Case {
  readonly at: 'token' | 'api';
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
  readonly page?: number;
  readonly repeat?: string;
  readonly delaySeconds?: number;
  readonly login?: string;
  readonly environment?: Environment;
  readonly class: string;
  readonly says?: string;
}

const CASES: readonly Case[] = JSON.parse(readFileSync(new URL('answers.json', import.meta.url), 'utf8'));
/** Longer than anything here takes. */
const UNHURRIED = { connect: 30_000, test: 90_000 };

const piste = new Piste();
beforeAll(() => piste.start());
afterAll(() => piste.stop());

async function verdictOf({
  at,
  status,
  headers,
  body,
  page,
  repeat,
  login,
  environment,
}: Case): Promise<Verdict> {
  const reply: Reply = { status, ...(headers && { headers }), ...(body !== undefined && { body }) };
  piste.structures = manyStructures(repeat !== undefined || page !== undefined ? 150 : 1);
  piste.instead = ({ path, body: sent }) => {
    if (at === 'token') return path === TOKEN ? reply : undefined;
    if (path === TOKEN || repeat !== undefined) return undefined;
    const asked = JSON.parse(sent).parametresRecherche?.pageResultatDemandee;
    return page === undefined || page === asked ? reply : undefined;
  };
  // The token of a body is one that the API knows.
  if (at === 'token' && status === 200) piste.know('without-an-end');
  const client = new ChorusClient({
    tokenUrl: piste.tokenUrl,
    apiUrl: piste.url,
    piste: { clientId: piste.clientId, clientSecret: new Secret(piste.clientSecret) },
    timeouts: UNHURRIED,
    ...(environment && { environment }),
  });
  try {
    return await client.testConnection({ login: login ?? piste.login }, new Secret(piste.password));
  } finally {
    await client.close();
  }
}

function manyStructures(count: number) {
  return Array.from({ length: count }, (_, i) => ({
    siret: String(i + 1).padStart(14, '0'),
    name: `COMMUNE ${i + 1}`,
  }));
}

/** Everything that a card says of it, in this language. */
function wordsOf(verdict: Verdict, m: typeof fr): string {
  if (verdict.outcome !== 'accepted')
    return (['people', 'administrators'] as const)
      .map((reader) => plain(verdictSentence(m, verdict, reader)))
      .join('\n');
  const account = { structure: 'COMMUNE 1', siret: '00000000000001', login: piste.login };
  return JSON.stringify(structureList(m, structuresOf(verdict), account));
}

describe.each(CASES.map((row) => [JSON.stringify(row).slice(0, 160), row] as const))('%s', (_, row) => {
  test('has its class, and its sentence in both languages', async () => {
    const verdict = await verdictOf(row);
    const reason = verdict.outcome === 'accepted' ? 'accepted' : verdict.reason;
    const named = row.class.replace(/, after one renewed token$/, '');
    expect(CLASSES[reason].name).toEqual(expect.stringMatching(new RegExp(`^${named}(:|$)`)));
    expect(CLASSES[reason].outcome).toBe(verdict.outcome);
    expect(wordsOf(verdict, en)).not.toBe('');
    const words = wordsOf(verdict, fr).toLowerCase();
    if (/^[\p{L}\d]/u.test(row.says ?? '') && !/^(in two hours|the same words)/.test(row.says ?? ''))
      for (const part of (row.says as string).toLowerCase().split(', environnement de'))
        expect(words).toContain(part);
  });
});

test('a wait of two hours is two hours', async () => {
  const row = CASES.find(({ headers }) => headers?.['retry-after'] === '7200') as Case;
  expect(await verdictOf(row)).toMatchObject({ retryAfterSeconds: 7_200 });
});

test('a refusal without a word renews a token that is old once, and no other', async () => {
  piste.instead = ({ path }) => (path === ATTACHMENTS ? { status: 401, body: '' } : undefined);
  const client = new ChorusClient({
    tokenUrl: piste.tokenUrl,
    apiUrl: piste.url,
    piste: { clientId: piste.clientId, clientSecret: new Secret(piste.clientSecret) },
    timeouts: UNHURRIED,
  });
  const counted = async () => {
    const before = [piste.callsOf(TOKEN).length, piste.callsOf(ATTACHMENTS).length] as const;
    const verdict = await client.testConnection({ login: piste.login }, new Secret(piste.password));
    return {
      reason: verdict.outcome === 'refused' ? verdict.reason : verdict.outcome,
      tokens: piste.callsOf(TOKEN).length - before[0],
      calls: piste.callsOf(ATTACHMENTS).length - before[1],
    };
  };
  expect(await counted()).toEqual({ reason: 'technicalAccount', tokens: 1, calls: 1 });
  expect(await counted()).toEqual({ reason: 'technicalAccount', tokens: 1, calls: 2 });
  await client.close();
});
