import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accountId } from '../store/accounts.ts';
import type { Kept } from '../store/credentials.ts';
import type { Asking } from './api.ts';
import type { PasswordRelease, Released } from './release.ts';
import type { Token } from './tokens.ts';

/** The mount's name: `chorus/` is where a Vault client finds the passwords. */
const MOUNT = 'chorus';
/** Seconds until consul-template asks again. */
const LEASE_SECONDS = 300;
/** What Vault gives to a token that never expires; a number, which External Secrets asks for. */
const NO_TTL = 0;

interface VaultOptions {
  readonly asking: Asking;
  readonly release: PasswordRelease;
  readonly now: () => Date;
}

type ByLogin = { Params: { login: string }; Querystring: { version?: string } };

/** The part of Vault's HTTP API that clients use to read a KV version 2 secret. Nothing can be written. */
export function mountVaultRoutes(app: FastifyInstance, { asking, release, now }: VaultOptions): void {
  app.get<ByLogin>(`/v1/${MOUNT}/data/:login`, async (request, reply) => {
    const token = tokenOr403(request, reply);
    if (token === undefined) return reply;
    const onlyVersion = versionIn(request.query.version);
    if (onlyVersion === 'malformed') return vaultError(reply, 400, 'version is not a number');
    const released = await release.release({ ...about(request, token), onlyVersion });
    if (released.outcome !== 'released') return refusal(reply, released);
    const { kept, secret } = released.opened;
    return answer({ data: { login: released.login, password: secret.reveal() }, metadata: versionOf(kept) });
  });

  app.get<ByLogin>(`/v1/${MOUNT}/metadata/:login`, async (request, reply) => {
    const token = tokenOr403(request, reply);
    if (token === undefined) return reply;
    const described = await release.describe(about(request, token));
    if (described.outcome !== 'described') return refusal(reply, described);
    const { kept } = described;
    const { version, ...times } = versionOf(kept);
    return answer({
      cas_required: false,
      created_time: times.created_time,
      current_version: version,
      custom_metadata: null,
      delete_version_after: '0s',
      max_versions: 0,
      oldest_version: version,
      updated_time: times.created_time,
      versions: {
        [version]: {
          created_time: times.created_time,
          deletion_time: times.deletion_time,
          destroyed: times.destroyed,
        },
      },
    });
  });

  // consul-template and Vault's command line ask this first, for the whole path of what they are about to read.
  const mount = async (request: FastifyRequest, reply: FastifyReply) => {
    if (tokenOr403(request, reply) === undefined) return reply;
    return answer({
      accessor: 'kv_chorus',
      config: { default_lease_ttl: 0, force_no_cache: false, max_lease_ttl: 0 },
      description: 'Chorus Pro technical accounts',
      local: false,
      options: { version: '2' },
      path: `${MOUNT}/`,
      seal_wrap: false,
      type: 'kv',
      uuid: '',
    });
  };
  app.get(`/v1/sys/internal/ui/mounts/${MOUNT}`, mount);
  app.get(`/v1/sys/internal/ui/mounts/${MOUNT}/*`, mount);

  app.get('/v1/auth/token/lookup-self', async (request, reply) => {
    const token = tokenOr403(request, reply);
    if (token === undefined) return reply;
    const expires = token.expiresAt;
    return answer({
      accessor: token.id,
      creation_time: Math.floor(Date.parse(token.createdAt) / 1000),
      display_name: token.name,
      entity_id: '',
      expire_time: expires ?? null,
      explicit_max_ttl: 0,
      id: '',
      meta: null,
      num_uses: 0,
      orphan: true,
      path: 'auth/token/create',
      policies: ['read'],
      renewable: false,
      ttl: expires === undefined ? NO_TTL : Math.floor((Date.parse(expires) - now().getTime()) / 1000),
      type: 'service',
    });
  });

  app.get('/v1/sys/health', { config: { isOpen: true } }, () => ({
    initialized: true,
    sealed: false,
    standby: false,
  }));

  function tokenOr403(request: FastifyRequest, reply: FastifyReply): Token | undefined {
    const token = asking.tokenOf(request);
    if (typeof token !== 'string') return token;
    if (token === 'malformed') vaultError(reply, 400, 'send one token, in the header X-Vault-Token');
    else vaultError(reply, 403, 'permission denied');
    return undefined;
  }
}

/** Vault's shape of an error. hvac reads it under this very content type only, to which Fastify would add the charset. */
export function vaultError(reply: FastifyReply, status: number, text: string): FastifyReply {
  const body = Buffer.from(JSON.stringify({ errors: [text] }));
  return reply.code(status).header('content-type', 'application/json').send(body);
}

function about(request: FastifyRequest<ByLogin>, token: Token) {
  return { token, account: accountId(request.params.login), address: request.ip };
}

function answer(data: unknown) {
  return {
    request_id: randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: LEASE_SECONDS,
    data,
    wrap_info: null,
    warnings: null,
    auth: null,
  };
}

function versionOf({ version, currentSince, heldSince }: Kept) {
  return {
    created_time: currentSince ?? heldSince,
    custom_metadata: null,
    deletion_time: '',
    destroyed: false,
    version,
  };
}

/** `?version=0` is the newest one, as Vault has it. */
function versionIn(text: string | undefined): number | undefined | 'malformed' {
  if (text === undefined || text === '0') return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : 'malformed';
}

function refusal(reply: FastifyReply, { outcome }: Exclude<Released, { outcome: 'released' }>): FastifyReply {
  switch (outcome) {
    case 'forbidden':
      return vaultError(reply, 403, 'permission denied');
    case 'removed':
      return vaultError(reply, 404, 'the account was removed from the bot');
    case 'empty':
      return vaultError(reply, 404, 'no password is in use for this account yet');
    case 'noVersion':
    case 'unchanged':
      return vaultError(reply, 404, 'no such version');
    default:
      return outcome satisfies never;
  }
}
