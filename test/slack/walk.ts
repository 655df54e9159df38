import { MAIN_ACCOUNT, MANAGER } from '../../demo/chorus/seed.ts';
import { shownPassword, Visitor } from '../demo/chorus/visitor.ts';
import type { Message } from './fake-slack.ts';
import { wordsOf } from './person.ts';
import { type Testbed, until } from './testbed.ts';

/** Begins a reset in the direct message and clicks on, to the step where the portal shows the new password. */
export async function walkToPassword({ slack, manager }: Testbed, done = "C'est fait"): Promise<Message> {
  await manager.write('réinitialiser');
  const card = await until(() => slack.in(manager.direct)[0]);
  for (const step of [2, 3, 4, 5]) {
    await manager.click(done, card);
    await until(() => wordsOf(card.blocks).includes(` ${step} `));
  }
  return card;
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
