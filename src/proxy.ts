import http, { type ClientRequest } from 'node:http';
import https from 'node:https';
import { type AgentConnectOpts, Agent as ChoosingAgent } from 'agent-base';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { Agent, type Dispatcher, EnvHttpProxyAgent, setGlobalDispatcher } from 'undici';

/** `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as curl and the rest of the world read them. */
export interface ProxyConfig {
  readonly httpsProxy: string | undefined;
  readonly httpProxy: string | undefined;
  /** Hosts that are called without one; `*`: all. */
  readonly noProxy: string | undefined;
}

/**
 * Sends every call of the process through the proxy, but for those that choose their own way: undici's and Node's
 * `fetch` (Slack, its web socket, Microsoft's keys), and `node:http` (Microsoft's login and connector, whose libraries
 * take no dispatcher).
 */
export function useProxy(proxy: ProxyConfig): void {
  setGlobalDispatcher(dispatcherFor(proxy));
  const direct = { http: http.globalAgent, https: https.globalAgent };
  http.globalAgent = agentFor(proxy, direct);
  https.globalAgent = agentFor(proxy, direct) as unknown as https.Agent;
}

/** Undici's way out; `timeoutMs` for a connection, to the proxy as to the host itself. */
export function dispatcherFor(proxy: ProxyConfig | undefined, timeoutMs?: number): Dispatcher {
  // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED=0 cannot turn it off.
  const connect = { rejectUnauthorized: true, ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }) };
  if (proxy === undefined) return new Agent({ connect });
  return new EnvHttpProxyAgent({
    connect,
    requestTls: connect,
    proxyTls: connect,
    // Empty, and not absent: it would read the environment.
    httpProxy: proxy.httpProxy ?? '',
    httpsProxy: proxy.httpsProxy ?? '',
    noProxy: proxy.noProxy ?? '',
  });
}

/** The proxy through which an address is called, as `host:port`; undefined: none. */
export function proxyOf(proxy: ProxyConfig | undefined, address: string): string | undefined {
  const url = proxyUrlOf(proxy, new URL(address));
  return url === undefined ? undefined : new URL(url).host;
}

function proxyUrlOf(proxy: ProxyConfig | undefined, { protocol, hostname, port }: URL): string | undefined {
  if (proxy === undefined) return undefined;
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  const url = isSecure ? (proxy.httpsProxy ?? proxy.httpProxy) : proxy.httpProxy;
  const target = { host: hostname.toLowerCase(), port: port || (isSecure ? '443' : '80') };
  return url === undefined || isExempt(proxy.noProxy ?? '', target) ? undefined : url;
}

/** As undici reads `NO_PROXY`: a host and all below it, with a port or without. */
function isExempt(noProxy: string, { host, port }: { host: string; port: string }): boolean {
  return noProxy
    .toLowerCase()
    .split(/[,\s]/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true;
      const [, name = entry, only] = /^(.+):(\d+)$/.exec(entry) ?? [];
      const exempt = name.replace(/^\*?\./, '');
      return (only === undefined || only === port) && (host === exempt || host.endsWith(`.${exempt}`));
    });
}

/** Chooses for each request: through the proxy, or the agent that was there before. */
function agentFor(
  proxy: ProxyConfig,
  direct: { readonly http: http.Agent; readonly https: https.Agent },
): http.Agent {
  return new (class extends ChoosingAgent {
    override async connect(request: ClientRequest, { secureEndpoint }: AgentConnectOpts) {
      const host = String(request.getHeader('host') ?? '');
      const url = proxyUrlOf(proxy, new URL(`${secureEndpoint ? 'https' : 'http'}://${host}`));
      if (url === undefined) return secureEndpoint ? direct.https : direct.http;
      return secureEndpoint ? new HttpsProxyAgent(url) : new HttpProxyAgent(url);
    }
  })();
}
