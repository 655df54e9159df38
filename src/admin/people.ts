import { chunksOf } from '../chunks.ts';
import { People } from '../store/people.ts';
import type { Dependencies } from './shell.ts';

/** What is known of somebody. */
export interface PersonView {
  readonly person: string;
  /** As the platform shows it; null: they have never written to the bot. */
  readonly name: string | null;
  /**
   * `known`: the bot can write to them. `lost`: what it sent last did not arrive. `neverMet`: they have never written to
   * it; in Slack it can write first, in Teams where it is installed for them.
   */
  readonly reachable: 'known' | 'lost' | 'neverMet';
}

const AT_ONCE = 500;

/** In the order of `persons`. */
export async function viewPeople(
  { store }: Pick<Dependencies, 'store'>,
  persons: readonly string[],
): Promise<readonly PersonView[]> {
  const people = new People<unknown>(store);
  const views: PersonView[] = [];
  for (const some of chunksOf(persons, AT_ONCE)) {
    const states = await people.statesOf(some);
    views.push(
      ...some.map((person, i) => {
        const { name, state } = states[i] ?? { name: undefined, state: 'neverMet' as const };
        return { person, name: name || null, reachable: state };
      }),
    );
  }
  return views;
}

/** « Camille Roy (teams:…) », or the identifier alone where no name is known. */
export function personText({ person, name }: Pick<PersonView, 'person' | 'name'>): string {
  return name === null ? person : `${name} (${person})`;
}
