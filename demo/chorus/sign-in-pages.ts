import type { SecondFactor } from './behaviour.ts';
import { type Html, html } from './html.ts';
import { alert, document, page } from './pages.ts';
import type { Person } from './state.ts';

export function signInPage(people: readonly Person[], refused: boolean): Html {
  return page(
    'Connexion',
    undefined,
    html`<h1>Se connecter au portail</h1>
      ${refused && alert('Identifiant ou mot de passe incorrect.')}
      <form method="post" action="/portail/connexion" class="narrow">
        <label for="identifiant">Identifiant</label>
        <input id="identifiant" name="identifiant" type="email" autocomplete="username" required autofocus>
        <label for="mot-de-passe">Mot de passe</label>
        <input id="mot-de-passe" name="motDePasse" type="password" autocomplete="current-password" required>
        <button>Se connecter</button>
      </form>
      ${cast(people)}`,
  );
}

export function codePage(person: Person, refused: boolean): Html {
  return page(
    'Code de vérification',
    undefined,
    html`<h1>Code de vérification</h1>
      ${refused && alert("Ce code n'est pas le bon.")}
      <p>Un code à six chiffres vient d'être envoyé à <strong>${person.email}</strong>.</p>
      <form method="post" action="/portail/code" class="narrow">
        <label for="code">Code reçu par e-mail</label>
        <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>
        <button>Valider</button>
      </form>
      <aside>
        <p>Le code arrive dans la <a href="/messagerie" target="_blank">messagerie du simulateur (nouvel onglet)</a>.</p>
      </aside>`,
  );
}

const FACTORS: Readonly<Record<SecondFactor, string>> = {
  email: 'Un code par e-mail',
  application: "Mon application d'authentification",
  key: 'Ma clé de sécurité',
};

/** Which second factor, where there are several. */
export function secondFactorPage(ways: readonly SecondFactor[]): Html {
  return page(
    'Seconde authentification',
    undefined,
    html`<h1>Confirmer votre identité</h1>
      <form method="post" action="/portail/second-facteur" class="narrow">
        ${ways.map((way) => html`<button name="facteur" value="${way}">${FACTORS[way]}</button>`)}
      </form>`,
  );
}

/** The simulator plays the application too, and the key. */
export function ownFactorPage(way: Exclude<SecondFactor, 'email'>, code: string, refused: boolean): Html {
  const isKey = way === 'key';
  return page(
    'Seconde authentification',
    undefined,
    html`<h1>${FACTORS[way]}</h1>
      ${refused && alert("Ce code n'est pas le bon.")}
      <form method="post" action="/portail/code" class="narrow">
        ${
          isKey
            ? html`<input type="hidden" name="code" value="${code}"><button>Toucher la clé (simulée)</button>`
            : html`<label for="code">Code de l'application</label>
              <input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>
              <button>Valider</button>`
        }
      </form>
      ${!isKey && html`<aside><p>L'application simulée affiche : <code>${code}</code></p></aside>`}`,
  );
}

/** The PIGP as far as it leads to Chorus Pro: signed in there, one finds the button « Chorus Pro ». */
export function pigpPage(person: Person | undefined, people: readonly Person[], refused: boolean): Html {
  return document(
    'PIGP',
    html`<header><p class="brand">Portail Internet de la Gestion Publique</p></header>
      <main>${
        person === undefined
          ? html`<h1>Se connecter au PIGP</h1>
              ${refused && alert('Identifiant ou mot de passe incorrect.')}
              <form method="post" action="/pigp" class="narrow">
                <label for="identifiant">Identifiant</label>
                <input id="identifiant" name="identifiant" type="email" required autofocus>
                <label for="mot-de-passe">Mot de passe</label>
                <input id="mot-de-passe" name="motDePasse" type="password" required>
                <button>Valider</button>
              </form>
              ${cast(people)}`
          : html`<h1>Bonjour ${person.name}</h1><p><a href="/portail/connexion">Chorus Pro</a></p>`
      }</main>`,
  );
}

/** Whoever comes from the PIGP is not signed in on the portal yet, and is asked for nothing more there. */
export function fromPigpPage(): Html {
  return page(
    'Connexion',
    undefined,
    html`<h1>Portail de services Chorus Pro</h1>
      <form method="post" action="/portail/connexion/pigp" class="narrow"><button>Se connecter</button></form>`,
  );
}

function cast(people: readonly Person[]): Html {
  return html`<aside aria-labelledby="personnages">
    <h2 id="personnages">Les personnages de ce simulateur</h2>
    <ul>${people.map(
      ({ name, email, password }) =>
        html`<li><strong>${name}</strong><br><code>${email}</code><br>Mot de passe : <code>${password}</code></li>`,
    )}</ul>
  </aside>`;
}
