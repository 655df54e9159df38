import { afterEach, describe, expect, test } from '@jest/globals';
import { fr } from '../../src/cards/messages.ts';
import { Breakable } from './breakable.ts';
import { type Message, TOKENS, type View } from './fake-slack.ts';
import { wordsOf } from './person.ts';
import { ACCOUNT, CHANNEL, openTestbed, type Testbed, until } from './testbed.ts';
import { walkToPassword } from './walk.ts';

let testbed: Testbed;
afterEach(() => testbed.close());

/** What Slack said of people and channels is believed for five. */
async function afterSixMinutes<Result>(work: () => Promise<Result>): Promise<Result> {
  const { now } = Date;
  Date.now = () => now() + 6 * 60_000;
  try {
    return await work();
  } finally {
    Date.now = now;
  }
}

/** Somebody has the modal of a password before them, and the store can be broken. */
async function atTheModal(): Promise<{ breakable: Breakable; card: Message; modal: View }> {
  const breakable = new Breakable();
  testbed = await openTestbed({ around: (store) => breakable.over(store) });
  const card = await walkToPassword(testbed);
  await testbed.manager.click("Mettre à l'abri", card);
  return { breakable, card, modal: await until(() => testbed.slack.views[0]) };
}

describe('when Slack says 429', () => {
  test('the message goes out after Retry-After, and those behind it keep their order', async () => {
    testbed = await openTestbed();
    const { slack, manager } = testbed;
    slack.limit('chat.postMessage', 1, 2, manager.direct);
    await manager.write('bonjour');
    await until(() => slack.calls.some(({ method }) => method === 'chat.postMessage'));
    await manager.write('aide');
    await until(() => slack.in(manager.direct).length === 2);
    const [hello, help] = slack.in(manager.direct);
    expect(wordsOf(hello?.blocks)).toContain('Bonjour');
    expect(wordsOf(help?.blocks)).toContain('Ce que je sais faire');
    const posts = slack.calls.filter(({ method }) => method === 'chat.postMessage');
    expect(posts).toHaveLength(4);
    expect((posts[1]?.at ?? 0) - (posts[0]?.at ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('to one channel, the others do not wait', async () => {
    testbed = await openTestbed();
    const { slack, manager } = testbed;
    slack.limit('chat.postMessage', 2, 1, CHANNEL);
    await manager.invite(CHANNEL, 'Ev7');
    await until(() => slack.calls.some(({ method }) => method === 'chat.postMessage'));
    await manager.write('bonjour');
    await until(() => slack.in(manager.direct)[0]);
    expect(slack.in(CHANNEL)).toEqual([]);
    await until(() => slack.in(CHANNEL)[0]);
  });

  test('for longer than a call waits, a private answer goes out all the same', async () => {
    testbed = await openTestbed();
    const { slack, manager } = testbed;
    slack.limit('chat.postEphemeral', 9, 1, CHANNEL);
    await manager.mention(CHANNEL, 'aide');
    await until(() => slack.seenBy(manager.id)[0]);
  });

  test('who somebody is, what they typed in a modal stays there', async () => {
    const { modal } = await atTheModal();
    const { slack, manager } = testbed;
    slack.limit('users.info', 4);
    // An answer that waited for Slack would come too late, and the password would be kept.
    await afterSixMinutes(() => manager.submit(modal, { password: 'aBcd1234eFgh' }));
    expect(modal.errors.password).toBe(fr.slack.notReached);
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
  });

  test('of the modal, its last word comes after Retry-After', async () => {
    const { breakable, modal } = await atTheModal();
    breakable.hold('account');
    testbed.slack.limit('views.update', 1);
    await testbed.manager.submit(modal, { password: 'aBcd1234eFgh' });
    breakable.refuse();
    await until(() => wordsOf(modal.view.blocks).includes("n'a pas pu être enregistré"));
  });

  test('the click is acknowledged all the same', async () => {
    testbed = await openTestbed();
    const { slack, manager } = testbed;
    await manager.write('réinitialiser');
    const card = await until(() => slack.in(manager.direct)[0]);
    slack.limit('chat.update', 2);
    const { status } = await manager.click("C'est fait", card);
    expect(status).toBe(200);
    expect(wordsOf(card.blocks)).not.toContain('Remplir le formulaire');
    await until(() => wordsOf(card.blocks).includes('Remplir le formulaire'));
  });
});

describe('when the store fails', () => {
  test.each([0, 1_200])(
    'after %d ms, which it may take, the modal stays open with what was typed, and says why',
    async (takesMs) => {
      const { breakable, modal } = await atTheModal();
      breakable.hold('');
      setTimeout(() => breakable.refuse(), takesMs);
      await testbed.manager.submit(modal, { password: 'aBcd1234eFgh' });
      expect(modal.errors.password).toContain("n'a pas pu être enregistré");

      breakable.broken = false;
      await testbed.manager.submit(modal, { password: 'aBcd1234eFgh' });
      expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
    },
  );

  test('to tell whether a request is a replay, a click and a submission have no effect, and are told so', async () => {
    const { breakable, card, modal } = await atTheModal();
    const { manager, slack, credentials } = testbed;
    // For ever: whoever is answered has not waited for it.
    breakable.hold('slack-request/');
    await manager.submit(modal, { password: 'aBcd1234eFgh' });
    expect(modal.errors.password).toContain("n'a pas pu être enregistré");
    expect((await credentials.slots(ACCOUNT)).pending).toBeUndefined();
    const before = wordsOf(card.blocks);
    await manager.click("C'est fait", card);
    const told = await until(() => slack.seenBy(manager.id)[0]);
    expect(wordsOf(told.blocks)).toContain("L'espace où je garde les mots de passe ne répond pas");
    expect(wordsOf(card.blocks)).toBe(before);

    breakable.broken = false;
    await manager.submit(modal, { password: 'aBcd1234eFgh' });
    expect((await credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
  });

  test('too late for an answer in time, the form comes back with what was typed, sealed', async () => {
    const { breakable, modal } = await atTheModal();
    breakable.hold('account');
    const { body } = await testbed.manager.submit(modal, { password: 'aBcd1234eFgh' });
    expect(wordsOf(body.view.blocks)).toBe(fr.form.working);
    breakable.refuse();
    await until(() => wordsOf(modal.view.blocks).includes("n'a pas pu être enregistré"));
    expect(wordsOf(modal.view.blocks)).toContain('Déjà saisi');
    expect(JSON.stringify(modal.view)).not.toContain('aBcd1234eFgh');

    breakable.broken = false;
    await testbed.manager.submit(modal, { password: '' });
    expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
  });

  test('too late, and the window is closed by then, the person reads in private that nothing was kept', async () => {
    const { breakable, card, modal } = await atTheModal();
    const { manager, slack } = testbed;
    breakable.hold('account');
    await manager.submit(modal, { password: 'aBcd1234eFgh' });
    modal.open = false;
    breakable.refuse();
    const told = await until(() => slack.in(manager.direct).find(({ ts }) => ts !== card.ts));
    expect(wordsOf(told.blocks)).toContain(fr.slack.closed);
  });

  test('a message is answered with a sentence', async () => {
    const breakable = new Breakable();
    testbed = await openTestbed({ around: (store) => breakable.over(store) });
    breakable.broken = true;
    await testbed.manager.write('bonjour');
    const card = await until(() => testbed.slack.in(testbed.manager.direct)[0]);
    expect(wordsOf(card.blocks)).toContain("L'espace où je garde les mots de passe ne répond pas");
  });
});

describe('over the web socket', () => {
  const ready = async () => (await fetch(`${testbed.botUrl}/readyz`)).status;

  test('a connection that Slack cuts is made again, and /readyz tells the truth meanwhile', async () => {
    testbed = await openTestbed({ mode: 'socket' });
    const { slack, manager } = testbed;
    await until(async () => (await ready()) === 200);
    slack.limit('apps.connections.open', 1, 2);
    slack.socket.cut();
    await until(async () => (await ready()) === 503);
    // Slack is not back at once either.
    await until(() => slack.isConnected);
    await manager.write('bonjour');
    await until(() => slack.in(manager.direct)[0]);
    await until(async () => (await ready()) === 200);
  });

  test('no signed request is taken: there is no such route', async () => {
    testbed = await openTestbed({ mode: 'socket' });
    expect((await fetch(`${testbed.botUrl}/slack/events`, { method: 'POST', body: '{}' })).status).toBe(404);
  });
});

test('a card that somebody deleted is posted anew with the step that a click has led to', async () => {
  testbed = await openTestbed();
  const { slack, manager } = testbed;
  await manager.write('réinitialiser');
  const card = await until(() => slack.in(manager.direct)[0]);
  slack.messages.splice(slack.messages.indexOf(card), 1);
  await manager.click("C'est fait", card);
  const anew = await until(() => slack.in(manager.direct)[0]);
  expect(wordsOf(anew.blocks)).toContain('Remplir le formulaire');
});

test('a card in a channel that the bot has left moves nothing, and says where to go on', async () => {
  testbed = await openTestbed();
  const { slack, manager } = testbed;
  await manager.invite(CHANNEL, 'Ev7');
  const card = await until(() => slack.in(CHANNEL)[0]);
  slack.channels.set(CHANNEL, { id: CHANNEL, is_member: false });
  await afterSixMinutes(() => manager.click('Aide', card));
  const said = await until(() => slack.seenBy(manager.id)[0]);
  expect(wordsOf(said.blocks)).toContain(fr.slack.left);
  expect(wordsOf(card.blocks)).toContain('Bienvenue');
  await manager.write('réinitialiser');
  const anew = await until(() => slack.in(manager.direct)[0]);
  expect(wordsOf(anew.blocks)).toContain('Se connecter');
});

describe('a token that Slack refuses', () => {
  test('is found at the first call that it fails, and named in the log; « could not ask » is not « no »', async () => {
    testbed = await openTestbed();
    const { slack, manager, logged } = testbed;
    await until(() => slack.calls.some(({ method }) => method === 'auth.test'));
    slack.limit('chat.postMessage', 1, 1);
    await manager.write('bonjour');
    await until(() => slack.in(manager.direct)[0]);
    expect((await fetch(`${testbed.botUrl}/readyz`)).status).toBe(200);
    slack.oauth.tokens.delete(TOKENS.bot);
    await manager.write('bonjour');
    await until(async () => (await fetch(`${testbed.botUrl}/readyz`)).status === 503);
    const failed = logged.map((line) => JSON.parse(line)).filter(({ event }) => event === 'platform.failed');
    expect(failed).toMatchObject([{ platform: 'slack', reason: 'invalid_auth', level: 'error' }]);
    expect(await (await fetch(`${testbed.botUrl}/readyz`)).json()).toEqual({
      status: 'unavailable',
      failed: ['platforms'],
    });
  });
});
