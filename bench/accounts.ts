import { MAIN_ACCOUNT } from '../demo/chorus/seed.ts';

export const SIRET = MAIN_ACCOUNT.siret;

/** Every account's password at the simulator. */
export const PASSWORD = MAIN_ACCOUNT.password;

/** The login of the account with this number. */
export function loginOf(number: number): string {
  return `TECH_${number}_${SIRET}@cpro.fr`;
}
