import { randomBytes, randomUUID } from 'node:crypto';
import { TEAM } from '../slack/fake-slack.ts';
import { signed } from '../slack/person.ts';
import { APP, TENANT } from '../teams/teams-endpoint.ts';
import { FORMS, VERBS } from '../verbs.ts';
import type { FarEdge } from './far-edge.ts';
import { FORGERIES } from './forgeries.ts';

/** One request, as it goes over the wire. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Makes what somebody sends whom nobody has met before: every id, name and address in it is new. */
export type Stranger = () => Promise<Sent> | Sent;

/** Something new, of this length: whatever the bot keeps of it is seen in its memory. */
export const newId = (length: number) => randomBytes(length).toString('hex').slice(0, length).toUpperCase();

const newLogin = () => `TECH_1_${newId(14)}@cpro.fr`.toLowerCase();
/**
 * Without those that show everybody a card: Microsoft, who would give the bot its token to draw it on Teams, is not there, and
 * the bot would try for ten minutes. `strangers.test.ts` presses them.
 */
const CLICKS = VERBS.filter((verb) => verb !== 'help' && verb !== 'accounts');
const WORDS = ['bonjour', 'aide', 'comptes', 'réinitialiser', 'configuration', 'rappels ici'];

/** What a button or a form says of an account that nobody has. */
const newData = () => ({
  account: newLogin(),
  reset: randomUUID(),
  revision: 1,
  alertMonths: 3,
  reminder: 30,
  submission: randomUUID(),
});

/** The address from which Teams serves somebody: as many as one likes, all of them Teams' own. */
const newServiceUrl = () => `https://smba.trafficmanager.net/${newId(100)}/`;

/** Strangers in Teams whose tokens are right: of tenants that are not served, and of the one that is. */
export function teamsStrangers(edge: FarEdge): readonly Stranger[] {
  const from =
    (tenant: () => string, own: () => object): Stranger =>
    async () => {
      const serviceUrl = newServiceUrl();
      const token = await edge.token(APP, serviceUrl, { tid: tenant(), jti: newId(400) });
      return post(
        '/api/messages',
        { authorization: `Bearer ${token}` },
        activity(serviceUrl, tenant(), own()),
      );
    };
  const ours = () => TENANT;
  return [
    ...[() => ({ type: 'message', text: `bonjour ${newId(400)}` }), click, fetchForm].map((own) =>
      from(randomUUID, own),
    ),
    ...[click, click, fetchForm, submitForm].map((own) => from(ours, own)),
    from(ours, () => ({ type: 'invoke', name: newId(200), value: {} })),
    from(ours, () => ({ type: 'conversationUpdate', membersAdded: [{ id: newId(200) }] })),
    from(ours, () => ({ type: 'installationUpdate', action: 'remove' })),
    from(ours, () => ({ type: newId(100) })),
  ];
}

/** The same where nobody is asked for a token, and the bot answers messages: at as many addresses as there are strangers. */
export function anonymousStrangers(edge: FarEdge): readonly Stranger[] {
  const from =
    (tenant: () => string, own: () => object): Stranger =>
    () =>
      post('/api/messages', {}, activity(`${edge.url}${newId(100)}/`, tenant(), own()));
  const ours = () => TENANT;
  return [
    from(randomUUID, click),
    ...WORDS.map((word) => from(ours, () => ({ type: 'message', text: `${word} ${newLogin()}` }))),
    from(ours, () => ({ type: 'message', text: newId(2_000) })),
    from(ours, () => ({ type: 'installationUpdate', action: 'add' })),
    ...[click, fetchForm, submitForm].map((own) => from(ours, own)),
  ];
}

const click = () => ({
  type: 'invoke',
  name: 'adaptiveCard/action',
  replyToId: newId(200),
  value: { action: { type: 'Action.Execute', verb: oneOf(CLICKS), data: newData() } },
});
const fetchForm = () => ({
  type: 'invoke',
  name: 'task/fetch',
  replyToId: newId(200),
  value: { data: { ...newData(), form: oneOf(FORMS) } },
});
const submitForm = () => ({
  type: 'invoke',
  name: 'task/submit',
  value: { data: { ...newData(), form: oneOf(FORMS), password: newId(20), expiry: newId(20) } },
});

function activity(serviceUrl: string, tenant: string, own: object): object {
  const user = randomUUID();
  return {
    id: newId(100),
    channelId: 'msteams',
    serviceUrl,
    locale: newId(20),
    from: { id: `29:${newId(200)}`, name: newId(400), aadObjectId: user },
    recipient: { id: `28:${APP}` },
    conversation: { id: `a:${newId(200)}`, conversationType: 'personal', tenantId: tenant },
    channelData: { tenant: { id: tenant } },
    ...own,
  };
}

/** Strangers in Slack whose requests are signed: of other workspaces and organisations, and of the one that is served. */
export function slackStrangers(edge: FarEdge): readonly Stranger[] {
  const ours = () => ({ team: TEAM, user: `U0${newId(40)}` });
  /** Of another workspace, writing in ours; and in their own. */
  const shared = () => ({ team: TEAM, user: `UF${newId(40)}` });
  const elsewhere = () => ({ team: `T0${newId(40)}`, user: `U0${newId(40)}` });
  const kinds = [message, mention, joined, home, command, press, submit, removed];
  return [ours, shared, elsewhere].flatMap((who) =>
    kinds.map(
      (kind): Stranger =>
        () =>
          kind(edge, who()),
    ),
  );
}

interface Who {
  readonly team: string;
  readonly user: string;
}

const event = ({ team }: Who, own: object) =>
  slackRequest('application/json', () =>
    JSON.stringify({
      type: 'event_callback',
      team_id: team,
      event_id: `Ev${newId(100)}`,
      event: own,
      authorizations: [{ team_id: team, user_id: 'U0BOT' }],
    }),
  );
const message = (_edge: FarEdge, who: Who) =>
  event(who, {
    type: 'message',
    channel_type: 'im',
    channel: `D0${newId(40)}`,
    user: who.user,
    text: `${oneOf(WORDS)} ${newLogin()}`,
    ts: '1.1',
  });
const mention = (_edge: FarEdge, who: Who) =>
  event(who, {
    type: 'app_mention',
    channel: `C0${newId(40)}`,
    user: who.user,
    text: `<@U0BOT> ${oneOf(WORDS)} ${newLogin()}`,
    ts: '1.1',
  });
const joined = (_edge: FarEdge, who: Who) =>
  event(who, { type: 'member_joined_channel', channel: `C0${newId(40)}`, user: 'U0BOT', inviter: who.user });
const home = (_edge: FarEdge, who: Who) =>
  event(who, { type: 'app_home_opened', user: who.user, channel: `D0${newId(40)}`, tab: 'home' });
const removed = (_edge: FarEdge, who: Who) =>
  // Of a workspace that has never had the bot: ours keeps it.
  event(
    { ...who, team: who.team === TEAM ? `T0${newId(40)}` : who.team },
    { type: 'tokens_revoked', tokens: {} },
  );
const command = (edge: FarEdge, { team, user }: Who) =>
  form({
    command: '/chorus',
    text: `${oneOf(WORDS)} ${newLogin()}`,
    team_id: team,
    user_id: user,
    channel_id: `C0${newId(40)}`,
    trigger_id: newId(100),
    response_url: `${edge.url}actions/${newId(100)}`,
  });
const press = (edge: FarEdge, { team, user }: Who) =>
  payload({
    type: 'block_actions',
    team: { id: team },
    user: { id: user, team_id: team },
    trigger_id: newId(100),
    container: { type: 'message', message_ts: newId(100), channel_id: `D0${newId(40)}`, is_ephemeral: false },
    channel: { id: `D0${newId(40)}` },
    response_url: `${edge.url}actions/${newId(100)}`,
    actions: [
      {
        type: 'button',
        action_id: oneOf([...CLICKS, ...FORMS.map((name) => `form:${name}`)]),
        value: JSON.stringify(newData()),
        action_ts: '1.1',
      },
    ],
  });
const submit = (_edge: FarEdge, { team, user }: Who) => {
  const name = oneOf(FORMS);
  const metadata = { v: 1, form: name, data: newData(), language: 'fr', channel: `D0${newId(40)}` };
  return payload({
    type: 'view_submission',
    team: { id: team },
    user: { id: user, team_id: team },
    trigger_id: newId(100),
    view: {
      id: `V${newId(40)}`,
      callback_id: name,
      private_metadata: JSON.stringify(metadata),
      state: {
        values: { password: { password: { value: newId(20) } }, expiry: { expiry: { value: newId(20) } } },
      },
    },
  });
};

const FORM_TYPE = 'application/x-www-form-urlencoded';
const form = (fields: Record<string, string>) =>
  slackRequest(FORM_TYPE, () => new URLSearchParams(fields).toString());
const payload = (of: object) => form({ payload: JSON.stringify(of) });

function slackRequest(type: string, write: () => string): Sent {
  const body = write();
  return { method: 'POST', path: '/slack/events', headers: { 'content-type': type, ...signed(body) }, body };
}

/** Whoever has a token that nobody has signed. */
export const FORGERS: readonly Stranger[] = Object.values(FORGERIES).map(
  (forge) => () =>
    post('/api/messages', { authorization: `Bearer ${forge()}` }, activity(newServiceUrl(), TENANT, click())),
);

/** Whoever has neither token nor signature, on every route and on none. */
export const GARBAGE: readonly Stranger[] = [
  () => post('/api/messages', {}, activity(newServiceUrl(), TENANT, click())),
  () => post('/api/messages', { authorization: `Bearer ${newId(2_000)}` }, { [newId(400)]: newId(400) }),
  () => post('/slack/events', {}, { type: 'event_callback', team_id: newId(400) }),
  () => post('/slack/events', { ...signed('', { secret: newId(10) }) }, { challenge: newId(400) }),
  () => post(`/saisie/${newId(200)}`, { cookie: `a=${newId(200)}` }, {}),
  () => ({ ...get(`/saisie/${newId(200)}`), headers: { cookie: newId(200) } }),
  () => ({
    ...post(`/saisie/${newId(43)}`, { 'content-type': FORM_TYPE }, {}),
    body: `nonce=${newId(200)}&password=x`,
  }),
  () => get(`/slack/oauth_redirect?state=${newId(400)}&code=${newId(400)}`),
  () => get(`/slack/oauth_redirect?error=${newId(400)}`),
  () => get(`/slack/install?${newId(400)}`),
  () => get(`/pictures/${newId(400)}.png`),
  () => get(`/${newId(2_000)}`),
  () => ({ ...get(`/readyz?${newId(400)}`), method: 'DELETE' }),
  () => ({ ...get('/healthz'), headers: { host: newId(200), [`x-${newId(200)}`]: newId(2_000) } }),
  () => ({ ...post('/slack/events', {}, {}), body: '{"a":'.repeat(10_000) }),
];

function post(path: string, headers: Record<string, string>, body: object): Sent {
  return {
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

function get(path: string): Sent {
  return { method: 'GET', path, headers: {}, body: '' };
}

function oneOf<T>(all: readonly T[]): T {
  return all[Math.floor(Math.random() * all.length)] as T;
}
