import type { DestinationView, PasswordUse, ProgramView } from '../cards/report-card.ts';
import type { AccountId } from '../store/accounts.ts';
import { ifRefused, RecordRefused, type Store } from '../store/store.ts';
import type { DeliveryState, Destinations } from './destinations.ts';
import { type Releases, releasesKey } from './release.ts';
import { hasExpired, type Tokens } from './tokens.ts';

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
  const [programs, destinations] = await Promise.all([
    programsOf(dependencies, account, version),
    destinationsOf(dependencies.destinations, account, version),
  ]);
  return { programs, destinations };
}

/** Those that have taken it come first. One whose token was revoked since stays among them. */
async function programsOf(
  { store, tokens, now }: ProgramUseDependencies,
  account: AccountId,
  version: number,
): Promise<ProgramView[]> {
  const mayRead = (await tokens.list()).filter(
    (token) => token.accounts.includes(account) && !hasExpired(token, now()),
  );
  const [uses, [releases]] = await Promise.all([
    tokens.uses(mayRead.map(({ id }) => id)),
    store.readMany<Releases>([releasesKey(account)]),
  ]);
  const known = releases instanceof RecordRefused ? undefined : releases?.value;
  const programs = new Map<string, ProgramView>();
  // The newest release of a token comes first: the last one set is the oldest.
  for (const { token, name, at } of known?.version === version ? known.to : [])
    programs.set(token, { lastReadAt: at, ...programs.get(token), name, tookAt: at });
  for (const [index, { id, name, accounts }] of mayRead.entries()) {
    // The count of a token is over all its accounts: it tells of this one where there is no other.
    const last = accounts.length === 1 ? uses[index]?.lastReadAt : undefined;
    const program = programs.get(id) ?? { name };
    const lastReadAt = [last ?? '', program.lastReadAt ?? ''].sort().at(-1) || undefined;
    programs.set(id, { ...program, ...(lastReadAt && { lastReadAt }) });
  }
  return [...programs.values()].sort((one, other) => order(one) - order(other));
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
