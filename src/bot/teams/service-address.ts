/**
 * Where Teams takes calls in Microsoft's public cloud. Exact names: anybody may register another one under
 * trafficmanager.net, and our bearer token goes where the address says.
 * https://microsoft.github.io/teams-sdk/typescript/essentials/app-configuration/service-url-validation
 */
const PUBLIC_HOSTS = [
  'smba.trafficmanager.net',
  'smba.onyx.prod.teams.trafficmanager.net',
  'smba.infra.gcc.teams.microsoft.com',
];

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** `loopback`: for the demo, whose connector runs on this machine; otherwise origins that the configuration adds. */
export type ServiceOrigins = 'loopback' | readonly string[];

/** Calls to Teams go nowhere else, whatever an activity or a stored record says. */
export class ServiceAddresses {
  readonly #isAllowed: (url: URL) => boolean;

  constructor(added: ServiceOrigins) {
    if (added === 'loopback') {
      this.#isAllowed = ({ hostname }) => LOOPBACK.test(hostname);
      return;
    }
    const origins = new Set([...PUBLIC_HOSTS.map((host) => `https://${host}`), ...added]);
    this.#isAllowed = ({ origin }) => origins.has(origin);
  }

  /** The address as the URL standard writes it, so that every reader sees the same host; undefined where none is allowed. */
  allowed(address: string): string | undefined {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol) || !this.#isAllowed(url)) return undefined;
    const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
    return isPlain ? url.href : undefined;
  }
}

/** A record or an activity names an address to which nothing of ours is sent. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  /** The host, for whoever reads the log and may have to add it to `TEAMS_SERVICE_HOSTS`. */
  readonly code: string;

  constructor(address: string) {
    super('Calls to Teams do not go to this address');
    this.code = hostOf(address);
  }
}

export function hostOf(address: string): string {
  return URL.canParse(address) ? new URL(address).hostname : 'none';
}
