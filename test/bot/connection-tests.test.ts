import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Bot } from '../../src/bot/bot.ts';
import type { ClickAnswer } from '../../src/bot/channel.ts';
import type { Card } from '../../src/cards/card.ts';
import { fr } from '../../src/cards/messages.ts';
import { plain } from '../../src/cards/text.ts';
import { verdictSentence } from '../../src/cards/verdict-cards.ts';
import { REFUSALS_A_DAY } from '../../src/chorus/procedures/reset.ts';
import type { Verdict } from '../../src/chorus/verdict.ts';
import { Secret } from '../../src/secret.ts';
import { TestAttempts } from '../../src/store/test-attempts.ts';
import { CAMILLE, DENIS, EVE, later, openForTests, type ResetWorld } from './reset-world.ts';

const REFUSED: Verdict = { outcome: 'refused', reason: 'technicalAccount' };
const IN_USE = 'Ancien_mot2passe';
const HOUR_MS = 60 * 60_000;

let world: ResetWorld;

openForTests((opened) => {
  world = opened;
});
beforeEach(async () => {
  await world.holdsPassword(IN_USE);
});

function clickTest(person = CAMILLE, { conversation }: Bot = world.bot): Promise<ClickAnswer> {
  return conversation.clicked(world.clicks(person, 'testConnection', { account: world.id }));
}

/** Another click, later than one that may be the same. */
async function clickAgain(): Promise<ClickAnswer> {
  world.now += 11_000;
  return clickTest();
}

/** All that the card says beside its facts. */
function textOf(answer: ClickAnswer): string {
  if (answer.kind !== 'card') throw new Error(`no card: ${answer.text}`);
  return answer.card.body.map((block) => ('text' in block ? plain(block.text) : '')).join('\n');
}

describe('« Test de connexion »', () => {
  test('delivered ten times at once, on two replicas, asks Chorus Pro once, and each answer tells the verdict', async () => {
    const other = world.openReplica();
    world.verdicts = Array.from({ length: 10 }, () => REFUSED);

    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => clickTest(CAMILLE, i % 2 === 0 ? world.bot : other)),
    );

    expect(world.asked).toEqual([IN_USE]);
    for (const answer of answers)
      expect(textOf(answer)).toContain(plain(verdictSentence(fr, { reason: 'technicalAccount' })));
    await other.settled();
  });

  test('delivered once more after its verdict shows that verdict', async () => {
    world.verdicts = [REFUSED];
    await clickTest();
    world.now += 9_000;

    expect(textOf(await clickTest())).toContain(plain(verdictSentence(fr, { reason: 'technicalAccount' })));
    expect(world.asked).toEqual([IN_USE]);
  });

  test('that is refused again and again ends with the day’s last one, and begins anew the next day', async () => {
    world.verdicts = Array.from({ length: 40 }, () => REFUSED);
    const answers: ClickAnswer[] = [];
    for (let i = 0; i < 40; i++) answers.push(await clickAgain());

    expect(world.asked).toHaveLength(REFUSALS_A_DAY);
    expect(textOf(answers[REFUSALS_A_DAY - 1] as ClickAnswer)).not.toContain(plain(fr.test.refused.enough));
    expect(textOf(answers[REFUSALS_A_DAY] as ClickAnswer)).toContain(plain(fr.test.refused.enough));

    world.now += 24 * HOUR_MS;
    await clickAgain();
    expect(world.asked).toHaveLength(REFUSALS_A_DAY + 1);
  });

  test('of another password is not held back by the refusals of the one before', async () => {
    world.verdicts = Array.from({ length: REFUSALS_A_DAY }, () => REFUSED);
    for (let i = 0; i < REFUSALS_A_DAY; i++) await clickAgain();
    await world.holdsPassword('Nouveau_mot2passe');

    expect(textOf(await clickAgain())).toContain(plain(fr.test.accepted.body));
    expect(world.asked.at(-1)).toBe('Nouveau_mot2passe');
  });

  test('that succeeds may be asked for as often as one likes, once for each click', async () => {
    for (let i = 0; i < 7; i++) await clickAgain();
    expect(world.asked).toHaveLength(7);
  });

  test('waits for the test of a reset, and is made after it', async () => {
    const verdict = later<Verdict>();
    world.verdicts = [verdict.promise];
    const { conversation } = world.bot;
    await world.accounts.change(world.id, (account) => ({
      ...account,
      conclusiveTest: new Date(world.now).toISOString(),
    }));
    const data = { account: world.id, submission: 'form', beforeSubmit: 0 };
    const submitted = conversation.submitted(
      world.submits(CAMILLE, 'configurationPassword', data),
      new Secret('Nouveau_mot2passe'),
    );
    await world.until(() => world.asked.length === 1);

    const answer = clickTest(DENIS);
    verdict.resolve({ outcome: 'unknown', reason: 'timeout' });
    await submitted;

    expect((await answer).kind).toBe('card');
    expect(world.asked).toEqual(['Nouveau_mot2passe', IN_USE]);
  });

  test('by a stranger asks nobody', async () => {
    expect(await clickTest(EVE)).toEqual({ kind: 'refusal', text: fr.conversation.notYours });
    expect(world.asked).toEqual([]);
  });

  test('that the bot makes again by itself has the longer time of the background', async () => {
    world.verdicts = [
      { outcome: 'unknown', reason: 'timeout' },
      { outcome: 'unknown', reason: 'timeout' },
    ];
    const data = { account: world.id, submission: 'form', beforeSubmit: 0 };
    await world.bot.conversation.submitted(
      world.submits(CAMILLE, 'knownPassword', data),
      new Secret('Nouveau_mot2passe'),
    );
    await world.bot.settled();
    world.now += HOUR_MS / 60;
    await world.bot.resetRunner.wakeDue();
    await world.bot.settled();
    await clickTest();
    expect(world.inBackground).toEqual([false, true, false]);
  });

  test('of a reset offers another test only where a person may still ask for one', async () => {
    const { conversation, resetRunner } = world.bot;
    world.verdicts = [{ outcome: 'unknown', reason: 'timeout' }];
    const data = { account: world.id, submission: 'form', beforeSubmit: 0 };
    await conversation.submitted(
      world.submits(CAMILLE, 'knownPassword', data),
      new Secret('Nouveau_mot2passe'),
    );
    await world.bot.settled();
    const { kept = 0 } = (await world.saved()).value.reset;
    // By programs and commands, elsewhere.
    const attempts = new TestAttempts(world.store, () => new Date(world.now));
    const tried = async (times: number, isAutomatic: boolean) => {
      for (let i = 0; i < times; i++) await attempts.note(world.id, kept, isAutomatic);
    };
    const labels = ({ actions }: Card) => actions.map(({ label }) => label);

    // Whoever has just typed it waits.
    expect(world.inBackground).toEqual([false]);
    await tried(3, true);
    world.now += HOUR_MS / 60;
    await resetRunner.wakeDue();
    await world.bot.settled();
    expect((await world.saved()).value.reset.reason).toBe('attemptsSpent');
    expect(labels(world.drawn.at(-1)?.card as Card)).toContain(fr.buttons.retry);

    await tried(2, false);
    const answer = await conversation.clicked(world.clicks(CAMILLE, 'retry', await world.cardData()));
    if (answer.kind !== 'card') throw new Error(answer.text);
    expect(textOf(answer)).toContain(plain(verdictSentence(fr, { reason: 'attemptsSpent' })));
    expect(labels(answer.card)).not.toContain(fr.buttons.retry);
    expect(labels(answer.card)).toContain(fr.buttons.enterPassword);
    expect(world.asked).toEqual(['Nouveau_mot2passe']);
  });

  test('of a password that cannot be opened says so, and asks nobody', async () => {
    const binding = { account: 'another', version: 1, purpose: 'credential' } as const;
    const sealed = await world.sealer.seal(new Secret('of another'), binding);
    const record = await world.store.read<{ current: object }>(`credential/${world.id}`);
    if (record === undefined) throw new Error('no password is kept');
    const { value, version } = record;
    const spoilt = { ...value, current: { ...value.current, sealed } };
    await world.store.write(`credential/${world.id}`, spoilt, version);

    expect(textOf(await clickTest())).toContain(plain(verdictSentence(fr, { reason: 'notOpened' })));
    expect(world.asked).toEqual([]);
  });
});
