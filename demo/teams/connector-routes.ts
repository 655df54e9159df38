import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ActivityLog } from './activity-log.ts';
import { bot, type Chat, type Chats, type Json, type Message, userId } from './chats.ts';
import { type Person, tenantId } from './people.ts';

type Ids = { Params: { id: string; activityId: string; memberId: string }; Body: Json | undefined };

/** An error as the real connector words it. */
class ConnectorError extends Error {
  readonly statusCode: number;
  readonly code: string;

  constructor(statusCode: number, code: string, message: string) {
    super(message);
    this.statusCode = statusCode;
    this.code = code;
  }
}

/** What bots call at `serviceUrl`: the part of the Bot Connector's REST API that a Teams bot uses. */
export function connectorRoutes(app: FastifyInstance, chats: Chats, log: ActivityLog): void {
  app.setErrorHandler((error: ConnectorError, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: { code: error.code, message: error.message } }),
  );
  // Before the answer goes out, so that what it leads to stands after it in the log.
  app.addHook('onSend', async (request: FastifyRequest, reply) => {
    const body = request.body as Json | undefined;
    const what = body?.type ?? request.routeOptions.url?.split('/').at(-1)?.replace(/^:/, '');
    log.add({
      direction: 'from-bot',
      name: `${request.method} ${what}`,
      status: reply.statusCode,
      body: { path: decodeURIComponent(request.url), ...(body && { body }) },
    });
  });

  const find = (id: string): { conversation: Chat; thread: string | undefined } => {
    const [base, thread] = id.split(';messageid=');
    // A team's members are asked for under the team's own id.
    const conversation = chats.conversations.find((each) => each.id === base || each.team?.id === base);
    if (!conversation) throw new ConnectorError(404, 'ConversationNotFound', 'Conversation not found.');
    return { conversation, thread };
  };
  const findMessage = (id: string, activityId: string): Message => {
    const { conversation } = find(id);
    const message = chats.messages.get(activityId);
    if (message?.conversation === conversation && message.from === bot) return message;
    throw new ConnectorError(404, 'ActivityNotFoundInConversation', 'Activity not found in conversation.');
  };
  const post = (conversation: Chat, activity: Json, thread?: string): { id: string } => {
    if (activity.type === 'typing') {
      chats.emit('typing', conversation);
      return { id: chats.nextId() };
    }
    return { id: chats.add(conversation, bot, { ...content(activity), thread }).id };
  };

  app.post<Ids>('/v3/conversations', async (request, reply) => {
    const { members, isGroup, channelData, activity } = (request.body ?? {}) as Json & {
      members?: { id: string }[];
      channelData?: { channel?: { id: string } };
      activity?: Json;
    };
    const person = chats.member(members?.[0]?.id ?? '');
    const conversation = isGroup
      ? find(channelData?.channel?.id ?? '').conversation
      : person && chats.personal(person);
    if (!conversation)
      throw new ConnectorError(400, 'BadSyntax', 'Could not parse the members of the conversation.');
    const posted = activity && post(conversation, activity);
    const thread = posted && conversation.type === 'channel' ? `;messageid=${posted.id}` : '';
    return reply.code(201).send({ id: conversation.id + thread, ...(posted && { activityId: posted.id }) });
  });

  app.post<Ids>('/v3/conversations/:id/activities', async ({ params, body }, reply) => {
    const { conversation, thread } = find(params.id);
    return reply.code(201).send(post(conversation, body ?? {}, thread));
  });

  app.post<Ids>('/v3/conversations/:id/activities/:activityId', async ({ params, body }, reply) => {
    const { conversation, thread } = find(params.id);
    const answered = chats.messages.get(params.activityId);
    return reply.code(201).send(post(conversation, body ?? {}, thread ?? answered?.thread));
  });

  app.put<Ids>('/v3/conversations/:id/activities/:activityId', async ({ params, body }) => {
    const message = findMessage(params.id, params.activityId);
    const { text, cards } = content(body ?? {});
    chats.replace(message, text, cards);
    return { id: message.id };
  });

  app.delete<Ids>('/v3/conversations/:id/activities/:activityId', async ({ params }, reply) => {
    chats.remove(findMessage(params.id, params.activityId));
    return reply.code(200).send();
  });

  app.get<Ids>('/v3/conversations/:id/members', async ({ params }) =>
    find(params.id).conversation.members.map(account),
  );
  app.get<Ids>('/v3/conversations/:id/pagedmembers', async ({ params }) => ({
    members: find(params.id).conversation.members.map(account),
  }));
  app.get<Ids>('/v3/conversations/:id/members/:memberId', async ({ params }) => {
    const person = chats.member(params.memberId);
    if (person && find(params.id).conversation.members.includes(person)) return account(person);
    throw new ConnectorError(404, 'MemberNotFoundInConversation', 'Member not found in conversation.');
  });
}

/** What of an activity is shown. */
function content(activity: Json): { text: string; cards: readonly Json[] } {
  const attachments = (activity.attachments ?? []) as { contentType: string; content: Json }[];
  return {
    text: String(activity.text ?? ''),
    cards: attachments
      .filter(({ contentType }) => contentType === 'application/vnd.microsoft.card.adaptive')
      .map((attachment) => attachment.content),
  };
}

/** Somebody as the members' routes tell of them. */
function account(person: Person): Json {
  const [givenName, surname] = person.name.split(' ');
  const email = `${person.key}@mairie.example`;
  return {
    id: userId(person),
    name: person.name,
    aadObjectId: person.aadObjectId,
    objectId: person.aadObjectId,
    givenName,
    surname,
    email,
    userPrincipalName: email,
    tenantId,
    userRole: 'user',
  };
}
