import { type Bench, inTurn, type Measured } from './bench.ts';
import { Server, startFlags } from './server.ts';
import { type SlackPerson, SlackSide } from './slack-side.ts';
import { actionsASecond, type Crowd, cpuOfAnAction, slowestOfAHundred } from './walking.ts';

const ROUNDS = 9;

export const benches: Bench[] = [
  { name: 'slack button cpu', unit: 'µs', run: () => walked(10, cpuOfAnAction) },
  { name: 'slack button p99', unit: 'ms', run: () => walked(50, slowestOfAHundred) },
  { name: 'slack button throughput', unit: 'requests/s', run: () => walked(50, actionsASecond) },
];

/** Ours and Bolt alone, each with a Slack of its own; each of the people has a reset, at its second step. */
async function walked(
  people: number,
  measure: (crowd: Crowd<SlackPerson>) => Promise<number>,
): Promise<Measured> {
  const slacks = [await SlackSide.start(), await SlackSide.start()] as const;
  const [forOurs, forFloor] = slacks;
  const [bot, bareBolt] = await Promise.all([
    Server.start<{ url: string }>('bot', { people, slackApiUrl: forOurs.apiUrl }, startFlags()),
    Server.start<{ url: string }>('bare-bolt', { slackApiUrl: forFloor.apiUrl }),
  ]);
  const crowdOf = (slack: SlackSide, server: Server<{ url: string }>) => ({
    server,
    people: Array.from({ length: people }, (_, number) => slack.person(server.ready.url, number)),
  });
  const ours = crowdOf(forOurs, bot);
  const floor = crowdOf(forFloor, bareBolt);
  try {
    for (const person of [...ours.people, ...floor.people]) {
      await person.say('réinitialiser');
      await person.press('done');
    }
    return await inTurn(
      ROUNDS,
      () => measure(ours),
      () => measure(floor),
    );
  } finally {
    await Promise.all([bot.stop(), bareBolt.stop()]);
    await Promise.all(slacks.map((slack) => slack.close()));
  }
}
