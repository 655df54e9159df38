import { warning } from './blocks.ts';
import type { Block, Card, Form } from './card.ts';
import { CHORUS, type Messages } from './messages.ts';

/** Above all else: what stands below is no production. Chorus Pro's own word, in every language. */
const MARK: Block = { kind: 'callout', tone: 'neutral', text: [{ bold: CHORUS.qualification }] };

/** The card or the form, marked « Qualification ». */
export function inQualification<Drawn extends Card | Form>(drawn: Drawn): Drawn {
  return { ...drawn, body: [MARK, ...drawn.body] };
}

/** The card with a warning that its login is of the environment that the bot does not talk to. */
export function withWrongLogin(m: Messages, card: Card, botIn: 'production' | 'sandbox'): Card {
  return { ...card, body: [warning(m.wrongLogin[botIn]), ...card.body] };
}
