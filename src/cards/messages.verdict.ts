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

/** For each class of answers: what is true, and what to do. Its key is the reason of a verdict. */
export type VerdictSentences = {
  readonly [Reason in keyof typeof verdictFr]: (known: DiagnosisView) => Text;
};

export const verdictFr = {
  accepted: () => text`Chorus Pro accepte le compte technique : il n'y a rien à faire.`,
  technicalAccount: () =>
    text`Chorus Pro a refusé **le compte technique** : son identifiant ou son mot de passe. S'il vient d'être réinitialisé, attendez jusqu'à une demi-heure ; sinon, saisissez-le à nouveau, ou réinitialisez-le.`,
  refusedInWords: (known) =>
    text`Chorus Pro a refusé le compte technique et dit pourquoi : **${said(known)}**. Réglez-le sur le portail (**Raccordements**, **Compte technique**), puis testez à nouveau.`,
  pisteApplication: () =>
    text`PISTE a refusé **l'application PISTE**, avant même de regarder le mot de passe, qui n'est donc pas en cause. Prévenez l'administrateur du bot : PISTE_CLIENT_ID ou PISTE_CLIENT_SECRET est à corriger, ou l'application à réactiver sur PISTE.`,
  pisteAnswer: (known) =>
    text`PISTE n'a pas donné de jeton utilisable${status(known)} : le mot de passe n'a pas été regardé. Si cela dure, prévenez l'administrateur du bot : CHORUS_TOKEN_URL est à vérifier.`,
  tokenRefused: () =>
    text`Chorus Pro ne reconnaît pas le jeton que PISTE vient de donner : le mot de passe n'a pas été regardé. Prévenez l'administrateur du bot : CHORUS_TOKEN_URL et CHORUS_API_URL doivent être du même environnement, et aucun proxy ne doit retirer l'en-tête Authorization.`,
  notAuthorised: () =>
    text`Chorus Pro ne permet pas cet appel pour ce compte, sans dire pourquoi (403) : abonnement, conditions (CGU), raccordement ou environnement. Prévenez l'administrateur du bot : sur PISTE, il vérifie l'**abonnement** de l'application à l'API et l'acceptation de ses **conditions (CGU)** ; sur Chorus Pro, le **raccordement** de la structure ; et que le compte est de cet **environnement**.`,
  notSubscribed: () =>
    text`L'application PISTE n'a pas accès à Chorus Pro pour ce compte (403). Prévenez l'administrateur du bot : il manque l'**abonnement** à l'API, l'acceptation de ses **conditions (CGU)**, ou le **raccordement** de la structure.`,
  notRouted: () =>
    text`PISTE ne connaît pas l'adresse qui est appelée (403). Prévenez l'administrateur du bot : CHORUS_API_URL est à vérifier, puis l'**abonnement** de l'application à l'API et ses **conditions (CGU)**.`,
  wrongEnvironment: ({ environment }) =>
    environment === 'sandbox'
      ? text`C'est un **compte de production**, et le bot est dans l'**environnement de qualification** (403). Prenez un compte de qualification, ou demandez à l'administrateur du bot de changer CHORUS_ENVIRONMENT.`
      : text`C'est un **compte de qualification**, et le bot est dans l'**environnement de production** (403). Prenez un compte de production, ou demandez à l'administrateur du bot de changer CHORUS_ENVIRONMENT.`,
  wrongAddress: (known) =>
    text`${who(known)} ne répond pas à l'adresse appelée${status(known)} : adresse ou environnement à corriger. Prévenez l'administrateur du bot : ${known.at === 'token' ? 'CHORUS_TOKEN_URL' : 'CHORUS_API_URL'} et CHORUS_ENVIRONMENT sont à vérifier.`,
  busy: (known) =>
    text`${who(known)} reçoit trop de demandes et nous prie d'attendre. Il n'y a rien à faire : le test sera refait.`,
  unavailable: (known) =>
    text`${who(known)} est en panne ou en maintenance${status(known)}. Il n'y a rien à faire : le test sera refait.`,
  timeout: (known) =>
    text`${who(known)} n'a pas répondu à temps. Il n'y a rien à faire : le test sera refait.`,
  dns: (known) =>
    text`Le nom de ${who(known)} n'a pas été trouvé (DNS)${code(known)}. Si cela dure, prévenez l'administrateur du bot : la résolution des noms et l'adresse sont à vérifier.`,
  unreachable: (known) =>
    text`La connexion à ${who(known)} n'aboutit pas, ou a été coupée${code(known)}. Si cela dure, prévenez l'administrateur du bot : le pare-feu est à vérifier, et HTTPS_PROXY si le réseau passe par un proxy.`,
  tls: (known) =>
    text`La liaison chiffrée avec ${who(known)} n'a pas pu être vérifiée (TLS)${code(known)}. Prévenez l'administrateur du bot : si un proxy déchiffre les échanges, son certificat est à donner par NODE_EXTRA_CA_CERTS.`,
  proxy: (known) =>
    text`Le proxy ${known.proxy ?? 'du réseau'} ne laisse pas passer vers ${who(known)}${status(known) || code(known)}. Prévenez l'administrateur du bot : HTTPS_PROXY (adresse, nom et mot de passe) ou NO_PROXY est à corriger.`,
  attemptsSpent: () =>
    text`Ce mot de passe a été essayé assez souvent aujourd'hui. Pour ne pas risquer de bloquer le compte, il ne l'est plus avant demain ; rien n'est perdu.`,
  notOpened: () =>
    text`Le mot de passe gardé ne s'ouvre plus, il n'a donc pas été essayé. Saisissez-le à nouveau, et prévenez l'administrateur du bot.`,
  unexpected: (known) =>
    text`Chorus Pro a répondu autrement que prévu : **${said(known)}**. Le mot de passe n'est ni accepté ni refusé. Si cela dure, donnez les détails au support de Chorus Pro.`,
} as const satisfies Readonly<Record<string, (known: DiagnosisView) => Text>>;

/** PISTE gives the token; Chorus Pro answers the calls. */
function who({ at }: DiagnosisView): string {
  return at === 'token' ? 'PISTE' : 'Chorus Pro';
}

function status({ status: answered }: DiagnosisView): string {
  return answered === undefined ? '' : ` (${answered})`;
}

function code({ code: error }: DiagnosisView): string {
  return error === undefined ? '' : ` (${error})`;
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
