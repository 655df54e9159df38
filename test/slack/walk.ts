import { MAIN_ACCOUNT, MANAGER } from '../../demo/chorus/seed.ts';
import { shownPassword, Visitor } from '../demo/chorus/visitor.ts';
import type { Message } from './fake-slack.ts';
import { labelsOf, wordsOf } from './person.ts';
import { type Testbed, until } from './testbed.ts';

/** Begins a reset in the direct message and clicks on, to the step where the portal shows the new password. */
export async function walkToPassword({ slack, manager }: Testbed, done = "C'est fait"): Promise<Message> {
  await manager.write('réinitialiser');
  const card = await until(() => slack.in(manager.direct)[0]);
  for (const dots of [4, 5]) {
    await manager.click(done, card);
    await until(() => wordsOf(card.blocks).includes(`${'●'.repeat(dots)}○`));
  }
  return card;
}

/** « Où en suis-je ? », then « Arrêter la réinitialisation ». */
export async function stopReset({ manager }: Testbed, card: Message): Promise<void> {
  await manager.click('Où en suis-je ?', card);
  await until(() => labelsOf(card.blocks).includes('Arrêter la réinitialisation'));
  await manager.click('Arrêter la réinitialisation', card);
  await until(() => labelsOf(card.blocks).includes('Continuer'));
  await manager.click('Arrêter', card);
}

/** A new password on the portal, not yet submitted. */
export async function onThePortal(
  testbed: Testbed,
): Promise<{ password: string; submit(): Promise<unknown> }> {
  const visitor = new Visitor(testbed.simulator.portalUrl);
  await visitor.signIn(MANAGER);
  const page = await visitor.fill({ siret: MAIN_ACCOUNT.siret, login: MAIN_ACCOUNT.login });
  return { password: shownPassword(page) ?? '', submit: () => visitor.submit(page) };
}
