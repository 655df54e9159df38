import type { Config } from '../config.ts';
import { ifRefused, RecordRefused } from '../store/store.ts';
import type { Dependencies } from './shell.ts';

/** A bot with accounts that does nothing for so long is one that nobody hears. */
const MUTE_AFTER_MS = 31 * 24 * 60 * 60_000;

/** What is not wrong, but leaves somebody without an answer or a reminder. One line each, with what to do. */
export async function doctorWarnings(
  dependencies: Dependencies,
  config: Config | undefined,
  now: Date,
): Promise<readonly string[]> {
  const people = await peopleOf(dependencies);
  return [
    ...(config?.admins.length === 0 ? [NO_ADMINS] : []),
    ...unserved(people, config),
    ...(await unknown(dependencies, people)),
    ...(await mute(dependencies, people, now)),
  ];
}

const NO_ADMINS =
  'ADMINS est vide : personne n’est prévenu quand un rappel n’atteint personne, ou quand le bot lui-même va mal ; mettez-y les administrateurs';

async function peopleOf({ accounts }: Dependencies): Promise<readonly string[]> {
  const people = new Set<string>();
  for await (const { manager, deputy } of accounts.all()) {
    people.add(manager);
    if (deputy !== undefined) people.add(deputy);
  }
  return [...people].sort();
}

/** Of a tenant that the bot does not answer, or of a platform that is off. */
function unserved(people: readonly string[], config: Config | undefined): string[] {
  if (config === undefined) return [];
  const isServed = (person: string) => {
    const [platform, tenant = ''] = person.split(':');
    const isOn = (platform === 'teams' ? config.teams : config.slack) !== undefined;
    return isOn && config.allowedTenants.has(tenant);
  };
  const names = people.filter((person) => !isServed(person));
  if (names.length === 0) return [];
  return [
    `le bot ne répond pas à ${names.join(', ')} : leur locataire ou leur espace n’est pas dans ALLOWED_TENANTS, ou leur plateforme n’est pas configurée`,
  ];
}

/** Slack lets the bot write first to anybody; Teams only where it is installed for them. */
async function unknown({ store }: Dependencies, people: readonly string[]): Promise<string[]> {
  const onTeams = people.filter((person) => person.startsWith('teams:'));
  const known = await store.readMany(onTeams.map((person) => `place/${person}`));
  const names = onTeams.filter((_, i) => known[i] === undefined || known[i] instanceof RecordRefused);
  if (names.length === 0) return [];
  return [
    `n’ont jamais écrit au bot : ${names.join(', ')} ; demandez-leur de lui écrire « bonjour », sinon leurs rappels peuvent ne pas arriver`,
  ];
}

async function mute({ journal }: Dependencies, people: readonly string[], now: Date): Promise<string[]> {
  if (people.length === 0) return [];
  const [latest] = await journal.entries({ limit: 1 }).catch((error: unknown) => [ifRefused(error)]);
  if (latest === undefined || latest instanceof RecordRefused) return [];
  if (now.getTime() - Date.parse(latest.at) < MUTE_AFTER_MS) return [];
  return [
    'rien n’est écrit au journal depuis un mois : vérifiez que le bot tourne, et que Teams ou Slack l’atteint',
  ];
}
