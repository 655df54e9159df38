import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { MAIN_ACCOUNT, MANAGER } from '../../demo/chorus/seed.ts';
import { shownPassword, Visitor } from '../demo/chorus/visitor.ts';
import type { Message } from './far-edge.ts';
import { labelsOf, wordsOf } from './person.ts';
import { ACCOUNT, CHANNEL, openTown, type Town, until } from './town.ts';

/** Clicks on the card until the step where the portal shows the new password. */
async function toThePassword(town: Town, card: Message): Promise<void> {
  for (const title of ['Ouvrir l', 'Choisir le type', 'Sélectionner la structure', 'Copier le nouveau']) {
    await town.manager.click("C'est fait", card);
    await until(() => wordsOf(card.blocks).includes(title));
  }
}

/** A new password on the portal, not yet submitted. */
async function onThePortal(town: Town) {
  const visitor = new Visitor(town.simulator.portalUrl);
  await visitor.signIn(MANAGER as Parameters<Visitor['signIn']>[0]);
  const page = await visitor.fill({ siret: MAIN_ACCOUNT.siret, login: MAIN_ACCOUNT.login });
  return { password: shownPassword(page) ?? '', submit: () => visitor.submit(page) };
}

describe.each(['http', 'socket'] as const)('the reset in Slack, over %s', (mode) => {
  let town: Town;
  beforeEach(async () => {
    town = await openTown({ mode });
  });
  afterEach(() => town.close());

  test('goes from « réinitialiser » to a tested password, on one message', async () => {
    const { slack, manager } = town;
    await manager.write('Réinitialiser');
    const card = await until(() => slack.in(manager.direct)[0]);
    expect(wordsOf(card.blocks)).toContain('Se connecter au portail');
    await toThePassword(town, card);

    const portal = await onThePortal(town);
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
    await manager.click('Terminer', card);
    await until(() => wordsOf(card.blocks).includes('Réinitialisation terminée'));

    expect(slack.in(manager.direct)).toEqual([card]);
    expect(slack.refused).toEqual([]);
    expect((await town.credentials.current(ACCOUNT))?.secret.reveal()).toBe(portal.password);
    for (const line of [...town.logged, JSON.stringify(slack.messages), JSON.stringify(slack.calls)])
      expect(line).not.toContain(portal.password);
  });

  test('is acknowledged at once, while the work goes on', async () => {
    const { slack, manager } = town;
    await manager.write('bonjour');
    await until(() => slack.in(manager.direct)[0]);
    const { ms } = await manager.write('réinitialiser');
    expect(ms).toBeLessThan(100);
    await until(() => slack.in(manager.direct)[1]);
  });
});

describe('what is typed in the modal', () => {
  let town: Town;
  let card: Message;
  beforeEach(async () => {
    town = await openTown();
    await town.manager.write('réinitialiser');
    card = await until(() => town.slack.in(town.manager.direct)[0]);
    await toThePassword(town, card);
    await town.manager.click("Mettre à l'abri", card);
    await until(() => town.slack.views[0]);
  });
  afterEach(() => town.close());

  const modal = () => {
    const [view] = town.slack.views;
    if (view === undefined) throw new Error('no modal is open');
    return view;
  };

  test('is corrected in the open modal, each error under its field', async () => {
    await town.manager.submit(modal(), { password: 'déjà vu 12345', expiry: 'demain' });
    expect(modal().errors.password).toContain('porte un accent');
    expect(modal().errors.expiry).toContain('Cette date ne se lit pas');
    expect((await town.credentials.slots(ACCOUNT)).pending).toBeUndefined();
    await town.manager.submit(modal(), { password: 'a'.repeat(10_000) });
    expect(modal().errors.password).toContain('bien trop long');
    await town.manager.submit(modal(), { password: MAIN_ACCOUNT.login });
    expect(modal().errors.password).toContain("C'est l'identifiant");
    expect(modal().errors.expiry).toBeUndefined();
    await town.manager.submit(modal(), { password: 'aBcd1234eFgh' });
    expect(modal().errors).toEqual({});
    expect((await town.credentials.pending(ACCOUNT))?.secret.reveal()).toBe('aBcd1234eFgh');
  });

  test('is kept once when it is submitted twice at the same moment', async () => {
    await Promise.all([
      town.manager.submit(modal(), { password: 'aBcd1234eFgh' }),
      town.manager.submit(modal(), { password: 'aBcd1234eFgh' }),
    ]);
    expect((await town.credentials.pending(ACCOUNT))?.kept.version).toBe(1);
    expect((await town.credentials.slots(ACCOUNT)).setAside).toEqual([]);
  });

  test('after the reset has ended gets a sentence, and nothing is kept', async () => {
    await town.manager.click('Abandonner', card);
    await until(() => wordsOf(card.blocks).includes('abandonnée'));
    const { body } = await town.manager.submit(modal(), { password: 'aBcd1234eFgh' });
    expect(wordsOf(body.view.blocks)).toContain("ce formulaire n'a plus cours");
    expect((await town.credentials.slots(ACCOUNT)).pending).toBeUndefined();
  });

  test.each([
    ['an older version', JSON.stringify({ v: 0, account: ACCOUNT })],
    ['nothing', ''],
    ['another shape', '[1, 2'],
  ])('with the metadata of %s gets a sentence', async (_what, metadata) => {
    const { status, body } = await town.manager.submit(modal(), { password: 'aBcd1234eFgh' }, { metadata });
    expect(status).toBe(200);
    expect(wordsOf(body.view.blocks)).toContain("ce formulaire n'a plus cours");
    expect((await town.credentials.slots(ACCOUNT)).pending).toBeUndefined();
  });

  test('by somebody else keeps nothing', async () => {
    const stranger = town.person({ id: 'U0STRANGER', name: 'Autre' });
    const { body } = await stranger.submit(modal(), { password: 'aBcd1234eFgh' });
    expect(wordsOf(body.view.blocks)).toContain('Aucun compte technique');
    expect((await town.credentials.slots(ACCOUNT)).pending).toBeUndefined();
  });
});

test('a verdict that takes long comes to the modal and to the card', async () => {
  const town = await openTown();
  try {
    const { slack, manager } = town;
    await manager.write('réinitialiser');
    const card = await until(() => slack.in(manager.direct)[0]);
    await toThePassword(town, card);
    const portal = await onThePortal(town);
    await portal.submit();
    for (const title of ['Soumettre la demande', "Attendre l'e-mail", 'Saisir un nouveau mot de passe']) {
      await manager.click(
        title === 'Saisir un nouveau mot de passe' ? "J'ai reçu l'e-mail" : "C'est fait",
        card,
      );
      await until(() => wordsOf(card.blocks).includes(title));
    }
    town.simulator.behave({ forced: { rattachements: { kind: 'slow', ms: 3_500 } } });
    await manager.click('Saisir un nouveau mot de passe', card);
    const modal = await until(() => slack.views[0]);
    const { body, ms } = await manager.submit(modal, { password: portal.password });
    expect(ms).toBeLessThan(3_000);
    expect(wordsOf(body.view.blocks)).toContain('Test en cours');
    await until(() => wordsOf(modal.view.blocks).includes('La connexion a été établie'));
    await until(() => wordsOf(card.blocks).includes('La connexion a été établie'));
    expect(labelsOf(card.blocks)).toContain('Étape suivante');
  } finally {
    await town.close();
  }
}, 20_000);

test('a reset that /chorus begins in a channel lives there, and lists are for one person', async () => {
  const town = await openTown();
  try {
    const { slack, manager } = town;
    await manager.command(CHANNEL, 'comptes');
    const list = await until(() => slack.seenBy(manager.id)[0]);
    expect(wordsOf(list.blocks)).toContain(MAIN_ACCOUNT.name);
    expect(slack.in(CHANNEL)).toEqual([]);
    await manager.command(CHANNEL, 'RÉINITIALISER');
    const card = await until(() => slack.in(CHANNEL)[0]);
    const colleague = town.person({ id: 'U0KARIM', name: 'Karim' });
    await colleague.click("C'est fait", card);
    const refusal = await until(() => slack.seenBy(colleague.id)[0]);
    expect(wordsOf(refusal.blocks)).toContain('Aucun compte technique');
    expect(card.edits).toBe(0);
  } finally {
    await town.close();
  }
});
