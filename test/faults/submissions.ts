import type { Channel, Person, Place, Posted, SubmitAnswer, Submitted, Turn } from '../../src/bot/channel.ts';
import { fr } from '../../src/cards/messages.ts';
import { Secret } from '../../src/secret.ts';
import { type AccountId, Accounts, accountId } from '../../src/store/accounts.ts';
import type { Credentials } from '../../src/store/credentials.ts';
import { Sealer } from '../../src/store/seal.ts';
import type { Store } from '../../src/store/store.ts';
import { type Dependencies, type DependenciesOptions, openDependencies, quiet } from './dependencies.ts';

/** What tells people that a password is kept. */
const KEPT: readonly string[] = [
  fr.form.keptNotice(false),
  fr.form.alreadyKept,
  fr.form.verdictNotice.testing,
  fr.form.verdictNotice.accepted,
];
/** What precedes the reason of a verdict that is no yes. */
const [KEPT_BUT = ''] = fr.form.verdictNotice.refused('…').split('…');

/** Whether somebody who reads this may throw the password away. */
export function saysKept(answer: SubmitAnswer): boolean {
  return answer.kind === 'notice' && (KEPT.includes(answer.text) || answer.text.startsWith(KEPT_BUT));
}

/** A platform on which nobody looks. */
const channel: Channel = {
  platform: 'teams',
  show: async (place: Place): Promise<Posted> => ({ place, message: 'm' }),
  replace: async () => undefined,
};

/** A Chorus Pro that accepts everything. */
const ACCEPTING: DependenciesOptions['chorus'] = {
  testConnection: async () => ({ outcome: 'accepted', structures: [], complete: true }),
};

/** What one bot on a store depends on. */
export function openBot(
  store: Store,
  { chorus = ACCEPTING, now = () => new Date() }: Partial<Pick<DependenciesOptions, 'chorus' | 'now'>> = {},
): Dependencies {
  return openDependencies({
    store,
    sealer: new Sealer([{ kid: 'key', bytes: new Uint8Array(32) }]),
    chorus,
    channel,
    now,
    ...quiet(),
  });
}

/** Adds an account of Claire's and Hugo's, with a password in use. */
export async function addAccount(store: Store, credentials: Credentials, login: string): Promise<void> {
  await new Accounts(store).add({
    login,
    siret: '21590350100017',
    structure: 'Commune',
    manager: CLAIRE.id,
    deputy: HUGO.id,
    alertMonths: 12,
    addedAt: new Date().toISOString(),
    // Forms from the configuration are taken, whatever the test's clock says.
    conclusiveTest: '2100-01-01T00:00:00.000Z',
  });
  const expiry = { at: new Date().toISOString(), estimated: false };
  const about = { heldBy: 'administrateur', heldSince: new Date(), expiry };
  const id = accountId(login);
  const { version } = await credentials.keep(id, new Secret('first'), about);
  await credentials.promote(id, version, new Date());
}

/** Whose account it is: the gestionnaire principal, and the deputy. */
export const CLAIRE = { id: 'teams:t:claire', name: 'Claire', language: 'fr' } as const;
export const HUGO = { id: 'teams:t:hugo', name: 'Hugo', language: 'fr' } as const;

/** What every turn of this person says. */
export function turnOf(person: Person): Turn {
  return { person, place: { platform: 'teams', private: true, address: {} }, correlation: 'c' };
}

/** The form of the configuration card is sent; the same password is the same form, sent again as it is. */
export async function submit(
  { passwords }: Dependencies,
  account: AccountId,
  password: string,
  person: Person = CLAIRE,
  expiry = '18/04/2027 02:00:00',
): Promise<SubmitAnswer> {
  const turn: Submitted = {
    ...turnOf(person),
    form: 'configurationPassword',
    data: { account, submission: `${account} ${password}`, beforeSubmit: 0 },
    lines: { expiry },
  };
  return passwords.submit(turn, new Secret(password));
}

/** Every password that is kept for an account, the one in use first. */
export async function passwordsOf({ credentials }: Dependencies, account: AccountId): Promise<string[]> {
  const slots = await Promise.all([
    credentials.current(account),
    credentials.pending(account),
    credentials.previous(account),
  ]);
  const setAside = await credentials.setAside(account);
  return [...slots, ...setAside].flatMap((slot) => (slot === undefined ? [] : [slot.secret.reveal()]));
}
