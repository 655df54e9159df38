import { describe, expect, test } from '@jest/globals';
import { renderCard, renderNotice as renderTeamsNotice } from '../../src/cards/adaptive-card.ts';
import { renderMessage, renderNoticeModal as renderSlackNotice } from '../../src/cards/block-kit.ts';
import type { Card } from '../../src/cards/card.ts';
import { configurationCard } from '../../src/cards/configuration-card.ts';
import { noticeCard } from '../../src/cards/conversation-cards.ts';
import { LANGUAGES } from '../../src/cards/languages.ts';
import type { Messages } from '../../src/cards/messages.ts';
import { reminderCard } from '../../src/cards/reminder-cards.ts';
import { plain } from '../../src/cards/text.ts';
import {
  refusedCard,
  unknownCard,
  type VerdictView,
  verdictSentence,
} from '../../src/cards/verdict-cards.ts';
import { CLASSES } from '../../src/chorus/classes.ts';
import type { Reason } from '../../src/chorus/verdict.ts';

const AT = '2027-03-01T08:30:00Z';
const ACCOUNT = { structure: 'Commune de Sète', siret: '21340172201787', login: 'TECH_1_SETE@cpro.fr' };
const VIEW = {
  ref: { account: 'account-1' },
  account: ACCOUNT,
  heldBy: { name: 'Camille', since: AT },
  portalUrl: 'https://portal.example',
};
const KNOWN = {
  at: 'api',
  status: 418,
  codeRetour: 7,
  libelle: 'TEAPOT',
  correlationId: 'Id-1 0',
  durationMs: 12,
  environment: 'production',
} as const;

type Text = readonly [where: string, drawn: readonly unknown[]];

const onBoth = (card: Card) => [renderCard(card), renderMessage(card)];
const asNotice = (text: string) => {
  const notice = { title: 'title', text, close: 'close' };
  return [renderTeamsNotice(notice), renderSlackNotice(notice)];
};

/** Everything that tells of this verdict, on both platforms. */
function textsOf(m: Messages, verdict: VerdictView, outcome: 'refused' | 'unknown'): readonly Text[] {
  const said = plain(verdictSentence(m, verdict));
  const configuration = configurationCard(m, {
    ref: VIEW.ref,
    account: ACCOUNT,
    url: 'https://api.example',
    heldSince: AT,
    alertMonths: 12,
    mayEnter: false,
    test: { ...verdict, outcome },
  });
  const common: Text[] = [
    ['configuration', onBoth(configuration)],
    ['form', asNotice(m.form.verdictNotice[outcome](said))],
  ];
  if (outcome === 'unknown')
    return [...common, ['card', onBoth(unknownCard(m, VIEW, { ...verdict, retry: true, testAt: AT }))]];
  const reminder = reminderCard(m, {
    ref: VIEW.ref,
    account: ACCOUNT,
    news: { kind: 'refused' },
    reader: 'actor',
    refusedAt: AT,
    refusedBecause: verdict,
    unreached: [],
    snoozes: [],
  });
  return [
    ...common,
    ['card', onBoth(refusedCard(m, VIEW, { ...verdict, retry: true, testAt: AT }))],
    ['notice', onBoth(noticeCard(m.test.refused.title, m.test.verdictNotice.refused('Sète', said)))],
    ['reminder', onBoth(reminder)],
  ];
}

/** All texts that a platform draws, one after the other, whatever they are divided into. */
function textIn(drawn: unknown): string {
  if (Array.isArray(drawn)) return drawn.map(textIn).join('');
  if (typeof drawn !== 'object' || drawn === null) return '';
  return Object.entries(drawn)
    .map(([name, value]) => (name === 'text' && typeof value === 'string' ? value : textIn(value)))
    .join('');
}

const REASONS = (Object.keys(CLASSES) as Reason[]).filter((reason) => reason !== 'accepted');

describe.each(Object.entries(LANGUAGES))('in the language %s', (_, m) => {
  test.each(REASONS)('%s has one sentence, wherever it is read', (reason) => {
    const { outcome } = CLASSES[reason];
    const verdict = { reason, diagnosis: KNOWN };
    const sentence = plain(verdictSentence(m, verdict));
    const texts = textsOf(m, verdict, outcome as 'refused' | 'unknown');
    const without = texts.flatMap(([where, drawn]) =>
      drawn.flatMap((each, i) =>
        textIn(each).includes(sentence) ? [] : [`${where} ${['Teams', 'Slack'][i]}`],
      ),
    );
    expect(without).toEqual([]);
  });

  test.each(REASONS)('%s folds what support asks for behind a button of each card', (reason) => {
    const outcome = CLASSES[reason].outcome as 'refused' | 'unknown';
    const verdict = { reason, diagnosis: KNOWN };
    for (const [where, drawn] of textsOf(m, verdict, outcome)) {
      if (where === 'form' || where === 'notice') continue;
      for (const each of drawn) {
        const json = JSON.stringify(each);
        expect(json).toContain(m.test.support);
        expect(json).toContain(
          `${reason}, HTTP 418, codeRetour 7, TEAPOT, x-correlationid Id-1 0, 12 ms, production`,
        );
        expect(textIn(each)).not.toContain('x-correlationid');
      }
    }
  });

  test('no name of a variable, nor of a command, stands where people of an account read', () => {
    for (const reason of REASONS)
      for (const [, drawn] of textsOf(m, { reason, diagnosis: KNOWN }, CLASSES[reason].outcome as 'refused'))
        expect(drawn.map(textIn).join('')).not.toMatch(/[A-Z]{2,}_[A-Z]{2,}_|NO_PROXY|npm run/);
  });

  test('nobody is told that a password is refused of which only the way to Chorus Pro is', () => {
    const ofTheWay = REASONS.filter((reason) => CLASSES[reason].mendedBy === 'administrators');
    for (const reason of ofTheWay)
      expect(plain(verdictSentence(m, { reason }))).not.toMatch(
        /a refusé (le mot de passe|l’identifiant|le compte)|refused the (password|login|technical account)/,
      );
  });
});
