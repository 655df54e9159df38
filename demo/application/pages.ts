import { Html, html } from '../chorus/html.ts';
import { portalTime } from '../chorus/pages.ts';
import { STYLE } from '../chorus/style.ts';
import type { Emagnus } from './emagnus.ts';

/** The seed's own words, which a person looks for. */
const CONNECTED = 'La connexion a été établie : les paramètres de connexion sont corrects.';
const NOT_CONNECTED =
  "La connexion n'a pas pu être établie : les paramètres de connexion ne sont pas corrects, ou Chorus Pro ne répond pas.";

export const PATHS = {
  screen: '/',
  test: '/test',
  enter: '/mot-de-passe',
  program: '/programme',
} as const;

/** What the program that reads the password by itself shows of it: never the password. */
export interface ProgramState {
  readonly application: Emagnus;
  /** The version that it has read from the bot; undefined: none yet. */
  readonly version: number | undefined;
}

/** « Configuration des échanges Chorus Pro », with « Saisie du mot de passe » open where it was asked for. */
export function screenPage(application: Emagnus, isEntering: boolean): Html {
  const { takesPassword } = application;
  return page(
    'Configuration des échanges Chorus Pro',
    html`<p class="trail">Liaisons › Autres applications › Intégration factures</p>
      <h1>Configuration des échanges Chorus Pro</h1>
      <section aria-labelledby="connexion">
        <h2 id="connexion">Informations de connexion</h2>
        ${connection(application)}
        <form method="post" action="${PATHS.test}"><button>Test de connexion</button></form>
        ${outcome(application)}
      </section>
      <section aria-labelledby="gestion">
        <h2 id="gestion">Gestion du mot de passe de l'utilisateur technique</h2>
        <label for="alerte">Alerte actualisation</label>
        <select id="alerte"><option>12 mois</option></select>
        <label for="date">Date de dernière mise à jour</label>
        <input id="date" readonly value="${portalTime(application.updated)}">
        <form method="get" action="${PATHS.screen}">
          <input type="hidden" name="saisie" value="1">
          <button ${takesPassword ? new Html('') : new Html('disabled')}>Saisir un nouveau mot de passe</button>
        </form>
      </section>
      ${isEntering && takesPassword && entry()}`,
  );
}

/** What a program does of which nobody has to think. */
export function programPage({ application, version }: ProgramState): Html {
  return page(
    'Un programme qui lit le mot de passe lui-même',
    html`<h1>Un programme qui lit le mot de passe lui-même</h1>
      <p>Il le demande au bot avec un jeton. Personne ne saisit rien ici.</p>
      ${connection(application)}
      <label for="version">Version lue</label>
      <input id="version" readonly value="${version === undefined ? 'aucune encore' : String(version)}">
      <label for="date">Date de dernière mise à jour</label>
      <input id="date" readonly value="${portalTime(application.updated)}">
      ${outcome(application)}
      <form method="get" action="${PATHS.program}"><button>Actualiser</button></form>`,
  );
}

function connection({ url, login }: Emagnus): Html {
  return html`<label for="url">Lien URL</label>
    <input id="url" readonly value="${url}">
    <label for="identifiant">Identifiant utilisateur</label>
    <input id="identifiant" readonly value="${login}">
    <label for="actuel">Mot de passe <span class="star">**</span></label>
    <input id="actuel" readonly value="••••••••••">`;
}

function outcome({ verdict }: Emagnus): Html {
  if (verdict === undefined) return html`<p role="status"></p>`;
  if (verdict.outcome !== 'accepted') return html`<p role="alert">${NOT_CONNECTED}</p>`;
  return html`<p role="status">${CONNECTED}</p>
    <details><summary>Structures définies dans Chorus Pro</summary>
      <ul>${verdict.structures.map(({ name, siret }) => html`<li>${name} (${siret})</li>`)}</ul>
    </details>`;
}

function entry(): Html {
  return html`<dialog open aria-labelledby="saisie">
      <h2 id="saisie">Saisie du mot de passe</h2>
      <form method="post" action="${PATHS.enter}">
        <label for="nouveau">Nouveau mot de passe</label>
        <input id="nouveau" name="nouveau" type="password" autocomplete="off" required autofocus>
        <button>Valider</button>
      </form>
      <form method="get" action="${PATHS.screen}"><button>Abandonner</button></form>
    </dialog>`;
}

function page(title: string, body: Html): Html {
  return html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} – e.magnus</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<p class="banner">Ceci est une imitation d'e.magnus Gestion Financière, pour la démonstration.
  <span><a href="${PATHS.screen}">Écran d'e.magnus</a><a href="${PATHS.program}">Programme</a></span></p>
<main>${body}</main>
</body>
</html>
`;
}
