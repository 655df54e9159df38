import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAIN_ACCOUNT } from '../../demo/chorus/seed.ts';
import type { Message } from './fake-slack.ts';
import { labelsOf, wordsOf } from './person.ts';
import { ACCOUNT, CHANNEL, MANAGER_ID, openTestbed, type Testbed, until } from './testbed.ts';
import { stopReset } from './walk.ts';

let testbed: Testbed;
beforeEach(async () => {
  testbed = await openTestbed();
});
afterEach(() => testbed.close());

describe('/chorus', () => {
  test('in a channel shows help and accounts to the person who asked, and to nobody else', async () => {
    const { slack, manager } = testbed;
    await manager.command(CHANNEL, '');
    await manager.command(CHANNEL, 'mes COMPTES');
    await until(() => slack.seenBy(manager.id).length === 2);
    const [help, accounts] = slack.seenBy(manager.id);
    expect(wordsOf(help?.blocks)).toContain('Ce que je sais faire');
    expect(wordsOf(accounts?.blocks)).toContain(MAIN_ACCOUNT.login);
    expect(slack.in(CHANNEL)).toEqual([]);
  });

  test('in a channel begins a reset that lives in the direct message, and says so to the person alone', async () => {
    const { slack, manager } = testbed;
    await manager.command(CHANNEL, 'réinitialiser');
    const said = await until(() => slack.seenBy(manager.id)[0]);
    expect(said.channel).toBe(CHANNEL);
    expect(wordsOf(said.blocks)).toContain('dans notre conversation privée');
    const card = await until(() => slack.in(manager.direct)[0]);
    await manager.click("C'est fait", card);
    await until(() => wordsOf(card.blocks).includes('Remplir le formulaire'));
    expect(slack.in(CHANNEL)).toEqual([]);
  });

  test('where the bot does not take part begins it in the direct message, and says so', async () => {
    const { slack, manager } = testbed;
    slack.channels.set('C0ELSEWHERE', { id: 'C0ELSEWHERE', is_member: false });
    slack.channels.set('G0PRIVATE', { id: 'G0PRIVATE', is_private: true, is_member: false });
    for (const channel of ['C0ELSEWHERE', 'G0PRIVATE', 'D0TWOOTHERS']) {
      await manager.command(channel, 'reinitialiser');
      await until(() => slack.seenBy(manager.id).some((message) => message.channel === channel));
    }
    expect(wordsOf(slack.seenBy(manager.id)[0]?.blocks)).toContain('vous attend');
    expect(slack.in(manager.direct)).toHaveLength(3);
  });

  test('delivered twice is answered once', async () => {
    const { slack, manager } = testbed;
    const trigger = slack.trigger(manager.id);
    await manager.command(manager.direct, 'aide', trigger);
    await manager.command(manager.direct, 'aide', trigger);
    await until(() => slack.in(manager.direct)[0]);
    // Nothing more is on its way.
    await testbed.app.settled();
    expect(slack.in(manager.direct)).toHaveLength(1);
  });
});

describe('a direct message', () => {
  test('is answered on the spot, and what Slack delivers again is not', async () => {
    const { slack, manager } = testbed;
    await manager.write('bonjour', 'Ev1');
    await manager.write('bonjour', 'Ev1', 1);
    await until(() => slack.in(manager.direct)[0]);
    // Nothing more is on its way.
    await testbed.app.settled();
    expect(slack.in(manager.direct).map(({ blocks }) => wordsOf(blocks))).toEqual([
      expect.stringContaining('Bonjour Hélène Gauthier'),
    ]);
  });

  test('in English is answered in English', async () => {
    const { slack } = testbed;
    const english = testbed.person({ id: 'U0ALICE', name: 'Alice', locale: 'en-GB' });
    await english.write('hello');
    const card = await until(() => slack.in(english.direct)[0]);
    expect(wordsOf(card.blocks)).toContain('Hello Alice');
  });

  test('that holds a password is called burned, and never repeated', async () => {
    const { slack, manager } = testbed;
    await manager.write('goZck:gkKevikl');
    const card = await until(() => slack.in(manager.direct)[0]);
    expect(wordsOf(card.blocks)).toContain("n'est plus sûr");
    expect(JSON.stringify([slack.messages, testbed.logged])).not.toContain('goZck');
  });
});

test('a mention in a thread begins a reset in the direct message, and says so in the thread', async () => {
  const { slack, manager } = testbed;
  await manager.mention(CHANNEL, 'réinitialiser', { thread_ts: '1700.1' });
  const card = await until(() => slack.in(manager.direct)[0]);
  expect(wordsOf(card.blocks)).toContain('Étape 1 sur 10');
  const said = await until(() => slack.seenBy(manager.id)[0]);
  expect(said.thread_ts).toBe('1700.1');
  slack.messages.length = 0;
  await manager.mention(CHANNEL, 'aide');
  await until(() => slack.seenBy(manager.id)[0]);
});

test('the bot greets where it is invited, and says nothing of anybody’s accounts', async () => {
  const { slack, manager } = testbed;
  await manager.invite(CHANNEL, 'Ev7');
  await manager.invite(CHANNEL, 'Ev8');
  const hello = await until(() => slack.in(CHANNEL)[0]);
  expect(wordsOf(hello.blocks)).toContain('Bienvenue');
  expect(wordsOf(hello.blocks)).not.toContain(MAIN_ACCOUNT.login);
  // Nothing more is on its way.
  await testbed.app.settled();
  expect(slack.in(CHANNEL)).toHaveLength(1);
});

describe('the Home', () => {
  test('shows the accounts, and is drawn again when a reset begins and ends', async () => {
    const { slack, manager } = testbed;
    await manager.openHome();
    const home = () => wordsOf(slack.homes.get(manager.id)?.blocks);
    await until(() => home().includes(MAIN_ACCOUNT.name));
    expect(labelsOf(slack.homes.get(manager.id).blocks)).toContain('Commencer la réinitialisation');

    await manager.click('Commencer la réinitialisation');
    const card = await until(() => slack.in(manager.direct)[0]);
    await until(() => home().includes('réinitialisation en cours'));
    const told = await until(() => slack.views[0]);
    expect(wordsOf(told.view.blocks)).toContain('« Messages »');

    await stopReset(testbed, card);
    await until(() => labelsOf(slack.homes.get(manager.id).blocks).includes('Commencer la réinitialisation'));
    expect(slack.refused).toEqual([]);
  });

  test('begins one reset on one message for a double click', async () => {
    const { slack, manager } = testbed;
    await manager.openHome();
    await until(() => slack.homes.get(manager.id));
    await Promise.all([1, 2].map(() => manager.click('Commencer la réinitialisation')));
    await until(() => slack.views.length === 2);
    expect(slack.in(manager.direct)).toHaveLength(1);
  });

  test('is where its own other buttons are answered', async () => {
    const { slack, manager } = testbed;
    await manager.openHome();
    await until(() => slack.homes.get(manager.id));
    await manager.click('Configuration');
    await until(() => wordsOf(slack.homes.get(manager.id).blocks).includes('Alerte actualisation'));
    await manager.click("Enregistrer l'alerte", undefined, { chosen: { alertMonths: '7' } });
    await until(async () => (await testbed.accounts.find(ACCOUNT))?.alertMonths === 7);
    expect(slack.messages).toEqual([]);
  });
});

describe('what one person sees for a while', () => {
  test('is replaced by the answer to its own buttons', async () => {
    const { slack, manager } = testbed;
    await manager.command(CHANNEL, 'configuration');
    const card = await until(() => slack.seenBy(manager.id)[0]);
    await manager.click("Enregistrer l'alerte", card, { chosen: { alertMonths: '3' } });
    await until(() => wordsOf(card.blocks).includes('3 mois après'));
    expect(slack.messages).toHaveLength(1);
  });

  test('never holds a reset: that is posted in the direct message, once for a double click', async () => {
    const { slack, manager } = testbed;
    await manager.command(CHANNEL, 'comptes');
    const list = await until(() => slack.seenBy(manager.id)[0]);
    await Promise.all([1, 2].map(() => manager.click('Commencer la réinitialisation', list)));
    await until(() => slack.seenBy(manager.id).length === 3);
    expect(wordsOf(slack.seenBy(manager.id).at(-1)?.blocks)).toContain('dans notre conversation privée');
    const [card, ...others] = slack.in(manager.direct);
    expect(others).toEqual([]);
    await manager.click("C'est fait", card as Message);
    await until(() => wordsOf(card?.blocks).includes('Remplir le formulaire'));
    expect(slack.in(CHANNEL)).toEqual([]);
  });
});

describe('people who are not served', () => {
  test.each([
    ['of another workspace', { team: 'T0OTHER' }],
    ['who is a guest', { is_restricted: true }],
    ['who is a guest of one channel', { is_ultra_restricted: true }],
    ['who is an application', { is_bot: true }],
  ])('somebody %s sees nothing', async (_who, more) => {
    const { slack } = testbed;
    const stranger = testbed.person({ id: MANAGER_ID, name: 'Autre', ...more });
    await stranger.write('bonjour');
    await stranger.command(CHANNEL, 'comptes');
    await stranger.mention(CHANNEL, 'aide');
    await stranger.openHome();
    await until(() => testbed.logged.filter((line) => line.includes('slack.notServed')).length === 4);
    expect([slack.messages, slack.views, [...slack.homes]]).toEqual([[], [], []]);
  });

  test('a channel that is shared with another organisation gets a polite sentence', async () => {
    const { slack, manager } = testbed;
    slack.channels.set('C0SHARED', { id: 'C0SHARED', is_ext_shared: true });
    await manager.command('C0SHARED', 'réinitialiser');
    await manager.mention('C0SHARED', 'comptes');
    await until(() => slack.seenBy(manager.id).length === 2);
    for (const { blocks } of slack.seenBy(manager.id)) expect(wordsOf(blocks)).toContain('partagé');
    expect(slack.in('C0SHARED')).toEqual([]);
  });

  test('a colleague who clicks on a reset is refused alone, whatever the button', async () => {
    const { slack, manager } = testbed;
    await manager.invite(CHANNEL, 'Ev7');
    const card = await until(() => slack.in(CHANNEL)[0]);
    await manager.write('réinitialiser');
    const colleague = testbed.person({ id: 'U0KARIM', name: 'Karim' });
    for (const [i, action_id] of ['done', 'form:password'].entries()) {
      await colleague.press(
        { action_id, value: JSON.stringify({ account: ACCOUNT }), text: { text: '' } },
        card,
      );
      await until(() => slack.seenBy(colleague.id)[i]);
    }
    for (const { blocks } of slack.seenBy(colleague.id))
      expect(wordsOf(blocks)).toContain('Aucun compte technique');
    expect(slack.views).toEqual([]);
    expect(card.edits).toBe(0);
  });
});

describe('an old or strange button', () => {
  test.each([
    ['of a verb that no longer exists', { action_id: 'formerVerb', value: '{}' }],
    ['whose data is of another shape', { action_id: 'done', value: '[1, 2' }],
    ['of a reset that is long over', { action_id: 'done', value: `{"account":"${ACCOUNT}","reset":"2019"}` }],
  ])('%s is answered with a sentence', async (_what, button) => {
    const { slack, manager } = testbed;
    await manager.write('aide');
    const card = await until(() => slack.in(manager.direct)[0]);
    expect((await manager.press({ ...button, text: { text: '' } }, card)).status).toBe(200);
    const said = await until(() => slack.seenBy(manager.id)[0]);
    expect(wordsOf(said.blocks)).toContain("n'est plus valable");
  });

  test('without the choice beside it, which the client has dropped, is answered with a sentence', async () => {
    const { slack, manager } = testbed;
    await manager.write('configuration');
    const card = await until(() => slack.in(manager.direct)[0]);
    const before = await testbed.accounts.find(ACCOUNT);
    const button = {
      action_id: 'saveAlert',
      value: JSON.stringify({ account: ACCOUNT }),
      text: { text: '' },
    };
    await manager.press(button, { ...card, blocks: [] });
    const said = await until(() => slack.seenBy(manager.id)[0]);
    expect(wordsOf(said.blocks)).toContain("n'est plus valable");
    expect(await testbed.accounts.find(ACCOUNT)).toEqual(before);
  });

  test('that opens a link is acknowledged, and nothing more', async () => {
    const { slack, manager } = testbed;
    await manager.write('réinitialiser');
    const card = await until(() => slack.in(manager.direct)[0]);
    await manager.click('Directement', card);
    await until(() => JSON.stringify(card.blocks).includes('Ouvrir Chorus Pro'));
    expect((await manager.click('Ouvrir Chorus Pro', card)).status).toBe(200);
    // Nothing more is on its way.
    await testbed.app.settled();
    expect(slack.messages).toHaveLength(1);
  });

  test('whose trigger has died says that the window could not be opened', async () => {
    const { slack, manager } = testbed;
    await testbed.accounts.change(ACCOUNT, (a) => ({
      ...a,
      expiry: { at: new Date(Date.now() + 1e9).toISOString(), estimated: true },
    }));
    await manager.write('configuration');
    const card = await until(() => slack.in(manager.direct)[0]);
    await manager.click("Corriger la date d'expiration", card, { trigger: slack.trigger(manager.id, 3_100) });
    const said = await until(() => slack.seenBy(manager.id)[0]);
    expect(wordsOf(said.blocks)).toContain('Cliquez à nouveau');
    await manager.click("Corriger la date d'expiration", card);
    const modal = await until(() => slack.views[0]);
    await manager.submit(modal, { expiry: '18/04/2027 02:00:00' });
    expect(wordsOf(modal.view.blocks)).toContain('enregistrée');
    await until(() => wordsOf(card.blocks).includes('18 avril 2027'));
  });
});

test('two clicks on one button make one step', async () => {
  const { slack, manager } = testbed;
  await manager.write('réinitialiser');
  const card = await until(() => slack.in(manager.direct)[0]);
  await Promise.all([manager.click("C'est fait", card), manager.click("C'est fait", card)]);
  await until(() => wordsOf(card.blocks).includes('Remplir le formulaire'));
  // Nothing more is on its way.
  await testbed.app.settled();
  expect(wordsOf(card.blocks)).toContain('Remplir le formulaire');
});
