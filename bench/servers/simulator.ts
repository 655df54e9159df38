import { PISTE } from '../../demo/chorus/seed.ts';
import { startSimulator } from '../../demo/chorus/simulator.ts';
import { loginOf, PASSWORD, SIRET } from '../accounts.ts';
import { givenOptions, serveParent } from './parent.ts';

export interface SimulatorOptions {
  readonly accounts: number;
}

/** Chorus Pro, where every account has the same password and stands for the same structure. */
const { accounts } = givenOptions<SimulatorOptions>();
const manager = 'helene.gauthier@saint-aubin-sur-loire.example';
const now = Date.now();
const simulator = await startSimulator({
  people: [{ name: 'Hélène Gauthier', email: manager, password: '' }],
  structures: [{ siret: SIRET, name: 'Commune de Saint-Aubin-sur-Loire', manager }],
  accounts: Array.from({ length: accounts }, (_, number) => ({
    login: loginOf(number),
    siret: SIRET,
    password: PASSWORD,
    state: 'ACTIF' as const,
    created: new Date(now),
    modified: new Date(now),
    expires: new Date(now + 86_400_000),
  })),
  piste: PISTE,
});
serveParent({ url: simulator.apiUrl }, () => simulator.close());
