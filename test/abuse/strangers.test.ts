import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { Secret } from '../../src/secret.ts';
import type { Account } from '../../src/store/accounts.ts';
import { Journal } from '../../src/store/journal.ts';
import { SIGNING } from '../signing-keys.ts';
import type { Message, User } from '../slack/fake-slack.ts';
import { overHttp, SlackPerson } from '../slack/person.ts';
import { FORMS, VERBS } from '../verbs.ts';
import { Bot } from './bot.ts';
import { TeamsConnector } from './teams-connector.ts';
import { tell, volume } from './volume.ts';

/** Each act is tried that often by each stranger, on an account that is there and on one that is not. */
const ROUNDS = volume(2, 48);
/** The median of the pairs may be that far from 1: enough to see a connection test, a cipher or a lock. */
const FACTOR = 2;
const STRUCTURE = 'Commune de Secretville';
const HOLDER = 'proprietaire';

/** All that names an account. */
type Act =
  | { readonly kind: 'click' | 'clickInChannel' | 'open' | 'submit'; readonly what: string }
  | { readonly kind: 'say' | 'sayInChannel'; readonly what: string };
const ACTS: readonly Act[] = [
  // Help, and the list of one's own accounts, name none.
  ...VERBS.filter((verb) => verb !== 'help' && verb !== 'accounts').flatMap((what) =>
    (['click', 'clickInChannel'] as const).map((kind) => ({ kind, what })),
  ),
  ...FORMS.flatMap((what) => [{ kind: 'open', what } as const, { kind: 'submit', what } as const]),
  ...['réinitialiser', 'configuration'].map((what) => ({ kind: 'say', what }) as const),
  ...['rappels ici', 'rappels stop'].map((what) => ({ kind: 'sayInChannel', what }) as const),
];

/** What a button or a form says: that of a running reset, as somebody may have seen it in a channel. */
type Data = Readonly<Record<string, string | number>>;

/** Somebody with no right to the account. Gives all that they are shown. */
interface Stranger {
  does(act: Act, data: Data): Promise<string>;
}

let bot: Bot;
let connector: TeamsConnector;
let acts = 0;
let leaks = 0;
const ratios: number[] = [];

beforeAll(async () => {
  bot = await Bot.start(new Map([['TECH_1_SAUBIN00000000@cpro.fr', 'goZckgkKevikl']]));
  connector = await TeamsConnector.start();
}, 30_000);
afterAll(async () => {
  await bot.close();
  await connector.close();
  const furthest = Math.max(...ratios.map((ratio) => Math.max(ratio, 1 / ratio)));
  tell('strangers', { acts, leaks, 'percent of time apart at most': Math.round((furthest - 1) * 100) });
});

describe.each(['teams', 'slack'] as const)('on %s', (name) => {
  let account: Account;
  let data: Data;

  beforeAll(async () => {
    const platform = bot[name];
    account = await bot.addAccount(`TECH_1_${name.toUpperCase()}0000000@cpro.fr`, platform.idOf(HOLDER), {
      structure: STRUCTURE,
      siret: '35600000000048',
      deputy: platform.idOf('deputy'),
    });
    const about = {
      heldBy: HOLDER,
      heldSince: new Date(),
      expiry: { at: '2027-04-18T00:00:00.000Z', estimated: false },
    };
    await bot.credentials.keep(account.id, new Secret('goZckgkKevikl'), about);
    await platform.chat(HOLDER, 'private').say('réinitialiser');
    // A message of the bot in a channel, whose buttons strangers press.
    await platform.chat(HOLDER, 'channel').install();
    const running = await bot.store.read<{ reset: { id: string; revision: number } }>(`reset/${account.id}`);
    const { id: reset, revision } = running?.value.reset ?? { id: '', revision: 0 };
    data = { account: account.id, reset, revision, alertMonths: 3, reminder: 30, submission: randomUUID() };
    await bot.addAccount(`TECH_1_${name.toUpperCase()}OTHER00@cpro.fr`, platform.idOf('other'));
    // Somebody who was the manager, and somebody who was the deputy, until an administrator named others.
    for (const former of ['removed', 'former']) {
      await bot.accounts.change(account.id, (a) => ({
        ...a,
        manager: platform.idOf(former),
        deputy: platform.idOf(former),
      }));
    }
    await bot.accounts.change(account.id, (a) => ({
      ...a,
      manager: platform.idOf(HOLDER),
      deputy: platform.idOf('deputy'),
    }));
    await bot.order('settle');
  });

  test.each([
    ['of another tenant', { who: 'foreigner', isForeign: true }],
    ['who manages another account', { who: 'other' }],
    ['who managed it until lately', { who: 'removed' }],
    ['who is a guest', { who: 'guest', isGuest: true }],
    ['who was its deputy', { who: 'former' }],
  ] as const)('somebody %s learns nothing of it, not even that it is there', async (_who, person) => {
    const stranger: Stranger = name === 'teams' ? teamsStranger(person) : slackStranger(person);
    const missing = account.id.replace(/.@/, 'X@').toLowerCase();
    const before = await stateOf(account);
    const pairs: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const act of ACTS) {
        const shown: Record<string, string> = {};
        const took = { there: 0, missing: 0 };
        // Now the one first, now the other.
        const order = (['there', 'missing'] as const).toSorted(() => Math.random() - 0.5);
        for (const which of order) {
          const id = which === 'there' ? account.id : missing;
          const started = performance.now();
          const seen = await stranger.does(act, { ...data, account: id });
          took[which] = performance.now() - started;
          shown[which] = seen.replaceAll(id, 'ID');
          acts += 1;
        }
        pairs.push(took.there / took.missing);
        if (shown.there !== shown.missing) leaks += 1;
        expect([act, shown.there]).toEqual([act, shown.missing]);
        expect(shown.there).not.toMatch(new RegExp(`${STRUCTURE}|${account.siret}|${HOLDER}`, 'i'));
      }
    }
    expect(await stateOf(account)).toEqual(before);
    const ratio = median(pairs);
    ratios.push(ratio);
    expect(ratio).toBeLessThan(FACTOR);
    expect(ratio).toBeGreaterThan(1 / FACTOR);
  });

  test('its manager is shown what strangers are not', async () => {
    const [manager, stranger] = ['proprietaire', 'guest'].map((who) =>
      name === 'teams' ? teamsStranger({ who }) : slackStranger({ who }),
    );
    const act = { kind: 'open', what: 'expiry' } as const;
    expect(await manager?.does(act, data)).toContain(LANGUAGES.fr.form.expiryForm.title);
    expect(await stranger?.does(act, data)).not.toContain(LANGUAGES.fr.form.expiryForm.title);
  });
});

/** All that a act could have changed, and whether Chorus Pro was asked. */
async function stateOf({ id }: Account): Promise<unknown> {
  const keys = [`account/${id}`, `reset/${id}`, `credential/${id}`];
  const entries = await new Journal(bot.store, SIGNING).entries({ limit: 1_000 });
  return [
    await bot.store.readMany(keys),
    entries.filter(({ account }) => account === id),
    [...bot.simulator.seen],
  ];
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;
}

interface Nobody {
  readonly who: string;
  readonly isForeign?: boolean;
  readonly isGuest?: boolean;
}

function teamsStranger({ who, isForeign = false }: Nobody): Stranger {
  const [, ours = ''] = bot.teams.idOf(who).split(':');
  const tenant = isForeign ? randomUUID() : ours;
  return {
    async does({ kind, what }, data) {
      const isChannel = kind === 'sayInChannel' || kind === 'clickInChannel';
      const conversation = isChannel ? `19:${who}@thread.tacv2` : `a:${who}`;
      const shown = connector.listenTo(conversation);
      const click = {
        name: 'adaptiveCard/action',
        replyToId: 'a-card',
        value: { action: { type: 'Action.Execute', verb: what, data } },
      };
      const activities = {
        click,
        clickInChannel: click,
        open: { name: 'task/fetch', value: { data: { ...data, form: what } } },
        submit: { name: 'task/submit', value: { data: { ...data, form: what, ...TYPED } } },
        say: { type: 'message', text: `${what} ${data.account}` },
        sayInChannel: { type: 'message', text: `${what} ${data.account}` },
      };
      const answer = await fetch(`${bot.url}/api/messages`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          type: 'invoke',
          id: randomUUID(),
          channelId: 'msteams',
          serviceUrl: connector.url,
          from: { id: `29:${who}`, name: who, aadObjectId: who },
          recipient: { id: '28:the-bot' },
          conversation: {
            id: conversation,
            conversationType: isChannel ? 'channel' : 'personal',
            isGroup: isChannel,
          },
          channelData: { tenant: { id: tenant } },
          ...activities[kind],
        }),
      });
      return `${answer.status} ${await answer.text()} ${shown.join(' ')}`;
    },
  };
}

const TYPED = { password: 'aBcd1234eFgh', expiry: '18/04/2027 02:00:00' };
const CHANNEL = 'C0COMPTA';

function slackStranger({ who, isForeign = false, isGuest = false }: Nobody): Stranger {
  const [, team = '', id = ''] = bot.slack.idOf(who).split(':');
  const { slack } = bot.slack;
  const user: User = { id, name: who, team: isForeign ? 'T0FOREIGN' : team, is_restricted: isGuest };
  slack.users.set(id, user);
  const person = new SlackPerson(id, slack, overHttp(bot.url));
  const card = slack.in(CHANNEL).at(-1) as Message;
  return {
    async does({ kind, what }, data) {
      const [messages, views] = [slack.messages.length, slack.views.length];
      const press = (action_id: string) =>
        person.press({ action_id, value: JSON.stringify(data), text: { text: '' } }, card);
      const acts = {
        click: () => press(what),
        clickInChannel: () => press(what),
        open: () => press(`form:${what}`),
        submit: () => person.submit(modalOf(id, what, data), TYPED),
        say: () => person.write(`${what} ${data.account}`),
        sayInChannel: () => person.mention(CHANNEL, `${what} ${data.account}`),
      };
      const { status, body } = await acts[kind]();
      await bot.order('settle');
      const shown = slack.messages
        .slice(messages)
        .map(({ channel, to, blocks }) => ({ channel, to, blocks }));
      return JSON.stringify([status, body, shown, slack.views.slice(views).map(({ view }) => view)]);
    },
  };
}

/** A modal that the bot never opened, as somebody would make it up who knows how ours look. */
function modalOf(user: string, form: string, data: Data) {
  const input = (name: string) => ({
    type: 'input',
    block_id: name,
    element: { type: 'plain_text_input', action_id: name },
  });
  const metadata = { v: 1, form, data, language: 'fr', channel: CHANNEL };
  const view = { blocks: ['password', 'expiry'].map(input), private_metadata: JSON.stringify(metadata) };
  return { id: `V${randomUUID()}`, user, view, open: true, errors: {} };
}
