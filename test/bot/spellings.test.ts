import { describe, expect, test } from '@jest/globals';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { Secret } from '../../src/secret.ts';
import { CAMILLE, DENIS, openForTests, type ResetWorld } from './reset-world.ts';

let world: ResetWorld;

openForTests((opened) => {
  world = opened;
});

/** The same login, as a card that was tampered with may spell it. */
const SPELLINGS: readonly (readonly [string, (login: string) => string])[] = [
  ['in capitals', (login) => login.toUpperCase()],
  ['in lower case', (login) => login.toLowerCase()],
  ['with blanks around it', (login) => ` \t${login} \u00a0`],
  ['in full-width letters', (login) => login.replaceAll(/[!-~]/g, fullWidth)],
  ['with a Kelvin sign for its K', (login) => login.replaceAll(/k/gi, '\u212a')],
];

function fullWidth(character: string): string {
  return String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0);
}

describe('one account, its login spelled in another way', () => {
  test.each(SPELLINGS)('%s: the deputy submits no password while the manager leads', async (_, spelled) => {
    const account = spelled((await world.account()).login);
    const { conversation } = world.bot;
    await conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
    for (let i = 0; i < 2; i++)
      await conversation.clicked(world.clicks(CAMILLE, 'done', await world.cardData()));
    const { version, value } = await world.saved();

    const data = { ...(await world.cardData()), account, submission: 'form', beforeSubmit: 1 };
    const answers = [
      await conversation.submitted(world.submits(DENIS, 'password', data), new Secret('Autre_mot2passe')),
      await conversation.submitted(
        world.submits(DENIS, 'configurationPassword', { account, submission: 'other', beforeSubmit: 0 }),
        new Secret('Autre_mot2passe'),
      ),
    ];

    const text = en.conversation.heldBy(CAMILLE.name, en.moment(value.reset.startedAt));
    expect(answers).toEqual([
      { kind: 'notice', title: en.form.title, text },
      { kind: 'notice', title: en.form.title, text },
    ]);
    expect((await world.saved()).version).toBe(version);
    expect((await world.credentials.slots(world.id)).pending).toBeUndefined();
  });

  test.each(SPELLINGS)('%s: the deputy who begins is told who leads it', async (_, spelled) => {
    const account = spelled((await world.account()).login);
    const { conversation } = world.bot;
    await conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
    const { value, version } = await world.saved();

    const answer = await conversation.clicked(world.clicks(DENIS, 'begin', { account }));

    const text = en.conversation.heldBy(CAMILLE.name, en.moment(value.reset.startedAt));
    expect(answer).toEqual({ kind: 'refusal', text });
    expect((await world.saved()).version).toBe(version);
  });

  test.each(SPELLINGS)('%s: one click begins one reset, in as many writes as ever', async (_, spelled) => {
    const { conversation } = world.bot;
    await conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
    await world.bot.settled();
    await conversation.clicked(world.clicks(CAMILLE, 'abandon', await world.cardData()));
    await world.bot.settled();
    world.writes = 0;
    await conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
    await world.bot.settled();
    const asWritten = world.writes;
    await conversation.clicked(world.clicks(CAMILLE, 'abandon', await world.cardData()));
    await world.bot.settled();

    world.writes = 0;
    const account = spelled((await world.account()).login);
    const answer = await conversation.clicked(world.clicks(CAMILLE, 'begin', { account }));
    await world.bot.settled();

    expect(answer.kind).toBe('card');
    expect((await world.saved()).value.reset).toMatchObject({ step: 'signIn', revision: 1 });
    expect(world.writes).toBe(asWritten);
  });

  test('what sounds like it is another account: nobody is told that there is this one', async () => {
    await world.endTest();
    await world.beginTest('TECH_ISLE@cpro.fr');
    const { conversation } = world.bot;
    for (const account of [
      'TECH_İSLE@cpro.fr',
      'TECH_ıSLE@cpro.fr',
      'TECH_ISLE@cpro.fr\u200b',
      'x'.repeat(80_000),
    ]) {
      const answer = await conversation.clicked(world.clicks(CAMILLE, 'configuration', { account }));
      if (account.length < 256) expect(answer).toEqual({ kind: 'refusal', text: fr.conversation.notYours });
      else expect(answer.kind).toBe('card');
    }
    expect(await world.resets.load(world.id)).toBeUndefined();
  });
});
