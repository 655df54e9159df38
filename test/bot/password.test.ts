import { describe, expect, test } from '@jest/globals';
import type { SubmitAnswer } from '../../src/bot/channel.ts';
import type { ActionData } from '../../src/cards/card.ts';
import { fr } from '../../src/cards/messages.ts';
import type { Verdict } from '../../src/chorus/verdict.ts';
import { Secret } from '../../src/secret.ts';
import { StoreUnavailable } from '../../src/store/store.ts';
import { CAMILLE, DENIS, EVE, later, openForTests, type ResetWorld } from './reset-world.ts';

const FIRST = 'Premier_mot2passe';
const SECOND = 'Second_mot2passe';
const REFUSED: Verdict = { outcome: 'refused', reason: 'technicalAccount' };
const MINUTE_MS = 60_000;

let world: ResetWorld;

openForTests((opened) => {
  world = opened;
});

/** Camille's reset stands where the portal shows the new password, and its form is open. */
async function formOfWalk(): Promise<ActionData> {
  const { conversation } = world.bot;
  await conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
  for (let i = 0; i < 2; i++)
    await conversation.clicked(world.clicks(CAMILLE, 'done', await world.cardData()));
  const opened = await conversation.opened(world.opens(CAMILLE, 'password', await world.cardData()));
  if (opened.kind !== 'form') throw new Error(opened.text);
  return opened.form.data;
}

/** The form of the configuration card, after a conclusive test. */
async function formOfConfiguration(): Promise<ActionData> {
  await world.holdsPassword('Ancien_mot2passe');
  const { conversation } = world.bot;
  await conversation.clicked(world.clicks(CAMILLE, 'testConnection', { account: world.id }));
  const data = { account: world.id };
  const opened = await conversation.opened(world.opens(CAMILLE, 'configurationPassword', data));
  if (opened.kind !== 'form') throw new Error(opened.text);
  world.asked = [];
  return opened.form.data;
}

async function submit(
  form: string,
  data: ActionData,
  typed: string,
  person = CAMILLE,
): Promise<SubmitAnswer> {
  const answer = await world.bot.conversation.submitted(world.submits(person, form, data), new Secret(typed));
  await world.bot.settled();
  return answer;
}

/** What the form that stays open says as a whole, and the password that it still holds. */
async function stillOpen(form: string, answer: SubmitAnswer) {
  if (answer.kind !== 'form') throw new Error(`the form was closed: ${answer.text}`);
  const { account } = answer.form.data;
  const binding = { account: `${account} ${CAMILLE.id}`, version: 0, purpose: 'draft' } as const;
  const draft = await world.sealer.open(String(answer.form.data.draft), binding);
  expect(answer.form.name).toBe(form);
  return { error: answer.form.error, typed: draft.reveal() };
}

/** Every password that is kept, by slot. */
async function kept() {
  const slots = {
    pending: await world.credentials.pending(world.id),
    current: await world.credentials.current(world.id),
    setAside: (await world.credentials.setAside(world.id))[0],
  };
  return Object.fromEntries(Object.entries(slots).map(([slot, opened]) => [slot, opened?.secret.reveal()]));
}

describe('a form that is sent again, since its answer was lost', () => {
  test('with another password keeps that one too, before Soumettre', async () => {
    const form = await formOfWalk();
    await submit('password', form, FIRST);

    const answer = await submit('password', form, SECOND);

    expect(answer).toMatchObject({ kind: 'notice', text: fr.form.keptNotice(false) });
    expect(await kept()).toEqual({ pending: SECOND, current: undefined, setAside: FIRST });
    expect((await world.saved()).value.reset.kept).toBe(2);
  });

  test('with the same password changes nothing, and says that it is kept', async () => {
    const form = await formOfWalk();
    await submit('password', form, FIRST);
    const { version } = await world.saved();

    for (const typed of [FIRST, `  ${FIRST}\u200b`]) {
      const answer = await submit('password', form, typed);
      expect(answer).toMatchObject({ kind: 'notice', text: fr.form.alreadyKept });
    }

    expect((await world.saved()).version).toBe(version);
    expect(await kept()).toEqual({ pending: FIRST, current: undefined, setAside: undefined });
  });

  test('from the configuration, with another password than the refused one, tests that one', async () => {
    const form = await formOfConfiguration();
    world.verdicts = [REFUSED];
    await submit('configurationPassword', form, FIRST);

    const answer = await submit('configurationPassword', form, SECOND);

    expect(answer).toMatchObject({ kind: 'notice', text: fr.form.verdictNotice.accepted });
    expect(world.asked).toEqual([FIRST, SECOND]);
    expect(await kept()).toMatchObject({ current: SECOND });
  });

  test('from the configuration, with the refused one again, asks Chorus Pro nothing more', async () => {
    const form = await formOfConfiguration();
    world.verdicts = [REFUSED];
    await submit('configurationPassword', form, FIRST);

    const answer = await submit('configurationPassword', form, FIRST);

    expect(answer).toMatchObject({ kind: 'notice', text: fr.form.alreadyKept });
    expect(world.asked).toEqual([FIRST]);
  });

  test('while the first password is tested stays open with what was typed, and is taken afterwards', async () => {
    const form = await formOfConfiguration();
    const patient = world.bot;
    world.bot = world.openReplica({ answerWithinMs: 1 });
    const verdict = later<Verdict>();
    world.verdicts = [verdict.promise];
    const first = world.bot.conversation.submitted(
      world.submits(CAMILLE, 'configurationPassword', form),
      new Secret(FIRST),
    );
    await world.until(() => world.asked.length === 1);
    await first;

    const again = await world.bot.conversation.submitted(
      world.submits(CAMILLE, 'configurationPassword', form),
      new Secret(SECOND),
    );
    const open = await stillOpen('configurationPassword', again);
    verdict.resolve(REFUSED);
    await world.bot.settled();
    world.bot = patient;
    const data = again.kind === 'form' ? again.form.data : {};
    const answer = await submit('configurationPassword', data, '');

    expect(open).toEqual({ error: fr.form.busy, typed: SECOND });
    expect(answer).toMatchObject({ kind: 'notice', text: fr.form.verdictNotice.accepted });
    expect(await kept()).toMatchObject({ current: SECOND });
  });

  test('after its password was accepted says that it is kept, and another one is not discarded', async () => {
    const form = await formOfConfiguration();
    await submit('configurationPassword', form, FIRST);

    const same = await submit('configurationPassword', form, FIRST);
    const another = await submit('configurationPassword', form, SECOND);

    expect(same).toMatchObject({ kind: 'notice', text: fr.form.alreadyKept });
    expect(await stillOpen('configurationPassword', another)).toEqual({
      error: fr.form.moved,
      typed: SECOND,
    });
    expect(world.asked).toEqual([FIRST]);
  });

  test('after a crash between the keeping and the reset has one version, and the reset learns of it', async () => {
    const form = await formOfWalk();
    world.beforeSave = () => Promise.reject(new StoreUnavailable('the process died'));
    await submit('password', form, FIRST);
    expect((await world.saved()).value.reset.kept).toBeUndefined();

    const answer = await submit('password', form, FIRST);

    expect(answer).toMatchObject({ kind: 'notice', text: fr.form.keptNotice(false) });
    expect((await world.saved()).value.reset.kept).toBe(1);
    expect(await kept()).toEqual({ pending: FIRST, current: undefined, setAside: undefined });
  });
});

describe('a submission', () => {
  test('in another window, of the password in use, reads that it is', async () => {
    const form = await formOfConfiguration();

    const answer = await submit('configurationPassword', form, 'Ancien_mot2passe');

    if (answer.kind !== 'form') throw new Error(answer.text);
    expect(JSON.stringify(answer.form.fields)).toContain(fr.form.problems.alreadyCurrent);
  });

  test('for a reset that has ended stays open with what was typed', async () => {
    const form = await formOfWalk();
    await world.bot.conversation.clicked(world.clicks(CAMILLE, 'abandon', await world.cardData()));

    const answer = await submit('password', form, FIRST);

    expect(await stillOpen('password', answer)).toEqual({ error: fr.form.moved, typed: FIRST });
    expect(await kept()).toMatchObject({ pending: undefined });
  });

  test('from the configuration while their own reset runs stays open with what was typed', async () => {
    const form = await formOfConfiguration();
    await world.bot.conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));

    const answer = await submit('configurationPassword', form, FIRST);

    expect(await stillOpen('configurationPassword', answer)).toEqual({
      error: fr.configuration.resetRunning,
      typed: FIRST,
    });
  });

  test.each([
    ['is taken an hour after the conclusive test', 69, 'notice'],
    ['is not taken later than that, and stays open', 71, 'form'],
  ] as const)('from the configuration %s', async (_, minutes, kind) => {
    const form = await formOfConfiguration();
    world.now += minutes * MINUTE_MS;

    const answer = await submit('configurationPassword', form, FIRST);

    expect(answer.kind).toBe(kind);
    if (kind === 'form')
      expect(await stillOpen('configurationPassword', answer)).toEqual({
        error: fr.configuration.mustTest,
        typed: FIRST,
      });
  });

  test('that nobody opened, from the configuration, without a test, keeps nothing', async () => {
    await world.holdsPassword('Ancien_mot2passe');

    const data = { account: world.id, submission: 'forged', beforeSubmit: 0 };
    const answer = await submit('configurationPassword', data, FIRST);

    expect(await stillOpen('configurationPassword', answer)).toMatchObject({
      error: fr.configuration.mustTest,
    });
    expect(await kept()).toMatchObject({ pending: undefined });
  });

  test.each([
    ['a stranger', EVE],
    ['the manager', CAMILLE],
  ])('of %s with eighty strange fields comes back without them', async (_, person) => {
    const form = await formOfWalk();
    const strange = Object.fromEntries(
      Array.from({ length: 80 }, (_, i) => [`strange${i}`, 'x'.repeat(1_000)]),
    );
    const data = { ...form, ...strange, asked: 'y'.repeat(100_000), submission: 'z'.repeat(101) };
    const turn = { ...world.submits(person, 'password', data), isUnproven: true };

    const answer = await world.bot.conversation.submitted(turn, new Secret(FIRST));

    if (answer.kind !== 'form') throw new Error(answer.text);
    expect(Object.keys(answer.form.data).sort()).toEqual(['account', 'beforeSubmit', 'draft', 'reset']);
  });
});

describe('« J’ai déjà le nouveau mot de passe »', () => {
  async function openAtFirstStep(): Promise<ActionData> {
    await world.bot.conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));
    const opened = await world.bot.conversation.opened(
      world.opens(CAMILLE, 'password', await world.cardData()),
    );
    if (opened.kind !== 'form') throw new Error(opened.text);
    return opened.form.data;
  }

  test('is tested at once at the first step', async () => {
    const answer = await submit('password', await openAtFirstStep(), FIRST);
    expect(answer).toMatchObject({ kind: 'notice', text: fr.form.verdictNotice.accepted });
    expect(await kept()).toMatchObject({ current: FIRST });
  });

  test('is no form of another step: one that comes late, or back, tests nothing at the first step', async () => {
    const form = await openAtFirstStep();
    await world.bot.conversation.clicked(world.clicks(CAMILLE, 'done', await world.cardData()));
    await world.bot.conversation.clicked(world.clicks(CAMILLE, 'back', await world.cardData()));
    for (const data of [form, { ...form, revision: undefined, beforeSubmit: 1 }] as ActionData[]) {
      const answer = await submit('password', data, FIRST);
      expect(await stillOpen('password', answer)).toMatchObject({ error: fr.form.moved });
    }
    expect(world.asked).toEqual([]);
  });

  test('needs no test from the configuration, unlike the form beside it', async () => {
    await world.holdsPassword('Ancien_mot2passe');
    const opened = await world.bot.conversation.opened(
      world.opens(CAMILLE, 'knownPassword', { account: world.id }),
    );
    if (opened.kind !== 'form') throw new Error(opened.text);
    const { data } = opened.form;
    expect(await submit('knownPassword', data, FIRST)).toMatchObject({
      text: fr.form.verdictNotice.accepted,
    });
    expect(await submit('knownPassword', data, FIRST)).toMatchObject({ text: fr.form.alreadyKept });
    expect(world.asked).toEqual([FIRST]);
  });

  test('of somebody else is nobody’s', async () => {
    const data = { account: world.id };
    for (const name of ['knownPassword', 'password'])
      expect(await world.bot.conversation.opened(world.opens(EVE, name, data))).toMatchObject({
        kind: 'refusal',
      });
  });
});

describe('of two people at once', () => {
  test('the manager who submits from the configuration while the deputy begins is told who leads, and nothing is lost', async () => {
    const form = await formOfConfiguration();
    world.beforeSave = () =>
      world.bot.conversation.clicked(world.clicks(DENIS, 'begin', { account: world.id }));

    const answer = await submit('configurationPassword', form, FIRST);

    const { value } = await world.saved();
    expect(value).toMatchObject({ holder: DENIS, reset: { step: 'signIn', revision: 1 } });
    const held = fr.conversation.heldBy(DENIS.name, fr.moment(value.reset.startedAt));
    expect(answer).toMatchObject({ kind: 'notice', text: `${held} ${fr.form.keptAllTheSame}` });
    expect(world.asked).toEqual([]);
    expect(await kept()).toMatchObject({ pending: FIRST });
  });

  test('the deputy who begins while the manager submits from the configuration is told who leads', async () => {
    const form = await formOfConfiguration();
    let submitted: Promise<SubmitAnswer> | undefined;
    world.beforeSave = async () => {
      submitted = world.bot.conversation.submitted(
        world.submits(CAMILLE, 'configurationPassword', form),
        new Secret(FIRST),
      );
      await submitted;
    };

    const answer = await world.bot.conversation.clicked(world.clicks(DENIS, 'begin', { account: world.id }));

    const { value } = await world.saved();
    expect(value.holder).toEqual(CAMILLE);
    expect(answer.kind).toBe('refusal');
    expect(await submitted).toMatchObject({ text: fr.form.verdictNotice.accepted });
  });

  test('another window of the same person, which began a moment ago, keeps the reset it began', async () => {
    const form = await formOfConfiguration();
    world.beforeSave = () =>
      world.bot.conversation.clicked(world.clicks(CAMILLE, 'begin', { account: world.id }));

    const answer = await submit('configurationPassword', form, FIRST);

    expect((await world.saved()).value.reset).toMatchObject({ step: 'signIn', revision: 1 });
    expect(answer).toMatchObject({ text: `${fr.form.moved} ${fr.form.keptAllTheSame}` });
  });
});
