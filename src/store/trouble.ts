import type { StoreUnavailable } from './store.ts';

/** What is wrong, and what to do about it. */
type Sentence = readonly [what: string, cure: string];

const SENTENCES: Readonly<Record<string, Sentence>> = {
  WRONGPASS: ['Redis refuse l’utilisateur ou le mot de passe', 'corrigez-les dans STORE_URL'],
  NOAUTH: ['Redis demande un mot de passe', 'mettez-le dans STORE_URL'],
  NOPERM: [
    'l’utilisateur n’a pas tous les droits qu’il faut sur Redis',
    'donnez-lui ceux que liste la documentation des administrateurs',
  ],
  ECONNREFUSED: ['aucun serveur n’écoute à cette adresse', 'vérifiez-la, et que le serveur tourne'],
  ENOTFOUND: ['le nom du serveur n’existe pas', 'vérifiez l’adresse'],
  EAI_AGAIN: ['le nom du serveur n’est pas résolu', 'vérifiez le DNS'],
  ETIMEDOUT: [
    'le coffre n’a pas répondu à temps',
    'vérifiez l’adresse, le pare-feu, et que la machine n’est pas surchargée',
  ],
  EHOSTUNREACH: ['le serveur n’est pas joignable', 'vérifiez l’adresse et le réseau'],
  OOM: ['Redis n’a plus de mémoire', 'augmentez son « maxmemory »'],
  MISCONF: ['Redis n’arrive plus à écrire sur son disque', 'faites-y de la place, et lisez son journal'],
  READONLY: ['ce Redis est un réplica', 'donnez l’adresse du maître, ou celles des sentinelles'],
  LOADING: ['Redis relit encore ses données', 'attendez qu’il ait fini'],
  CLUSTERDOWN: ['le Cluster de Redis n’est pas complet', 'remettez en marche les serveurs qui manquent'],
  NOREPLICAS: ['aucun réplica de Redis n’a confirmé ce qui est écrit', 'remettez en marche celui qui manque'],
  ENOSPC: ['le disque du coffre est plein', 'faites-y de la place'],
  EACCES: ['le bot n’a pas le droit d’écrire dans le coffre', 'rendez le dossier à son utilisateur'],
  MDB_CORRUPTED: ['le fichier du coffre est abîmé', 'restaurez la dernière sauvegarde'],
  UNREADABLE: [
    'un enregistrement ne se lit pas',
    'restaurez-le d’une sauvegarde, et cherchez qui d’autre écrit dans le coffre',
  ],
  CONTENDED: [
    'un enregistrement change sans cesse',
    'réessayez, et cherchez qui d’autre écrit dans le coffre',
  ],
};
const CERTIFICATE: Sentence = [
  'le certificat du serveur n’est pas reconnu',
  'donnez son autorité à Node par NODE_EXTRA_CA_CERTS',
];
const ANYTHING: Sentence = [
  'le coffre n’a pas répondu, ou a refusé',
  'vérifiez l’adresse, et que le serveur tourne',
];

/** A broken store, in one French line for whoever runs the bot: what is wrong, its code, what to do. */
export function explainTrouble({ code, record, name }: StoreUnavailable): string {
  const known = Object.hasOwn(SENTENCES, code ?? '') ? SENTENCES[code ?? ''] : undefined;
  const isCertificate = /CERT|SELF_SIGNED|ALTNAME/.test(code ?? '');
  const [what, cure] = known ?? (isCertificate ? CERTIFICATE : ANYTHING);
  const seen = [code ?? name, record].filter(Boolean).join(' ');
  return `STORE_URL : ${what} (${seen}) ; ${cure}`;
}
