import { describe, expect, test } from '@jest/globals';
import { MessageGone, type Place, PlaceGone } from '../../src/bot/channel.ts';
import { fr } from '../../src/cards/messages.ts';
import { WARN_AFTER } from '../../src/chorus/procedures/reset.ts';
import { Secret } from '../../src/secret.ts';
import { accountId } from '../../src/store/accounts.ts';
import { CAMILLE, openForTests, privately, type ResetWorld } from './reset-world.ts';

const NEW_CHAT = privately(CAMILLE, 'Camille’s new chat');

let world: ResetWorld;

openForTests((opened) => {
  world = opened;
});

/** Camille's reset has begun on the card that she clicked. */
async function begun(): Promise<void> {
  await world.bot.conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
  await world.bot.settled();
  [world.shown, world.drawn] = [[], []];
}

async function press(verb: string): Promise<void> {
  await world.bot.conversation.clicked(world.clicks(CAMILLE, verb, await world.cardData()));
  await world.bot.settled();
}

/** Camille has spoken to the bot there, and can be written to there from now on. */
async function meetsCamille(place: Place): Promise<void> {
  const said = {
    person: CAMILLE,
    place,
    correlation: 'c',
    text: 'bonjour',
    delivery: `${place.address.conversation}`,
  };
  await world.bot.conversation.said(said, async () => undefined);
  await world.bot.reminders.settled();
  world.shown = [];
}

const messageGone = () => new MessageGone('cant_update_message');
const placeGone = () => new PlaceGone('ConversationBlockedByUser');

describe('a living card whose message can no longer be changed', () => {
  test('is posted anew, and the reset goes on there', async () => {
    await begun();
    world.refuseToReplace = ({ message }) =>
      message === world.messageOf(CAMILLE) ? messageGone() : undefined;

    await press('done');

    const titles = world.shown.map(({ card }) => card.title);
    expect(titles).toEqual([fr.walk.openApplication.title]);
    const { posted } = (await world.saved()).value;
    expect(posted?.message).toMatch(/^message-/);

    // Its old message still has its buttons.
    await press('done');
    expect(world.shown).toHaveLength(1);
    expect(world.drawn.at(-1)).toMatchObject({ posted, card: { title: fr.walk.copyPassword.title } });
    expect((await world.saved()).value.posted).toEqual(posted);
  });

  test('in a conversation that is gone goes on where its holder has written since, and news comes there', async () => {
    await begun();
    await meetsCamille(NEW_CHAT);
    const isGone = (place: Place) => (place.address.conversation === CAMILLE.id ? placeGone() : undefined);
    [world.refuse, world.refuseToReplace] = [isGone, ({ place }) => isGone(place)];

    await world.bot.resetRunner.redraw(await world.account());
    await world.bot.settled();

    expect(world.shown).toMatchObject([{ place: NEW_CHAT, card: { title: fr.walk.signIn.title } }]);
    const { place, posted } = (await world.saved()).value;
    expect([place, posted?.place]).toEqual([NEW_CHAT, NEW_CHAT]);
    world.now += WARN_AFTER;
    await world.bot.resetRunner.wakeDue();
    await world.bot.settled();
    expect(world.shown.at(-1)).toMatchObject({ place: NEW_CHAT, card: { title: fr.buttons.resume } });
  });

  test('stays where it is while its holder is known nowhere else, and the log says why', async () => {
    await begun();
    const { posted } = (await world.saved()).value;
    [world.refuse, world.refuseToReplace] = [placeGone, placeGone];

    await press('done');

    expect((await world.saved()).value.posted).toEqual(posted);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'card.notDrawn', error: 'PlaceGone' }),
    );
  });
});

describe('the first card of a reset that begins in a form', () => {
  async function submits(): Promise<unknown> {
    await world.accounts.change(world.id, (account) => ({
      ...account,
      conclusiveTest: new Date(world.now).toISOString(),
    }));
    const data = { account: world.id, submission: 'form', beforeSubmit: 0 };
    const turn = world.submits(CAMILLE, 'configurationPassword', data);
    const answer = await world.bot.conversation.submitted(turn, new Secret('Nouveau_mot2passe'));
    await world.bot.settled();
    return answer;
  }

  test('that the platform does not take keeps nobody from the verdict, and is posted later', async () => {
    world.refuse = () => new Error('500');

    expect(await submits()).toMatchObject({ kind: 'notice', text: fr.form.verdictNotice.accepted });
    expect((await world.saved()).value.posted).toBeUndefined();

    world.refuse = () => undefined;
    world.now += 20_000;
    await world.bot.resetRunner.wakeDue();
    await world.bot.settled();
    const titles = world.shown.map(({ card }) => card.title);
    expect(titles).toContain(fr.test.accepted.title);
    expect((await world.saved()).value.posted).toBeDefined();
  });

  test('is posted where its holder has written since, where the conversation is gone', async () => {
    world.refuse = (place) => (place.address.conversation === CAMILLE.id ? placeGone() : undefined);
    await submits();
    await meetsCamille(NEW_CHAT);

    world.now += 20_000;
    await world.bot.resetRunner.wakeDue();
    await world.bot.settled();

    const cards = world.shown.map(({ place, card }) => [place, card.title]);
    expect(cards).toContainEqual([NEW_CHAT, fr.test.accepted.title]);
    expect((await world.saved()).value).toMatchObject({ place: NEW_CHAT, posted: { place: NEW_CHAT } });
  });
});

describe('two accounts of one person', () => {
  test('whose resets begin from one message have a card each: an old view of it does not cover the first one', async () => {
    await begun();
    const first = (await world.saved()).value.posted;
    const { id: _, ...account } = await world.account();
    const login = `OTHER_${account.login}`;
    await world.accounts.add({ ...account, login });

    const click = world.clicks(CAMILLE, 'begin', { account: accountId(login) });
    const answer = await world.bot.conversation.clicked(click);
    await world.bot.settled();

    expect(world.shown).toMatchObject([{ place: privately(CAMILLE), card: { title: fr.walk.signIn.title } }]);
    const second = (await world.resets.load(accountId(login)))?.value.posted;
    expect(second).toBeDefined();
    expect(second).not.toEqual(first);
    // The message shows the reset that lives on it.
    expect(answer).toMatchObject({ kind: 'card', card: { actions: expect.arrayContaining([]) } });
    if (answer.kind !== 'card') throw new Error(answer.text);
    expect(JSON.stringify(answer.card)).toContain(account.login);
    expect(JSON.stringify(answer.card)).not.toContain(login);
    await world.resets.wakeAt(accountId(login), undefined);
  });
});
