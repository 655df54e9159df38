import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type ClickAnswer, type Clicked, type Person, type Place, PlaceGone } from '../../src/bot/channel.ts';
import { publicId } from '../../src/bot/rights.ts';
import type { Card } from '../../src/cards/card.ts';
import { closedCard } from '../../src/cards/conversation-cards.ts';
import { fr } from '../../src/cards/messages.ts';
import { Secret } from '../../src/secret.ts';
import { ALIX, CAMILLE, DENIS, openForTests, privately, type ResetWorld } from './reset-world.ts';

const TEAM: Place = { platform: 'teams', private: false, address: { conversation: 'team' } };
const ON_TEAM_CARD = { place: TEAM, message: 'card of the team' };
const EVE: Person = { id: 'teams:t:eve', name: 'Eve', language: 'fr' };

let world: ResetWorld;
let deliveries = 0;

openForTests((opened) => {
  world = opened;
});
beforeEach(async () => {
  // They have spoken to the bot in private.
  for (const person of [CAMILLE, DENIS]) await say(person, 'aide', privately(person));
  await world.bot.reminders.settled();
  world.shown = [];
});
afterEach(async () => {
  await world.bot.reminders.settled();
  // The next test's account is the only one of these people.
  await world.accounts.remove(world.id);
});

/** Gives the titles of what is answered where it was said. */
async function say(person: Person, text: string, place: Place = TEAM, isAlone = false): Promise<Card[]> {
  const answered: Card[] = [];
  const turn = { person, place, correlation: 'c', text, delivery: `d-${++deliveries}`, isAlone };
  await world.bot.conversation.said(turn, async (cards) => void answered.push(...cards));
  return answered;
}

async function press(
  person: Person,
  verb: string,
  more: { data?: Clicked['data']; isAlone?: boolean } = {},
): Promise<ClickAnswer> {
  const turn = {
    person,
    place: TEAM,
    correlation: 'c',
    verb,
    data: { account: world.id },
    clicked: ON_TEAM_CARD,
  };
  const answer = await world.bot.conversation.clicked({ ...turn, ...more });
  await world.bot.settled();
  return answer;
}

/** Where cards were posted, and which. */
const posted = () => world.shown.map(({ place, card }) => [place.address.conversation, card.title]);
const onTeamCard = () => world.drawn.filter(({ posted: { message } }) => message === ON_TEAM_CARD.message);
const ELSEWHERE: ClickAnswer = { kind: 'elsewhere', text: fr.conversation.inPrivate };

describe('what is said before others', () => {
  test.each([
    ['comptes', fr.conversation.accountsTitle],
    ['configuration', fr.configuration.title],
    ['réinitialiser', fr.walk.signIn.title],
  ])('« %s » is answered in private, and there that it was', async (text, title) => {
    const [answer, ...others] = await say(CAMILLE, text);
    expect(others).toEqual([]);
    expect(answer).toMatchObject({ title: fr.conversation.inPrivateTitle, actions: [] });
    expect(JSON.stringify(answer?.body)).toContain(fr.conversation.inPrivate);
    expect(posted()).toEqual([[CAMILLE.id, title]]);
  });

  test('a password is called burned without a button that names an account', async () => {
    const [card] = await say(CAMILLE, 'goZckgk7Kevikl!');
    expect(card).toMatchObject({ title: fr.conversation.burnedTitle, actions: [] });
    const [alone] = await say(CAMILLE, 'goZckgk7Kevikl!', privately(CAMILLE));
    expect(alone?.actions).toHaveLength(1);
  });

  test('whoever has no account is answered there, and nothing is posted anywhere', async () => {
    for (const text of ['comptes', 'configuration', 'réinitialiser']) {
      const [answer] = await say(EVE, text);
      expect(answer?.title).toBe(fr.conversation.accountsTitle);
    }
    expect(posted()).toEqual([]);
  });

  test('whom the bot does not know in private reads how to begin', async () => {
    await world.accounts.change(world.id, (account) => ({ ...account, deputy: EVE.id }));
    const [answer] = await say(EVE, 'réinitialiser');
    expect(JSON.stringify(answer)).toContain(fr.conversation.writeToMe);
    expect(await world.resets.load(world.id)).toBeUndefined();
  });
});

describe('what one person alone is shown in a channel', () => {
  test('is their accounts, and their configuration', async () => {
    const [accounts] = await say(CAMILLE, 'comptes', TEAM, true);
    expect(accounts?.title).toBe(fr.conversation.accountsTitle);
    const [configuration] = await say(CAMILLE, 'configuration', TEAM, true);
    expect(configuration?.title).toBe(fr.configuration.title);
    const answer = await press(CAMILLE, 'configuration', { isAlone: true });
    expect(answer).toMatchObject({ kind: 'card' });
    expect(onTeamCard()).toHaveLength(1);
    expect(posted()).toEqual([]);
  });

  test('is never a reset: that lives in private', async () => {
    const [answer] = await say(CAMILLE, 'réinitialiser', TEAM, true);
    expect(JSON.stringify(answer)).toContain(fr.conversation.inPrivate);
    expect(await press(CAMILLE, 'begin', { isAlone: true })).toEqual(ELSEWHERE);
    expect(new Set(posted().map(([where]) => where))).toEqual(new Set([CAMILLE.id]));
    expect(onTeamCard()).toEqual([]);
  });
});

describe('a click on a card that others read', () => {
  test.each([
    ['begin', fr.walk.signIn.title],
    ['done', fr.walk.signIn.title],
    ['abandon', fr.walk.signIn.title],
    ['lostPassword', fr.walk.signIn.title],
    ['configuration', fr.configuration.title],
    ['testConnection', fr.configuration.title],
    ['saveAlert', fr.configuration.title],
    ['accounts', fr.conversation.accountsTitle],
  ])('« %s » leaves it alone, and is answered in private', async (verb, title) => {
    await world.holdsPassword('in use');
    const before = await world.account();
    expect(await press(CAMILLE, verb, { data: { account: world.id, alertMonths: 3 } })).toEqual(ELSEWHERE);
    expect(posted()).toEqual([[CAMILLE.id, title]]);
    expect(onTeamCard()).toEqual([]);
    expect(await world.account()).toEqual(before);
    expect(world.asked).toEqual([]);
  });

  test('« help » says how to be helped there', async () => {
    const answer = await press(EVE, 'help', { data: {} });
    expect(answer).toEqual({ kind: 'elsewhere', text: fr.conversation.helpHere });
    expect([posted(), onTeamCard()]).toEqual([[], []]);
  });

  test.each(['snooze', 'formerVerb'])('« %s » is out of date there', async (verb) => {
    expect(await press(CAMILLE, verb)).toEqual({ kind: 'refusal', text: fr.conversation.outOfDate });
    expect([posted(), onTeamCard()]).toEqual([[], []]);
  });

  test('names its account in a way that does not tell its login', async () => {
    const account = publicId(world.id);
    expect(account).not.toContain(world.id.slice(0, 6));
    expect(await press(CAMILLE, 'begin', { data: { account } })).toEqual(ELSEWHERE);
    expect((await world.saved()).value.holder.id).toBe(CAMILLE.id);
    expect(await press(EVE, 'begin', { data: { account } })).toEqual({
      kind: 'refusal',
      text: fr.conversation.notYours,
    });
  });

  test('that names none asks in private which one, where there are several', async () => {
    await world.accounts.add({ ...(await world.account()), login: 'TECH_SECOND@cpro.fr' });
    expect(await press(CAMILLE, 'begin', { data: {} })).toEqual(ELSEWHERE);
    expect(await press(CAMILLE, 'configuration', { data: {} })).toEqual(ELSEWHERE);
    const titles = posted().map(([, title]) => title);
    expect(titles).toEqual([fr.conversation.chooseTitle, fr.conversation.chooseTitle]);
    await world.accounts.remove('tech_second@cpro.fr' as typeof world.id);
  });

  test('of somebody who has no account changes nothing at all', async () => {
    await press(CAMILLE, 'begin');
    const before = [await world.saved(), world.writes];
    for (const verb of ['begin', 'done', 'configuration', 'testConnection', 'saveAlert', 'snooze'])
      expect(await press(EVE, verb)).toEqual({ kind: 'refusal', text: fr.conversation.notYours });
    expect(await press(EVE, 'accounts', { data: {} })).toMatchObject({ kind: 'elsewhere' });
    expect([await world.saved(), world.writes]).toEqual(before);
    expect(onTeamCard()).toEqual([]);
  });

  test('of the deputy, while the manager leads, says who does', async () => {
    await press(CAMILLE, 'begin');
    expect(await press(DENIS, 'begin')).toMatchObject({
      kind: 'refusal',
      text: expect.stringContaining('Camille'),
    });
  });
});

describe('a reset whose card an earlier version drew before others', () => {
  beforeEach(async () => {
    await say(CAMILLE, 'réinitialiser', privately(CAMILLE));
    const { value, version } = await world.saved();
    await world.resets.save(world.id, { ...value, place: TEAM, posted: ON_TEAM_CARD }, version);
    [world.shown, world.drawn] = [[], []];
  });

  test('goes on in private from the next click, and the card is closed', async () => {
    expect(await press(CAMILLE, 'done')).toEqual(ELSEWHERE);
    const { value } = await world.saved();
    expect(value).toMatchObject({ place: privately(CAMILLE), posted: { place: privately(CAMILLE) } });
    expect(value.reset.step).toBe('signIn');
    expect(onTeamCard().map(({ card }) => card)).toEqual([closedCard(fr)]);
  });

  test('is closed at the next drawing, whatever has changed', async () => {
    await world.bot.resetRunner.redraw(await world.account());
    await world.bot.settled();
    expect(onTeamCard().map(({ card }) => card)).toEqual([closedCard(fr)]);
  });
});

test('a reset that begins with its password, from a card in a channel, lives in private', async () => {
  await world.holdsPassword('in use');
  await world.bot.conversation.clicked(world.clicks(CAMILLE, 'testConnection', { account: world.id }));
  const data = { account: world.id, submission: 'form', beforeSubmit: 0, proposed: '' };
  const submitted = { ...world.submits(CAMILLE, 'configurationPassword', data), place: TEAM };
  await world.bot.conversation.submitted(submitted, new Secret('Nouveau_mot2passe'));
  await world.bot.settled();
  expect(posted()).toEqual([[CAMILLE.id, expect.any(String)]]);
  expect((await world.saved()).value.place).toEqual(privately(CAMILLE));
});

test('a date that is corrected from a card in a channel is not drawn there', async () => {
  await world.holdsPassword('in use');
  const opened = {
    person: CAMILLE,
    place: TEAM,
    correlation: 'c',
    form: 'expiry',
    data: { account: world.id },
  };
  const form = await world.bot.conversation.opened({ ...opened, clicked: ON_TEAM_CARD });
  expect(form).toMatchObject({ kind: 'form', form: { data: { account: world.id } } });
  for (const data of [{ account: world.id }, { account: world.id, message: ON_TEAM_CARD.message }])
    await world.bot.conversation.submitted(
      { ...world.submits(CAMILLE, 'expiry', data), place: TEAM },
      new Secret(''),
    );
  await world.bot.settled();
  expect((await world.account()).expiry?.estimated).toBe(false);
  expect(onTeamCard()).toEqual([]);
});

describe('somebody to whom the bot cannot write in private any more', () => {
  const gone = new PlaceGone('ConversationBlockedByUser');
  beforeEach(async () => {
    await say(ALIX, 'aide', privately(ALIX));
    await world.bot.reminders.settled();
    world.refuse = ({ address }) => (address.conversation === CAMILLE.id ? gone : undefined);
  });

  test('reads how to go on, keeps nobody from the reset, and the administrators read whom and why, once', async () => {
    const [answer] = await say(CAMILLE, 'réinitialiser');
    expect(JSON.stringify(answer)).toContain(fr.conversation.writeToMe);
    expect((await world.saved()).value.reset.step).toBe('abandoned');
    expect(posted()).toEqual([[ALIX.id, fr.notices.unreachableTitle]]);
    expect(JSON.stringify(world.shown)).toContain(gone.reason);
    expect(JSON.stringify(world.shown)).toContain(CAMILLE.name);

    // Known as such by now: nothing begins.
    const { version } = await world.saved();
    expect(await press(CAMILLE, 'begin')).toEqual({ kind: 'elsewhere', text: fr.conversation.writeToMe });
    expect((await world.saved()).version).toBe(version);

    world.refuse = () => undefined;
    await say(CAMILLE, 'bonjour', privately(CAMILLE));
    await world.bot.reminders.settled();
    world.refuse = ({ address }) => (address.conversation === CAMILLE.id ? gone : undefined);
    expect(await press(CAMILLE, 'begin')).toEqual({ kind: 'elsewhere', text: fr.conversation.writeToMe });
    expect(posted().filter(([where]) => where === ALIX.id)).toHaveLength(1);
  });

  test('who is refused at a click beside the conversation reads so too', async () => {
    const { clicked: _beside, ...click } = world.clicks(CAMILLE, 'begin', { account: world.id });
    const answer = await world.bot.conversation.clicked(click);
    expect(answer).toEqual({ kind: 'refusal', text: fr.conversation.writeToMe });
    expect((await world.saved()).value.reset.step).toBe('abandoned');
  });

  test('goes on with a reset that was under way already', async () => {
    world.refuse = () => undefined;
    await press(CAMILLE, 'begin');
    world.refuse = ({ address }) => (address.conversation === CAMILLE.id ? gone : undefined);
    await say(CAMILLE, 'réinitialiser');
    expect((await world.saved()).value.reset.step).toBe('signIn');
  });
});
