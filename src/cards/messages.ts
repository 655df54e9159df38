import type { Text } from './card.ts';
import { type VerdictSentences, verdictFr } from './messages.verdict.ts';
import { text } from './text.ts';

/**
 * Every sentence that people read, in French. `messages.en.ts` says the same in English.
 *
 * The portal's and the application's own words are quoted to the letter from the two seeds, in both languages:
 * people must find on their screen what they read here.
 */

/** The portal's and the application's words: never translated. */
export const CHORUS = {
  requestType: "Réinitialisation du mot de passe d'un compte technique",
  otherRequestTypes: [
    '-- Aucun --',
    'Activer un compte technique',
    "Changer l'email du contact d'un compte technique",
    "Création d'un compte technique",
    'Désactiver un compte technique',
  ],
  email: '[Chorus Pro] Réinitialisation du mot de passe du compte utilisateur technique.',
  connected: 'La connexion a été établie : les paramètres de connexion sont corrects.',
  qualification: 'Qualification',
  connectionFrame: 'Informations de connexion',
  passwordFrame: "Gestion du mot de passe de l'utilisateur technique",
} as const;

const day = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', dateStyle: 'long' });
const clock = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', timeStyle: 'short' });

/** French writes « 1er mars », which Intl does not know. */
function dateOf(at: string): string {
  return day.format(new Date(at)).replace(/^1 /, '1er ');
}

/** « 9 h 05 » */
function timeOf(at: string): string {
  return clock.format(new Date(at)).replace(/^0?(\d+):/, '$1 h ');
}

export const fr = {
  /** As HTML names it. */
  language: 'fr',
  /** `at` is an ISO instant; shown in Paris. */
  date: dateOf,
  /** `at` is an ISO instant; shown in Paris. */
  time: timeOf,
  /** `at` is an ISO instant; shown in Paris. */
  moment: (at: string) => `${dateOf(at)} à ${timeOf(at)}`,
  days: (n: number) =>
    n < 0
      ? `expiré depuis ${-n} jour${-n > 1 ? 's' : ''}`
      : n === 0
        ? "expire aujourd'hui"
        : `${n} jour${n > 1 ? 's' : ''} restant${n > 1 ? 's' : ''}`,
  /** `at` is an ISO instant of today. */
  expiredToday: (at: string) => `expiré aujourd'hui à ${timeOf(at)}`,
  estimated: (date: string) => `${date} (estimée)`,

  buttons: {
    done: "C'est fait",
    back: 'Étape précédente',
    abandon: 'Arrêter la réinitialisation',
    stop: 'Arrêter',
    keepOn: 'Continuer',
    pause: 'Faire une pause',
    testKept: 'Tester le mot de passe gardé',
    wasSubmitted: "Oui, j'ai soumis",
    wasNotSubmitted: 'Non',
    pageIsOpen: 'Non, la page est encore ouverte',
    submittedUnknown: 'Je ne sais pas : tester',
    anotherPassword: 'En demander un autre',
    whereAmI: 'Où en suis-je ?',
    fold: 'Replier',
    openPortal: 'Ouvrir Chorus Pro',
    openPigp: 'Ouvrir le PIGP',
    enterByPigp: 'Par le PIGP',
    enterDirectly: 'Directement',
    enterOtherwise: "J'entre autrement",
    knownPassword: "J'ai déjà le nouveau mot de passe",
    keepSafe: "Mettre à l'abri",
    replaceKept: 'Remplacer le mot de passe gardé',
    emailCame: "J'ai reçu l'e-mail",
    emailNotYet: 'Pas encore',
    enterPassword: 'Saisir un nouveau mot de passe',
    retry: 'Tester à nouveau',
    lostPassword: "J'ai perdu le mot de passe",
    next: 'Étape suivante',
    finish: 'Terminer',
    reported: "Je l'ai reporté",
    takePassword: 'Retirer le mot de passe',
    begin: 'Commencer la réinitialisation',
    resume: 'Reprendre la réinitialisation',
    accounts: 'Mes comptes',
    configuration: 'Configuration',
    testConnection: 'Test de connexion',
    saveAlert: "Enregistrer l'alerte",
    correctExpiry: "Corriger la date d'expiration",
    giveExpiry: "Indiquer la date d'expiration",
    help: 'Aide',
    ok: 'Valider',
    close: 'Fermer',
  },

  labels: {
    structure: 'Structure',
    siret: 'SIRET',
    technicalAccount: 'Compte technique',
    url: 'Lien URL',
    login: 'Identifiant utilisateur',
    password: 'Mot de passe',
    newPassword: 'Nouveau mot de passe',
    expiry: 'Date exp. Mot de passe',
    updated: 'Date de dernière mise à jour',
    structures: 'Structures définies dans Chorus Pro',
    alert: 'Alerte actualisation',
    alertMonths: (n: number) => `${n} mois`,
    account: 'Compte',
    unknownYet: 'pas encore connue',
  },

  walk: {
    progress: (n: number, total: number) => `Étape ${n} sur ${total}`,
    progressOfSeveral: (first: number, last: number, total: number) =>
      `Étapes ${first} à ${last} sur ${total}`,
    heldBy: (name: string, since: string) => `Réinitialisation menée par ${name} depuis le ${since}.`,
    skipped: 'déjà fait',
    testStep: 'Tester la connexion',
    nothingChanged: text`Vous pouvez vous arrêter ici : rien n'a changé sur Chorus Pro.`,
    nothingSubmitted: text`Avant **Soumettre**, vous pouvez vous arrêter ici : rien n'a changé sur Chorus Pro.`,
    finishToday: text`Allez au bout aujourd'hui : l'ancien mot de passe ne fonctionne plus.`,
    signIn: {
      title: 'Se connecter au portail',
      choose: text`Comment entrez-vous sur Chorus Pro ? Choisissez une fois : je m'en souviendrai.`,
      ways: [
        text`**Par le PIGP** (Portail Internet de la Gestion Publique) : collectivités et établissements publics, hors État.`,
        text`**Directement**, sur le portail Chorus Pro : les autres.`,
      ],
      afterwards: text`Une fois connecté au portail :`,
      pigp: [
        text`Connectez-vous au **PIGP**, puis cliquez sur **Chorus Pro**.`,
        text`Le portail s'ouvre sans vous connecter : cliquez sur **Se connecter**. Il ne demande pas d'autre authentification.`,
      ],
      direct: [text`Connectez-vous au portail **Chorus Pro** avec votre propre compte.`],
      identity: text`Le portail vous fait confirmer votre identité : par le code reçu par **e-mail**, par votre **application** d'authentification ou par votre **clé de sécurité**.`,
      code: text`Le code reçu par e-mail peut arriver déjà expiré : connectez-vous à nouveau, et le portail en enverra un autre.`,
      portal: [
        text`Ouvrez le menu **Accueil**.`,
        text`Dans le cadre **Raccordements**, cliquez sur le lien **Accéder au domaine**.`,
      ],
      domains: text`Le menu **Domaines**, puis **Raccordements**, y mène aussi.`,
      onlyYou: text`NB : Seul le **gestionnaire principal** de la structure est habilité à réinitialiser le mot de passe de l'utilisateur technique.`,
      picture: "La page d'accueil du portail : le cadre Raccordements et son lien « Accéder au domaine ».",
    },
    openApplication: {
      title: 'Remplir le formulaire Compte technique',
      steps: [
        text`Ouvrez l'application **Compte technique** en cliquant sur **Accéder**.`,
        text`Sélectionnez **${CHORUS.requestType}** dans le champ **Type de demande**.`,
        text`Sélectionnez la **structure** concernée et l'**utilisateur** pour lequel vous souhaitez réinitialiser le mot de passe.`,
      ],
      notThese: text`Ne choisissez aucune des cinq autres lignes de la liste :`,
      fields: text`Sur le portail, les deux champs se nomment **Choisir la structure** et **Compte technique**.`,
      picture: "Le domaine Raccordements : l'application Compte technique et son lien « Accéder ».",
    },
    requestType: {
      picture: 'Le formulaire Compte technique : la liste du champ « Type de demande ».',
    },
    selectAccount: {
      picture: 'Le formulaire Compte technique : les champs de la structure et du compte technique.',
    },
    copyPassword: {
      title: 'Copier le nouveau mot de passe',
      shown: text`Le nouveau mot de passe s'affiche sur le portail.`,
      copyFirst: text`🚨 Attention : **vous devez copier ou noter ce mot de passe avant de cliquer sur le bouton Soumettre.**`,
      neverAgain: text`🚨 Si le mot de passe n'est pas copié, il ne sera plus accessible a posteriori.`,
      safeHere: text`Le plus sûr : **Mettre à l'abri**. Ne l'écrivez jamais dans la conversation.`,
      takenBack: text`Mis à l'abri, le mot de passe est gardé chiffré, et vous pourrez le retirer à l'étape 10.`,
      safeAndNoted: text`Le plus sûr : **Mettre à l'abri**. **Notez-le aussi** : vous le saisirez dans votre application à l'étape 10. Ne l'écrivez jamais dans la conversation.`,
      kept: (since: string) =>
        text`✅ Un mot de passe est à l'abri depuis le ${since}. Si le portail en affiche un autre, remplacez-le.`,
      picture: 'Le nouveau mot de passe, encadré en rouge, au-dessus du bouton Soumettre.',
    },
    submitRequest: {
      title: 'Soumettre la demande',
      steps: [text`Sur le portail, cliquez sur le bouton **Soumettre**.`],
      testFirst: text`Conseil : **avant**, dans e.magnus, ouvrez **Configuration des échanges Chorus Pro**, effectuez le **Test de connexion** et laissez l'écran ouvert.`,
      whyTestFirst: text`Dans e.magnus Gestion Financière, l'écran s'ouvre par le bureau **Liaisons**, bloc **Autres applications**, **Intégration factures**. Laissez-le ouvert jusqu'à l'étape 10 : le bouton **Saisir un nouveau mot de passe** s'y dégrise après un test concluant, et après **Soumettre** l'ancien mot de passe ne fonctionne plus.`,
      mustSubmit: text`🚨 Si l'action **Soumettre** n'est pas réalisée, le mot de passe ne sera pas modifié.`,
      notKept: text`🚨 Le mot de passe est-il bien copié ou noté ? Après **Soumettre**, il ne sera plus accessible. Vous pouvez encore le **mettre à l'abri** ici.`,
      kept: text`✅ Le mot de passe est à l'abri.`,
      picture: 'Le bouton Soumettre, en bas du formulaire Compte technique.',
    },
    awaitEmail: {
      title: "Attendre l'e-mail de confirmation",
      wait: text`Vous recevrez un message de confirmation de la réinitialisation du mot de passe sur votre adresse électronique, dont le titre sera :`,
      subject: text`**${CHORUS.email}**`,
      notBefore: text`🚨 **Vous devez attendre d'avoir reçu la confirmation avant de modifier le mot de passe dans votre application.**`,
      kept: text`Dès que vous l'aurez reçu, cliquez sur **J'ai reçu l'e-mail** : je testerai la connexion avec le mot de passe mis à l'abri.`,
      notYet: [
        text`Le message peut mettre plusieurs minutes à arriver. Rien ne presse : cette carte vous attend.`,
        text`Regardez aussi dans le **courrier indésirable**, et dans la boîte de l'adresse qui vous sert à vous connecter au portail.`,
        text`Le message a pu être envoyé à l'adresse **Contact** du compte technique, que montre la **Liste des comptes techniques** : demandez à qui lit cette boîte.`,
        text`Sur le portail, la **Liste des comptes techniques** montre la date de **Modification** : si ce n'est pas celle de votre demande, c'est que le bouton **Soumettre** n'a pas été cliqué. Revenez alors à l'étape précédente.`,
      ],
      picture: 'Le message de confirmation dans une boîte aux lettres.',
    },
    enterPassword: {
      title: 'Saisir un nouveau mot de passe',
      steps: [
        text`Cliquez sur **Saisir un nouveau mot de passe**.`,
        text`Collez le mot de passe copié sur le portail, puis cliquez sur **Valider**.`,
      ],
      afterwards: text`Il sera gardé chiffré, et la connexion à Chorus Pro sera testée aussitôt.`,
    },
    trimmed: text`Des espaces en trop, au début ou à la fin de ce qui a été saisi, ont été retirés.`,
  },

  /** Before any test; by the environment of the bot. */
  wrongLogin: {
    production: text`C'est l'identifiant d'un **compte de qualification**, et le bot est dans l'**environnement de production** : Chorus Pro ne l'y acceptera pas. Prévenez l'administrateur du bot : il faut ici le compte de production.`,
    sandbox: text`C'est l'identifiant d'un **compte de production**, et le bot est dans l'**environnement de qualification** : Chorus Pro ne l'y acceptera pas. Prévenez l'administrateur du bot : il faut ici le compte de qualification.`,
  },

  /** One sentence for each class of answers of Chorus Pro, wherever it is read. */
  verdict: verdictFr as VerdictSentences,

  test: {
    testing: {
      title: 'Test en cours…',
      body: text`Je teste la connexion à Chorus Pro avec le nouveau mot de passe. Cette carte se mettra à jour d'elle-même.`,
    },
    accepted: {
      title: 'Connexion établie',
      body: text`${CHORUS.connected}`,
      kept: text`Le nouveau mot de passe est gardé chiffré, et c'est lui qui sert désormais. Il reste à le reporter dans votre application.`,
      noStructure: text`Chorus Pro n'a renvoyé aucune structure pour ce compte.`,
      ownAbsent: (structure: string, id: string) =>
        text`Identifiants valides, mais ce compte ne voit pas la structure **${structure}** (${id}) : vérifiez que c'est le bon compte technique, ou faites rattacher la structure à son gestionnaire sur le portail.`,
      ownInactive: (structure: string, id: string) =>
        text`Identifiants valides, mais le rattachement de ce compte à la structure **${structure}** (${id}) n'est pas **ACTIF** : faites-le activer sur le portail.`,
      unreadable: (n: number) =>
        n === 1
          ? text`1 structure illisible dans la réponse de Chorus Pro : elle n'est pas montrée.`
          : text`${n} structures illisibles dans la réponse de Chorus Pro : elles ne sont pas montrées.`,
      incomplete: text`Liste incomplète : Chorus Pro n'a pas donné toutes les structures de ce compte. Les identifiants sont valides ; un autre test les montrera peut-être toutes.`,
      more: (n: number) => text`… et ${n} autre${n > 1 ? 's' : ''}.`,
    },
    refused: {
      title: 'Connexion refusée',
      nth: (n: number, at: string, before: string) =>
        text`C'est le **${n === 2 ? 'deuxième' : `${n}e`} refus** de ce mot de passe en un jour : celui-ci le ${at}, le précédent le ${before}.`,
      whatToDo: [
        text`Si l'e-mail de confirmation n'est pas arrivé, attendez-le.`,
        text`S'il a été mal copié et que vous l'avez noté ailleurs, cliquez sur **Saisir un nouveau mot de passe**.`,
        text`S'il est perdu, cliquez sur **J'ai perdu le mot de passe** : la réinitialisation reprendra à la première étape.`,
      ],
      again: (at: string) => text`Je le testerai à nouveau de moi-même le ${at}.`,
      noMore: text`Je ne le teste plus de moi-même. Quand la cause sera réglée, cliquez sur **Tester à nouveau**.`,
      enough: text`Ce mot de passe a été refusé plusieurs fois en vingt-quatre heures. Pour ne pas risquer de bloquer le compte, je ne le teste plus pour le moment : vous pourrez le tester à nouveau demain.`,
    },
    unknown: {
      title: 'Résultat du test en attente',
      notTestedTitle: "Le mot de passe n'a pas été testé",
      again: (at: string) =>
        text`Je le testerai à nouveau de moi-même le ${at}, et cette carte se mettra à jour.`,
      ifOpened: (at: string) =>
        text`Si l'administrateur du bot remet la clé qui manque, je le testerai de moi-même le ${at}, et cette carte se mettra à jour.`,
    },
    support: 'Détails pour le support',
    kept: {
      safe: text`Le nouveau mot de passe reste gardé chiffré, et rien n'est effacé.`,
      standsStill: text`La demande est soumise : l'ancien mot de passe ne fonctionne plus, et l'**échange des factures est peut-être arrêté** tant que le nouveau n'est pas accepté.`,
    },
    verdictNotice: {
      accepted: (structure: string) => `✅ ${structure} : Chorus Pro accepte le nouveau mot de passe.`,
      refused: (structure: string, why: string) => `⚠️ ${structure} : ${why}`,
    },
  },

  report: {
    title: 'Reporter dans votre application',
    path: text`Accès : bureau **Liaisons**, bloc **Autres applications**, **Intégration factures**, option **Configuration des échanges Chorus Pro**`,
    application: text`Dans **e.magnus Gestion Financière** :`,
    steps: [
      text`Effectuez un test de connexion via le bouton **Test de connexion**. Déjà fait avant **Soumettre** ? Ne le refaites pas.`,
      text`Dans le cadre **${CHORUS.passwordFrame}** : après un test de connexion concluant, vous pouvez cliquer sur le bouton **Saisir un nouveau mot de passe** qui se dégrise.`,
      text`Un écran s'affiche et vous permet de saisir le nouveau mot de passe. Cliquez ensuite sur **Valider**.`,
    ],
    greyed: text`Le bouton **Saisir un nouveau mot de passe** reste grisé ? Le test se fait avec l'ancien mot de passe, qui ne fonctionne plus. Des FAQ sont disponibles sur votre **Espace Clients**, rubrique **PROGICIEL, Gestion financière** puis onglet **FAQ**.`,
    otherApplication: text`Saisissez le nouveau mot de passe dans votre application :`,
    readsItself: text`✅ Rien à reporter : l'application lit le mot de passe elle-même.`,
    noReader: text`L'application devrait lire le mot de passe elle-même, mais aucun programme n'a plus le droit de le lire chez moi. Prévenez l'administrateur du bot.`,
    taken: text`Ce que je sais du nouveau mot de passe :`,
    notTaken: text`Personne, ni aucun programme, n'a encore repris chez moi le nouveau mot de passe.`,
    takenBack: (at: string) => text`Il a été retiré par la page privée le ${at}.`,
    programTook: (name: string, at: string) => text`✅ **${name}** l'a lu, la dernière fois le ${at}.`,
    programBefore: (name: string, at: string) =>
      text`**${name}** ne l'a pas encore lu ; il a lu un mot de passe d'avant le ${at}.`,
    tookFormerly: (name: string, at: string) =>
      text`**${name}** l'a pris le ${at} ; il n'y a plus accès depuis.`,
    programNever: (name: string) => text`**${name}** n'a encore lu aucun mot de passe.`,
    morePrograms: (n: number) => text`… et ${n} autre${n > 1 ? 's' : ''} programme${n > 1 ? 's' : ''}.`,
    webhook: 'Avis par webhook',
    pushed: (name: string, at: string, result: string) =>
      text`✅ **${name}** l'a reçu le ${at}${result && ` (${result})`}.`,
    announced: (name: string, at: string, result: string) =>
      text`**${name}** : le changement est annoncé depuis le ${at}${result && ` (${result})`}.`,
    pushedLater: (name: string, at: string | undefined, result: string) =>
      text`⏳ **${name}** ne l'a pas encore${result && ` (${result})`}.${at === undefined ? '' : ` Prochain essai le ${at}.`}`,
    disabled: (name: string, result: string) =>
      text`⚠️ **${name}** est désactivé${result && ` (${result})`}. Prévenez l'administrateur du bot.`,
    updated: text`La **Date de dernière mise à jour** est alors actualisée.`,
    continuity: text`À chaque renouvellement de mot de passe, vous devez reporter ce changement dans votre application afin d'assurer la continuité des échanges avec le portail Chorus Pro.`,
    take: text`Vous n'avez plus le mot de passe sous la main ? **Retirer le mot de passe** vous envoie un lien privé, valable cinq minutes.`,
    noted: text`C'est le mot de passe noté à l'étape 5.`,
    notNoted: text`Si vous n'avez pas ce mot de passe, demandez-le à l'administrateur du bot.`,
    expiry: (date: string) => text`Quand ce mot de passe expirera-t-il ? J'estime : **${date}**.`,
    whereExpiry: text`La date exacte se lit maintenant sur le portail, dans la **Liste des comptes techniques**, colonne **Date exp. Mot de passe**. Vous pouvez l'indiquer ici, ou plus tard depuis la configuration.`,
  },

  /** What is asked once, three days after the end, where nothing has taken the password. */
  reported: {
    title: 'Le mot de passe est-il reporté ?',
    question: (login: string) =>
      `Le nouveau mot de passe de ${login} est en service depuis trois jours, et personne, ni aucun programme, ne l'a repris chez moi. L'avez-vous bien saisi dans votre application ? Avec l'ancien, elle n'échange plus rien avec Chorus Pro.`,
    yes: 'Oui, il est reporté',
    no: 'Non, pas encore',
    thanks: "Merci. Il n'y a rien d'autre à faire.",
    whereFrom: text`C'est le mot de passe que le portail a affiché. Si vous ne l'avez plus, l'administrateur du bot peut encore vous le donner ; sinon, recommencez la réinitialisation.`,
  },

  /** What is asked before something is done that is not easily undone. */
  questions: {
    stop: { title: 'Arrêter la réinitialisation ?' },
    lost: {
      title: 'Demander un autre mot de passe ?',
      onlyOnce: text`Chorus Pro ne montre un mot de passe qu'une fois. Pour en obtenir un autre, refaites la demande sur le portail : je vous ramène à la sélection du compte.`,
      kept: (since: string) => text`✅ Celui qui est à l'abri depuis le ${since} reste gardé chiffré.`,
    },
    submitted: {
      title: 'Avez-vous cliqué sur Soumettre ?',
      kept: (since: string) =>
        text`✅ Un mot de passe est gardé chiffré depuis le ${since}, mais il n'est pas en service.`,
      answers: [
        text`**Oui** : il ne manque que l'e-mail de confirmation, puis le test de connexion.`,
        text`**Non** : le portail affichera un autre mot de passe, depuis la première étape.`,
        text`**Non, mais la page du portail est encore ouverte** : il reste à cliquer sur **Soumettre**.`,
        text`**Vous ne savez pas** : je teste le mot de passe gardé, et Chorus Pro le dira.`,
      ],
    },
    paused: {
      title: 'Réinitialisation en pause',
      waits: (since: string) =>
        text`En pause depuis le ${since}. Elle vous attend, et je vous la rappellerai. Les rappels d'expiration continuent.`,
    },
    nothingChanged: text`Si vous n'avez pas cliqué sur **Soumettre**, rien n'a changé sur Chorus Pro : l'ancien mot de passe fonctionne toujours.`,
    stillKept: text`✅ Le mot de passe mis à l'abri reste gardé chiffré : vous pourrez le tester plus tard.`,
  },

  ends: {
    done: {
      title: 'Réinitialisation terminée',
      body: (who: string, at: string, time: string) =>
        text`Mot de passe réinitialisé par **${who}** le ${at}, test de connexion concluant à ${time}.`,
      next: (at: string) => text`Prochaine expiration : **${at}**.`,
    },
    abandoned: {
      title: 'Réinitialisation abandonnée',
      body: text`De mon côté, rien n'a changé.`,
      kept: text`Le mot de passe mis à l'abri reste gardé chiffré, mais il n'est pas en service.`,
      submitted: text`Si vous avez cliqué sur **Soumettre** sur le portail, l'ancien mot de passe ne fonctionne plus : recommencez dès que possible.`,
    },
    timedOut: {
      title: 'Réinitialisation interrompue',
      body: text`Personne n'a cliqué depuis 72 heures : la réinitialisation s'est arrêtée. Vous pouvez la recommencer quand vous voulez.`,
    },
  },

  notices: {
    standsStill: (structure: string) =>
      `⏳ La réinitialisation pour « ${structure} » n'a pas avancé depuis hier, et l'ancien mot de passe ne fonctionne peut-être plus. La carte montre où elle en est ; écrivez « réinitialiser » pour la retrouver.`,
    aboutToTimeOut: (structure: string, at: string) =>
      `⏳ La réinitialisation pour « ${structure} » attend depuis deux jours. Sans clic de votre part, elle s'arrêtera le ${at}.`,
    paused: (structure: string, since: string) =>
      `⏸ La réinitialisation pour « ${structure} » est en pause depuis le ${since}. Écrivez « réinitialiser » pour la reprendre.`,
    timedOut: (structure: string) =>
      `La réinitialisation pour « ${structure} » s'est arrêtée : personne n'a cliqué depuis 72 heures. Écrivez « réinitialiser » pour la recommencer.`,
    untoldTitle: "Un message n'est pas arrivé",
    untold: (name: string, platform: string, reason: string, notice: string) =>
      `Je ne peux plus écrire à ${name} dans ${platform} (motif : ${reason}). Voici ce que j'avais à lui dire. « ${notice} »`,
    unreachableTitle: 'Une personne ne peut pas être jointe',
    unreachable: (name: string, platform: string, reason: string) =>
      `Je ne peux pas écrire en privé à ${name} dans ${platform} (motif : ${reason}). Prévenez cette personne, et demandez-lui d'ajouter l'application et de m'écrire « bonjour ».`,
  },

  form: {
    title: 'Saisie du mot de passe',
    keepTitle: "Mettre à l'abri",
    intro: text`Collez le mot de passe affiché par le portail : il sera gardé chiffré. Personne d'autre ne voit cette fenêtre.`,
    noteToo: text`**Notez-le aussi** : vous le saisirez dans votre application à l'étape 10.`,
    notMasked: text`⚠️ Slack ne masque pas ce qui est saisi ici : assurez-vous que personne ne regarde votre écran.`,
    maskedPage: (url: string): Text => [
      { link: 'Saisir plutôt sur une page qui masque le mot de passe', url },
      " : ce lien est à vous seul, il est valable cinq minutes et ne sert qu'une fois.",
    ],
    working: 'Un instant… Cette fenêtre se mettra à jour.',
    keptDraft: 'Déjà saisi : laissez vide pour le garder',
    /** In the empty field of a form that asks something of what was typed. */
    leftEmpty: {
      warning: 'Laissez vide, et cliquez sur Valider, pour le garder tel quel',
      quotes: 'Laissez vide, et choisissez ci-dessous',
      part: 'Laissez vide, et cliquez sur Valider, pour garder cette partie',
    },
    keepAs: {
      label: 'Le garder',
      typed: 'tel quel, avec les guillemets',
      withoutQuotes: 'sans les guillemets',
    },
    required: 'Saisissez le mot de passe affiché par le portail.',
    expiryRequired: 'Indiquez la date, par exemple 18/04/2027 02:00:00.',
    problems: {
      empty: 'Le mot de passe est vide. Collez celui que le portail affiche.',
      tooLong:
        "C'est bien trop long pour un mot de passe de Chorus Pro, qui compte une douzaine de caractères. Collez le mot de passe seul.",
      control: (position: number) =>
        `Le caractère n° ${position} est invisible (caractère de contrôle) : la copie s'est mal passée. Copiez à nouveau le mot de passe seul.`,
      masked:
        "Ce sont des astérisques : l'écran masque le mot de passe. Faites-le afficher, puis copiez-le à nouveau.",
      login:
        "C'est l'identifiant du compte technique, pas son mot de passe. Copiez le mot de passe affiché en dessous.",
      siret:
        "C'est le SIRET de la structure, pas le mot de passe du compte technique. Copiez le mot de passe affiché par le portail.",
      loginAndPassword:
        "C'est l'identifiant et le mot de passe ensemble. Pour garder la seule partie qui suit les deux-points, laissez vide et cliquez à nouveau sur Valider ; sinon, collez le mot de passe seul.",
      loginAndPasswordEncoded:
        "C'est l'identifiant et le mot de passe ensemble, codés en Base64. Pour garder le seul mot de passe, laissez vide et cliquez à nouveau sur Valider ; sinon, collez-le tel que le portail l'affiche.",
      otherAccount:
        "C'est l'identifiant et le mot de passe d'un autre compte technique. Copiez le mot de passe de ce compte-ci.",
      emailTitle:
        "C'est le titre de l'e-mail de confirmation, pas le mot de passe. Copiez celui que le portail a affiché.",
      alreadyCurrent:
        "C'est l'ancien mot de passe, celui qui sert déjà. Copiez le nouveau, affiché par le portail.",
    },
    /** Unusual, and kept all the same where it is submitted again. */
    warnings: {
      accent: (position: number) =>
        `Le caractère n° ${position} porte un accent : c'est inhabituel, vérifiez. Si le mot de passe est bien celui du portail, cliquez à nouveau sur Valider : je le garderai tel quel.`,
      emoji: (position: number) =>
        `Le caractère n° ${position} est un emoji : c'est inhabituel, vérifiez. Si le mot de passe est bien celui du portail, cliquez à nouveau sur Valider : je le garderai tel quel.`,
      space: (position: number) =>
        `Il y a un espace au milieu (caractère n° ${position}) : c'est inhabituel, vérifiez que rien n'a été copié autour. Si le mot de passe est bien celui du portail, cliquez à nouveau sur Valider : je le garderai tel quel.`,
      unusual: (position: number) =>
        `Le caractère n° ${position} est inhabituel dans un mot de passe de Chorus Pro, vérifiez. S'il est bien celui du portail, cliquez à nouveau sur Valider : je le garderai tel quel.`,
      quotes:
        "Il y a des guillemets autour : c'est inhabituel, vérifiez. Choisissez ci-dessous de le garder avec ou sans les guillemets, puis cliquez à nouveau sur Valider.",
    },
    expiryProblems: {
      empty: "Indiquez la date d'expiration, par exemple 18/04/2027 02:00:00.",
      format:
        "Le format de cette date n'est pas reconnu, ou peut désigner une autre date. Écrivez le jour d'abord, par exemple 18/04/2027 02:00:00, 18/04/2027 ou 18 avril 2027.",
      former:
        "C'est l'ancienne date, celle du mot de passe précédent : le portail la montre jusqu'à ce que la demande soit soumise. Actualisez la page du portail et relisez la colonne « Date exp. Mot de passe », ou laissez l'estimation.",
      past: 'Cette date est déjà passée. Relisez la colonne « Date exp. Mot de passe » sur le portail.',
      tooFar:
        "Cette date est trop lointaine : un mot de passe de Chorus Pro est valable environ quatorze mois. Relisez l'année.",
    },
    storeDown:
      "Le mot de passe n'a pas pu être enregistré : l'espace où je garde les mots de passe ne répond pas. Rien n'est perdu, ce que vous avez saisi est toujours là. Réessayez dans un instant ; si cela dure, prévenez l'administrateur du bot.",
    recordRefused:
      "Rien n'a été enregistré : ce que je garde pour ce compte ne peut plus être vérifié, et je ne m'en sers donc pas. Ce que vous avez saisi est toujours là. Prévenez l'administrateur du bot.",
    failed:
      "Le mot de passe n'a pas pu être enregistré : quelque chose s'est mal passé de mon côté. Rien n'est perdu, ce que vous avez saisi est toujours là. Réessayez ; si cela dure, prévenez l'administrateur du bot.",
    moved:
      "Cette réinitialisation a avancé entre-temps : ce formulaire n'est plus valable. La carte montre où elle en est.",
    alreadyKept: 'Ce mot de passe est déjà gardé chiffré. La carte montre où en est la réinitialisation.',
    busy: 'Un envoi est déjà en cours pour cette réinitialisation. Attendez un instant, puis regardez la carte.',
    keptAllTheSame: "Le mot de passe que vous avez saisi est gardé chiffré : rien n'est perdu.",
    cancel: 'Abandonner',
    cancelled: "Rien n'a été enregistré.",
    expiryForm: {
      title: "Date d'expiration",
      intro: text`Lisez-la sur le portail : **Liste des comptes techniques**, colonne **Date exp. Mot de passe**.`,
      hint: 'Par exemple 18/04/2027 02:00:00, 18/04/2027 ou 18 avril 2027.',
      storeDown:
        "La date n'a pas pu être enregistrée : l'espace où je garde les mots de passe ne répond pas. Rien n'est perdu, ce que vous avez saisi est toujours là. Réessayez dans un instant ; si cela dure, prévenez l'administrateur du bot.",
      saved: "La date d'expiration est enregistrée.",
    },
    keptNotice: (trimmed: boolean) =>
      `✅ Le mot de passe est à l'abri.${trimmed ? ' Des espaces en trop ont été retirés au début ou à la fin.' : ''} Il reste à cliquer sur Soumettre sur le portail : la carte vous guide.`,
    verdictNotice: {
      testing: 'Le mot de passe est gardé chiffré. Test en cours… La carte vous donnera le résultat.',
      accepted: `${CHORUS.connected}`,
      refused: (why: string) => `Le mot de passe est gardé chiffré. ${why} La carte dit quoi faire.`,
      unknown: (why: string) =>
        `Le mot de passe est gardé chiffré. ${why} Je le testerai à nouveau, et la carte se mettra à jour.`,
    },
    trimmedNotice: ' Des espaces en trop ont été retirés au début ou à la fin.',
  },

  /** What only Slack makes necessary. */
  slack: {
    sharedChannel:
      "Ce canal est partagé avec une autre organisation : je n'y envoie que des rappels. Écrivez-moi en message privé.",
    inMessages: "La réinitialisation vous attend dans l'onglet « Messages » de notre conversation privée.",
    tooLate: "Slack n'a pas pu ouvrir la fenêtre à temps. Cliquez à nouveau.",
    notReached:
      "Rien n'est encore enregistré : Slack, ou l'espace où je garde les mots de passe, ne me répond pas. Ce que vous avez saisi est toujours là, réessayez dans un instant.",
    closed:
      "La fenêtre de saisie s'est fermée avant ma réponse, et rien n'a été enregistré. Ouvrez-la à nouveau depuis la carte.",
    cannotOpen:
      "Slack refuse la fenêtre que je lui demande d'ouvrir : un autre clic n'y changerait rien. Prévenez l'administrateur du bot.",
    notAllowed:
      "Slack ne me donne pas les droits qu'il faut pour vous répondre. Prévenez l'administrateur du bot : le journal du bot dit ce qui manque.",
    cannotPost: (reason: string) =>
      `Vous m'avez invité dans un canal où je ne peux rien écrire (motif donné par Slack : ${reason}). Écrivez-moi « bonjour » en message privé.`,
    left: "Je ne suis plus dans ce canal : cette carte n'est plus valable. Écrivez-moi « bonjour » en message privé, ou invitez-moi à nouveau ici.",
  },

  /** The masked page of the bot's own. */
  page: {
    validity: (until: string) => `Cette page est à vous seul, et elle est valable jusqu'à ${until}.`,
    back: 'Vous pouvez fermer cette page et retourner dans la conversation.',
    overTitle: "Ce lien n'est plus valable",
    over: "Il est valable cinq minutes et ne sert qu'une fois. Retournez dans la conversation et ouvrez à nouveau la saisie.",
    notVerified:
      "L'envoi n'a pas pu être vérifié : votre navigateur refuse peut-être les cookies. Rien n'a été enregistré.",
    errorsTitle: 'À corriger',
  },

  /** To administrators: programs that take a new password. */
  /** To the administrators, of a platform that does not take the bot at all. */
  platforms: {
    failedTitle: (platform: string) => `${platform} ne fonctionne plus`,
    failed: {
      secret: (platform: string, variable: string, reason: string) =>
        `${platform} refuse le secret du bot (${reason}). Personne n'y reçoit de réponse, et les rappels attendent. Remplacez ${variable} dans la configuration, puis relancez le bot.`,
      connection: (platform: string, variable: string, reason: string) =>
        `Depuis cinq minutes, le bot n'est plus connecté à ${platform} (${reason}). Personne n'y reçoit de réponse, et les rappels attendent. Le bot réessaie sans cesse. Vérifiez ${variable} et l'accès au réseau.`,
    },
  },

  consumers: {
    webhook: 'le webhook',
    stuckTitle: 'Une application ne reçoit pas le mot de passe',
    stuck: (kind: string, login: string, result: string) =>
      `Depuis un jour, ${kind} ne prend pas le nouveau mot de passe de ${login} (${result}). J'essaie encore une fois par jour. Vérifiez la destination : « admin destination list » montre où elle en est.`,
  },

  /** The page on which whoever typed a password takes it back. */
  handover: {
    title: 'Retirer le mot de passe',
    about: (structure: string, login: string) =>
      `Mot de passe du compte technique ${login}, pour « ${structure} ».`,
    label: 'Mot de passe',
    once: "Il ne peut être retiré qu'une fois par ce lien.",
    show: 'Afficher',
    hide: 'Masquer',
    copy: 'Copier',
    done: 'Terminé',
    asking: 'Un instant…',
    shown: 'Le mot de passe est affiché. Il sera masqué dans une minute.',
    masked: 'Le mot de passe est de nouveau masqué.',
    copied: 'Le mot de passe est copié. Collez-le dans votre application.',
    selected: 'Le mot de passe est sélectionné : copiez-le avec Ctrl+C, ou par un appui long.',
    over: "Le mot de passe n'est plus sur cette page. Vous pouvez la fermer.",
    ended: "Les cinq minutes sont passées : le mot de passe n'est plus sur cette page.",
    closeAfterwards: 'Fermez cette page dès que le mot de passe est dans votre application.',
    validity: (until: string) => `Cette page est à vous seul, et elle est valable jusqu'à ${until}.`,
    storeDown:
      "L'espace où je garde les mots de passe ne répond pas. Rien n'est perdu : demandez un nouveau lien dans un instant.",
    failed:
      "Quelque chose s'est mal passé de mon côté. Rien n'est perdu : demandez un nouveau lien, et prévenez l'administrateur du bot si cela dure.",
    refusals: {
      over: "Ce lien n'est plus valable : il l'est cinq minutes, et une seule fois. Retournez dans la conversation pour en demander un autre.",
      notYours:
        "Ce mot de passe ne peut être retiré que par la personne qui l'a saisi, tant qu'elle mène la réinitialisation.",
      tooOften:
        "Le mot de passe a déjà été retiré trois fois. L'administrateur du bot peut encore vous le donner.",
      tooLate:
        "Les 24 heures qui suivent le test sont passées. L'administrateur du bot peut encore vous donner le mot de passe.",
    },
    offeredTitle: 'Retirer le mot de passe',
    offered: (login: string, until: string) =>
      `Le mot de passe de ${login} vous attend sur une page privée. Le lien ne sert qu'une fois, et il est valable jusqu'à ${until}.`,
    open: 'Ouvrir la page',
    told: (login: string, at: string) =>
      `Le mot de passe de ${login} a été retiré par le lien que je vous ai donné, le ${at}. Si ce n'était pas vous, prévenez tout de suite l'administrateur du bot.`,
  },

  /** The pages on which a workspace of Slack installs the bot. */
  install: {
    title: 'Installer le bot dans Slack',
    text: "Slack va vous demander dans quel espace l'installer, et ce que vous lui permettez.",
    button: 'Continuer vers Slack',
    doneTitle: 'Le bot est installé',
    done: (workspace: string) =>
      `Le bot est installé dans « ${workspace} ». Écrivez-lui « bonjour » dans Slack.`,
    refusedTitle: "Le bot n'est pas installé",
    notAllowed: (id: string, isGivenBack: boolean) =>
      `Ce bot ne sert pas votre espace (${id}) : je n'ai rien gardé${isGivenBack ? ", et j'ai rendu à Slack l'accès que j'y avais reçu" : ''}. La personne qui répond du bot peut ajouter cet identifiant à ALLOWED_TENANTS.`,
    notVerified:
      "Vous avez refusé, ou la demande n'a pas pu être vérifiée : elle date de plus de dix minutes, ou votre navigateur refuse les cookies. Rien n'a été enregistré.",
    failed: "L'installation n'a pas abouti. Recommencez dans un instant.",
  },

  configuration: {
    title: 'Configuration des échanges Chorus Pro',
    heldSince: (at: string) => `•••••••• gardé depuis le ${at}`,
    notHeld: 'aucun pour le moment',
    pending: (at: string) =>
      text`Un nouveau mot de passe, gardé depuis le ${at}, attend d'être accepté par Chorus Pro.`,
    nothingToTest: text`Je ne garde encore aucun mot de passe pour ce compte : saisissez-le si vous l'avez déjà, ou commencez une réinitialisation.`,
    testing: text`Je teste la connexion à Chorus Pro. Cette carte se mettra à jour d'elle-même.`,
    testLater: text`Refaites le **test de connexion** un peu plus tard.`,
    testFirst: text`Après un test de connexion concluant, vous aurez dix minutes pour **saisir un nouveau mot de passe**.`,
    mayEnter: text`Le test est concluant : vous avez dix minutes pour **saisir un nouveau mot de passe**.`,
    mustTest:
      "Faites d'abord un test de connexion concluant : vous aurez ensuite dix minutes pour saisir un nouveau mot de passe.",
    refusedExpired: (date: string) =>
      text`D'après la date que je garde (**${date}**), le mot de passe a **sans doute expiré**.`,
    refusedValid: (date: string) =>
      text`D'après la date que je garde (**${date}**), le mot de passe **ne devrait pas avoir expiré** : quelqu'un l'a sans doute réinitialisé, ou le compte est bloqué.`,
    refusedUnknown: text`Je ne connais pas sa date d'expiration : il a peut-être expiré, ou quelqu'un l'a réinitialisé.`,
    wayOut: text`Si quelqu'un l'a déjà réinitialisé, cliquez sur **J'ai déjà le nouveau mot de passe** ; sinon, commencez la réinitialisation.`,
    alertSaved: (months: number, at: string | undefined) =>
      text`Alerte actualisation enregistrée : ${`${months} mois`} après la date de dernière mise à jour${at === undefined ? '' : `, soit le ${at}`}.`,
    alertTooLate: (months: number, at: string, expiry: string) =>
      text`L'**Alerte actualisation** à ${`${months} mois`} tomberait le **${at}**, au-delà de la validité du mot de passe (${expiry}) : elle ne sera pas envoyée. Choisissez moins de mois. Les rappels avant l'échéance partent dans tous les cas.`,
    resetRunning: "Une réinitialisation est en cours pour ce compte : terminez-la ou abandonnez-la d'abord.",
  },

  reminders: {
    /** `days` of the calendar of Paris until the expiry; negative after it. */
    title: (days: number) =>
      days < 0
        ? `Mot de passe Chorus Pro expiré depuis ${-days} jour${days < -1 ? 's' : ''}`
        : days === 0
          ? "Le mot de passe Chorus Pro expire aujourd'hui"
          : days === 1
            ? 'Le mot de passe Chorus Pro expire demain'
            : `Le mot de passe Chorus Pro expire dans ${days} jours`,
    /** `at` is an ISO instant of today. */
    expiredToday: (at: string) => `Le mot de passe Chorus Pro a expiré aujourd'hui à ${timeOf(at)}`,
    alertTitle: 'Alerte actualisation du mot de passe Chorus Pro',
    alert: (updated: string) =>
      text`Le mot de passe a été mis à jour pour la dernière fois le **${updated}** : c'est le moment que vous aviez choisi pour le réinitialiser.`,
    before: text`Après cette date, l'échange des factures avec Chorus Pro s'arrête tant que le mot de passe n'est pas réinitialisé.`,
    after: text`L'échange des factures avec Chorus Pro est sans doute arrêté. Il reprendra dès que le mot de passe sera réinitialisé.`,
    estimated: text`Cette date est une **estimation**. Lisez la vraie sur le portail, dans la **Liste des comptes techniques**, colonne **Date exp. Mot de passe**, puis corrigez-la.`,
    digestEstimated: text`Une date suivie de « (estimée) » n'est qu'une **estimation**. Lisez la vraie sur le portail, dans la **Liste des comptes techniques**, colonne **Date exp. Mot de passe**, puis corrigez-la depuis la **configuration** du compte.`,
    refusedTitle: 'Mot de passe Chorus Pro refusé au test quotidien',
    refused: (at: string) => text`Le **${at}**, le **test quotidien du mot de passe en service a échoué**.`,
    afterRefusal: text`Pour ne pas risquer de bloquer le compte, je ne teste plus ce mot de passe chaque jour. Réinitialisez-le ; ou, si quelqu'un l'a déjà fait ou si tout est rentré dans l'ordre, faites un **test de connexion** depuis la **configuration**.`,
    acceptedTitle: 'Mot de passe Chorus Pro à nouveau accepté',
    accepted: (next: string | undefined) => [
      ...text`Chorus Pro **accepte à nouveau le mot de passe en service** : il n'y a plus rien à faire.`,
      ...(next === undefined ? [] : text` Prochaine expiration le **${next}**.`),
    ],
    waitingTitle: 'Un nouveau mot de passe est gardé, mais pas encore en service',
    waiting: (at: string) =>
      text`Un nouveau mot de passe, mis à l'abri le ${at}, n'est pas en service : Chorus Pro accepte encore l'ancien. La demande n'a sans doute pas été soumise sur le portail, et l'échange des factures continue. Pour changer de mot de passe, recommencez la réinitialisation.`,
    toDo: {
      unknown: text`À faire par le **gestionnaire principal**.`,
      manager: (name: string) => text`À faire par **${name}**, gestionnaire principal.`,
      deputy: (name: string) => text` **${name}**, suppléant, peut le faire aussi.`,
    },
    running: (name: string, since: string) => text`${name} mène la réinitialisation depuis le ${since}.`,
    unreached: {
      manager: text`Je n'ai pas pu prévenir en privé le **gestionnaire principal** : il ne m'a jamais écrit, ou m'a retiré. Prévenez-le, et demandez-lui de m'écrire « bonjour ».`,
      deputy: text`Je n'ai pas pu prévenir en privé le **suppléant** : il ne m'a jamais écrit, ou m'a retiré. Prévenez-le, et demandez-lui de m'écrire « bonjour ».`,
    },
    snooze: 'Reporter le rappel',
    snoozes: { tomorrow: 'demain', monday: 'lundi', week: 'dans une semaine' },
    snoozed: (at: string) => text`Je vous le rappellerai le **${at}**.`,
    digestTitle: (n: number) => `${n} mot${n > 1 ? 's' : ''} de passe Chorus Pro à réinitialiser`,
    digestLine: (structure: string, login: string, state: string) =>
      text`**${structure}** (${login}) : ${state}. `,
    digestTeamLine: (structure: string, state: string) => text`**${structure}** : ${state}. `,
    digestRefused: 'refusé au test quotidien',
    digestAccepted: '✅ à nouveau accepté par Chorus Pro',
    digestRenewed: (by: string, at: string) => `✅ réinitialisé par ${by} le ${at}`,
    digestToDo: text`Pour commencer, écrivez-moi **réinitialiser**, ici ou en privé.`,
    renewedTitle: 'Mot de passe Chorus Pro réinitialisé',
    renewed: (by: string, at: string, next: string | undefined) =>
      next === undefined
        ? text`Réinitialisé par **${by}** le ${at}.`
        : text`Réinitialisé par **${by}** le ${at}, prochaine expiration le **${next}**.`,
    renewedNotice: (structure: string, by: string, next: string | undefined) =>
      `✅ ${structure} : ${by} a réinitialisé le mot de passe.${next === undefined ? '' : ` Prochaine expiration le ${next}.`}`,
    somebody: "quelqu'un",
    movedTitle: 'Rappel Chorus Pro',
    moved: 'Un rappel plus récent se trouve plus bas.',
    forgotten: "Ce compte technique n'est plus suivi.",
    placeGoneTitle: 'Une conversation ne reçoit plus de rappels',
    placeGone: (platform: string, structures: string, reason: string) =>
      `Je ne peux plus écrire dans une conversation ${platform} où je rappelais les dates d'expiration de ${structures} (motif : ${reason}) : j'en ai été retiré, ou elle a été archivée. Je n'y écrirai plus. Pour qu'elle les reçoive à nouveau, ajoutez-m'y et écrivez-y « rappels ici ».`,
    recordRefusedTitle: 'Un enregistrement ne peut pas être vérifié',
    recordRefused: (key: string) =>
      `L'enregistrement ${key} ne peut pas être vérifié : quelqu'un l'a modifié, ou sa clé manque. Je ne m'en sers pas, et je continue avec les autres. « npm run admin -- doctor » nomme tous ceux qui ne peuvent pas l'être, et dit quoi faire. Je ne le redirai pas avant demain.`,
    sealBrokenTitle: "Un mot de passe gardé ne s'ouvre plus",
    sealBroken: (account: string, cure: string) =>
      `Un mot de passe gardé pour ${account} ne s'ouvre plus, et peut-être d'autres. Il n'est ni essayé ni donné à un programme. ${cure} Je ne le redirai pas avant demain.`,
    testTroubleTitle: "Le test quotidien n'aboutit pas",
    testTrouble: (days: number, login: string) =>
      `Le test quotidien de la connexion n'aboutit pas depuis ${days} jour${days > 1 ? 's' : ''}, pour ${login} et peut-être pour d'autres comptes. Les mots de passe restent gardés. « npm run admin -- doctor --online --login ${login} » donne les détails. Je ne le redirai pas avant demain.`,
    /** To the manager. */
    testTroubleOf: (days: number, structure: string, login: string) =>
      `Le test quotidien du mot de passe en service n'aboutit pas depuis ${days} jour${days > 1 ? 's' : ''}, pour « ${structure} » (${login}) et peut-être pour d'autres de vos comptes. Je ne le redirai pas avant demain.`,
    pisteTitle: 'Application PISTE refusée',
    monthlyTitle: 'Suivi des mots de passe Chorus Pro',
    monthly: (count: number, next: string | undefined) =>
      `${count} compte${count > 1 ? 's' : ''} suivi${count > 1 ? 's' : ''}${next === undefined ? '' : `, prochaine expiration le ${next}`}.`,
    monthlyExpired: (count: number) =>
      `${count} mot${count > 1 ? 's' : ''} de passe expiré${count > 1 ? 's' : ''}, à réinitialiser.`,
    monthlyUnknown: (count: number) =>
      `${count} compte${count > 1 ? 's' : ''} sans date d'expiration connue : aucun rappel n'en partira avant la première réinitialisation.`,
    here: {
      title: 'Rappels',
      on: 'Les rappels de ces structures arriveront aussi dans cette conversation :',
      off: "Les rappels de ces structures n'arriveront plus dans cette conversation :",
      privately:
        "En privé, vos rappels vous parviennent sans rien faire. Pour qu'un canal les reçoive aussi, invitez-m'y d'abord, puis écrivez-y « rappels ici » (dans Slack : « /chorus rappels »).",
      which: 'Précisez le compte : « rappels ici », suivi de son identifiant.',
    },
  },

  conversation: {
    hello: (name: string) => `Bonjour ${name}`,
    whoIAm: text`Je vous accompagne pas à pas pour réinitialiser le mot de passe du **compte technique Chorus Pro** sur le portail. Ensuite, je teste la connexion et je garde le mot de passe chiffré, sans jamais l'afficher dans une conversation.`,
    welcome: 'Bienvenue',
    commandsTitle: 'Ce que je sais faire',
    commands: [
      text`**comptes** : vos comptes techniques et leur date d'expiration`,
      text`**réinitialiser** : changer le mot de passe d'un compte, pas à pas`,
      text`**configuration** : tester la connexion, voir et régler un compte`,
      text`**rappels ici** : dans un canal, y montrer aussi les dates d'expiration (« rappels stop » : plus du tout)`,
      text`**aide** : cette liste`,
    ],
    notUnderstood: text`Je n'ai pas compris. Voici ce que je sais faire :`,
    neverHere: text`🚨 N'écrivez jamais un mot de passe dans la conversation : je vous ouvrirai une fenêtre privée pour cela.`,
    accountsTitle: 'Vos comptes techniques',
    noAccount: text`Aucun compte technique ne vous est confié. Seul le **gestionnaire principal** d'une structure, ou le suppléant qu'un administrateur a nommé, peut réinitialiser le mot de passe de son compte technique. Si c'est vous, demandez à l'administrateur du bot de vous ajouter.`,
    accountLine: (structure: string, login: string, expiry: string) =>
      text`**${structure}** (${login}) : ${expiry}`,
    noExpiry: "date d'expiration pas encore connue",
    resetRunning: 'réinitialisation en cours',
    suspendedAccount: 'suspendu',
    suspended: (at: string) =>
      `L'administrateur du bot a suspendu ce compte le ${at} : les rappels et le test quotidien sont arrêtés, et une réinitialisation ne peut pas commencer. Le mot de passe reste gardé. Pour reprendre, demandez-le à l'administrateur du bot.`,
    chooseTitle: 'Quel compte ?',
    choose: text`Choisissez le compte technique.`,
    chooseByName: {
      begin: (more: number) =>
        text`… et ${more} autre${more > 1 ? 's' : ''}, qui expire${more > 1 ? 'nt' : ''} plus tard : écrivez **réinitialiser** suivi du nom de la structure, du SIRET ou de l'identifiant.`,
      configuration: (more: number) =>
        text`… et ${more} autre${more > 1 ? 's' : ''}, qui expire${more > 1 ? 'nt' : ''} plus tard : écrivez **configuration** suivi du nom de la structure, du SIRET ou de l'identifiant.`,
    },
    moreAccounts: (more: number) =>
      text`… et ${more} autre${more > 1 ? 's' : ''} : écrivez **configuration** suivi du nom de la structure, du SIRET ou de l'identifiant.`,
    notYours:
      "Aucun compte technique de ce nom ne vous est confié. Si c'est une erreur, demandez à l'administrateur du bot.",
    heldBy: (name: string, since: string) =>
      `Une réinitialisation de ce compte est déjà en cours : ${name} la mène depuis le ${since}.`,
    heldTitle: 'Réinitialisation déjà en cours',
    /** Said where others read, in place of what is nobody else's business. */
    inPrivateTitle: 'Réponse en privé',
    inPrivate: 'Je vous ai répondu dans notre conversation privée.',
    writeToMe:
      "Je ne peux pas vous écrire en privé. Ajoutez l'application pour vous-même, écrivez-moi « bonjour » en privé, puis recommencez.",
    helpHere: 'Écrivez « aide » : je dirai ici ce que je sais faire.',
    outOfDate: "Ce bouton n'est plus valable. Écrivez « aide » pour voir ce que je sais faire.",
    notOpenedTitle: 'Rien à saisir pour le moment',
    continuedTitle: 'Réinitialisation en cours',
    continued: {
      below: 'La suite est plus bas.',
      elsewhere: 'La suite est sur la carte où vous avez cliqué.',
    },
    closedTitle: "Cette carte n'est plus valable",
    closed: "Il n'y a plus rien à faire ici. Écrivez « aide » pour voir ce que je sais faire.",
    storeDown:
      "L'espace où je garde les mots de passe ne répond pas pour le moment. Rien n'est perdu : réessayez dans un instant.",
    recordRefused:
      "Ce que je garde à ce sujet ne peut plus être vérifié : je ne m'en sers donc pas. Prévenez l'administrateur du bot : lui seul peut y remédier.",
    failedTitle: 'Un instant…',
    failed:
      "Quelque chose s'est mal passé de mon côté. Rien n'est perdu : réessayez, et prévenez l'administrateur du bot si cela dure.",
    burnedTitle: "Ce mot de passe n'est plus sûr",
    burned: [
      text`Ce message ressemble à un mot de passe. Écrit dans une conversation, il doit être considéré comme **connu d'autres personnes** : il ne faut plus s'en servir.`,
      text`**Supprimez votre message** : survolez-le (ou appuyez longuement dessus), ouvrez le menu **…**, puis choisissez **Supprimer**.`,
      text`Puis **recommencez la réinitialisation** sur le portail pour en obtenir un autre. Je ne l'ai ni gardé, ni répété.`,
    ],
  },
};

/** The shape that every language fills. */
export type Messages = typeof fr;
