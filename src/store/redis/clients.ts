import { createClient, createCluster, createSentinel, type RedisClientType } from '@keyv/redis';
import { PATIENCE_MS } from '../envelope.ts';
import { type RedisAddress, refusePlaintext } from './address.ts';
import { reconnectPauseMs } from './pause.ts';

/** Node's idle time-out sees a connection that died silently; the ping keeps a living one from being idle. */
const IDLE_MS = 10_000;
const PING_MS = 4_000;

/** Whoever has a client made. */
export interface ClientOwner {
  /** true: the client stops trying to connect; without it, one behind Sentinel would go on for ever. */
  readonly isGivenUp: boolean;
  /** Called with what keeps the client from connecting, beside its `error` events. */
  trouble(error: unknown): void;
}

/** Cluster and Sentinel have the same commands; their types only differ in what we do not use. */
export type ClientFactory = (owner: ClientOwner) => RedisClientType;

/** Makes clients that are not connected yet. */
export function clientFactory(address: RedisAddress, allowPlaintext: boolean): ClientFactory {
  return (owner) => {
    const socket = {
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off.
      ...(address.isEncrypted ? { tls: true as const, rejectUnauthorized: true } : {}),
      connectTimeout: PATIENCE_MS,
      socketTimeout: IDLE_MS,
      reconnectStrategy: (retries: number) => (owner.isGivenUp ? false : reconnectPauseMs(retries)),
    };
    const { hosts, mode, database } = address;
    const nodeOptions = { ...credentials(address), disableOfflineQueue: true, pingInterval: PING_MS };
    if (mode === 'alone') {
      const options = { ...nodeOptions, database, socket: { ...socket, ...hosts[0] } };
      return createClient(options) as RedisClientType;
    }
    const found = allowPlaintext ? {} : { nodeAddressMap: encryptedOnly(address, owner) };
    if (mode === 'cluster') {
      const rootNodes = hosts.map((host) => ({ socket: { ...socket, ...host } }));
      const options = { rootNodes, defaults: { ...nodeOptions, socket }, ...found };
      return createCluster(options) as unknown as RedisClientType;
    }
    return createSentinel({
      name: mode.sentinel,
      sentinelRootNodes: [...hosts],
      nodeClientOptions: { ...nodeOptions, database, socket },
      sentinelClientOptions: { socket },
      passthroughClientErrorEvents: true,
      ...found,
    }) as unknown as RedisClientType;
  };
}

function credentials({ username, password }: RedisAddress) {
  return { ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}

/** Also the servers that the named ones lead to must not be spoken to in clear across the network. */
function encryptedOnly({ isEncrypted }: RedisAddress, owner: ClientOwner) {
  return (node: string): undefined => {
    const at = node.lastIndexOf(':');
    // A server that no other one has reached yet does not know its own address; the client then takes this machine's.
    if (at === 0) return;
    try {
      refusePlaintext({
        isEncrypted,
        hosts: [{ host: node.slice(0, at), port: Number(node.slice(at + 1)) }],
      });
    } catch (refusal) {
      owner.trouble(refusal);
      throw refusal;
    }
  };
}
