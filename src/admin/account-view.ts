import { formatPortalDate } from '../chorus/expiry.ts';
import type { Account } from '../store/accounts.ts';

/** What `--json` gives of an account: named as the options are. */
export function viewAccount(account: Omit<Account, 'id'>) {
  return {
    login: account.login,
    siret: account.siret,
    name: account.structure,
    manager: account.manager,
    deputy: account.deputy ?? null,
    expiry: account.expiry ?? null,
    alertMonths: account.alertMonths,
    thresholds: account.thresholds ?? null,
    application: account.application ?? null,
    lastUpdated: account.lastUpdated ?? null,
    channels: account.channels ?? [],
    addedAt: account.addedAt,
    suspendedAt: account.suspendedAt ?? null,
  };
}

export function expiryText(expiry: Account['expiry']): string {
  if (expiry === undefined) return 'pas encore connue';
  return `${dateText(expiry.at)}${expiry.estimated ? ' (estimée)' : ''}`;
}

export function dateText(at: string): string {
  return formatPortalDate(new Date(at));
}
