import type { DestinationView, FormerTaker, PasswordUse, ProgramView } from '../cards/report-card.ts';
import type { AccountId } from '../store/accounts.ts';
import { ifRefused, RecordRefused, type Store } from '../store/store.ts';
import type { DeliveryState, Destinations } from './destinations.ts';
import { formerTakers } from './former-takers.ts';
import type { Releases } from './release.ts';
import { hasExpired, releasesKey, type Tokens } from './tokens.ts';

export interface ProgramUseDependencies {
  readonly store: Store;
  readonly tokens: Tokens;
  readonly destinations: Destinations;
  readonly now: () => Date;
}

/** Which programs have taken this version, which may, and how far each destination is. Nothing is opened. */
export async function useByPrograms(
  dependencies: ProgramUseDependencies,
  account: AccountId,
  version: number,
): Promise<PasswordUse> {
  const [programs, destinations, removed] = await Promise.all([
    programsOf(dependencies, account, version),
    destinationsOf(dependencies.destinations, account, version),
    formerTakers(dependencies.store, account, version),
  ]);
  const formerly = [...programs.ended, ...removed];
  return { programs: programs.mayRead, destinations, ...(formerly.length > 0 && { formerly }) };
}

/** Those that have taken it come first. `ended`: those that have it, and whose token has expired. */
async function programsOf(
  { store, tokens, now }: ProgramUseDependencies,
  account: AccountId,
  version: number,
): Promise<{ readonly mayRead: readonly ProgramView[]; readonly ended: readonly FormerTaker[] }> {
  const named = (await tokens.list()).filter((token) => token.accounts.includes(account));
  const ids = named.map(({ id }) => id);
  const [uses, releases] = await Promise.all([
    tokens.uses(ids),
    store.readMany<Releases>(ids.map((id) => releasesKey(account, id))),
  ]);
  const programs = named.map(({ name, accounts }, index): ProgramView => {
    const record = releases[index];
    const known = record instanceof RecordRefused ? undefined : record?.value;
    const took = known?.version === version ? known.to.at(-1)?.at : undefined;
    // The count of a token is over all its accounts: it tells of this one where there is no other.
    const counted = accounts.length === 1 ? uses[index]?.lastReadAt : undefined;
    const last = [counted ?? '', known?.to[0]?.at ?? ''].sort().at(-1);
    return { name, ...(took && { tookAt: took }), ...(last && { lastReadAt: last }) };
  });
  const isOver = named.map((token) => hasExpired(token, now()));
  const mayRead = programs.filter((_, index) => !isOver[index]);
  const ended = programs.filter((_, index) => isOver[index]);
  return {
    mayRead: mayRead.sort((one, other) => order(one) - order(other)),
    ended: ended.flatMap(({ name, tookAt }) => (tookAt === undefined ? [] : { name, at: tookAt })),
  };
}

function order({ tookAt }: ProgramView): number {
  return tookAt === undefined ? 1 : 0;
}

async function destinationsOf(
  destinations: Destinations,
  account: AccountId,
  version: number,
): Promise<DestinationView[]> {
  const all = await destinations.ofAccount(account);
  const states = await Promise.all(all.map(({ id }) => destinations.state(id).catch(ifRefused)));
  return all.flatMap(({ kind }, index) => {
    const state = states[index];
    return state === undefined || state instanceof RecordRefused ? [] : [viewOf(kind, state, version)];
  });
}

function viewOf(
  kind: DestinationView['kind'],
  { deliveredVersion, deliveredAt, isDisabled, nextAt, lastResult, version: tried }: DeliveryState,
  version: number,
): DestinationView {
  const result = lastResult === undefined || tried !== version ? {} : { result: lastResult };
  if (deliveredVersion >= version)
    return { kind, state: 'delivered', ...(deliveredAt && { at: deliveredAt }), ...result };
  if (isDisabled === true) return { kind, state: 'disabled', ...(lastResult && { result: lastResult }) };
  return { kind, state: 'waiting', ...(nextAt && tried === version && { at: nextAt }), ...result };
}
