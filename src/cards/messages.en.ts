import { CHORUS, type Messages } from './messages.ts';
import { verdictEn } from './messages.verdict.en.ts';
import { text } from './text.ts';

/**
 * Every sentence that people read, in English.
 *
 * What people must find on the portal or in their application stays in French, as their screen shows it. Our own
 * buttons are translated.
 */

const day = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Paris', dateStyle: 'long' });
const moment = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/Paris',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

const time = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Paris', timeStyle: 'short' });

export const en: Messages = {
  language: 'en',
  date: (at) => day.format(new Date(at)),
  time: (at) => time.format(new Date(at)),
  moment: (at) => moment.format(new Date(at)),
  days: (n) =>
    n < 0
      ? `expired ${-n} day${n < -1 ? 's' : ''} ago`
      : n === 0
        ? 'expires today'
        : `${n} day${n > 1 ? 's' : ''} left`,
  expiredToday: (at) => `expired today at ${time.format(new Date(at))}`,
  estimated: (date) => `${date} (estimated)`,

  buttons: {
    done: 'Done',
    back: 'Previous step',
    abandon: 'Stop the reset',
    stop: 'Stop',
    keepOn: 'Continue',
    pause: 'Pause',
    testKept: 'Test the kept password',
    wasSubmitted: 'Yes, I submitted',
    wasNotSubmitted: 'No',
    pageIsOpen: 'No, the page is still open',
    submittedUnknown: 'I do not know: test',
    anotherPassword: 'Ask for another',
    whereAmI: 'Where am I?',
    fold: 'Fold',
    openPortal: 'Open Chorus Pro',
    openPigp: 'Open the PIGP',
    enterByPigp: 'Through the PIGP',
    enterDirectly: 'Directly',
    enterOtherwise: 'I enter another way',
    knownPassword: 'I already have the new password',
    keepSafe: 'Keep it safe',
    replaceKept: 'Replace the kept password',
    emailCame: 'I have received the e-mail',
    emailNotYet: 'Not yet',
    enterPassword: 'Enter a new password',
    retry: 'Test again',
    lostPassword: 'I have lost the password',
    next: 'Next step',
    finish: 'Finish',
    reported: 'I have entered it',
    takePassword: 'Take the password',
    begin: 'Start the reset',
    resume: 'Resume the reset',
    accounts: 'My accounts',
    configuration: 'Configuration',
    testConnection: 'Test the connection',
    saveAlert: 'Save the alert',
    correctExpiry: 'Correct the expiry date',
    giveExpiry: 'Give the expiry date',
    help: 'Help',
    ok: 'Confirm',
    close: 'Close',
  },

  labels: {
    structure: 'Structure',
    siret: 'SIRET',
    technicalAccount: 'Compte technique',
    url: 'Lien URL',
    login: 'Identifiant utilisateur',
    password: 'Mot de passe',
    newPassword: 'Nouveau mot de passe (new password)',
    expiry: 'Date exp. Mot de passe (expiry)',
    updated: 'Date de dernière mise à jour',
    structures: 'Structures définies dans Chorus Pro',
    alert: 'Alerte actualisation (alert after)',
    alertMonths: (n) => `${n} month${n > 1 ? 's' : ''}`,
    account: 'Account',
    unknownYet: 'not known yet',
  },

  walk: {
    progress: (n, total) => `Step ${n} of ${total}`,
    progressOfSeveral: (first, last, total) => `Steps ${first} to ${last} of ${total}`,
    heldBy: (name, since) => `${name} has been running this reset since ${since}.`,
    skipped: 'done before',
    testStep: 'Test the connection',
    nothingChanged: text`You may stop here: nothing has changed on Chorus Pro.`,
    nothingSubmitted: text`Before **Soumettre**, you may stop here: nothing has changed on Chorus Pro.`,
    finishToday: text`Go on to the end today: the old password no longer works.`,
    signIn: {
      title: 'Sign in to the portal',
      choose: text`How do you enter Chorus Pro? Choose once: I will remember it.`,
      ways: [
        text`**Through the PIGP** (public finance portal): local authorities and public institutions, outside the State.`,
        text`**Directly**, on the Chorus Pro portal: everybody else.`,
      ],
      afterwards: text`Once you are signed in to the portal:`,
      pigp: [
        text`Sign in to the **PIGP**, then click **Chorus Pro**.`,
        text`The portal opens without signing you in: click **Se connecter** (sign in). It asks for no other authentication.`,
      ],
      direct: [text`Sign in to the **Chorus Pro** portal with your own account.`],
      identity: text`The portal has you confirm who you are: with the code received by **e-mail**, with your authenticator **application** or with your **security key**.`,
      code: text`The code sent by e-mail may arrive when it has already expired: sign in again, and the portal will send another.`,
      portal: [
        text`Open the menu **Accueil** (home).`,
        text`In the frame **Raccordements**, click the link **Accéder au domaine**.`,
      ],
      domains: text`The menu **Domaines** (domains), then **Raccordements**, leads there too.`,
      onlyYou: text`NB: Only the structure's **gestionnaire principal** may reset the technical user's password.`,
      picture: "The portal's home page: the frame Raccordements and its link « Accéder au domaine ».",
    },
    openApplication: {
      title: 'Fill in the form Compte technique',
      steps: [
        text`Open the application **Compte technique** (technical account) by clicking **Accéder**.`,
        text`Select **${CHORUS.requestType}** (password reset) in the field **Type de demande**.`,
        text`Select the **structure** concerned and the **user** whose password you wish to reset.`,
      ],
      notThese: text`Choose none of the five other lines in the list:`,
      fields: text`On the portal, the two fields are named **Choisir la structure** (choose the structure) and **Compte technique** (technical account).`,
      picture: 'The domain Raccordements: the application Compte technique and its link « Accéder ».',
    },
    requestType: {
      picture: 'The form Compte technique: the list of the field « Type de demande ».',
    },
    selectAccount: {
      picture: 'The form Compte technique: the fields for the structure and the technical account.',
    },
    copyPassword: {
      title: 'Copy the new password',
      shown: text`The new password appears on the portal.`,
      copyFirst: text`🚨 Careful: **you must copy or note this password before you click the button Soumettre** (submit).`,
      neverAgain: text`🚨 A password that was not copied can never be read again.`,
      safeHere: text`Safest of all: **Keep it safe**. Never write it in the chat.`,
      takenBack: text`A password that is kept safe is kept encrypted, and you can take it back at step 10.`,
      safeAndNoted: text`Safest of all: **Keep it safe**. **Note it down too**: you will enter it in your application at step 10. Never write it in the chat.`,
      kept: (since) =>
        text`✅ A password has been safe with me since ${since}. If the portal shows another one, replace it.`,
      picture: 'The new password, framed in red, above the button Soumettre.',
    },
    submitRequest: {
      title: 'Submit the request',
      steps: [text`On the portal, click the button **Soumettre** (submit).`],
      testFirst: text`Advice: **before that**, in e.magnus, open **Configuration des échanges Chorus Pro**, run **Test de connexion** and leave the screen open.`,
      whyTestFirst: text`In e.magnus Gestion Financière the screen is opened from the desk **Liaisons**, block **Autres applications**, **Intégration factures**. Leave it open until step 10: its button **Saisir un nouveau mot de passe** can be clicked after a conclusive test, and after **Soumettre** the old password no longer works.`,
      mustSubmit: text`🚨 Without **Soumettre**, the password is not changed.`,
      notKept: text`🚨 Have you copied or noted the password? After **Soumettre** it can no longer be read. You can still **keep it safe** here.`,
      kept: text`✅ The password is safe with me.`,
      picture: 'The button Soumettre, at the bottom of the form Compte technique.',
    },
    awaitEmail: {
      title: 'Wait for the confirmation e-mail',
      wait: text`You will receive, at your e-mail address, a message that confirms the reset of the password, with this title:`,
      subject: text`**${CHORUS.email}**`,
      notBefore: text`🚨 **You must wait for this confirmation before you change the password in your application.**`,
      kept: text`As soon as you have it, click **I have received the e-mail**: I will test the connection with the password you gave me to keep.`,
      notYet: [
        text`The e-mail can take several minutes. There is no hurry: this card waits for you.`,
        text`Look in your **spam folder** too, and in the mailbox of the address you use to sign in to the portal.`,
        text`The e-mail may have been sent to the technical account's address **Contact**, which the **Liste des comptes techniques** shows: ask whoever reads that mailbox.`,
        text`On the portal, the **Liste des comptes techniques** shows a date under **Modification**: if it is not that of your request, the button **Soumettre** was not clicked. Then go back to the previous step.`,
      ],
      picture: 'The confirmation e-mail in a mailbox.',
    },
    enterPassword: {
      title: 'Enter a new password',
      steps: [
        text`Click **Enter a new password**.`,
        text`Paste the password you copied from the portal, then click **Confirm**.`,
      ],
      afterwards: text`It will be kept encrypted, and the connection to Chorus Pro tested at once.`,
    },
    trimmed: text`Extra spaces at the beginning or the end of what was entered have been removed.`,
  },

  wrongLogin: {
    production: text`This is the login of a **qualification account**, and the bot is in the **production environment**: Chorus Pro will not accept it there. Tell the bot's administrator: the production account is needed here.`,
    sandbox: text`This is the login of a **production account**, and the bot is in the **qualification environment**: Chorus Pro will not accept it there. Tell the bot's administrator: the qualification account is needed here.`,
  },

  verdict: verdictEn,

  test: {
    testing: {
      title: 'Testing…',
      body: text`I am testing the connection to Chorus Pro with the new password. This card will update itself.`,
    },
    accepted: {
      title: 'Connection established',
      body: text`${CHORUS.connected} (The connection works: its settings are right.)`,
      kept: text`The new password is kept encrypted, and is the one in use from now on. What is left is to enter it in your application.`,
      noStructure: text`Chorus Pro returned no structure for this account.`,
      ownAbsent: (structure, id) =>
        text`The credentials are valid, but this account does not see the structure **${structure}** (${id}): check that it is the right technical account, or have the structure attached to its manager on the portal.`,
      ownInactive: (structure, id) =>
        text`The credentials are valid, but the attachment of this account to the structure **${structure}** (${id}) is not **ACTIF**: have it activated on the portal.`,
      unreadable: (n) =>
        n === 1
          ? text`1 structure in Chorus Pro's answer could not be read: it is not shown.`
          : text`${n} structures in Chorus Pro's answer could not be read: they are not shown.`,
      incomplete: text`Incomplete list: Chorus Pro did not give all the structures of this account. The credentials are valid; another test may show all of them.`,
      more: (n) => text`… and ${n} more.`,
    },
    refused: {
      title: 'Connection refused',
      nth: (n, at, before) =>
        text`This is the **${n === 2 ? 'second' : `${n}th`} refusal** of this password in a day: this one on ${at}, the one before on ${before}.`,
      whatToDo: [
        text`If the confirmation e-mail has not arrived, wait for it.`,
        text`If it was copied wrongly and you noted it elsewhere, click **Enter a new password**.`,
        text`If it is lost, click **I have lost the password**: the reset starts again from the first step.`,
      ],
      again: (at) => text`I will test it again by myself on ${at}.`,
      noMore: text`I no longer test it by myself. Once the cause is settled, click **Test again**.`,
      enough: text`This password has been refused several times within twenty-four hours. So as not to risk locking the account, I am not testing it any more for now: you can test it again tomorrow.`,
    },
    unknown: {
      title: 'Test result pending',
      notTestedTitle: 'The password was not tested',
      again: (at) => text`I will test it again by myself on ${at}, and this card will update itself.`,
      ifOpened: (at) =>
        text`If the bot's administrator puts the missing key back, I will test it by myself on ${at}, and this card will update itself.`,
    },
    support: 'Details for support',
    kept: {
      safe: text`The new password stays kept, encrypted, and nothing is deleted.`,
      standsStill: text`The request is submitted: the old password no longer works, and the **exchange of invoices may be standing still** until the new one is accepted.`,
    },
    verdictNotice: {
      accepted: (structure) => `✅ ${structure}: Chorus Pro accepts the new password.`,
      refused: (structure, why) => `⚠️ ${structure}: ${why}`,
    },
  },

  report: {
    title: 'Enter it in your application',
    path: text`Go to: bureau **Liaisons**, bloc **Autres applications**, **Intégration factures**, option **Configuration des échanges Chorus Pro**`,
    application: text`In **e.magnus Gestion Financière**:`,
    steps: [
      text`Test the connection with the button **Test de connexion**. Done before **Soumettre**? Do not do it again.`,
      text`In the frame **${CHORUS.passwordFrame}**: after a successful connection test, you can click the button **Saisir un nouveau mot de passe** (enter a new password), which becomes available.`,
      text`A window appears in which you enter the new password. Then click **Valider**.`,
    ],
    greyed: text`Does the button **Saisir un nouveau mot de passe** stay grey? The test is run with the old password, which no longer works. There are FAQs in your **Espace Clients**, section **PROGICIEL, Gestion financière**, tab **FAQ**.`,
    otherApplication: text`Enter the new password in your application:`,
    readsItself: text`✅ Nothing to enter: the application reads the password by itself.`,
    noReader: text`The application is meant to read the password by itself, but no program may read it from me any more. Tell the administrator of the bot.`,
    taken: text`What I know of the new password:`,
    notTaken: text`Nobody, and no program, has taken the new password from me yet.`,
    takenBack: (at) => text`It was taken back by the private page on ${at}.`,
    programTook: (name, at) => text`✅ **${name}** has read it, the last time on ${at}.`,
    programBefore: (name, at) => text`**${name}** has not read it yet; it read an earlier password on ${at}.`,
    tookFormerly: (name, at) => text`**${name}** took it on ${at}; it has had no access since.`,
    programNever: (name) => text`**${name}** has not read any password yet.`,
    morePrograms: (n) => text`… and ${n} more program${n > 1 ? 's' : ''}.`,
    webhook: 'Webhook notice',
    pushed: (name, at, result) => text`✅ **${name}** received it on ${at}${result && ` (${result})`}.`,
    announced: (name, at, result) =>
      text`**${name}**: the change was announced on ${at}${result && ` (${result})`}.`,
    pushedLater: (name, at, result) =>
      text`⏳ **${name}** does not have it yet${result && ` (${result})`}.${at === undefined ? '' : ` Next attempt on ${at}.`}`,
    disabled: (name, result) =>
      text`⚠️ **${name}** is turned off${result && ` (${result})`}. Tell the administrator of the bot.`,
    updated: text`The **Date de dernière mise à jour** is then brought up to date.`,
    continuity: text`Each time a password is renewed, you must enter the change in your application, so that the exchanges with the Chorus Pro portal go on.`,
    take: text`You no longer have the password at hand? **Take the password** sends you a private link, valid for five minutes.`,
    noted: text`It is the password that was noted down at step 5.`,
    notNoted: text`If you do not have this password, ask the bot's administrator for it.`,
    expiry: (date) => text`When will this password expire? My estimate: **${date}**.`,
    whereExpiry: text`The exact date now stands on the portal, in the **Liste des comptes techniques**, column **Date exp. Mot de passe**. You can give it here, or later from the configuration.`,
  },

  reported: {
    title: 'Is the password entered?',
    question: (login) =>
      `The new password of ${login} has been in use for three days, and nobody, and no program, has taken it from me. Have you entered it in your application? With the old one, it exchanges nothing with Chorus Pro any more.`,
    yes: 'Yes, it is entered',
    no: 'No, not yet',
    thanks: 'Thank you. There is nothing else to do.',
    whereFrom: text`It is the password that the portal showed. If you no longer have it, the administrator of the bot can still give it to you; otherwise, start the reset again.`,
  },

  questions: {
    stop: { title: 'Stop the reset?' },
    lost: {
      title: 'Ask for another password?',
      onlyOnce: text`Chorus Pro shows a password only once. To obtain another, make the request on the portal again: I take you back to the choice of the account.`,
      kept: (since) => text`✅ The one that has been safe with me since ${since} stays encrypted.`,
    },
    submitted: {
      title: 'Did you click Soumettre?',
      kept: (since) => text`✅ A password has been kept encrypted since ${since}, but it is not in use.`,
      answers: [
        text`**Yes**: only the confirmation e-mail is missing, then the connection test.`,
        text`**No**: the portal will show another password, from the first step.`,
        text`**No, but the portal's page is still open**: it remains to click **Soumettre**.`,
        text`**You do not know**: I test the kept password, and Chorus Pro will tell.`,
      ],
    },
    paused: {
      title: 'Reset paused',
      waits: (since) =>
        text`Paused since ${since}. It waits for you, and I will remind you of it. The reminders of the expiry go on.`,
    },
    nothingChanged: text`If you have not clicked **Soumettre**, nothing has changed on Chorus Pro: the old password still works.`,
    stillKept: text`✅ The password that you gave me to keep stays encrypted: you can test it later.`,
  },

  ends: {
    done: {
      title: 'Reset complete',
      body: (who, at, time) =>
        text`Password reset by **${who}** on ${at}, connection test successful at ${time}.`,
      next: (at) => text`Next expiry: **${at}**.`,
    },
    abandoned: {
      title: 'Reset abandoned',
      body: text`Nothing has changed on my side.`,
      kept: text`The password you gave me stays kept, encrypted, but it is not in use.`,
      submitted: text`If you clicked **Soumettre** on the portal, the old password no longer works: start again as soon as you can.`,
    },
    timedOut: {
      title: 'Reset stopped',
      body: text`Nobody has clicked for 72 hours, so the reset has stopped. You can start it again whenever you like.`,
    },
  },

  notices: {
    standsStill: (structure) =>
      `⏳ The reset for “${structure}” has not moved since yesterday, and the old password may no longer work. The card shows where it stands; write “reset” to find it again.`,
    aboutToTimeOut: (structure, at) =>
      `⏳ The reset for “${structure}” has been waiting for two days. If you do not click, it will stop on ${at}.`,
    paused: (structure, since) =>
      `⏸ The reset for “${structure}” has been paused since ${since}. Write “reset” to resume it.`,
    timedOut: (structure) =>
      `The reset for “${structure}” has stopped: nobody has clicked for 72 hours. Write “reset” to start it again.`,
    untoldTitle: 'A message did not arrive',
    untold: (name, platform, reason, notice) =>
      `I can no longer write to ${name} in ${platform} (reason: ${reason}). This is what I had to say. “${notice}”`,
    unreachableTitle: 'Somebody cannot be reached',
    unreachable: (name, platform, reason) =>
      `I cannot write to ${name} in private in ${platform} (reason: ${reason}). Let them know, and ask them to add the app and to write “hello” to me.`,
  },

  form: {
    title: 'Enter the password',
    keepTitle: 'Keep it safe',
    intro: text`Paste the password that the portal shows: it will be kept encrypted. Nobody else sees this window.`,
    noteToo: text`**Note it down too**: you will enter it in your application at step 10.`,
    notMasked: text`⚠️ Slack does not mask what is typed here: make sure that nobody can see your screen.`,
    maskedPage: (url) => [
      { link: 'Enter it on a page that masks the password instead', url },
      ': this link is yours alone, lasts five minutes and works once.',
    ],
    working: 'One moment… This window will update itself.',
    keptDraft: 'Already entered: leave empty to keep it',
    leftEmpty: {
      warning: 'Leave empty, and click Confirm, to keep it as it is',
      quotes: 'Leave empty, and choose below',
      part: 'Leave empty, and click Confirm, to keep that part',
    },
    keepAs: {
      label: 'Keep it',
      typed: 'as it is, with the quotes',
      withoutQuotes: 'without the quotes',
    },
    required: 'Enter the password that the portal shows.',
    expiryRequired: 'Give the date, for example 18/04/2027 02:00:00.',
    problems: {
      empty: 'The password is empty. Paste the one that the portal shows.',
      tooLong:
        'That is far too long for a Chorus Pro password, which has about a dozen characters. Paste the password alone.',
      control: (position) =>
        `Character number ${position} is invisible (a control character): something went wrong in the copying. Copy the password again, alone.`,
      masked: 'Those are asterisks: the screen masks the password. Have it shown, then copy it again.',
      login: "That is the technical account's login, not its password. Copy the password shown below it.",
      siret:
        "That is the structure's SIRET, not the technical account's password. Copy the password that the portal shows.",
      loginAndPassword:
        'That is the login and the password together. To keep only the part after the colon, leave the field empty and click Confirm again; otherwise paste the password alone.',
      loginAndPasswordEncoded:
        'That is the login and the password together, in Base64. To keep only the password, leave the field empty and click Confirm again; otherwise paste it as the portal shows it.',
      otherAccount:
        'That is the login and the password of another technical account. Copy the password of this one.',
      emailTitle:
        'That is the title of the confirmation e-mail, not the password. Copy the password that the portal showed.',
      alreadyCurrent:
        'That is the old password, the one already in use. Copy the new one, which the portal shows.',
    },
    warnings: {
      accent: (position) =>
        `Character number ${position} has an accent, which is unusual: please check. If this is the password that the portal shows, click Confirm again: I will keep it as it is.`,
      emoji: (position) =>
        `Character number ${position} is an emoji, which is unusual: please check. If this is the password that the portal shows, click Confirm again: I will keep it as it is.`,
      space: (position) =>
        `There is a space in the middle (character number ${position}), which is unusual: please check that nothing around it was copied. If this is the password that the portal shows, click Confirm again: I will keep it as it is.`,
      unusual: (position) =>
        `Character number ${position} is unusual in a Chorus Pro password: please check. If this is the password that the portal shows, click Confirm again: I will keep it as it is.`,
      quotes:
        'There are quotes around it, which is unusual: please check. Choose below whether to keep it with or without the quotes, then click Confirm again.',
    },
    expiryProblems: {
      empty: 'Give the expiry date, for example 18/04/2027 02:00:00.',
      format:
        'The format of this date is not recognised, or may mean another date. Write the day first, for example 18/04/2027 02:00:00, 18/04/2027 or 18 April 2027.',
      former:
        'That is the old date, of the password before this one: the portal shows it until the request is submitted. Reload the page of the portal and read the column “Date exp. Mot de passe” again, or leave the estimate.',
      past: 'This date is already past. Check the column “Date exp. Mot de passe” on the portal.',
      tooFar:
        'This date is too far ahead: a Chorus Pro password lasts about fourteen months. Check the year.',
    },
    storeDown:
      "The password could not be saved: the place where I keep passwords is not answering. Nothing is lost, and what you typed is still here. Try again in a moment; if it goes on, tell the bot's administrator.",
    recordRefused:
      "Nothing was saved: what I keep for this account can no longer be verified, so I do not use it. What you typed is still here. Tell the bot's administrator.",
    failed:
      "The password could not be saved: something went wrong on my side. Nothing is lost, and what you typed is still here. Try again; if it goes on, tell the bot's administrator.",
    moved:
      'This reset has moved on in the meantime: this form is out of date. The card shows where it stands.',
    alreadyKept: 'This password is already kept, encrypted. The card shows where the reset stands.',
    busy: 'A submission is already being handled for this reset. Wait a moment, then look at the card.',
    keptAllTheSame: 'The password that you entered is kept encrypted: nothing is lost.',
    cancel: 'Cancel',
    cancelled: 'Nothing was saved.',
    expiryForm: {
      title: 'Expiry date',
      intro: text`Read it on the portal: **Liste des comptes techniques**, column **Date exp. Mot de passe**.`,
      hint: 'For example 18/04/2027 02:00:00, 18/04/2027 or 18 April 2027.',
      storeDown:
        "The date could not be saved: the place where I keep passwords is not answering. Nothing is lost, and what you typed is still here. Try again in a moment; if it goes on, tell the bot's administrator.",
      saved: 'The expiry date is saved.',
    },
    keptNotice: (trimmed) =>
      `✅ The password is safe.${trimmed ? ' Extra spaces at the beginning or the end were removed.' : ''} What is left is to click Soumettre on the portal: the card guides you.`,
    verdictNotice: {
      testing: 'The password is kept, encrypted. Testing… The card will give you the result.',
      accepted: `${CHORUS.connected} (The connection works: its settings are right.)`,
      refused: (why) => `The password is kept, encrypted. ${why} The card says what to do.`,
      unknown: (why) =>
        `The password is kept, encrypted. ${why} I will test it again, and the card will update itself.`,
    },
    trimmedNotice: ' Extra spaces at the beginning or the end were removed.',
  },

  slack: {
    sharedChannel:
      'This channel is shared with another organisation: I send nothing but reminders to it. Write to me in a direct message.',
    inMessages: 'The reset is waiting for you in the “Messages” tab of our private conversation.',
    tooLate: 'Slack could not open the window in time. Click again.',
    notReached:
      'Nothing is saved yet: Slack, or the place where I keep passwords, is not answering me. What you typed is still here, try again in a moment.',
    closed:
      'The window was closed before I could answer, and nothing was saved. Open it again from the card.',
    cannotOpen:
      'Slack refuses the window that I ask it to open: another click would not change that. Tell the administrator of the bot.',
    notAllowed:
      'Slack does not give me the rights that I need to answer you. Tell the administrator of the bot: the log of the bot says what is missing.',
    cannotPost: (reason: string) =>
      `You invited me to a channel in which I cannot write (reason given by Slack: ${reason}). Write “hello” to me in a direct message.`,
    left: 'I am no longer in this channel: this card is out of date. Write “hello” to me in a direct message, or invite me here again.',
  },

  page: {
    validity: (until) => `This page is yours alone and lasts until ${until}.`,
    back: 'You can close this page and go back to the conversation.',
    overTitle: 'This link is out of date',
    over: 'It lasts five minutes and works once. Go back to the conversation and open the form again.',
    notVerified:
      'What you sent could not be verified: your browser may be refusing cookies. Nothing was saved.',
    errorsTitle: 'To be corrected',
  },

  platforms: {
    failedTitle: (platform) => `${platform} no longer works`,
    failed: {
      secret: (platform, variable, reason) =>
        `${platform} refuses the bot's secret (${reason}). Nobody gets an answer there, and reminders wait. Replace ${variable} in the configuration, then restart the bot.`,
      connection: (platform, variable, reason) =>
        `For five minutes the bot has not been connected to ${platform} (${reason}). Nobody gets an answer there, and reminders wait. The bot keeps trying. Check ${variable} and the access to the network.`,
    },
  },

  consumers: {
    webhook: 'the webhook',
    stuckTitle: 'An application does not get the password',
    stuck: (kind, login, result) =>
      `For a day, ${kind} has not taken the new password of ${login} (${result}). I go on trying once a day. Check the destination: “admin destination list” shows how it stands.`,
  },

  handover: {
    title: 'Take the password',
    about: (structure, login) => `Password of the technical account ${login}, for “${structure}”.`,
    label: 'Password',
    once: 'It can be taken once with this link.',
    show: 'Show',
    hide: 'Hide',
    copy: 'Copy',
    done: 'Done',
    asking: 'One moment…',
    shown: 'The password is shown. It will be hidden in a minute.',
    masked: 'The password is hidden again.',
    copied: 'The password is copied. Paste it into your application.',
    selected: 'The password is selected: copy it with Ctrl+C, or by a long press.',
    over: 'The password is no longer on this page. You can close it.',
    ended: 'The five minutes are over: the password is no longer on this page.',
    closeAfterwards: 'Close this page as soon as the password is in your application.',
    validity: (until) => `This page is for you alone, and is valid until ${until}.`,
    storeDown:
      'The place where I keep passwords does not answer. Nothing is lost: ask for a new link in a moment.',
    failed:
      "Something went wrong on my side. Nothing is lost: ask for a new link, and tell the bot's administrator if it goes on.",
    refusals: {
      over: 'This link is no longer valid: it is for five minutes, and works once. Go back to the conversation to ask for another one.',
      notYours: 'Only the person who typed this password may take it, as long as they lead the reset.',
      tooOften:
        "The password has been taken three times already. The bot's administrator can still give it to you.",
      tooLate:
        "The 24 hours after the test are over. The bot's administrator can still give you the password.",
    },
    offeredTitle: 'Take the password',
    offered: (login, until) =>
      `The password of ${login} is waiting for you on a private page. The link works once, and is valid until ${until}.`,
    open: 'Open the page',
    told: (login, at) =>
      `The password of ${login} was taken with the link I gave you, on ${at}. If it was not you, tell the bot's administrator at once.`,
  },

  install: {
    title: 'Install the bot in Slack',
    text: 'Slack will ask you in which workspace to install it, and what you allow it to do.',
    button: 'Continue to Slack',
    doneTitle: 'The bot is installed',
    done: (workspace) => `The bot is installed in “${workspace}”. Write “hello” to it in Slack.`,
    refusedTitle: 'The bot is not installed',
    notAllowed: (id, isGivenBack) =>
      `This bot does not serve your workspace (${id}): I kept nothing${isGivenBack ? ', and gave the access I had been given back to Slack' : ''}. Whoever answers for the bot can add this id to ALLOWED_TENANTS.`,
    notVerified:
      'You refused, or the request could not be verified: it is more than ten minutes old, or your browser refuses cookies. Nothing was saved.',
    failed: 'The installation did not succeed. Try again in a moment.',
  },

  configuration: {
    title: 'Configuration des échanges Chorus Pro',
    heldSince: (at) => `•••••••• kept since ${at}`,
    notHeld: 'none at the moment',
    pending: (at) => text`A new password, kept since ${at}, is waiting to be accepted by Chorus Pro.`,
    nothingToTest: text`I keep no password for this account yet: enter it if you already have it, or start a reset.`,
    testing: text`I am testing the connection to Chorus Pro. This card will update itself.`,
    testLater: text`Run **Test the connection** again a little later.`,
    testFirst: text`After a successful connection test, you will have ten minutes to **enter a new password**.`,
    mayEnter: text`The test succeeded: you have ten minutes to **enter a new password**.`,
    mustTest:
      'Run a successful connection test first: you will then have ten minutes to enter a new password.',
    alertTooLate: (months, at, expiry) =>
      text`The **Alerte actualisation** at ${months} months would come on **${at}**, after the password has stopped being valid (${expiry}): it will not be sent. Choose fewer months. The reminders before the deadline are sent in any case.`,
    refusedExpired: (date) =>
      text`By the date that I keep (**${date}**), the password has **probably expired**.`,
    refusedValid: (date) =>
      text`By the date that I keep (**${date}**), the password **should not have expired**: somebody has probably reset it, or the account is blocked.`,
    refusedUnknown: text`I do not know its expiry date: it may have expired, or somebody has reset it.`,
    wayOut: text`If somebody has reset it already, click **I already have the new password**; otherwise, start the reset.`,
    alertSaved: (months, at) =>
      text`Alert saved: ${months} month${months > 1 ? 's' : ''} after the date of the last update${at === undefined ? '' : `, that is on ${at}`}.`,
    resetRunning: 'A reset is running for this account: finish it or give it up first.',
  },

  reminders: {
    title: (days) =>
      days < 0
        ? `Chorus Pro password expired ${-days} day${days < -1 ? 's' : ''} ago`
        : days === 0
          ? 'The Chorus Pro password expires today'
          : days === 1
            ? 'The Chorus Pro password expires tomorrow'
            : `The Chorus Pro password expires in ${days} days`,
    expiredToday: (at) => `The Chorus Pro password expired today at ${time.format(new Date(at))}`,
    alertTitle: 'Alerte actualisation of the Chorus Pro password',
    alert: (updated) =>
      text`The password was last updated on **${updated}**: this is when you had chosen to reset it.`,
    before: text`After that date, no more invoices are exchanged with Chorus Pro until the password is reset.`,
    after: text`Invoices are probably no longer exchanged with Chorus Pro. They will be again as soon as the password is reset.`,
    estimated: text`This date is an **estimate**. Read the true one on the portal, in the **Liste des comptes techniques**, column **Date exp. Mot de passe**, then correct it.`,
    digestEstimated: text`A date followed by “(estimated)” is only an **estimate**. Read the true one on the portal, in the **Liste des comptes techniques**, column **Date exp. Mot de passe**, then correct it from the **configuration** of the account.`,
    refusedTitle: 'Chorus Pro password refused at the daily test',
    refused: (at) => text`On **${at}**, the **daily test of the password in use failed**.`,
    afterRefusal: text`So as not to risk locking the account, I no longer test this password every day. Reset it; or, if somebody has done so already or all is well again, run **Test the connection** from the **configuration**.`,
    acceptedTitle: 'Chorus Pro password accepted again',
    accepted: (next) => [
      ...text`Chorus Pro **accepts the password in use again**: there is nothing left to do.`,
      ...(next === undefined ? [] : text` Next expiry on **${next}**.`),
    ],
    waitingTitle: 'A new password is kept, but not in use yet',
    waiting: (at) =>
      text`A new password, kept safe on ${at}, is not in use: Chorus Pro still accepts the old one. The request was probably not submitted on the portal, and invoices are still exchanged. To change the password, start the reset again.`,
    toDo: {
      unknown: text`To be done by the **gestionnaire principal**.`,
      manager: (name) => text`To be done by **${name}**, gestionnaire principal.`,
      deputy: (name) => text` **${name}**, the deputy, can do it too.`,
    },
    running: (name, since) => text`${name} has been running the reset since ${since}.`,
    unreached: {
      manager: text`I could not tell the **gestionnaire principal** in private: they have never written to me, or have removed me. Tell them, and ask them to write me “hello”.`,
      deputy: text`I could not tell the **deputy** in private: they have never written to me, or have removed me. Tell them, and ask them to write me “hello”.`,
    },
    snooze: 'Put the reminder off',
    snoozes: { tomorrow: 'tomorrow', monday: 'on Monday', week: 'in a week' },
    snoozed: (at) => text`I will remind you on **${at}**.`,
    digestTitle: (n) => `${n} Chorus Pro password${n > 1 ? 's' : ''} to reset`,
    digestLine: (structure, login, state) => text`**${structure}** (${login}): ${state}. `,
    digestTeamLine: (structure, state) => text`**${structure}**: ${state}. `,
    digestRefused: 'refused at the daily test',
    digestAccepted: '✅ accepted again by Chorus Pro',
    digestRenewed: (by, at) => `✅ reset by ${by} on ${at}`,
    digestToDo: text`To start, write me **reset**, here or in private.`,
    renewedTitle: 'Chorus Pro password reset',
    renewed: (by, at, next) =>
      next === undefined
        ? text`Reset by **${by}** on ${at}.`
        : text`Reset by **${by}** on ${at}, next expiry on **${next}**.`,
    renewedNotice: (structure, by, next) =>
      `✅ ${structure}: ${by} has reset the password.${next === undefined ? '' : ` Next expiry on ${next}.`}`,
    somebody: 'somebody',
    movedTitle: 'Chorus Pro reminder',
    moved: 'There is a more recent reminder further down.',
    forgotten: 'This technical account is no longer followed.',
    placeGoneTitle: 'A conversation no longer gets reminders',
    placeGone: (platform, structures, reason) =>
      `I can no longer write in a ${platform} conversation where I gave the expiry dates of ${structures} (reason: ${reason}): I was removed from it, or it was archived. I will not write there any more. For it to get them again, add me there and write “reminders here”.`,
    recordRefusedTitle: 'A record cannot be verified',
    recordRefused: (key) =>
      `The record ${key} cannot be verified: somebody has changed it, or its key is missing. I do not use it, and go on with the others. “npm run admin -- doctor” names all that cannot be, and says what to do. I shall not say so again before tomorrow.`,
    sealBrokenTitle: 'A kept password no longer opens',
    sealBroken: (account, cure) =>
      `A password kept for ${account} no longer opens, and maybe others. It is neither tried nor given to a program. ${cure} I shall not say so again before tomorrow.`,
    testTroubleTitle: 'The daily test comes to nothing',
    testTrouble: (days, login) =>
      `The daily test of the connection has come to nothing for ${days} day${days > 1 ? 's' : ''}, for ${login} and maybe for other accounts. The passwords are still kept. “npm run admin -- doctor --online --login ${login}” gives the details. I shall not say it again before tomorrow.`,
    testTroubleOf: (days, structure, login) =>
      `The daily test of the password in use has come to nothing for ${days} day${days > 1 ? 's' : ''}, for “${structure}” (${login}) and maybe for others of your accounts. I shall not say it again before tomorrow.`,
    pisteTitle: 'PISTE application refused',
    monthlyTitle: 'Chorus Pro passwords under watch',
    monthly: (count, next) =>
      `${count} account${count > 1 ? 's' : ''} under watch${next === undefined ? '' : `, next expiry on ${next}`}.`,
    monthlyExpired: (count) => `${count} password${count > 1 ? 's' : ''} expired, to be reset.`,
    monthlyUnknown: (count) =>
      `${count} account${count > 1 ? 's' : ''} without a known expiry date: there will be no reminder before the first reset.`,
    here: {
      title: 'Reminders',
      on: 'The reminders of these structures will come to this conversation too:',
      off: 'The reminders of these structures will no longer come to this conversation:',
      privately:
        'In private your reminders reach you by themselves. For a channel to get them too, invite me to it first, then write “reminders here” there (in Slack: “/chorus reminders”).',
      which: 'Name the account: “reminders here”, then its login.',
    },
  },

  conversation: {
    hello: (name) => `Hello ${name}`,
    whoIAm: text`I guide you step by step as you reset the password of the **Chorus Pro technical account** on the portal. Then I test the connection and keep the password encrypted, and never show it in a chat.`,
    welcome: 'Welcome',
    commandsTitle: 'What I can do',
    commands: [
      text`**accounts**: your technical accounts and their expiry dates`,
      text`**reset**: change an account's password, step by step`,
      text`**settings**: test the connection, see an account and set it up`,
      text`**reminders here**: in a channel, show the expiry dates there too (“reminders stop”: no longer)`,
      text`**help**: this list`,
    ],
    notUnderstood: text`I did not understand. Here is what I can do:`,
    neverHere: text`🚨 Never write a password in the chat: I will open a private window for it.`,
    accountsTitle: 'Your technical accounts',
    noAccount: text`No technical account is in your care. Only a structure's **gestionnaire principal**, or the deputy named by an administrator, may reset the password of its technical account. If that is you, ask the bot's administrator to add you.`,
    accountLine: (structure, login, expiry) => text`**${structure}** (${login}): ${expiry}`,
    noExpiry: 'expiry date not known yet',
    resetRunning: 'reset under way',
    suspendedAccount: 'suspended',
    suspended: (at) =>
      `The bot's administrator suspended this account on ${at}: reminders and the daily test have stopped, and no reset can begin. The password is still kept. To go on, ask the bot's administrator.`,
    chooseTitle: 'Which account?',
    choose: text`Choose the technical account.`,
    chooseByName: {
      begin: (more) =>
        text`… and ${more} more, which expire later: write **reset**, then the name of the structure, the SIRET or the login.`,
      configuration: (more) =>
        text`… and ${more} more, which expire later: write **settings**, then the name of the structure, the SIRET or the login.`,
    },
    moreAccounts: (more) =>
      text`… and ${more} more: write **settings**, then the name of the structure, the SIRET or the login.`,
    notYours:
      "No technical account of that name is in your care. If this is a mistake, ask the bot's administrator.",
    heldBy: (name, since) =>
      `A reset of this account is already under way: ${name} has been running it since ${since}.`,
    heldTitle: 'Reset already under way',
    inPrivateTitle: 'Answered in private',
    inPrivate: 'I have answered in our private conversation.',
    writeToMe:
      'I cannot write to you in private. Add the app for yourself, write “hello” to me in private, then try again.',
    helpHere: 'Write “help”: I will say here what I can do.',
    outOfDate: 'This button is out of date. Write “help” to see what I can do.',
    notOpenedTitle: 'Nothing to enter at the moment',
    continuedTitle: 'Reset under way',
    continued: {
      below: 'It goes on further down.',
      elsewhere: 'It goes on on the card that you clicked.',
    },
    closedTitle: 'This card is out of date',
    closed: 'There is nothing left to do here. Write “help” to see what I can do.',
    storeDown:
      'The place where I keep passwords is not answering at the moment. Nothing is lost: try again in a moment.',
    recordRefused:
      "What I keep about this can no longer be verified, so I do not use it. Tell the bot's administrator: nobody else can mend it.",
    failedTitle: 'One moment…',
    failed:
      "Something went wrong on my side. Nothing is lost: try again, and tell the bot's administrator if it goes on.",
    burnedTitle: 'This password is no longer safe',
    burned: [
      text`This message looks like a password. Once written in a chat, it must be considered **known to other people**: it must not be used any more.`,
      text`**Delete your message**: hover over it (or press it for a while), open the menu **…**, then choose **Delete**.`,
      text`Then **start the reset again** on the portal to get another one. I have neither kept nor repeated it.`,
    ],
  },
};
