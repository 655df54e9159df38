import { createClient, createCluster, createSentinel, type RedisClientType } from '@keyv/redis';
import { Refusal } from '../../refusal.ts';
import { PATIENCE_MS } from '../envelope.ts';
import { reconnectPauseMs } from './pause.ts';

/** Node's idle time-out sees a connection that died silently; the ping keeps a living one from being idle. */
const IDLE_MS = 10_000;
const PING_MS = 4_000;

/** Cluster and Sentinel have the same commands; their types only differ in what we do not use. */
export type ClientFactory = () => RedisClientType;

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

/** Makes clients that are not connected yet. */
export function clientFactory(address: RedisAddress): ClientFactory {
  const { hosts, mode, username, password, database } = address;
  const socket = {
    // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off.
    ...(address.isEncrypted ? { tls: true as const, rejectUnauthorized: true } : {}),
    connectTimeout: PATIENCE_MS,
    socketTimeout: IDLE_MS,
    reconnectStrategy: reconnectPauseMs,
  };
  const common = {
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    disableOfflineQueue: true,
    pingInterval: PING_MS,
  };
  if (mode === 'cluster') {
    const rootNodes = hosts.map((host) => ({ socket: { ...socket, ...host } }));
    return () => createCluster({ rootNodes, defaults: { ...common, socket } }) as unknown as RedisClientType;
  }
  const nodeClientOptions = { ...common, socket, database };
  if (mode !== 'alone') {
    const sentinelOptions = {
      name: mode.sentinel,
      sentinelRootNodes: [...hosts],
      nodeClientOptions,
      sentinelClientOptions: { socket },
    };
    return () => createSentinel(sentinelOptions) as unknown as RedisClientType;
  }
  const alone = { ...nodeClientOptions, socket: { ...socket, ...hosts[0] } };
  return () => createClient(alone) as RedisClientType;
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
