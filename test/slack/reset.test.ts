import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAIN_ACCOUNT } from '../../demo/chorus/seed.ts';
import type { Message } from './fake-slack.ts';
import { labelsOf, wordsOf } from './person.ts';
import { ACCOUNT, openTestbed, type Testbed, until } from './testbed.ts';
import { onThePortal, stopReset, walkToPassword } from './walk.ts';

describe.each(['http', 'socket'] as const)('the reset in Slack, over %s', (mode) => {
  let testbed: Testbed;
  beforeEach(async () => {
    testbed = await openTestbed({ mode });
  });
  afterEach(() => testbed.close());

  test('goes from « réinitialiser » to a tested password, on one message', async () => {
    const { slack, manager } = testbed;
    const card = await walkToPassword(testbed);

    const portal = await onThePortal(testbed);
    await manager.click("Mettre à l'abri", card);
    const modal = await until(() => slack.views[0]);
    expect(wordsOf(modal.view.blocks)).toContain('Slack ne masque pas');
    const answer = await manager.submit(modal, { password: portal.password });
    expect(wordsOf(answer.body.view.blocks)).toContain("Le mot de passe est à l'abri");
    await until(() => wordsOf(card.blocks).includes('Soumettre la demande'));

    await portal.submit();
    await manager.click("C'est fait", card);
    await until(() => wordsOf(card.blocks).includes("Attendre l'e-mail"));
    await manager.click("J'ai reçu l'e-mail", card);
    await until(() => wordsOf(card.blocks).includes('La connexion a été établie'));
    await manager.click('Étape suivante', card);
    await until(() => wordsOf(card.blocks).includes('Reporter dans votre application'));
    await manager.click("Je l'ai reporté", card);
    await until(() => wordsOf(card.blocks).includes('Réinitialisation terminée'));

    expect(slack.in(manager.direct)).toEqual([card]);
    expect(slack.refused).toEqual([]);
    expect((await testbed.credentials.current(ACCOUNT))?.secret.reveal()).toBe(portal.password);
    for (const line of [...testbed.logged, JSON.stringify(slack.messages), JSON.stringify(slack.calls)])
      expect(line).not.toContain(portal.password);
  });

  test('is acknowledged at once, while the work goes on', async () => {
    const { slack, manager } = testbed;
    slack.limit('chat.postMessage', 2);
    await manager.write('réinitialiser');
    // Slack lets nothing be posted for two seconds.
    expect(slack.in(manager.direct)).toEqual([]);
    await until(() => slack.in(manager.direct)[0]);
  });
});

describe('what is typed in the modal', () => {
  let testbed: Testbed;
  let card: Message;
  beforeEach(async () => {
    testbed = await openTestbed();
    card = await walkToPassword(testbed);
    await testbed.manager.click("Mettre à l'abri", card);
    await until(() => testbed.slack.views[0]);
  });
  afterEach(() => testbed.close());

  const modal = () => {
    const [view] = testbed.slack.views;
    if (view === undefined) throw new Error('no modal is open');
    return view;
  };

  test('is corrected in the open modal, each error under its field', async () => {
    await testbed.manager.submit(modal(), { password: MAIN_ACCOUNT.siret });
    expect(modal().errors.password).toContain("C'est le SIRET");
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
    await testbed.manager.submit(modal(), { password: 'a'.repeat(10_000) });
    expect(modal().errors.password).toContain('bien trop long');
    await testbed.manager.submit(modal(), { password: MAIN_ACCOUNT.login });
    expect(modal().errors.password).toContain("C'est l'identifiant");
    await testbed.manager.submit(modal(), { password: 'aBcd1234eFgh' });
    expect(modal().errors).toEqual({});
    expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
  });

  test('is asked about in the modal, drawn anew, where it is unusual; the same once more is kept', async () => {
    await testbed.manager.submit(modal(), { password: 'déjà vu 12345' });
    expect(modal().errors).toEqual({});
    expect(wordsOf(modal().view.blocks)).toContain(
      "Le caractère n° 2 porte un accent : c'est inhabituel, vérifiez",
    );
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
    // Whether or not Slack still has it in its field.
    await testbed.manager.submit(modal(), { password: 'déjà vu 12345' });
    expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('déjà vu 12345');
  });

  test('is kept without its quotes where that is chosen', async () => {
    await testbed.manager.submit(modal(), { password: '"aBcd1234eFgh"' });
    await testbed.manager.submit(modal(), { keepAs: 'withoutQuotes' });
    expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
  });

  test('with the login before it is kept without it, whether or not Slack still has it in its field', async () => {
    const typed = `${MAIN_ACCOUNT.login}:aBcd1234eFgh`;
    await testbed.manager.submit(modal(), { password: typed });
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
    await testbed.manager.submit(modal(), { password: typed });
    expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
  });

  test('is kept once when it is submitted twice at the same moment', async () => {
    await Promise.all([
      testbed.manager.submit(modal(), { password: 'aBcd1234eFgh' }),
      testbed.manager.submit(modal(), { password: 'aBcd1234eFgh' }),
    ]);
    expect((await testbed.credentials.pending(ACCOUNT))?.kept.version).toBe(1);
    expect((await testbed.credentials.slots(ACCOUNT)).setAside).toEqual([]);
  });

  test('after the reset has ended stays open with a sentence, and nothing is kept', async () => {
    await stopReset(testbed, card);
    await until(() => wordsOf(card.blocks).includes('abandonnée'));
    await testbed.manager.submit(modal(), { password: 'aBcd1234eFgh' });
    expect(modal().errors).toEqual({ password: expect.stringContaining("ce formulaire n'est plus valable") });
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
  });

  test.each([
    ['an older version', JSON.stringify({ v: 0, account: ACCOUNT })],
    ['nothing', ''],
    ['another shape', '[1, 2'],
  ])('with the metadata of %s gets a sentence', async (_what, metadata) => {
    const { status, body } = await testbed.manager.submit(
      modal(),
      { password: 'aBcd1234eFgh' },
      { metadata },
    );
    expect(status).toBe(200);
    expect(wordsOf(body.view.blocks)).toContain("ce formulaire n'est plus valable");
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
  });

  test.each([
    ['the password', ['password'], { password: expect.stringContaining('Le mot de passe est vide') }],
  ])('without %s, which the client has dropped, is asked for again', async (_what, dropped, errors) => {
    const { status } = await testbed.manager.submit(modal(), { password: 'aBcd1234eFgh' }, { dropped });
    expect(status).toBe(200);
    expect(modal().errors).toEqual(errors);
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
    await testbed.manager.submit(modal(), { password: 'aBcd1234eFgh' });
    expect((await testbed.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
  });

  test('by somebody else keeps nothing', async () => {
    const stranger = testbed.person({ id: 'U0STRANGER', name: 'Autre' });
    const { body } = await stranger.submit(modal(), { password: 'aBcd1234eFgh' });
    expect(wordsOf(body.view.blocks)).toContain('Aucun compte technique');
    expect((await testbed.credentials.slots(ACCOUNT)).pending).toBeUndefined();
  });
});

test('a verdict that takes long comes to the modal and to the card', async () => {
  const testbed = await openTestbed();
  try {
    const { slack, manager } = testbed;
    const card = await walkToPassword(testbed);
    const portal = await onThePortal(testbed);
    await portal.submit();
    for (const title of ['Soumettre la demande', "Attendre l'e-mail", 'Saisir un nouveau mot de passe']) {
      await manager.click(
        title === 'Saisir un nouveau mot de passe' ? "J'ai reçu l'e-mail" : "C'est fait",
        card,
      );
      await until(() => wordsOf(card.blocks).includes(title));
    }
    // Longer than an answer may wait.
    testbed.simulator.behave({ forced: { rattachements: { kind: 'slow', ms: 3_500 } } });
    await manager.click('Saisir un nouveau mot de passe', card);
    const modal = await until(() => slack.views[0]);
    const { body } = await manager.submit(modal, { password: portal.password });
    expect(wordsOf(body.view.blocks)).toContain('Test en cours');
    await until(() => wordsOf(modal.view.blocks).includes('La connexion a été établie'));
    await until(() => wordsOf(card.blocks).includes('La connexion a été établie'));
    expect(labelsOf(card.blocks)).toContain('Étape suivante');
  } finally {
    await testbed.close();
  }
});
