import { type ExpiryView, STRUCTURES_SHOWN, type StructuresView } from '../../src/cards/blocks.ts';
import type { Card } from '../../src/cards/card.ts';
import { type ConfigurationView, configurationCard } from '../../src/cards/configuration-card.ts';
import {
  type AccountLine,
  accountsCard,
  burnedCard,
  chooseCard,
  closedCard,
  continuedCard,
  helloCard,
  helpCard,
  noAccountCard,
  noticeCard,
} from '../../src/cards/conversation-cards.ts';
import { abandonedCard, doneCard, timedOutCard } from '../../src/cards/end-cards.ts';
import { inQualification, withWrongLogin } from '../../src/cards/environment.ts';
import { expiryForm, type FormErrors, type PasswordFormView, passwordForm } from '../../src/cards/forms.ts';
import type { Messages } from '../../src/cards/messages.ts';
import type { DiagnosisView } from '../../src/cards/messages.verdict.ts';
import { lostQuestion, pausedCard, stopQuestion, submittedQuestion } from '../../src/cards/question-cards.ts';
import {
  NO_USE,
  type PasswordUse,
  reportCard,
  reportedAnswer,
  reportedQuestion,
} from '../../src/cards/report-card.ts';
import type { ResetView } from '../../src/cards/reset-view.ts';
import { plain } from '../../src/cards/text.ts';
import {
  acceptedCard,
  refusedCard,
  testingCard,
  unknownCard,
  verdictSentence,
} from '../../src/cards/verdict-cards.ts';
import { walkCard } from '../../src/cards/walk-cards.ts';
import { WRONG_PASSWORD } from './diagnoses.ts';
import { reminderSamples } from './reminder-samples.ts';
import type { Sample, Scene } from './scene.ts';

const SAINT_AUBIN: Scene = {
  account: {
    structure: 'Commune de Saint-Aubin-sur-Loire',
    siret: '21719999100019',
    login: 'TECH_1_SAUBIN71MAIRIE@cpro.fr',
  },
  holder: 'Hélène Gauthier',
};

const OTHER_APPLICATION = {
  kind: 'other',
  path: 'Ciril Finances, menu Paramètres, écran Chorus Pro',
} as const;
const STARTED = '2027-03-01T08:05:00Z';
const KEPT = '2027-03-01T08:17:00Z';
const NEXT_TEST = '2027-03-01T08:40:00Z';
const NEXT_DAY = '2027-03-02T08:31:00Z';
const READ: ExpiryView = { at: '2028-04-24T00:00:00Z', estimated: false };
const ESTIMATED: ExpiryView = { ...READ, estimated: true };
const PORTAL_DATE = '24/04/2028 02:00:00';

/** Every card and every form, in every state that people can meet. */
export function samples(m: Messages, scene: Scene = SAINT_AUBIN): readonly Sample[] {
  return [
    ...walkSamples(m, scene),
    ...testSamples(m, scene),
    ...endSamples(m, scene),
    ...configurationSamples(m, scene),
    ...conversationSamples(m, scene),
    ...continuedSamples(m),
    ...noticeSamples(m, scene),
    ...reminderSamples(m, scene),
    ...formSamples(m, scene),
  ];
}

function walkSamples(m: Messages, scene: Scene): Sample[] {
  const view = resetView(scene);
  const kept = { ...view, keptSince: KEPT };
  const submitted = { ...view, submitted: true };
  const pictured = { ...view, picturesUrl: 'https://bot.example.org/pictures' };
  return [
    { name: 'walk/sign-in', card: walkCard(m, { ...view, entry: 'direct' }, 'signIn', 0) },
    { name: 'walk/sign-in-by-pigp', card: walkCard(m, { ...view, entry: 'pigp' }, 'signIn', 0) },
    { name: 'walk/sign-in-to-choose', card: walkCard(m, pictured, 'signIn', 0) },
    {
      name: 'walk/sign-in-with-picture',
      card: walkCard(m, { ...pictured, entry: 'direct' }, 'signIn', 0),
    },
    { name: 'walk/open-application', card: walkCard(m, view, 'openApplication', 0) },
    { name: 'walk/open-application-with-pictures', card: walkCard(m, pictured, 'openApplication', 0) },
    ...unfolded('walk/sign-in', (more) => walkCard(m, { ...view, ...more, entry: 'direct' }, 'signIn', 0)),
    ...unfolded('walk/sign-in-to-choose', (more) => walkCard(m, { ...view, ...more }, 'signIn', 0)),
    ...unfolded('walk/open-application', (more) => walkCard(m, { ...view, ...more }, 'openApplication', 0)),
    ...unfolded('walk/copy-password-to-take', (more) =>
      walkCard(m, { ...view, ...more, isHandoverOn: true, mayPause: true }, 'copyPassword', 0),
    ),
    ...unfolded('walk/submit-request', (more) => walkCard(m, { ...kept, ...more }, 'submitRequest', 0)),
    ...unfolded('walk/await-email', (more) =>
      walkCard(m, { ...kept, ...more, submitted: true }, 'awaitEmail', 0),
    ),
    { name: 'walk/copy-password', card: walkCard(m, view, 'copyPassword', 0) },
    { name: 'walk/copy-password-kept', card: walkCard(m, kept, 'copyPassword', 0) },
    { name: 'walk/submit-request', card: walkCard(m, view, 'submitRequest', 0) },
    { name: 'walk/submit-request-kept', card: walkCard(m, kept, 'submitRequest', 0) },
    {
      name: 'walk/submit-request-kept-trimmed',
      card: walkCard(m, { ...kept, trimmed: true }, 'submitRequest', 0),
    },
    {
      name: 'walk/submit-request-other-application',
      card: walkCard(m, { ...kept, application: OTHER_APPLICATION }, 'submitRequest', 0),
    },
    { name: 'walk/ask-stop', card: stopQuestion(m, { ...kept, mayPause: true }, 'submitRequest') },
    {
      name: 'walk/ask-stop-submitted',
      card: stopQuestion(m, { ...submitted, mayPause: true }, 'awaitEmail'),
    },
    { name: 'walk/ask-lost', card: lostQuestion(m, submitted, 'awaitEmail') },
    { name: 'walk/ask-submitted', card: submittedQuestion(m, kept) },
    { name: 'walk/paused', card: pausedCard(m, kept, 'submitRequest', STARTED) },
    { name: 'walk/paused-submitted', card: pausedCard(m, submitted, 'awaitEmail', STARTED) },
    { name: 'walk/await-email', card: walkCard(m, submitted, 'awaitEmail', 0) },
    { name: 'walk/await-email-kept', card: walkCard(m, { ...kept, submitted: true }, 'awaitEmail', 0) },
    { name: 'walk/await-email-not-yet', card: walkCard(m, submitted, 'awaitEmail', 1) },
    {
      name: 'walk/await-email-kept-not-yet',
      card: walkCard(m, { ...kept, submitted: true }, 'awaitEmail', 1),
    },
    { name: 'walk/enter-password', card: walkCard(m, submitted, 'enterPassword', 0) },
    {
      name: 'walk/enter-password-unfolded-first',
      card: walkCard(m, { ...submitted, first: 'enterPassword', isUnfolded: true }, 'enterPassword', 0),
    },
    {
      name: 'walk/sign-in-in-qualification',
      card: inQualification(walkCard(m, { ...view, entry: 'direct' }, 'signIn', 0)),
    },
    ...(['production', 'sandbox'] as const).map((botIn) => ({
      name: `walk/sign-in-wrong-login-in-${botIn}`,
      card: withWrongLogin(m, walkCard(m, { ...view, entry: 'direct' }, 'signIn', 0), botIn),
    })),
  ];
}

/** The card with what stands behind « Où en suis-je ? ». */
function unfolded(name: string, card: (more: { readonly isUnfolded: true }) => Card): Sample[] {
  return [{ name: `${name}-unfolded`, card: card({ isUnfolded: true }) }];
}

const LOCKED = {
  at: 'api',
  status: 200,
  codeRetour: 20003,
  libelle: 'Utilisateur verrouillé',
  correlationId: 'Id-7a1c0f2e9b3d4c5e6f708192 0',
  durationMs: 312,
  environment: 'production',
} as const;
/** What is known beside the class, where the sentence says it. */
const DIAGNOSES: Readonly<Record<string, DiagnosisView>> = {
  pisteAnswer: { at: 'token', status: 200 },
  wrongEnvironment: { at: 'api', status: 403, environment: 'production' },
  wrongAddress: { at: 'api', status: 404 },
  unavailable: { at: 'api', status: 503 },
  dns: { at: 'token', code: 'ENOTFOUND' },
  unreachable: { at: 'api', code: 'ECONNREFUSED' },
  tls: { at: 'api', code: 'SELF_SIGNED_CERT_IN_CHAIN' },
  proxy: { at: 'token', status: 407, proxy: 'proxy.saint-aubin.example:3128' },
  unexpected: { at: 'api', status: 400, codeRetour: 1, libelle: 'Paramètres incorrects' },
};

function testSamples(m: Messages, scene: Scene): Sample[] {
  const view = { ...resetView(scene), keptSince: KEPT };
  const trimmed = { ...view, trimmed: true };
  const updated = '2027-03-01T08:30:00Z';
  const refusal = { reason: 'technicalAccount', retry: true, diagnosis: WRONG_PASSWORD };
  return [
    { name: 'test/testing', card: testingCard(m, view) },
    { name: 'test/testing-trimmed', card: testingCard(m, trimmed) },
    {
      name: 'test/accepted',
      card: acceptedCard(m, view, { structures: structures(scene, 1), updated, expiry: READ }),
    },
    ...unfolded('test/accepted', (more) =>
      acceptedCard(m, { ...view, ...more }, { structures: structures(scene, 1), updated, expiry: READ }),
    ),
    {
      name: 'test/accepted-estimated-trimmed',
      card: acceptedCard(m, trimmed, { structures: structures(scene, 3), updated, expiry: ESTIMATED }),
    },
    {
      name: 'test/accepted-many-structures',
      card: acceptedCard(m, view, { structures: structures(scene, 137), updated, expiry: READ }),
    },
    {
      name: 'test/accepted-no-structure',
      card: acceptedCard(m, view, { structures: structures(scene, 0), updated }),
    },
    {
      name: 'test/refused-second',
      card: refusedCard(m, view, {
        ...refusal,
        submitted: true,
        refusedAt: ['2027-03-01T08:31:00Z', '2027-03-01T08:41:00Z'],
        testAt: '2027-03-01T09:11:00Z',
      }),
    },
    { name: 'test/refused', card: refusedCard(m, view, { ...refusal, testAt: NEXT_TEST }) },
    // The bot has tested it as often as it may by itself; after that, a person has too.
    { name: 'test/refused-no-more', card: refusedCard(m, view, { ...refusal, submitted: true }) },
    { name: 'test/refused-enough', card: refusedCard(m, view, { ...refusal, retry: false }) },
    {
      name: 'test/refused-in-words',
      card: refusedCard(m, view, {
        ...refusal,
        reason: 'refusedInWords',
        diagnosis: LOCKED,
        testAt: NEXT_TEST,
      }),
    },
    ...Object.keys(m.verdict)
      .filter((reason) => !['accepted', 'technicalAccount', 'refusedInWords'].includes(reason))
      .map((reason) => ({
        name: `test/unknown-${reason}`,
        card: unknownCard(m, view, {
          reason,
          diagnosis: DIAGNOSES[reason] ?? {},
          // Where the attempts of the day are spent, they are spent for everybody.
          retry: reason !== 'attemptsSpent',
          testAt: reason === 'attemptsSpent' ? NEXT_DAY : NEXT_TEST,
        }),
      })),
    {
      name: 'test/unknown-attemptsSpent-by-the-bot',
      card: unknownCard(m, view, { reason: 'attemptsSpent', retry: true, testAt: NEXT_DAY }),
    },
    {
      name: 'test/unknown-notOpened-submitted',
      card: unknownCard(m, view, { reason: 'notOpened', retry: true, submitted: true, testAt: NEXT_TEST }),
    },
    ...(['absent', 'inactive'] as const).map((own) => ({
      name: `test/accepted-own-${own}`,
      card: acceptedCard(m, view, { structures: { ...structures(scene, 3), own }, updated, expiry: READ }),
    })),
    {
      name: 'test/accepted-incomplete',
      card: acceptedCard(m, view, {
        structures: { ...structures(scene, 3), isIncomplete: true, unreadable: 1 },
        updated,
        expiry: READ,
      }),
    },
    {
      // The fifth attempt of the day may have judged the password: neither the bot nor a person makes another.
      name: 'test/unknown-no-retry',
      card: unknownCard(m, view, {
        reason: 'unexpected',
        diagnosis: DIAGNOSES.unexpected ?? {},
        retry: false,
        testAt: NEXT_DAY,
      }),
    },
  ];
}

function endSamples(m: Messages, scene: Scene): Sample[] {
  const view = resetView(scene);
  const kept = { ...view, keptSince: KEPT };
  const at = '2027-03-01T08:45:00Z';
  return [
    ...reportSamples(m, kept),
    { name: 'end/done', card: doneCard(m, kept, at, READ) },
    { name: 'end/done-estimated', card: doneCard(m, kept, at, ESTIMATED) },
    { name: 'end/done-without-expiry', card: doneCard(m, kept, at, undefined) },
    { name: 'end/abandoned', card: abandonedCard(m, view, false) },
    { name: 'end/abandoned-kept', card: abandonedCard(m, kept, false) },
    { name: 'end/abandoned-submitted', card: abandonedCard(m, view, true) },
    { name: 'end/abandoned-kept-submitted', card: abandonedCard(m, kept, true) },
    { name: 'end/timed-out', card: timedOutCard(m, view, false) },
    { name: 'end/timed-out-kept', card: timedOutCard(m, kept, true) },
  ];
}

function reportSamples(m: Messages, kept: ResetView): Sample[] {
  const taken = '2027-03-01T08:40:00Z';
  const before = '2027-02-28T22:10:00Z';
  const toTake = { ...kept, isHandoverOn: true };
  const card = (name: string, view: ResetView, use: PasswordUse = NO_USE, expiry = ESTIMATED) => ({
    name: `end/${name}`,
    card: reportCard(m, view, { isTheirs: true, use, expiry }),
  });
  const readsItself: ResetView = { ...toTake, application: { kind: 'readsItself' } };
  const odoo = { name: 'odoo', tookAt: taken, lastReadAt: NEXT_TEST };
  return [
    card('report', kept),
    card('report-unfolded', { ...kept, isUnfolded: true }),
    card('report-to-take-unfolded', { ...toTake, isUnfolded: true }),
    card('report-date-known', kept, NO_USE, READ),
    card('report-to-take', toTake),
    {
      name: 'end/report-taken-over',
      card: reportCard(m, toTake, { isTheirs: false, use: NO_USE, expiry: ESTIMATED }),
    },
    card('report-taken-back', toTake, { ...NO_USE, takenBackAt: taken }),
    card('report-other-application', { ...toTake, application: OTHER_APPLICATION }),
    card('report-reads-itself', readsItself, { ...NO_USE, programs: [odoo] }),
    card('report-reads-itself-not-yet', readsItself, {
      ...NO_USE,
      programs: [{ name: 'odoo', lastReadAt: before }],
    }),
    card('report-reads-itself-no-reader', readsItself),
    card('report-taken-by-a-revoked-token', toTake, { ...NO_USE, formerly: [{ name: 'odoo', at: taken }] }),
    card('report-many-programs', toTake, {
      programs: Array.from({ length: 9 }, (_, i) => ({ name: `programme-${i + 1}` })),
      destinations: [
        { kind: 'pastell', state: 'delivered', at: taken, result: 'Pastell : la connexion est réussie' },
        { kind: 'pastell', state: 'waiting', at: NEXT_TEST, result: 'Pastell a répondu HTTP 503' },
        { kind: 'webhook', state: 'delivered', at: taken, result: 'HTTP 204' },
        { kind: 'webhook', state: 'waiting' },
        { kind: 'webhook', state: 'disabled', result: 'HTTP 410' },
      ],
    }),
    {
      name: 'end/reported-question',
      card: reportedQuestion(m, { id: 'account-1', login: kept.account.login }),
    },
    { name: 'end/reported-yes', card: reportedAnswer(m, { id: 'account-1' }, true) },
    { name: 'end/reported-no', card: reportedAnswer(m, { id: 'account-1' }, false) },
    {
      name: 'end/reported-no-other-application',
      card: reportedAnswer(m, { id: 'account-1', application: OTHER_APPLICATION }, false),
    },
  ];
}

function configurationSamples(m: Messages, scene: Scene): Sample[] {
  const empty: ConfigurationView = {
    ref: { account: 'account-1' },
    account: scene.account,
    url: 'https://api.piste.gouv.fr/cpro/',
    alertMonths: 12,
    mayEnter: false,
  };
  const held = { ...empty, heldSince: KEPT, updated: KEPT, expiry: READ };
  const card = (name: string, view: ConfigurationView) => ({
    name: `configuration/${name}`,
    card: configurationCard(m, view),
  });
  return [
    card('nothing-held', empty),
    card('nothing-held-pending', { ...empty, pendingSince: KEPT }),
    card('held', held),
    card('suspended', { ...held, suspendedAt: KEPT }),
    card('held-pending', { ...held, expiry: ESTIMATED, pendingSince: NEXT_TEST }),
    card('testing', { ...held, test: { outcome: 'running' } }),
    card('accepted', {
      ...held,
      mayEnter: true,
      test: { outcome: 'accepted', structures: structures(scene, 3) },
    }),
    card('refused-expired', {
      ...held,
      expiry: { at: '2027-02-18T01:00:00Z', estimated: false },
      isExpired: true,
      test: { outcome: 'refused', reason: 'technicalAccount', diagnosis: WRONG_PASSWORD },
    }),
    card('refused-expiry-unknown', {
      ...empty,
      heldSince: KEPT,
      test: { outcome: 'refused', reason: 'technicalAccount' },
    }),
    card('refused', {
      ...held,
      test: { outcome: 'refused', reason: 'technicalAccount', diagnosis: WRONG_PASSWORD },
    }),
    // Within the ten minutes after a conclusive test.
    card('refused-after-a-yes', {
      ...held,
      mayEnter: true,
      test: { outcome: 'refused', reason: 'technicalAccount', diagnosis: WRONG_PASSWORD },
    }),
    card('refused-in-words', {
      ...held,
      test: { outcome: 'refused', reason: 'refusedInWords', diagnosis: LOCKED },
    }),
    card('refused-enough', {
      ...held,
      test: { outcome: 'refused', reason: 'technicalAccount', isEnough: true, diagnosis: WRONG_PASSWORD },
    }),
    ...Object.keys(m.verdict)
      .filter((reason) => !['accepted', 'technicalAccount', 'refusedInWords'].includes(reason))
      .map((reason) =>
        card(`unknown-${reason}`, {
          ...held,
          test: { outcome: 'unknown', reason, diagnosis: DIAGNOSES[reason] ?? {} },
        }),
      ),
    card('alert-saved', {
      ...held,
      alertMonths: 1,
      alert: { at: '2027-04-01T07:00:00Z', isTooLate: false },
      alertSaved: true,
    }),
    card('alert-too-late', {
      ...held,
      alertMonths: 14,
      alert: { at: '2028-04-28T07:00:00Z', isTooLate: true },
      alertSaved: true,
    }),
  ];
}

function conversationSamples(m: Messages, scene: Scene): Sample[] {
  const one = [accountLines(scene)[0] as AccountLine];
  const running = [{ ...one[0], resetRunning: true } as AccountLine];
  const several = accountLines(scene);
  const hello = m.conversation.hello(scene.holder);
  return [
    { name: 'conversation/welcome', card: helloCard(m, m.conversation.welcome, one) },
    { name: 'conversation/hello', card: helloCard(m, hello, one) },
    { name: 'conversation/hello-running', card: helloCard(m, hello, running) },
    { name: 'conversation/hello-several', card: helloCard(m, hello, several) },
    { name: 'conversation/hello-no-account', card: helloCard(m, hello, []) },
    { name: 'conversation/hello-before-others', card: helloCard(m, hello, undefined) },
    { name: 'conversation/help', card: helpCard(m, true) },
    { name: 'conversation/not-understood', card: helpCard(m, false) },
    { name: 'conversation/accounts', card: accountsCard(m, one) },
    { name: 'conversation/accounts-several', card: accountsCard(m, several) },
    { name: 'conversation/no-account', card: noAccountCard(m) },
    { name: 'conversation/choose-reset', card: chooseCard(m, several, 'begin') },
    { name: 'conversation/choose-configuration', card: chooseCard(m, several, 'configuration') },
    { name: 'conversation/closed', card: closedCard(m) },
    { name: 'conversation/burned', card: burnedCard(m, one) },
    {
      name: 'conversation/burned-during-reset',
      card: burnedCard(m, running, { account: 'account-1', reset: 'reset-1', revision: 7 }),
    },
    { name: 'conversation/burned-no-account', card: burnedCard(m, []) },
  ];
}

function continuedSamples(m: Messages): Sample[] {
  return (['below', 'elsewhere'] as const).map((where) => ({
    name: `conversation/continued-${where}`,
    card: continuedCard(m, 'account-1', where),
  }));
}

function noticeSamples(m: Messages, { account: { structure }, holder }: Scene): Sample[] {
  const notice = (name: string, title: string, sentence: string) => ({
    name: `notice/${name}`,
    card: noticeCard(title, sentence),
  });
  const { conversation, ends, notices, test } = m;
  return [
    notice('accepted', test.accepted.title, test.verdictNotice.accepted(structure)),
    notice(
      'refused',
      test.refused.title,
      test.verdictNotice.refused(structure, plain(verdictSentence(m, { reason: 'technicalAccount' }))),
    ),
    notice('about-to-time-out', m.buttons.resume, notices.aboutToTimeOut(structure, m.moment(NEXT_TEST))),
    notice('paused', m.buttons.resume, notices.paused(structure, m.moment(STARTED))),
    notice('timed-out', ends.timedOut.title, notices.timedOut(structure)),
    notice('held', conversation.heldTitle, conversation.heldBy(holder, m.moment(STARTED))),
    notice('not-yours', conversation.chooseTitle, conversation.notYours),
    notice('store-down', conversation.failedTitle, conversation.storeDown),
    notice('failed', conversation.failedTitle, conversation.failed),
  ];
}

function formSamples(m: Messages, { account }: Scene): Sample[] {
  const { problems, warnings, expiryProblems, storeDown, busy } = m.form;
  const password = (name: string, view: Partial<PasswordFormView>) => ({
    name: `form/${name}`,
    form: passwordForm(m, {
      name: 'password',
      data: { account: 'account-1', reset: 'reset-1' },
      account,
      beforeSubmit: false,
      hasDraft: view.errors?.whole !== undefined || view.asked !== undefined,
      errors: {},
      ...view,
    }),
  });
  const expiry = (name: string, typed: string, errors: FormErrors) => ({
    name: `form/${name}`,
    form: expiryForm(m, { data: { account: 'account-1' }, expiry: typed, errors }),
  });
  const typedDates: Record<keyof typeof expiryProblems, string> = {
    empty: '',
    format: 'le 24 avril',
    past: '18/04/2023 02:00:00',
    former: '18/04/2027',
    tooFar: '24/04/2048 02:00:00',
  };
  const { form: blank } = password('password', {});
  return [
    password('password', {}),
    { name: 'form/password-in-qualification', form: inQualification(blank) },
    password('keep-safe', { beforeSubmit: true }),
    password('keep-safe-to-note', { beforeSubmit: true, isToNote: true }),
    password('password-unmasked', { unmasked: {} }),
    password('password-unmasked-with-page', { unmasked: { page: 'https://bot.example.org/saisie/lien' } }),
    ...Object.entries(problems).map(([problem, words]) =>
      password(`password-${problem}`, {
        ...(problem.startsWith('loginAndPassword') ? { asked: 'part', isOther: true } : {}),
        errors: { password: typeof words === 'string' ? words : words(3) },
      }),
    ),
    ...Object.entries(warnings).map(([warning, words]) =>
      password(`password-${warning}`, {
        asked: warning === 'quotes' ? 'quotes' : 'warning',
        isOther: true,
        errors: { password: typeof words === 'string' ? words : words(8) },
      }),
    ),
    password('password-store-down', { account: undefined, errors: { whole: storeDown } }),
    password('password-busy', { errors: { whole: busy } }),
    expiry('expiry', PORTAL_DATE, {}),
    ...Object.entries(typedDates).map(([problem, typed]) =>
      expiry(`expiry-${problem}`, typed, { expiry: expiryProblems[problem as keyof typeof expiryProblems] }),
    ),
  ];
}

function resetView({ account, holder }: Scene): ResetView {
  return {
    ref: { account: 'account-1', reset: 'reset-1', revision: 7 },
    account,
    heldBy: { name: holder, since: STARTED },
    portalUrl: 'https://portail.chorus-pro.gouv.fr/',
    pigpUrl: 'https://portail.dgfip.finances.gouv.fr',
  };
}

function structures({ account }: Scene, total: number): StructuresView {
  const others = ['CCAS de Saint-Aubin-sur-Loire', 'Caisse des écoles', 'Syndicat des eaux du Val de Loire'];
  const names = [account.structure, ...others];
  const shown = Array.from({ length: Math.min(total, STRUCTURES_SHOWN) }, (_, i) => ({
    siret: account.siret,
    name: names[i % names.length] ?? '',
  }));
  return { shown, total };
}

/** One account in good time, one whose password has expired, one of which nothing is known, one that expired this morning. */
function accountLines({ account }: Scene): AccountLine[] {
  const another = (id: string, structure: string, login: string) => ({
    id,
    account: { ...account, structure, login },
  });
  return [
    { id: 'account-1', account, expiry: READ, daysLeft: 420, resetRunning: false },
    {
      ...another('account-2', 'CCAS de Saint-Aubin-sur-Loire', 'TECH_1_SAUBIN71CCAS00@cpro.fr'),
      expiry: { at: '2027-02-18T01:00:00Z', estimated: false },
      daysLeft: -11,
      isExpired: true,
      resetRunning: true,
    },
    { ...another('account-3', 'Caisse des écoles', 'TECH_1_SAUBIN71ECOLES@cpro.fr'), resetRunning: false },
    {
      ...another('account-4', 'Syndicat des eaux du Val de Loire', 'TECH_1_SYNDICATEAUX71@cpro.fr'),
      expiry: { at: '2027-03-01T01:00:00Z', estimated: true },
      daysLeft: 0,
      isExpired: true,
      resetRunning: false,
    },
  ];
}
