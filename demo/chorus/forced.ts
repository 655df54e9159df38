import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { badParameters, forbidden, invalidToken } from './answers.ts';
import type { Behaviour, Forced, Target } from './behaviour.ts';

/** Gives the answer that is forced on `target` and counts it down. False: the honest answer is still due. */
export async function answeredAsForced(
  behaviour: Behaviour,
  target: Target,
  body: string,
  reply: FastifyReply,
): Promise<boolean> {
  const forced = behaviour.forced[target];
  if (!forced) return false;
  if (forced.times !== undefined) {
    const { [target]: _, ...others } = behaviour.forced;
    const left = forced.times - 1;
    behaviour.forced = left > 0 ? { ...others, [target]: { ...forced, times: left } } : others;
  }
  if (forced.kind === 'slow') {
    await wait(forced.ms, undefined, { ref: false });
    return false;
  }
  answer(forced, behaviour, body, reply);
  return true;
}

function answer(
  forced: Exclude<Forced, { kind: 'slow' }>,
  behaviour: Behaviour,
  body: string,
  reply: FastifyReply,
) {
  switch (forced.kind) {
    case 'status':
      if (forced.retryAfter) reply.header('retry-after', forced.retryAfter);
      return reply.code(forced.status).send();
    case 'not-subscribed':
      return forbidden(reply, forced.body, body);
    case 'invalid-token':
      return invalidToken(reply, forced.reason);
    case 'bad-parameters':
      return badParameters(reply, behaviour);
    case 'business':
      return reply.send({ codeRetour: forced.codeRetour, libelle: forced.libelle });
    case 'garbage':
      return reply.type('application/json').send('<<<{"codeRetour":0,');
    case 'oversized':
      return reply.type('application/json').send(Readable.from(padding(forced.bytes)));
    case 'redirect':
      return reply.redirect(forced.location, 307);
    case 'reset':
      reply.hijack();
      return reply.raw.socket?.resetAndDestroy();
    case 'trickle':
      return trickle(reply);
  }
}

function* padding(bytes: number): Generator<string> {
  const piece = 'x'.repeat(16_384);
  yield '{"codeRetour":0,"libelle":"';
  for (let sent = 0; sent < bytes; sent += piece.length) yield piece;
  yield '"}';
}

function trickle(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, { 'content-type': 'application/json' });
  // A space is valid before JSON, so only the client's patience ends this.
  reply.raw.write(' ');
  const timer = setInterval(() => reply.raw.write(' '), 1000).unref();
  reply.raw.on('close', () => clearInterval(timer));
}
