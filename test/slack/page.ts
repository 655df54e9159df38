/** The masked page, as a browser got it. */
export interface Page {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  /** What the browser sends back with the form. */
  readonly cookie: string;
  readonly nonce: string;
  /** What the form is about, sealed. */
  readonly carried: string;
}

/** The way to the masked page that a modal offers. */
export function linkIn(view: object): string {
  return /"url":"(http[^"]+\/saisie\/[^"]+)"/.exec(JSON.stringify(view))?.[1] ?? '';
}

export async function visit(link: string, headers: Record<string, string> = {}): Promise<Page> {
  return pageOf(await fetch(link, { headers }));
}

/** Sends the form of the page, with what was typed into its fields. */
export async function send(
  link: string,
  page: Page,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Page> {
  const keepAs = /name="keepAs" value="([^"]*)" checked/.exec(page.text)?.[1] ?? '';
  const answer = await fetch(link, {
    method: 'POST',
    headers: { cookie: page.cookie, ...headers },
    body: new URLSearchParams({ nonce: page.nonce, carried: page.carried, keepAs, ...fields }),
  });
  return pageOf(answer);
}

async function pageOf(answer: Response): Promise<Page> {
  const text = await answer.text();
  return {
    status: answer.status,
    text,
    headers: answer.headers,
    cookie: answer.headers.get('set-cookie')?.split(';', 1)[0] ?? '',
    nonce: /name="nonce" value="([^"]+)"/.exec(text)?.[1] ?? '',
    carried: /name="carried" value="([^"]+)"/.exec(text)?.[1] ?? '',
  };
}
