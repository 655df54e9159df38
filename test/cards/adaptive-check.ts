import { isDeepStrictEqual } from 'node:util';
import { jest } from '@jest/globals';
import type * as AdaptiveCards from 'adaptivecards';
import { type AdaptiveCard, CARD_BYTES, jsonBytes } from '../../src/cards/adaptive-card.ts';

// The package's own entry does not load in Node; its bundle does.
const {
  AdaptiveCard: Model,
  HostConfig,
  SerializationContext,
  Versions,
} = jest.requireActual<typeof AdaptiveCards>('adaptivecards/dist/adaptivecards.js');

const BUTTONS_IN_TEAMS = 6;
// The limit counts the overflow menu in; ours does not.
const HOST_CONFIG = new HostConfig({ actions: { maxActions: 1000 } });

/** What Teams would refuse or silently leave out of a card, as Microsoft's own object model reads it. */
export function teamsProblems(card: AdaptiveCard): string[] {
  const problems: string[] = [];
  const context = new SerializationContext(Versions.v1_5);
  const model = new Model();
  model.hostConfig = HOST_CONFIG;
  model.parse(card, context);
  for (let i = 0; i < context.eventCount; i++) problems.push(context.getEventAt(i).message);
  problems.push(...model.validateProperties().validationEvents.map((event) => event.message));

  const readBack = model.toJSON(new SerializationContext(Versions.v1_5));
  if (!isDeepStrictEqual(known(readBack), known(card))) problems.push('something was dropped when read');

  const bytes = jsonBytes(card);
  if (bytes > CARD_BYTES) problems.push(`${bytes} bytes`);
  const primary = card.actions.filter((action) => action.mode !== 'secondary').length;
  if (primary > BUTTONS_IN_TEAMS) problems.push(`${primary} primary actions`);
  return problems;
}

/** A card without what the object model does not keep: Teams's own properties, and what is empty. */
function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, inner]) => key !== 'msteams' && inner !== '' && !(Array.isArray(inner) && inner.length === 0),
      )
      .map(([key, inner]) => [key, known(inner)]),
  );
}
