import { DateTime } from 'luxon';
import { bot, type Chat, type Json, userId } from './chats.ts';
import { type Person, tenantId } from './people.ts';

/** Where and by whom something is done. */
export interface Scene {
  readonly person: Person;
  readonly locale: string;
  readonly conversation: Chat;
  /** In a channel, the post under which it happens. */
  readonly thread?: string | undefined;
  readonly serviceUrl: string;
}

/** What every activity that Teams sends has, whatever its type. */
export function activity(type: string, id: string, scene: Scene, own: Json = {}): Json {
  const { person, conversation, thread, locale } = scene;
  const now = DateTime.now().setZone('Europe/Paris');
  return {
    type,
    id,
    channelId: 'msteams',
    serviceUrl: scene.serviceUrl,
    timestamp: now.toUTC().toISO(),
    localTimestamp: now.toISO(),
    localTimezone: 'Europe/Paris',
    locale,
    from: { id: userId(person), name: person.name, aadObjectId: person.aadObjectId },
    recipient: bot,
    conversation: {
      id: thread ? `${conversation.id};messageid=${thread}` : conversation.id,
      conversationType: conversation.type,
      tenantId,
      ...(conversation.type !== 'personal' && { isGroup: true }),
    },
    ...own,
    channelData: { ...channelData(conversation), ...(own.channelData as Json | undefined) },
    entities: [
      ...((own.entities as Json[] | undefined) ?? []),
      { type: 'clientInfo', locale, country: locale.slice(3), platform: 'Web', timezone: 'Europe/Paris' },
    ],
  };
}

function channelData({ id, team }: Chat): Json {
  if (!team) return { tenant: { id: tenantId } };
  return {
    tenant: { id: tenantId },
    team: { id: team.id, name: team.name },
    channel: { id },
    teamsTeamId: team.id,
    teamsChannelId: id,
  };
}

/** A message; outside personal chats the bot is mentioned, or Teams would not deliver it. */
export function messageActivity(id: string, text: string, scene: Scene): Json {
  if (scene.conversation.type === 'personal') {
    return activity('message', id, scene, { text, textFormat: 'plain' });
  }
  const mention = `<at>${bot.name}</at>`;
  return activity('message', id, scene, {
    text: `${mention} ${text}`,
    textFormat: 'plain',
    attachments: [{ contentType: 'text/html', content: `<p>${mention} ${escapeHtml(text)}</p>` }],
    entities: [{ type: 'mention', mentioned: bot, text: mention }],
  });
}

const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** What Teams sends when the app is added to a conversation. */
export function installActivities(nextId: () => string, scene: Scene): readonly Json[] {
  const inTeam = scene.conversation.type === 'channel';
  return [
    activity('conversationUpdate', nextId(), scene, {
      membersAdded: [bot],
      ...(inTeam && { channelData: { eventType: 'teamMemberAdded' } }),
    }),
    activity('installationUpdate', nextId(), scene, {
      action: 'add',
      ...(inTeam && { channelData: { settings: { selectedChannel: { id: scene.conversation.id } } } }),
    }),
  ];
}
