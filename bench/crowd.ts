import { Server } from './server.ts';
import type { BareBotOptions } from './servers/bare-bot.ts';
import type { BotOptions } from './servers/bot.ts';
import { type Person, TeamsSide } from './teams-side.ts';

/** A bot in its own process, and the people who talk to it from this one. */
export interface Crowd {
  readonly server: Server<{ url: string }>;
  readonly people: readonly Person[];
}

/** Has `measure` look at ours and at botbuilder alone, which both run all the while. */
export async function besideBareBot<Found>(
  { people, ...options }: BotOptions & BareBotOptions,
  measure: (ours: Crowd, floor: Crowd) => Promise<Found>,
): Promise<Found> {
  const teams = await TeamsSide.start();
  const [bot, bareBot] = await Promise.all([
    Server.start<{ url: string }>('bot', { people, ...options }),
    Server.start<{ url: string }>('bare-bot', options),
  ]);
  const crowdOf = (server: Server<{ url: string }>): Crowd => ({
    server,
    people: Array.from({ length: people }, (_, number) => teams.person(server.ready.url, number)),
  });
  try {
    return await measure(crowdOf(bot), crowdOf(bareBot));
  } finally {
    await Promise.all([bot.stop(), bareBot.stop()]);
    await teams.close();
  }
}

/** Processor time of the crowd's bot during `work`, in µs. */
export async function processorTime({ server }: Crowd, work: () => Promise<unknown>): Promise<number> {
  const before = await server.usage();
  await work();
  const after = await server.usage();
  return after.cpu - before.cpu;
}
