import { DateTime } from 'luxon';
import { expiryOf, type Seed } from './state.ts';

/** The PISTE application of the demo. */
export const PISTE = {
  clientId: '5f0c2d1e-demo-4c6b-9a77-saintaubin01',
  clientSecret: 'a8d31f52-demo-4e19-b2c4-pistedemo0001',
};

/** The demo's main account, which the bot knows too. */
export const MAIN_ACCOUNT = {
  login: 'TECH_1_SAUBIN71MAIRIE@cpro.fr',
  siret: '21719999100019',
  name: 'Commune de Saint-Aubin-sur-Loire',
  password: 'goZck:gkKevikl',
};

/** The gestionnaire principal of the main account. */
export const MANAGER = {
  name: 'Hélène Gauthier',
  email: 'helene.gauthier@saint-aubin-sur-loire.example',
  password: 'Loire-2025',
};

/** A colleague who sees the same structure and may not reset. */
export const COLLEAGUE = {
  name: 'Karim Benali',
  email: 'karim.benali@saint-aubin-sur-loire.example',
  password: 'Loire-2025',
};

/**
 * A small town hall, its CCAS, and a neighbour, as of `now`; the main account expires in 20 days.
 * The SIRETs have valid check digits and belong to commune 999 of the département 71, which does not exist.
 */
export function demoSeed(now: Date): Seed {
  const today = DateTime.fromJSDate(now, { zone: 'utc' });
  const renewed = (daysAgo: number) => {
    const modified = today.minus({ days: daysAgo }).toJSDate();
    return { modified, expires: expiryOf(modified), created: today.minus({ years: 3 }).toJSDate() };
  };
  return {
    people: [
      MANAGER,
      COLLEAGUE,
      {
        name: 'Paul Lemoine',
        email: 'paul.lemoine@bords-de-loire.example',
        password: 'Loire-2025',
      },
    ],
    structures: [
      {
        siret: MAIN_ACCOUNT.siret,
        name: MAIN_ACCOUNT.name,
        manager: MANAGER.email,
        members: [COLLEAGUE.email],
        services: [
          { code: 'FACTURES_PUBLIQUES', name: 'Factures publiques' },
          { code: 'TECHNIQUE', name: 'Services techniques' },
        ],
      },
      { siret: '26719999000016', name: 'CCAS de Saint-Aubin-sur-Loire', manager: MANAGER.email },
      {
        siret: '20719999300016',
        name: 'Communauté de communes des Bords de Loire',
        manager: 'paul.lemoine@bords-de-loire.example',
      },
    ],
    accounts: [
      {
        login: MAIN_ACCOUNT.login,
        siret: MAIN_ACCOUNT.siret,
        password: MAIN_ACCOUNT.password,
        state: 'ACTIF',
        ...renewed(400),
      },
      {
        login: 'TECH_1_SAUBIN71CCAS01@cpro.fr',
        siret: '26719999000016',
        password: 'qWeLoireTarnKm',
        state: 'ACTIF',
        ...renewed(120),
      },
      {
        login: 'TECH_1_BORDSLOIRE71CC@cpro.fr',
        siret: '20719999300016',
        password: 'hJk%9mRsTuVw=2',
        state: 'ACTIF',
        ...renewed(30),
      },
    ],
  };
}
