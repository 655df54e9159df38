import type { Text } from './card.ts';
import { text } from './text.ts';

/** What is known of an answer of Chorus Pro, as far as people and support read it. */
export interface DiagnosisView {
  readonly at?: 'token' | 'api';
  readonly status?: number;
  readonly codeRetour?: number;
  readonly libelle?: string;
  readonly correlationId?: string;
  readonly code?: string;
  readonly proxy?: string;
  readonly durationMs?: number;
  readonly environment?: 'production' | 'sandbox' | 'other';
}

/** What is said of one class of answers. */
export interface VerdictWords {
  /** What is true. */
  readonly fact: (known: DiagnosisView) => Text;
  /** What people of the account do about it. No name of a variable stands there: they cannot see one. */
  readonly cure: (known: DiagnosisView) => Text;
  /** What the bot's administrators do about it, where that is something else. */
  readonly administrators?: (known: DiagnosisView) => Text;
}

/** For each class of answers. Its key is the reason of a verdict. */
export type VerdictSentences = Readonly<Record<keyof typeof verdictFr, VerdictWords>>;

export const verdictFr = {
  accepted: {
    fact: () => text`Chorus Pro accepte l'identifiant et le mot de passe du compte technique.`,
    cure: () => text`Il n'y a rien à faire.`,
  },
  technicalAccount: {
    fact: () => text`Chorus Pro a refusé l'identifiant ou le mot de passe du **compte technique**.`,
    cure: () =>
      text`Si le mot de passe vient d'être réinitialisé, il n'est peut-être pas encore actif : attendez jusqu'à une demi-heure. Sinon, saisissez-le à nouveau ou réinitialisez-le.`,
  },
  refusedInWords: {
    fact: (known) => text`Chorus Pro a refusé le **compte technique**, et dit pourquoi : **${said(known)}**.`,
    cure: () =>
      text`Réglez ce point sur le portail Chorus Pro (**Raccordements**, **Compte technique**), puis testez à nouveau.`,
  },
  pisteApplication: {
    fact: () =>
      text`PISTE, par qui le bot passe pour joindre Chorus Pro, a refusé **l'application PISTE** du bot. Le mot de passe n'a pas été essayé : il n'est pas en cause.`,
    cure: () => text`Prévenez l'administrateur du bot : l'application PISTE est refusée.`,
    administrators: () =>
      text`Corrigez PISTE_CLIENT_ID ou PISTE_CLIENT_SECRET, ou réactivez l'application sur PISTE.`,
  },
  pisteAnswer: {
    fact: (known) =>
      text`PISTE, par qui le bot passe pour joindre Chorus Pro, a mal répondu${status(known)} : le mot de passe n'a pas été essayé.`,
    cure: () => text`Si cela dure, prévenez l'administrateur du bot : PISTE répond mal.`,
    administrators: () => text`PISTE ne donne pas de jeton utilisable : vérifiez CHORUS_TOKEN_URL.`,
  },
  tokenRefused: {
    fact: () =>
      text`Chorus Pro n'a pas reconnu l'accès que PISTE vient de donner au bot : le mot de passe n'a pas été essayé.`,
    cure: () => text`Prévenez l'administrateur du bot : PISTE et Chorus Pro ne s'accordent pas.`,
    administrators: () =>
      text`Chorus Pro refuse le jeton de PISTE : vérifiez que CHORUS_TOKEN_URL et CHORUS_API_URL sont du même environnement, et qu'aucun proxy ne retire l'en-tête Authorization.`,
  },
  notAuthorised: {
    fact: () =>
      text`Chorus Pro n'autorise pas le bot à appeler pour ce compte, et ne dit pas pourquoi (403) : le mot de passe n'est ni accepté ni refusé.`,
    cure: () =>
      text`Prévenez l'administrateur du bot. À vérifier : abonnement, conditions (CGU), raccordement ou environnement.`,
    administrators: () =>
      text`Vérifiez sur PISTE l'**abonnement** de l'application à l'API et l'acceptation de ses **conditions (CGU)** ; sur Chorus Pro, le **raccordement** de la structure ; et que le compte est bien de cet **environnement**.`,
  },
  notSubscribed: {
    fact: () =>
      text`L'application PISTE du bot n'a pas accès à Chorus Pro pour ce compte (403) : le mot de passe n'est ni accepté ni refusé.`,
    cure: () =>
      text`Prévenez l'administrateur du bot. Il manque l'**abonnement** à l'API, l'acceptation de ses **conditions (CGU)** ou le **raccordement** de la structure.`,
    administrators: () =>
      text`Sur PISTE, abonnez l'application à l'API et acceptez ses **conditions (CGU)** ; sur Chorus Pro, vérifiez le **raccordement** de la structure à l'application.`,
  },
  notRouted: {
    fact: () => text`PISTE ne connaît pas l'adresse appelée (403) : le mot de passe n'a pas été essayé.`,
    cure: () => text`Prévenez l'administrateur du bot : l'adresse de l'API ou l'abonnement est à vérifier.`,
    administrators: () =>
      text`Vérifiez CHORUS_API_URL, puis l'**abonnement** de l'application à l'API et ses **conditions (CGU)**.`,
  },
  wrongEnvironment: {
    fact: ({ environment }) =>
      environment === 'sandbox'
        ? text`C'est un **compte de production**, et le bot est dans l'**environnement de qualification** (403) : le mot de passe n'est ni accepté ni refusé.`
        : text`C'est un **compte de qualification**, et le bot est dans l'**environnement de production** (403) : le mot de passe n'est ni accepté ni refusé.`,
    cure: ({ environment }) =>
      environment === 'sandbox'
        ? text`Prévenez l'administrateur du bot : il faut ici un compte de qualification.`
        : text`Prévenez l'administrateur du bot : il faut ici un compte de production.`,
    administrators: ({ environment }) =>
      environment === 'sandbox'
        ? text`Ajoutez le compte de qualification, ou changez CHORUS_ENVIRONMENT.`
        : text`Ajoutez le compte de production, ou changez CHORUS_ENVIRONMENT.`,
  },
  wrongAddress: {
    fact: (known) =>
      text`${who(known)} ne répond pas à l'adresse appelée${status(known)} : le mot de passe n'a pas été essayé.`,
    cure: () => text`Prévenez l'administrateur du bot : l'adresse ou l'environnement du bot est à corriger.`,
    administrators: (known) => text`Corrigez ${address(known)} ou CHORUS_ENVIRONMENT.`,
  },
  busy: {
    fact: (known) =>
      text`${who(known)} reçoit trop de demandes et prie d'attendre : le mot de passe n'est pas en cause.`,
    cure: () => text`Il suffit d'attendre.`,
  },
  unavailable: {
    fact: (known) =>
      text`${who(known)} est en panne ou en maintenance${status(known)} : le mot de passe n'est pas en cause.`,
    cure: () => text`Il suffit d'attendre.`,
  },
  timeout: {
    fact: (known) =>
      text`${who(known)} n'a pas répondu à temps : le mot de passe n'est ni accepté ni refusé.`,
    cure: () => text`Il suffit d'attendre.`,
  },
  dns: {
    fact: (known) =>
      text`Le bot n'a pas trouvé ${who(known)} sur le réseau : le mot de passe n'est ni accepté ni refusé.`,
    cure: () =>
      text`Si cela dure, prévenez l'administrateur du bot : la résolution des noms (DNS) est à vérifier.`,
    administrators: (known) =>
      text`Si cela dure, vérifiez la résolution des noms (DNS) de la machine, et ${address(known)}.`,
  },
  unreachable: {
    fact: (known) =>
      text`Le bot n'arrive pas à joindre ${who(known)}, ou la connexion a été coupée : le mot de passe n'est ni accepté ni refusé.`,
    cure: () => text`Si cela dure, prévenez l'administrateur du bot : le réseau est à vérifier.`,
    administrators: () =>
      text`Si cela dure, vérifiez le pare-feu, et HTTPS_PROXY si le réseau passe par un proxy.`,
  },
  tls: {
    fact: (known) =>
      text`La liaison chiffrée avec ${who(known)} n'a pas pu être vérifiée. Par prudence, le mot de passe n'a pas été envoyé.`,
    cure: () => text`Prévenez l'administrateur du bot : un certificat n'est pas reconnu (TLS).`,
    administrators: () =>
      text`Un certificat n'est pas reconnu (TLS) : si un proxy déchiffre les échanges, donnez son certificat par NODE_EXTRA_CA_CERTS.`,
  },
  proxy: {
    fact: (known) =>
      text`Le proxy ${known.proxy ?? 'du réseau'} ne laisse pas le bot joindre ${who(known)}${status(known)} : le mot de passe n'a pas été essayé.`,
    cure: () => text`Prévenez l'administrateur du bot : le proxy est à régler.`,
    administrators: () => text`Corrigez HTTPS_PROXY (adresse, nom et mot de passe) ou NO_PROXY.`,
  },
  attemptsSpent: {
    fact: () =>
      text`Ce mot de passe a déjà été essayé plusieurs fois en vingt-quatre heures. Pour ne pas risquer de bloquer le compte, je ne l'essaie pas à nouveau pour le moment.`,
    cure: () => text`Si vous en avez un autre, saisissez-le ; sinon, attendez : rien n'est perdu.`,
    administrators: () =>
      text`« npm run admin -- journal show » montre ce que Chorus Pro a répondu à chaque essai.`,
  },
  notOpened: {
    fact: () => text`Je ne peux plus ouvrir le mot de passe gardé : il n'a donc pas été essayé.`,
    cure: () =>
      text`Saisissez-le à nouveau si vous l'avez encore, sinon réinitialisez-le ; et prévenez l'administrateur du bot.`,
    administrators: () =>
      text`Remettez dans STORE_KEYS_FILE la clé qui manque : « npm run admin -- doctor » nomme les mots de passe qui ne s'ouvrent pas.`,
  },
  unexpected: {
    fact: (known) =>
      text`Chorus Pro a répondu autrement que prévu : **${said(known)}**. Le mot de passe n'est ni accepté ni refusé.`,
    cure: () =>
      text`Si cela dure, contactez le support de Chorus Pro et donnez-lui les **détails pour le support**.`,
  },
} as const satisfies Readonly<Record<string, VerdictWords>>;

/** PISTE gives the token; Chorus Pro answers the calls. */
function who({ at }: DiagnosisView): string {
  return at === 'token' ? 'PISTE' : 'Chorus Pro';
}

/** The variable that holds the address that was called. */
function address({ at }: DiagnosisView): string {
  return at === 'token' ? 'CHORUS_TOKEN_URL' : 'CHORUS_API_URL';
}

function status({ status: answered }: DiagnosisView): string {
  return answered === undefined ? '' : ` (${answered})`;
}

/** As Chorus Pro has said it: « 20003, Utilisateur verrouillé ». */
function said({ status: answered, codeRetour, libelle, code: error }: DiagnosisView): string {
  const own = [codeRetour, libelle].filter((part) => part !== undefined);
  const parts =
    own.length > 0 && answered === 200
      ? own
      : [answered === undefined ? undefined : `état ${answered}`, ...own, error];
  return parts.filter((part) => part !== undefined).join(', ') || 'sans un mot';
}
