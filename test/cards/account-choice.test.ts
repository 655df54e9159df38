import { describe, expect, test } from '@jest/globals';
import { renderCard } from '../../src/cards/adaptive-card.ts';
import { renderMessage } from '../../src/cards/block-kit.ts';
import { type AccountLine, accountsCard, chooseCard } from '../../src/cards/conversation-cards.ts';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { teamsProblems } from './adaptive-check.ts';
import { messageProblems } from './slack-check.ts';

const { fr } = LANGUAGES;

/** With names as long as they come; the one that is added last expires first. */
function accounts(count: number): AccountLine[] {
  return Array.from({ length: count }, (_, i) => {
    const daysLeft = count - i;
    return {
      id: `tech_${i}_${'w'.repeat(40)}@cpro.fr`,
      account: {
        structure: `Syndicat ${i} ${'é'.repeat(100)}`,
        siret: '21719999100019',
        login: `TECH_${i}_${'W'.repeat(40)}@cpro.fr`,
      },
      expiry: { at: new Date(Date.UTC(2027, 0, 1 + daysLeft)).toISOString(), estimated: false },
      daysLeft,
      resetRunning: false,
    };
  });
}

describe.each([2, 60, 300, 3_000])('of %i accounts', (count) => {
  const lines = accounts(count);
  const chosen = chooseCard(fr, lines, 'begin');

  test('one is chosen on both platforms, the most urgent first, and none is chosen beforehand', () => {
    const [teams, slack] = [renderCard(chosen), renderMessage(chosen)];
    expect([...teamsProblems(teams), ...messageProblems(slack)]).toEqual([]);
    const inTeams = teams.body.find(({ type }) => type === 'Input.ChoiceSet') as unknown as {
      value: string;
      choices: { value: string; title: string }[];
    };
    expect(inTeams.value).toBe('');
    expect(inTeams.choices[0]?.value).toBe(lines.at(-1)?.id);
    expect(inTeams.choices[0]?.title).toContain('1\u00A0jour restant');
    const select = slack.blocks.find((block) => 'accessory' in block) as unknown as {
      accessory: { options: { value: string }[]; initial_option?: object };
    };
    expect(select.accessory.initial_option).toBeUndefined();
    expect(select.accessory.options.map(({ value }) => value)).toEqual(
      inTeams.choices.map(({ value }) => value),
    );
    expect(inTeams.choices).toHaveLength(Math.min(count, 40));
  });

  test('the card that lists them keeps its buttons, and says how the others are found', () => {
    const card = accountsCard(fr, lines);
    const [teams, slack] = [renderCard(card), renderMessage(card)];
    expect([...teamsProblems(teams), ...messageProblems(slack)]).toEqual([]);
    for (const drawn of [JSON.stringify(teams), JSON.stringify(slack)]) {
      expect(drawn).not.toMatch(/"text":"…"/);
      expect(drawn.includes('suivi du nom de la structure')).toBe(count > 25);
      expect(drawn).toContain('Commencer la réinitialisation');
    }
  });
});
