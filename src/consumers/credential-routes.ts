import type { FastifyInstance } from 'fastify';
import { accountId } from '../store/accounts.ts';
import type { Asking, Refuse } from './api.ts';
import type { PasswordRelease } from './release.ts';

/** `GET /v1/credentials/{login}`: the password in use, for a program whose token names the account. */
export function mountCredentialRoutes(
  app: FastifyInstance,
  { asking, release, refuse }: { asking: Asking; release: PasswordRelease; refuse: Refuse },
): void {
  app.get<{ Params: { login: string } }>('/v1/credentials/:login', async (request, reply) => {
    const token = asking.tokenOf(request);
    if (token === 'malformed')
      return refuse(
        reply,
        400,
        'Send one token, in the header Authorization: Bearer <token>, never in the address',
      );
    if (token === 'missing') {
      reply.header('www-authenticate', 'Bearer');
      return refuse(reply, 401, 'Send the token in the header Authorization: Bearer <token>');
    }
    if (token === 'unknown') return forbidden();
    const released = await release.release({
      token,
      account: accountId(request.params.login),
      address: request.ip,
      ifNotVersions: versionsIn(request.headers['if-none-match']),
    });
    switch (released.outcome) {
      case 'released': {
        const { kept, secret } = released.opened;
        return reply.header('etag', `"${kept.version}"`).send({
          login: released.login,
          password: secret.reveal(),
          version: kept.version,
          updated: kept.currentSince ?? kept.heldSince,
          expires: kept.expiry.at,
          expiresIsEstimate: kept.expiry.estimated,
        });
      }
      case 'unchanged':
        return reply.code(304).header('etag', `"${released.version}"`).send();
      case 'forbidden':
        return forbidden();
      case 'removed':
        return refuse(reply, 404, 'The account was removed from the bot');
      case 'empty':
      case 'noVersion':
        return refuse(reply, 404, 'No password is in use for this account yet');
      default:
        return released satisfies never;
    }

    function forbidden() {
      return refuse(reply, 403, 'This token may not read this account');
    }
  });
}

/** The versions of our own `ETag`s in a list, or in several headers, which Node makes a list of; any other tag is none of ours. */
function versionsIn(header = ''): number[] {
  return header.split(',').flatMap((tag) => {
    const version = /^(?:W\/)?"(\d{1,15})"$/.exec(tag.trim())?.[1];
    return version === undefined ? [] : Number(version);
  });
}
