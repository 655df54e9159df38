import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { Behaviour } from './behaviour.ts';

// The refusals of the API contract's table « Answers to tell apart », to the letter.

export function noToken(reply: FastifyReply): FastifyReply {
  return challenge(reply, 400, 'DefaultRealm', 'invalid_request', 'Unable to find token in the message');
}

export function invalidToken(reply: FastifyReply, reason: 'expired' | 'unknown'): FastifyReply {
  const description =
    reason === 'expired'
      ? 'The access token expired.'
      : 'Unable to find the access token in persistent storage.';
  return challenge(reply, 401, 'DefaultRealm', 'invalid_token', description);
}

/** A wrong, expired, locked or not yet active technical password: they look alike. */
export function refusedPassword(reply: FastifyReply, behaviour: Behaviour): FastifyReply {
  if (behaviour.refusal === 'older-body') {
    const libelle = "Impossible d'authentifier l'utilisateur dans le LDAP.";
    return reply.code(401).send({ codeRetour: 401, libelle });
  }
  return challenge(reply, 401, 'PISTE', 'Unauthorized', 'login or password incorrects');
}

/** Not subscribed, no raccordement, or an unknown path. `echo` gives back the request's body. */
export function forbidden(
  reply: FastifyReply,
  form: 'empty' | 'braces' | 'echo',
  body: string,
): FastifyReply {
  reply.code(403).header('x-correlationid', `Id-${randomBytes(12).toString('hex')} 0`);
  if (form === 'empty') return reply.send();
  return reply.type('application/json').send(form === 'echo' ? body : '{}');
}

export function badParameters(reply: FastifyReply, behaviour: Behaviour): FastifyReply {
  reply.code(400);
  if (behaviour.badParameters === 'empty') return reply.send();
  return reply.send({ codeRetour: 400, libelle: 'Les paramètres de la requête sont incorrects.' });
}

function challenge(reply: FastifyReply, status: number, realm: string, error: string, description: string) {
  const value = `Bearer realm="${realm}",error="${error}",error_description="${description}"`;
  return reply.code(status).header('www-authenticate', value).send();
}
