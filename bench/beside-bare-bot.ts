import { Server, startFlags } from './server.ts';
import type { BareBotOptions } from './servers/bare-bot.ts';
import type { BotOptions } from './servers/bot.ts';
import { type TeamsPerson, TeamsSide } from './teams-side.ts';
import type { Crowd } from './walking.ts';

/** Has `measure` look at ours and at botbuilder alone, which both run all the while. */
export async function besideBareBot<Found>(
  options: BotOptions & BareBotOptions,
  measure: (ours: Crowd<TeamsPerson>, floor: Crowd<TeamsPerson>) => Promise<Found>,
): Promise<Found> {
  const teams = await TeamsSide.start();
  const [bot, bareBot] = await Promise.all([
    Server.start<{ url: string }>('bot', options, startFlags()),
    Server.start<{ url: string }>('bare-bot', options),
  ]);
  const crowdOf = (server: Server<{ url: string }>) => ({
    server,
    people: Array.from({ length: options.people }, (_, number) => teams.person(server.ready.url, number)),
  });
  try {
    return await measure(crowdOf(bot), crowdOf(bareBot));
  } finally {
    await Promise.all([bot.stop(), bareBot.stop()]);
    await teams.close();
  }
}
