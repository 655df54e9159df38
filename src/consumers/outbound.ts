import { type LookupAddress, lookup } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher, ProxyAgent, request } from 'undici';
import { errorFields } from '../log.ts';

/** An answer of a foreign server, as far as it was read. */
export interface OutboundAnswer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** At most {@link LONGEST_BODY} bytes of it. */
  readonly body: string;
}

export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

/** Bytes: more than any server's word on what went wrong. The rest is not read. */
const LONGEST_BODY = 64 * 1024;
/** Obeyed up to a day; longer is as good as once a day. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60_000;

/** The destination may not be called. The message says why, for the administrator. */
export class ForbiddenDestination extends Error {
  override readonly name = 'ForbiddenDestination';
}

/** Why a call had no answer, in a few words that hold nothing of what was sent. */
export function reasonOfFailure(error: unknown): string {
  if (error instanceof ForbiddenDestination) return error.message;
  // Its code is a number.
  if ((error as { readonly name?: unknown } | null)?.name === 'TimeoutError') return 'pas de réponse à temps';
  const { error: name, code } = errorFields(error);
  return code ?? name ?? 'Error';
}

/** Where a cloud's machines read their own secrets, and what is no single machine. */
const FORBIDDEN = blockList([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['168.63.129.16', 32],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fe80::', 10],
  ['fd00:ec2::254', 128],
  ['ff00::', 8],
]);
const LOOPBACK = blockList([
  ['127.0.0.0', 8],
  ['::1', 128],
]);

/**
 * Calls programs to which passwords or news of them go. Each host is resolved at each call, every address is checked,
 * and the connection goes to an address that was checked, so that no second look-up can lead elsewhere. Redirects are
 * not followed.
 */
export class Outbound {
  readonly #direct: Agent;
  readonly #loopback = new Agent({ connections: 4, pipelining: 0 });
  readonly #proxy: ProxyAgent | undefined;

  /** `resolve` is the system's look-up unless a test gives another one. */
  constructor({
    proxyUrl,
    resolve = lookup,
  }: { proxyUrl?: string | undefined; resolve?: typeof lookup } = {}) {
    this.#direct = new Agent({ connect: { lookup: checkedLookup(resolve) }, pipelining: 0 });
    this.#proxy = proxyUrl === undefined ? undefined : new ProxyAgent(proxyUrl);
  }

  /** Throws {@link ForbiddenDestination}, and what undici throws where there is no answer in time. */
  async call(asked: OutboundRequest, viaProxy = false): Promise<OutboundAnswer> {
    const signal = AbortSignal.timeout(asked.timeoutMs);
    const { statusCode, headers, body } = await request(asked.url, {
      dispatcher: this.#dispatcherFor(asked.url, viaProxy),
      method: asked.method,
      headers: asked.headers,
      ...(asked.body === undefined ? {} : { body: asked.body }),
      signal,
    });
    return {
      status: statusCode,
      retryAfterMs: retryAfterMs(headers['retry-after']),
      body: await beginningOf(body, signal),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#direct.close(), this.#loopback.close(), this.#proxy?.close()]);
  }

  #dispatcherFor(url: string, viaProxy: boolean): Dispatcher {
    const why = refusalOfAddress(url);
    if (why !== undefined) throw new ForbiddenDestination(why);
    if (isLoopbackHost(new URL(url).hostname)) return this.#loopback;
    if (!viaProxy) return this.#direct;
    if (this.#proxy === undefined) throw new ForbiddenDestination('HTTPS_PROXY n’est pas donnée');
    return this.#proxy;
  }
}

/** Why an address may not be a destination; undefined where it may. What its host resolves to is checked at each call. */
export function refusalOfAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return 'cette adresse ne se lit pas';
  const { protocol, hostname, username, password } = new URL(url);
  if (username !== '' || password !== '') return 'cette adresse contient un nom ou un mot de passe';
  const isLoopback = isLoopbackHost(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback))
    return 'cette adresse n’est pas en https';
  const literal = hostname.replace(/^\[|\]$/g, '');
  return isIP(literal) !== 0 && !isLoopback ? refusalOfHost(literal) : undefined;
}

function isLoopbackHost(hostname: string): boolean {
  const literal = hostname.replace(/^\[|\]$/g, '');
  return hostname === 'localhost' || (isIP(literal) !== 0 && isIn(LOOPBACK, literal));
}

function refusalOfHost(address: string): string | undefined {
  if (isIn(FORBIDDEN, address))
    return 'adresse interdite : lien local, service de métadonnées ou plusieurs machines';
  if (isIn(LOOPBACK, address)) return 'adresse interdite : ce nom mène à la machine du bot';
  return undefined;
}

function checkedLookup(resolve: typeof lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, [], 0);
      const why = addresses.map(({ address }: LookupAddress) => refusalOfHost(address)).find(Boolean);
      if (why !== undefined) return callback(new ForbiddenDestination(why), [], 0);
      const [first] = addresses;
      if (options.all === true) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family ?? 0);
    });
  };
}

function isIn(list: BlockList, address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return list.check(plain, isIPv4(plain) ? 'ipv4' : 'ipv6');
}

function blockList(subnets: readonly (readonly [network: string, prefix: number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of subnets) list.addSubnet(network, prefix, isIPv4(network) ? 'ipv4' : 'ipv6');
  return list;
}

/** The rest of a long answer is thrown away with its connection. */
async function beginningOf(body: Dispatcher.ResponseData['body'], signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    signal.throwIfAborted();
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= LONGEST_BODY) break;
  }
  return Buffer.concat(chunks).subarray(0, LONGEST_BODY).toString('utf8');
}

/** Seconds, or a date. */
function retryAfterMs(header: string | string[] | undefined): number | undefined {
  const text = [header].flat()[0];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), LONGEST_RETRY_AFTER_MS) : undefined;
}
