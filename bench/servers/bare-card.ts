import type { Card } from '../../src/cards/card.ts';
import { fr } from '../../src/cards/messages.ts';
import { walkCard } from '../../src/cards/walk-cards.ts';
import { loginOf, SIRET } from '../accounts.ts';

/** One of the cards between which the benchmark's people walk, for a bot that has no state to draw it from. */
export function bareCard(step: 'openApplication' | 'copyPassword'): Card {
  const login = loginOf(0);
  return walkCard(
    fr,
    {
      ref: { account: login.toLowerCase(), reset: '00000000-0000-4000-8000-000000000000', revision: 10 },
      account: { structure: 'Commune de Saint-Aubin-sur-Loire', siret: SIRET, login },
      heldBy: { name: 'Hélène Gauthier', since: new Date().toISOString() },
      portalUrl: 'https://portail.chorus-pro.gouv.fr',
    },
    step,
    0,
  );
}
