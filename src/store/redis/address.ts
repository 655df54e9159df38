import { Refusal } from '../../refusal.ts';

/** What a `STORE_URL` says. */
export interface RedisAddress {
  readonly isEncrypted: boolean;
  readonly username: string;
  readonly password: string;
  readonly hosts: readonly Host[];
  readonly database: number;
  /** `sentinel`: by the name of the master that the hosts watch. */
  readonly mode: 'alone' | 'cluster' | { readonly sentinel: string };
}

interface Host {
  readonly host: string;
  readonly port: number;
}

const SENTINEL = 'sentinel=';
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/;

/** Reads the forms that `openStore` documents. Throws a `Refusal`, which quotes nothing. */
export function readAddress(url: string): RedisAddress {
  const parts =
    /^(rediss?):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?]+)(?:\/(\d*))?(?:\?(cluster|sentinel=[\w.-]+))?$/.exec(
      url,
    );
  if (parts === null) throw notUnderstood();
  const [, scheme, username = '', password = '', hosts = '', database = '', query = ''] = parts;
  const isSentinel = query.startsWith(SENTINEL);
  const defaultPort = isSentinel ? 26379 : 6379;
  const named = hosts.split(',').map((host) => hostOf(host, defaultPort));
  if (named.length > 1 && query === '') {
    throw new Refusal('STORE_URL nomme plusieurs serveurs ; ajoutez ?cluster ou ?sentinel=nom');
  }
  return {
    isEncrypted: scheme === 'rediss',
    username: understood(() => decodeURIComponent(username)),
    password: understood(() => decodeURIComponent(password)),
    hosts: named,
    database: Number(database),
    mode: isSentinel ? { sentinel: query.slice(SENTINEL.length) } : query === 'cluster' ? 'cluster' : 'alone',
  };
}

/** Throws where what is kept, and the password, would cross the network for anybody to read. */
export function refusePlaintext({ hosts, isEncrypted }: Pick<RedisAddress, 'hosts' | 'isEncrypted'>): void {
  if (isEncrypted || hosts.every(({ host }) => LOOPBACK.test(host))) return;
  throw new Refusal(
    'STORE_URL : redis:// vers une autre machine serait lu par qui écoute le réseau ; écrivez rediss:// (TLS), ou mettez ALLOW_PLAINTEXT_REDIS=1',
  );
}

function hostOf(text: string, defaultPort: number): Host {
  const { hostname, port } = understood(() => new URL(`redis://${text}`));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || defaultPort) };
}

function understood<T>(read: () => T): T {
  try {
    return read();
  } catch {
    // No cause: the parser's error quotes what it could not read.
    throw notUnderstood();
  }
}

function notUnderstood(): Refusal {
  return new Refusal(
    'STORE_URL n’est pas comprise ; écrivez redis://utilisateur:motdepasse@serveur:6379/0, avec ?cluster ou ?sentinel=nom après plusieurs serveurs ; dans un mot de passe, @ s’écrit %40, / %2F et % %25',
  );
}
