import { DateTime } from 'luxon';
import { Html, html } from './html.ts';
import type { Mail, Person, Structure, TechnicalAccount } from './state.ts';
import { STYLE } from './style.ts';

export const RESET = "Réinitialisation du mot de passe d'un compte technique";

/** The form's types, in the portal's order and words (seed). */
const REQUEST_TYPES = [
  'Activer un compte technique',
  "Changer l'email du contact d'un compte technique",
  "Création d'un compte technique",
  'Désactiver un compte technique',
  RESET,
];

const DOMAINS = [
  { name: 'Marché', about: 'Passation' },
  { name: 'Commande', about: 'Engagements, cessions' },
  { name: 'Facturation', about: 'Factures, factures de travaux, frais de justice, remboursement de taxes' },
  { name: 'Organisation', about: 'Structures, habilitations, annuaire' },
  { name: 'Raccordements', about: 'Raccordements EDI, API' },
  { name: 'Outils', about: 'Signature' },
];

/** The portal's way to write a moment: `dd/MM/yyyy HH:mm:ss`, in Paris. */
export function portalTime(date: Date): string {
  return DateTime.fromJSDate(date, { zone: 'Europe/Paris' }).toFormat('dd/MM/yyyy HH:mm:ss');
}

/** The menu *Domaines* shows the same as the home page: another way to it. */
export function homePage(person: Person, title = 'Accueil'): Html {
  return page(
    title,
    person,
    html`<h1>Les domaines Chorus Pro</h1>
      <ul class="cards">${DOMAINS.map(
        ({ name, about }) => html`<li>
          <h2>${name}</h2>
          <p>${about}</p>
          <a href="${name === 'Raccordements' ? '/portail/raccordements' : '/portail/non-simule'}"
            >Accéder au domaine<span class="hidden"> ${name}</span></a>
        </li>`,
      )}</ul>`,
  );
}

export function connectionsPage(person: Person): Html {
  return page(
    'Raccordements',
    person,
    html`<p class="trail"><a href="/portail/accueil">Accueil</a> › Raccordements</p>
      <h1>Raccordements</h1>
      <ul class="cards"><li>
        <h2>Compte technique</h2>
        <p>Gestion du compte technique nécessaire pour les appels en mode API.</p>
        <a href="/portail/compte-technique">Accéder<span class="hidden"> à Compte technique</span></a>
      </li></ul>`,
  );
}

export function messagePage(person: Person | undefined, title: string, text: string): Html {
  return page(
    title,
    person,
    html`<h1>${title}</h1><p>${text}</p><p><a href="/portail/accueil">Retour à l'accueil</a></p>`,
  );
}

/** How far the request form is filled in, and what it has to show for it. */
interface RequestForm {
  readonly person: Person;
  readonly structures: readonly Structure[];
  readonly type?: string;
  readonly structure?: Structure;
  /** False where the person is not the structure's gestionnaire principal. */
  readonly allowed: boolean;
  readonly accounts: readonly TechnicalAccount[];
  readonly proposal?: { readonly id: string; readonly login: string; readonly password: string };
}

export function requestPage(form: RequestForm): Html {
  const { person, type, structure, allowed, proposal } = form;
  return page(
    'Compte technique',
    person,
    html`${requestHeading()}
      <form action="/portail/compte-technique">
        ${select(
          'type',
          'Type de demande',
          type,
          REQUEST_TYPES.map((name) => ({ value: name, text: name })),
        )}
        ${
          type !== undefined &&
          type !== RESET &&
          alert(`« ${type} » n'est pas simulé. Seule la réinitialisation du mot de passe l'est.`)
        }
        ${
          type === RESET &&
          select(
            'structure',
            'Choisir la structure',
            structure?.siret,
            form.structures.map(({ siret, name }) => ({ value: siret, text: `${siret} – ${name}` })),
          )
        }
        ${
          structure &&
          html`<dl><dt>Raison sociale</dt><dd>${structure.name}</dd><dt>SIRET</dt><dd>${structure.siret}</dd></dl>`
        }
        ${
          structure &&
          !allowed &&
          alert(
            "Seul le gestionnaire principal de la structure est habilité à réinitialiser le mot de passe de l'utilisateur technique.",
          )
        }
        ${
          structure &&
          allowed &&
          select(
            'compte',
            'Compte technique',
            proposal?.login,
            form.accounts.map(({ login }) => ({ value: login, text: `API ${login}` })),
          )
        }
        ${
          proposal &&
          html`<section class="secret" tabindex="-1" autofocus aria-labelledby="avis">
            <p id="avis"><strong>Notez bien le nouveau mot de passe.</strong> Il ne sera plus accessible a&nbsp;posteriori.</p>
            <label for="nouveau">Mot de passe</label>
            <output id="nouveau">${proposal.password}</output>
          </section>`
        }
        ${structure && allowed && accountList(structure, form.accounts)}
        ${
          proposal
            ? html`<input type="hidden" name="demande" value="${proposal.id}">
                <button formmethod="post" formaction="/portail/compte-technique/soumettre">Soumettre</button>`
            : html`<noscript><button formnovalidate>Continuer</button></noscript>`
        }
      </form>`,
  );
}

export function submittedPage(
  person: Person,
  structure: Structure,
  accounts: readonly TechnicalAccount[],
): Html {
  return page(
    'Demande soumise',
    person,
    html`${requestHeading()}
      <p class="done" role="status">Votre demande a été soumise. Un message de confirmation vous sera envoyé
        à <strong>${person.email}</strong>.</p>
      ${accountList(structure, accounts)}
      <p><a href="/portail/accueil">Retour à l'accueil</a></p>`,
  );
}

export function mailboxPage(mails: readonly Mail[]): Html {
  return document(
    'Messagerie',
    html`<header><p class="brand">Messagerie</p></header>
      <main>
        <h1>Boîte de réception</h1>
        ${mails.length === 0 && html`<p>Aucun message pour le moment.</p>`}
        <ul class="mails">${mails.map(
          ({ id, to, subject, at }) => html`<li>
            <a href="/messagerie/${id}">${subject}</a>
            <p>À ${to} · <time datetime="${at.toISOString()}">${portalTime(at)}</time></p>
          </li>`,
        )}</ul>
        <p class="small">Cette page se met à jour toutes les cinq secondes.</p>
      </main>`,
    html`<meta http-equiv="refresh" content="5">`,
  );
}

export function mailPage({ to, subject, lines, at }: Mail): Html {
  return document(
    subject,
    html`<header><p class="brand">Messagerie</p></header>
      <main>
        <p class="trail"><a href="/messagerie">Boîte de réception</a></p>
        <h1>${subject}</h1>
        <p class="small">De Chorus Pro (simulateur), à ${to}, le ${portalTime(at)}</p>
        ${lines.map((line) => html`<p>${line}</p>`)}
      </main>`,
  );
}

export function lostPage(): Html {
  return document(
    'Page inconnue',
    html`<main><h1>Page inconnue</h1><p><a href="/portail">Aller au portail</a></p></main>`,
  );
}

function requestHeading(): Html {
  return html`<p class="trail"><a href="/portail/accueil">Accueil</a> › <a href="/portail/raccordements">Raccordements</a> › Compte technique</p>
    <h1>Compte technique</h1>
    <p>Gestion du compte technique nécessaire pour les appels en mode API.</p>
    <p>Attention, le compte technique ne sert que pour les services API, si vous ne les utilisez pas, la création est inutile.</p>`;
}

function accountList(structure: Structure, accounts: readonly TechnicalAccount[]): Html {
  const columns = [
    "ID d'utilisateur",
    'État',
    'Compte',
    'Date exp. Mot de passe',
    'Contact',
    'Création',
    'Modification',
  ];
  const rows = accounts.map(({ login, state, expires, created, modified, contact }) => [
    login,
    state,
    structure.siret,
    portalTime(expires),
    contact ?? structure.manager,
    portalTime(created),
    portalTime(modified),
  ]);
  return html`<section>
    <h2 id="liste">Liste des comptes techniques</h2>
    <table aria-labelledby="liste">
      <thead><tr>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>${rows.map(
        (cells) =>
          html`<tr>${cells.map((cell, index) => html`<td data-label="${columns[index]}">${cell}</td>`)}</tr>`,
      )}</tbody>
    </table>
  </section>`;
}

/** A required list that shows the rest of the form once something is chosen, as the portal does. */
function select(
  name: string,
  label: string,
  chosen: string | undefined,
  options: readonly { readonly value: string; readonly text: string }[],
): Html {
  return html`<label for="${name}">${label} <span class="star">*</span></label>
    <select id="${name}" name="${name}" required onchange="this.form.submit()" ${!chosen && html`autofocus`}>
      <option value="">-- Aucun --</option>
      ${options.map(
        ({ value, text }) =>
          html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`,
      )}
    </select>`;
}

export function alert(text: string): Html {
  return html`<p class="alert" role="alert">${text}</p>`;
}

export function page(title: string, person: Person | undefined, main: Html): Html {
  return document(
    `${title} – Portail`,
    html`<header>
        <p class="brand">Portail de services Chorus Pro</p>
        ${
          person &&
          html`<form method="post" action="/portail/deconnexion" class="who">
            <span>${person.name}</span> <button class="quiet">Se déconnecter</button>
          </form>`
        }
      </header>
      ${
        person &&
        html`<nav class="audiences" aria-label="Publics">
            ${['Entreprise', 'Entité publique', 'Particulier', 'Association'].map((name) =>
              name === 'Entité publique'
                ? html`<span class="here">${name}</span>`
                : html`<span>${name}</span>`,
            )}
          </nav>
          <nav class="menu" aria-label="Menu principal">
            <a href="/portail/accueil" ${title === 'Accueil' && html`aria-current="page"`}>ACCUEIL</a>
            <a href="/portail/domaines" ${title === 'Domaines' && html`aria-current="page"`}>DOMAINES</a>
            ${['ACTUALITÉS', 'SUPPORT', 'COMMUNICATION'].map(
              (name) => html`<a href="/portail/non-simule">${name}</a>`,
            )}
          </nav>`
      }
      <main>${main}</main>`,
  );
}

export function document(title: string, body: Html, head?: Html): Html {
  return html`<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
${head}
<style>${new Html(STYLE)}</style>
</head>
<body>
<aside class="banner" aria-label="Simulateur">
  <strong>Simulateur — ceci n'est pas Chorus Pro</strong>
  <span><a href="/portail">Portail simulé</a> <a href="/messagerie">Messagerie simulée</a></span>
</aside>
${body}
</body>
</html>`;
}
