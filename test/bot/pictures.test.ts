import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';
import { mountPictures } from '../../src/bot/pictures.ts';
import type { Block } from '../../src/cards/card.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr, type Messages } from '../../src/cards/messages.ts';
import type { ResetView } from '../../src/cards/reset-view.ts';
import { PICTURED_STEPS, type WalkCard, walkCard } from '../../src/cards/walk-cards.ts';

const WALK: readonly WalkCard[] = [
  'signIn',
  'openApplication',
  'copyPassword',
  'submitRequest',
  'awaitEmail',
  'enterPassword',
];
const VIEW: ResetView = {
  ref: {},
  account: { structure: 'Commune', siret: '21719999100019', login: 'TECH_1_X@cpro.fr' },
  heldBy: { name: 'Hélène', since: '2026-01-15T09:00:00Z' },
  portalUrl: 'https://portal.example',
  // Until a way into the portal is chosen, the first step has no picture.
  entry: 'direct',
};

let app: FastifyInstance;
let url: string;

beforeAll(async () => {
  app = fastify({ forceCloseConnections: true });
  mountPictures(app, 'pictures');
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});

afterAll(() => app.close());

type Picture = Extract<Block, { kind: 'picture' }>;

/** The pictures that the cards of the walk name, from first to last. */
function namedPictures(m: Messages, view: ResetView): Picture[] {
  return WALK.flatMap((step) => walkCard(m, view, step, 0).body).filter(
    (block): block is Picture => block.kind === 'picture',
  );
}

test('every picture that a card names is there, as a small PNG that may be kept for a day', async () => {
  const named = namedPictures(fr, { ...VIEW, picturesUrl: `${url}/pictures` });
  expect(named).toHaveLength(7);
  for (const picture of named) {
    const response = await fetch(picture.url);
    const bytes = Buffer.from(await response.arrayBuffer());
    expect([picture.url, response.status]).toEqual([picture.url, 200]);
    expect(response.headers.get('content-type')).toBe('image/png');
    expect(response.headers.get('cache-control')).toBe('public, max-age=86400');
    expect(bytes.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(bytes.length).toBeLessThan(60 * 1024);
  }
});

test('no picture is taller than it is wide, so that a phone still shows the buttons below it', () => {
  for (const step of PICTURED_STEPS) {
    const header = readFileSync(`pictures/${step}.png`).subarray(16, 24);
    expect([step, header.readUInt32BE(4) / header.readUInt32BE(0) < 0.85]).toEqual([step, true]);
  }
});

test('each picture says in both languages what it shows', () => {
  const view = { ...VIEW, picturesUrl: `${url}/pictures` };
  const said = [fr, en].map((m) => namedPictures(m, view).map(({ alt }) => alt));
  expect(said[0]).toHaveLength(7);
  for (const [i, alt] of said[0]?.entries() ?? []) {
    expect(alt.length).toBeGreaterThan(20);
    expect(said[1]?.[i]).not.toBe(alt);
  }
});

test('without a public address no card names a picture', () => {
  expect(namedPictures(fr, VIEW)).toEqual([]);
});

test.each(['nothing.png', 'signIn', 'signin.png', '', '..%2fpackage.json', '%2e%2e/package.json'])(
  'nothing else is served: %p',
  async (name) => {
    expect((await fetch(`${url}/pictures/${name}`)).status).toBe(404);
  },
);

test('the folder holds the pictures of the steps and nothing else', () => {
  expect(readdirSync('pictures').sort()).toEqual(PICTURED_STEPS.map((step) => `${step}.png`).sort());
});

test('a bot whose pictures are missing does not start', () => {
  expect(() => mountPictures(fastify(), 'test')).toThrow(/ENOENT.*signIn\.png/);
});
