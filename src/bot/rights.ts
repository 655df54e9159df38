/** Only the gestionnaire principal, or the deputy an administrator named, may act for an account (seed, P9). */
export function mayReset(
  person: string,
  account: { readonly manager: string; readonly deputy?: string },
): boolean {
  return person === account.manager || person === account.deputy;
}
