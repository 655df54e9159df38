import type { Person } from '../../../demo/chorus/state.ts';

interface Page {
  readonly status: number;
  readonly path: string;
  readonly text: string;
  readonly cacheControl: string | null;
}

const RESET = "Réinitialisation du mot de passe d'un compte technique";
const SUBMIT = '/portail/compte-technique/soumettre';

/** A person with a browser that knows HTTP, cookies, redirects and forms, and nothing of the simulator's inside. */
export class Visitor {
  readonly #origin: string;
  #cookie = '';

  /** `url`: any address of the simulator. */
  constructor(url: string) {
    this.#origin = new URL(url).origin;
  }

  async go(path: string): Promise<Page> {
    return this.#request(path, { method: 'GET' });
  }

  async send(path: string, fields: Record<string, string>): Promise<Page> {
    return this.#request(path, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Signs in with both factors; the code is read in the mailbox. */
  async signIn({ email, password }: Person): Promise<Page> {
    await this.send('/portail/connexion', { identifiant: email, motDePasse: password });
    return this.send('/portail/code', { code: await this.readCode() });
  }

  /** The newest code in the mailbox. */
  async readCode(): Promise<string> {
    const newest = /href="(\/messagerie\/[^"]+)">\[Chorus Pro\] Votre code/.exec(
      (await this.go('/messagerie')).text,
    );
    const code = /\b\d{6}\b/.exec((await this.go(newest?.[1] ?? '')).text.split('Votre code est')[1] ?? '');
    if (!code) throw new Error('no code in the mailbox');
    return code[0];
  }

  /** Fills in the form as far as the given fields go. */
  async fill(fields: { siret?: string; login?: string; type?: string }): Promise<Page> {
    const query = new URLSearchParams({
      type: fields.type ?? RESET,
      structure: fields.siret ?? '',
      compte: fields.login ?? '',
    });
    return this.go(`/portail/compte-technique?${query}`);
  }

  /** Soumettre, on a page that shows a password. */
  async submit(page: Page): Promise<Page> {
    return this.send(SUBMIT, { demande: /name="demande" value="([^"]+)"/.exec(page.text)?.[1] ?? '' });
  }

  async #request(path: string, init: RequestInit): Promise<Page> {
    const answer = await fetch(this.#origin + path, {
      ...init,
      redirect: 'manual',
      headers: { cookie: this.#cookie },
    });
    this.#cookie = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? this.#cookie;
    const text = await answer.text();
    const next = answer.headers.get('location');
    return next
      ? this.go(next)
      : { status: answer.status, path, text, cacheControl: answer.headers.get('cache-control') };
  }
}

/** The password that a page of the form shows, if any. */
export function shownPassword(page: Page): string | undefined {
  return /<output[^>]*>([^<]*)<\/output>/
    .exec(page.text)?.[1]
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}
