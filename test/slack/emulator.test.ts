import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Secret } from '../../src/secret.ts';
import type { Account } from '../../src/store/accounts.ts';
import { TestApp } from '../journeys/test-app.ts';
import { EmulatedSlack } from './emulator.ts';
import { BOT, type Message, TOKENS } from './fake-slack.ts';
import type { Workspace } from './fake-slack-oauth.ts';
import { labelsOf, overHttp, SlackPerson, wordsOf } from './person.ts';
import { until } from './testbed.ts';

const MANAGER = 'Hélène Gauthier';

let slack: EmulatedSlack;
let app: TestApp;
let manager: SlackPerson;
let account: Account;
let where: Workspace;

beforeAll(async () => {
  slack = await EmulatedSlack.start([MANAGER, 'Karim Benali']);
  app = await TestApp.open(undefined, {
    botToken: new Secret(TOKENS.bot),
    apiUrl: slack.apiUrl,
    events: { mode: 'http', signingSecret: new Secret(TOKENS.signingSecret) },
  });
  const id = await slack.idOf(MANAGER);
  const { team_id } = (await slack.ask('users.info', { user: id })).user;
  where = { team: team_id };
  const { channel } = await slack.ask('conversations.open', { users: BOT });
  manager = new SlackPerson(id, slack, overHttp(app.url), { direct: channel.id, where });
  account = await app.account(`slack:${team_id}:${id}`);
});
afterAll(async () => {
  await app.close();
  await slack.close();
});

/** The reset's message, as it is drawn now. */
async function card(): Promise<Message> {
  await app.settled();
  const message = (await slack.in(manager.direct)).at(-1);
  if (message === undefined) throw new Error('the bot has posted nothing');
  return message;
}

async function press(label: string, trigger?: string): Promise<void> {
  await manager.click(label, await card(), trigger === undefined ? {} : { trigger });
  await app.settled();
}

const words = async () => wordsOf((await card()).blocks);

test('a password is renewed on one message of a Slack that others have built, within the scopes of the manifest', async () => {
  await manager.openHome();
  await until(() => slack.homes.get(manager.id));
  expect(labelsOf(slack.homes.get(manager.id).blocks)).toContain('Commencer la réinitialisation');

  await manager.write('réinitialiser');
  for (let step = 1; step < 3; step++) await press("C'est fait");
  expect(await words()).toContain('Copier le nouveau mot de passe');

  const portal = await app.askPortal(account);
  await press("Mettre à l'abri", await slack.freshTrigger(manager.id));
  const [modal] = slack.modals;
  if (modal === undefined) throw new Error('no modal was opened');
  await manager.submit(modal, { password: '********' });
  expect(modal.errors.password).toContain('astérisques');
  await manager.submit(modal, { password: portal.password });
  expect(wordsOf(modal.view.blocks)).toContain("Le mot de passe est à l'abri");
  await until(async () => (await words()).includes('Soumettre la demande'));
  await portal.submit();
  await press("C'est fait");
  await press("J'ai reçu l'e-mail");
  await until(async () => (await words()).includes('La connexion a été établie'));
  expect(wordsOf(slack.homes.get(manager.id).blocks)).toContain('réinitialisation en cours');
  await press('Étape suivante');
  await press("Je l'ai reporté");
  expect(await words()).toContain('Réinitialisation terminée');

  expect(await slack.in(manager.direct)).toHaveLength(1);
  expect((await app.credentials.current(account.id))?.secret.reveal()).toBe(portal.password);
  await until(() => labelsOf(slack.homes.get(manager.id).blocks).includes('Commencer la réinitialisation'));
  expect(slack.refused).toEqual([]);
});

test('a window that is asked for too late is not opened, and the person is told', async () => {
  await manager.write('configuration');
  const late = await slack.deadTrigger(manager.id);
  const before = slack.modals.length;
  await press("Corriger la date d'expiration", late);
  expect(slack.modals).toHaveLength(before);
  expect(slack.refused.splice(0)).toEqual(['views.open: expired_trigger_id']);
  expect(wordsOf(slack.asides.at(-1)?.blocks)).toContain('Cliquez à nouveau');
  await press("Corriger la date d'expiration", await slack.freshTrigger(manager.id));
  expect(slack.modals).toHaveLength(before + 1);
});

test('a channel sees nothing of a reset that is asked for there, whether the bot was invited or not', async () => {
  const { channels } = await slack.ask('conversations.list', {});
  const channel = channels.find(({ name }: { name: string }) => name === 'compta').id;
  await manager.mention(channel, 'réinitialiser');
  await app.settled();
  expect(await slack.in(channel)).toEqual([]);
  expect(await words()).toContain('Étape 1 sur 10');

  await slack.ask('conversations.invite', { channel, users: BOT });
  await manager.invite(channel, 'Ev7');
  await app.settled();
  await manager.mention(channel, 'réinitialiser');
  await app.settled();
  expect(slack.asides.at(-1)).toMatchObject({ user: manager.id });
  expect(wordsOf(slack.asides.at(-1)?.blocks)).toContain('dans notre conversation privée');
  const seen = await slack.in(channel);
  const [welcome, ...others] = seen;
  if (welcome === undefined) throw new Error('nothing was posted in the channel');
  expect(wordsOf(welcome.blocks)).toContain('Bienvenue');
  expect(others).toEqual([]);
  const karim = new SlackPerson(await slack.idOf('Karim Benali'), slack, overHttp(app.url), { where });
  await karim.press(
    { action_id: 'done', value: JSON.stringify({ account: account.id }), text: { text: '' } },
    welcome,
  );
  await app.settled();
  expect(slack.asides.at(-1)).toMatchObject({ user: karim.id });
  expect(wordsOf(slack.asides.at(-1)?.blocks)).toContain('Aucun compte technique');
  expect(await slack.in(channel)).toEqual(seen);
  expect(slack.refused).toEqual([]);
});
