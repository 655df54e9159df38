import { describe, expect, test } from '@jest/globals';
import { closedCard } from '../../src/cards/conversation-cards.ts';
import { fr } from '../../src/cards/messages.ts';
import { Secret } from '../../src/secret.ts';
import { CAMILLE, DENIS, openForTests, privately, type ResetWorld } from './reset-world.ts';

let world: ResetWorld;

openForTests((opened) => {
  world = opened;
});

/** An administrator makes Denis the gestionnaire principal; there is no deputy any more. */
async function handOver(): Promise<void> {
  await world.accounts.change(world.id, ({ deputy: _, ...account }) => ({ ...account, manager: DENIS.id }));
}

/** Camille has walked to the card that takes the password, and submits it. */
async function submit(): Promise<void> {
  const { conversation } = world.bot;
  await conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
  for (let i = 0; i < 7; i++)
    await conversation.clicked(world.clicks(CAMILLE, 'done', await world.cardData()));
  await world.bot.settled();
  const data = { ...(await world.cardData()), submission: 'form' };
  await conversation.submitted(world.submits(CAMILLE, 'password', data), new Secret('Nouveau_mot2passe'));
}

describe('a former gestionnaire principal', () => {
  test('reads nothing new on the card of the reset they led: it is closed', async () => {
    world.bot = world.openReplica({ answerWithinMs: 1 });
    let answer: (verdict: { outcome: 'unknown'; reason: 'timeout' }) => void = () => undefined;
    world.verdicts = [
      new Promise((resolve) => {
        answer = resolve;
      }),
    ];
    await submit();
    while (world.asked.length === 0) await new Promise((resolve) => setImmediate(resolve));
    world.drawn = [];
    await handOver();
    answer({ outcome: 'unknown', reason: 'timeout' });
    await world.bot.settled();
    expect((await world.saved()).value.reset.step).toBe('unknown');
    expect(world.drawn.map(({ card }) => card)).toEqual([closedCard(fr)]);
  });

  test('reads no late verdict on the configuration they tested: it is closed', async () => {
    world.bot = world.openReplica({ answerWithinMs: 1 });
    await world.holdsPassword('in use');
    let answer: (verdict: { outcome: 'unknown'; reason: 'timeout' }) => void = () => undefined;
    world.verdicts = [
      new Promise((resolve) => {
        answer = resolve;
      }),
    ];
    const clicked = world.clicks(CAMILLE, 'testConnection', { account: world.id });
    await world.bot.conversation.clicked(clicked);
    await handOver();
    answer({ outcome: 'unknown', reason: 'timeout' });
    await world.bot.settled();
    expect(world.drawn.at(-1)).toEqual({ posted: clicked.clicked, card: closedCard(fr) });
  });

  test('whose reset somebody else goes on with reads that the card is closed, at once', async () => {
    const { conversation } = world.bot;
    const begun = world.clicks(CAMILLE, 'begin', { account: world.id });
    await conversation.clicked(begun);
    await world.bot.settled();
    await handOver();
    world.drawn = [];
    await conversation.clicked(world.clicks(DENIS, 'begin', { account: world.id }));
    await world.bot.settled();
    const onFormer = world.drawn.filter(({ posted }) => posted.message === begun.clicked?.message);
    expect(onFormer.map(({ card }) => card)).toEqual([closedCard(fr)]);
    expect((await world.saved()).value).toMatchObject({ holder: DENIS, posted: { place: privately(DENIS) } });
  });
});
