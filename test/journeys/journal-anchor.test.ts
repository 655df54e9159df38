import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { fr } from '../../src/cards/messages.ts';
import { type End, Journal } from '../../src/store/journal.ts';
import { openSealer } from '../../src/store/seal.ts';
import { startTeamsPlatform } from './teams.ts';
import { TestApp } from './test-app.ts';

const DAY_MS = 86_400_000;

let app: TestApp;
let journal: Journal;

beforeAll(async () => {
  app = await TestApp.open();
  journal = new Journal(app.store, await openSealer(join(app.folder, 'keys.json')));
});
afterAll(() => app.close());

/** Each line of the log that says where the journal ends. */
function anchors(): End[] {
  return app.logged
    .split('\n')
    .filter((line) => line.includes('"journal.head"'))
    .map((line) => JSON.parse(line))
    .map(({ count, hash }) => ({ count, hash }));
}

test('the log says once a day where the journal ends, and a journal that is cut off later is told by that line', async () => {
  // At noon: no day ends while this runs.
  app.skip(1.5 * DAY_MS - (Date.now() % DAY_MS));
  await app.ticked();
  const before = anchors().length;
  expect(before).toBeGreaterThan(0);
  const platform = await startTeamsPlatform(app.url);
  const { login } = await app.account(platform.idOf('claire'));
  const chat = platform.chat('claire', 'private');
  await chat.say(`réinitialiser ${login}`);
  await chat.press(fr.buttons.done);
  await app.settled();
  await app.ticked();
  expect(anchors()).toHaveLength(before);

  app.skip(DAY_MS);
  await app.ticked();
  const [anchor] = anchors().slice(before);
  if (anchor === undefined) throw new Error('the log does not say where the journal ends');
  expect(anchor.count).toBeGreaterThan(0);
  expect(await journal.verify(anchor)).toMatchObject({ whole: true });
  await journal.append({ at: new Date(), who: 'a test', what: 'something else' });
  expect(await journal.verify(anchor)).toMatchObject({ whole: true });

  for await (const key of app.store.keys('journal/')) {
    const { version = 0 } = (await app.store.read(key)) ?? {};
    await app.store.remove(key, version);
  }
  expect(await journal.verify()).toMatchObject({ whole: true, count: 0 });
  expect(await journal.verify(anchor)).toMatchObject({ whole: false, unexpected: { count: 0 } });
  await platform.close();
});
