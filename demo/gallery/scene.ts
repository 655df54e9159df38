import type { AccountView } from '../../src/cards/blocks.ts';
import type { Card, Form } from '../../src/cards/card.ts';

/** A card or a form in one state. `name` is `<family>/<state>`. */
export type Sample = { readonly name: string } & ({ readonly card: Card } | { readonly form: Form });

/** Who and what the samples are about. */
export interface Scene {
  readonly account: AccountView;
  readonly holder: string;
}
