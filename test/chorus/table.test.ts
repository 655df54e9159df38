import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { LANGUAGES } from '../../src/cards/languages.ts';
import type { Messages } from '../../src/cards/messages.ts';
import type { DiagnosisView } from '../../src/cards/messages.verdict.ts';
import { plain } from '../../src/cards/text.ts';
import { type VerdictView, verdictSentence } from '../../src/cards/verdict-cards.ts';
import { CLASSES, ROWS, type Row } from '../../src/chorus/classes.ts';
import type { Reason } from '../../src/chorus/verdict.ts';

const FILE = 'docs/connection-test.md';

const INTRODUCTION = `# What the connection test says

Made from \`src/chorus/classes.ts\` and \`src/cards/messages.verdict*.ts\`; a test fails where this page says something else,
and \`UPDATE_GOLDEN=1 npx jest test/chorus/table\` writes it anew.

One call decides: a token from PISTE, then one row of \`rattachements\`. Where that is forbidden (403), \`structures actives\`,
then \`tauxtva\`. The list of structures is read afterwards and has no bearing on the verdict. Only *accepted* makes a
password current, and no class throws one away.

A class that *counts* may have judged the password: five such answers a day, whoever asked (the bot, a person, \`doctor\`,
\`account verify\`), of which the bot makes three at most by itself. All others are asked again on a gentle schedule, and
\`Retry-After\` is obeyed in full.
`;

/** What the sentences quote. */
const KNOWN: Partial<Record<Reason, DiagnosisView>> = {
  refusedInWords: { status: 200, codeRetour: 20003, libelle: 'Utilisateur verrouillé' },
  pisteAnswer: { at: 'token', status: 200 },
  wrongEnvironment: { status: 403, environment: 'production' },
  wrongAddress: { status: 404 },
  unavailable: { status: 503 },
  dns: { code: 'ENOTFOUND' },
  unreachable: { code: 'ECONNREFUSED' },
  tls: { code: 'SELF_SIGNED_CERT_IN_CHAIN' },
  proxy: { status: 407, proxy: 'proxy.example:3128' },
  unexpected: { status: 400, codeRetour: 20010, libelle: 'Paramètres incorrects' },
};

function statusesOf({ status }: Row): string {
  if (status === undefined) return 'any other';
  return status.length > 50 ? `${status[0]}–${status.at(-1)}` : status.join(', ');
}

/** What people of the account read and, below it, what administrators read where that is something else. */
function said(m: Messages, view: VerdictView): string {
  const [people, administrators] = (['people', 'administrators'] as const).map((reader) =>
    plain(verdictSentence(m, view, reader)),
  );
  return people === administrators
    ? `${people}`
    : `${people}\n>\n> (${m.language === 'fr' ? 'administrateurs' : 'administrators'}) ${administrators}`;
}

function page(): string {
  const rows = ROWS.map(
    (row) => `| ${row.at} | ${statusesOf(row)} | ${row.and ?? ''} | ${CLASSES[row.reason].name} |`,
  );
  const sentences = (Object.keys(CLASSES) as Reason[]).map((reason) => {
    const { name, outcome, isAttempt, mendedBy } = CLASSES[reason];
    const view = { reason, diagnosis: KNOWN[reason] ?? {} };
    const [fr, en] = [LANGUAGES.fr, LANGUAGES.en].map((m) => said(m, view));
    return `### ${name}\n\n\`${reason}\`, ${outcome}; ${isAttempt ? 'counts' : 'does not count'}; mended by ${mendedBy}.\n\n> ${fr}\n>\n> ${en}\n`;
  });
  return [
    INTRODUCTION,
    '## Which answer is of which class\n\nThe first row that fits. No answer at all is *unreachable*, by name: DNS, connection, TLS, proxy; or *later*.\n',
    '| at | status | and | class |\n|---|---|---|---|',
    `${rows.join('\n')}\n`,
    '## What is said\n',
    sentences.join('\n'),
  ].join('\n');
}

test('docs/connection-test.md is what the code does and says', () => {
  if (process.env.UPDATE_GOLDEN) writeFileSync(FILE, page());
  expect(readFileSync(FILE, 'utf8')).toBe(page());
});

test('every class has a sentence of its own in each language, with a cure', () => {
  for (const m of Object.values(LANGUAGES)) {
    const sentences = (Object.keys(CLASSES) as Reason[]).map((reason) =>
      plain(verdictSentence(m, { reason })),
    );
    // Who is no administrator has never heard of the bot's variables.
    expect(sentences.filter((sentence) => /[A-Z]+_[A-Z]|NO_PROXY/.test(sentence))).toEqual([]);
    expect(new Set(sentences).size).toBe(sentences.length);
    for (const sentence of sentences)
      expect(sentence).toMatch(
        /Prévenez|prévenez|testez|saisissez|Saisissez|donnez-lui|rien à faire|suffit d’attendre|Tell|tell|test again|enter it|Enter it|give them|nothing to do|takes is to wait/,
      );
  }
});
