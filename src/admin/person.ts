import type { Command } from 'commander';
import { Refusal } from '../refusal.ts';
import { People } from '../store/people.ts';
import { PortalEntries } from '../store/portal-entries.ts';
import { readPerson } from './options.ts';
import { type PersonView, personText, viewPeople } from './people.ts';
import { placeName } from './place.ts';
import { allAccounts, type Dependencies, type Shell, withDependencies } from './shell.ts';

interface JsonOption {
  readonly json?: boolean;
}

interface OneOption extends JsonOption {
  readonly person: string;
}

/** Somebody who is named by an account, and what they are to which. */
interface Named extends PersonView {
  /** Logins. */
  readonly manages: readonly string[];
  readonly standsInFor: readonly string[];
}

const REACHABLE: Readonly<Record<PersonView['reachable'], string>> = {
  known: 'le bot peut lui écrire',
  lost: 'le bot ne peut plus lui écrire : il a été retiré, ou cette personne est partie',
  neverMet: 'n’a jamais écrit au bot',
};

export function addPersonCommands(program: Command, shell: Shell): void {
  const person = program
    .command('person')
    .description('qui gère quels comptes, et si le bot peut leur écrire')
    .usage('<commande>');

  person
    .command('list')
    .description('montre tous les gestionnaires et suppléants')
    .option('--json', 'répond en JSON')
    .action((options: JsonOption) => list(shell, options));

  person
    .command('show')
    .description('montre une personne, ses comptes et ses conversations abonnées')
    .requiredOption('--person <personne>', 'teams:<locataire>:<personne> ou slack:<équipe>:<personne>')
    .option('--json', 'répond en JSON')
    .action((options: OneOption) => show(shell, options));

  person
    .command('forget')
    .description('retire le nom et l’adresse d’une personne partie ; le journal garde son identifiant')
    .requiredOption('--person <personne>', 'teams:<locataire>:<personne> ou slack:<équipe>:<personne>')
    .option('--json', 'répond en JSON')
    .action((options: OneOption) => forget(shell, options));
}

async function list(shell: Shell, { json }: JsonOption): Promise<void> {
  const people = await withDependencies(shell, namedPeople);
  if (json) return shell.print(JSON.stringify(people));
  if (people.length === 0) return shell.print('Aucun compte, donc personne ; « account add » en ajoute un.');
  for (const each of people) shell.print(lineOf(each));
}

function lineOf({ manages, standsInFor, reachable, ...person }: Named): string {
  return [
    personText(person),
    `gère ${manages.length} compte(s)`,
    `suppléant de ${standsInFor.length}`,
    REACHABLE[reachable],
  ].join('  ');
}

async function namedPeople(dependencies: Dependencies): Promise<readonly Named[]> {
  const manages = new Map<string, string[]>();
  const standsInFor = new Map<string, string[]>();
  const note = (map: Map<string, string[]>, person: string, login: string) =>
    map.set(person, [...(map.get(person) ?? []), login]);
  for (const { login, manager, deputy } of await allAccounts(dependencies)) {
    note(manages, manager, login);
    if (deputy !== undefined) note(standsInFor, deputy, login);
  }
  const persons = [...new Set([...manages.keys(), ...standsInFor.keys()])].sort();
  return (await viewPeople(dependencies, persons)).map((view) => ({
    ...view,
    manages: manages.get(view.person) ?? [],
    standsInFor: standsInFor.get(view.person) ?? [],
  }));
}

async function show(shell: Shell, options: OneOption): Promise<void> {
  const person = readPerson('--person', options.person);
  await withDependencies(shell, async (dependencies) => {
    const [view] = await viewPeople(dependencies, [person]);
    const all = await allAccounts(dependencies);
    const manages = all.filter(({ manager }) => manager === person).map(({ login }) => login);
    const standsInFor = all.filter(({ deputy }) => deputy === person).map(({ login }) => login);
    const subscribed = all.flatMap(({ login, channels = [] }) =>
      channels
        .filter(({ subscribedBy }) => subscribedBy === person)
        .map((channel) => ({ login, ...channel })),
    );
    if (view === undefined) return;
    if (view.reachable === 'neverMet' && manages.length + standsInFor.length === 0)
      throw new Refusal('--person : rien n’est gardé de cette personne ; « person list » les montre toutes');
    if (options.json)
      return shell.print(JSON.stringify({ ...view, manages, standsInFor, channels: subscribed }));
    const lines: [string, string][] = [
      ['Personne', personText(view)],
      ['Joignable', REACHABLE[view.reachable]],
      ['Gestionnaire principal de', manages.join(', ') || 'aucun compte'],
      ['Suppléant de', standsInFor.join(', ') || 'aucun compte'],
      [
        'A abonné',
        subscribed.map((channel) => `${placeName(channel)} (${channel.login})`).join(', ') ||
          'aucune conversation',
      ],
    ];
    for (const [label, text] of lines) shell.print(`${label.padEnd(27)}${text}`);
  });
}

/** Whoever still manages an account must be reached: they are not forgotten before somebody else has it. */
async function forget(shell: Shell, options: OneOption): Promise<void> {
  const person = readPerson('--person', options.person);
  await withDependencies(shell, async (dependencies) => {
    const { accounts, store, record } = dependencies;
    const theirs = await accounts.ofPerson(person);
    if (theirs.length > 0)
      throw new Refusal(
        `${person} est encore nommé pour ${theirs.map(({ login }) => login).join(', ')} ; « account hand-over » d’abord`,
      );
    await new People<unknown>(store).forget(person);
    await new PortalEntries(store).choose(person, undefined);
    await record(`personForgotten ${person}`);
  });
  if (options.json) return shell.print(JSON.stringify({ person }));
  shell.print(`Oubliée : ${person}`);
  shell.print(
    'Le nom de qui a saisi un mot de passe encore gardé reste auprès de lui jusqu’au prochain renouvellement.',
  );
}
