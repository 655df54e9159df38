import { randomBytes } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { badParameters, forbidden, invalidToken, noToken, refusedPassword } from './answers.ts';
import type { Behaviour, Target } from './behaviour.ts';
import { answeredAsForced } from './forced.ts';
import type { Structure, World } from './state.ts';

/** A PISTE application. */
export interface Piste {
  readonly clientId: string;
  readonly clientSecret: string;
}

interface ApiParts {
  readonly world: World;
  readonly behaviour: Behaviour;
  readonly piste: Piste;
  readonly now: () => Date;
}

const SERVICES = {
  '/cpro/utilisateurs/v1/monCompte/recuperer/rattachements': 'rattachements',
  '/cpro/transverses/v1/recuperer/structures/actives/destinataire': 'destinataire',
} as const satisfies Record<string, Target>;

const Search = z.object({
  parametresRecherche: z.object({
    nbResultatsParPage: z.number().int().positive(),
    pageResultatDemandee: z.number().int().positive(),
    triColonne: z.string().optional(),
    triSens: z.enum(['Ascendant', 'Descendant']).optional(),
  }),
});

/** PISTE's token service and the two services of the API that the bot calls (API contract). */
export function serveApi(app: FastifyInstance, { world, behaviour, piste, now }: ApiParts): void {
  const tokens = new Map<string, number>();

  // Bodies stay text: a forced answer may echo them, and a broken one is the API's to refuse.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));

  app.post('/api/oauth/token', async (request, reply) => {
    if (await answeredAsForced(behaviour, 'token', textOf(request), reply)) return reply;
    const form = new URLSearchParams(
      request.headers['content-type']?.startsWith('application/x-www-form-urlencoded') ? textOf(request) : '',
    );
    if (form.get('grant_type') !== 'client_credentials') {
      return reply.code(400).send({ error: 'unsupported_grant_type' });
    }
    if (form.get('client_id') !== piste.clientId || form.get('client_secret') !== piste.clientSecret) {
      return reply
        .code(400)
        .send({ error: 'invalid_client', error_description: 'Unable to authenticate the client.' });
    }
    if (form.get('scope') !== 'openid') return reply.code(400).send({ error: 'invalid_scope' });
    const token = randomBytes(27).toString('hex');
    tokens.set(token, now().getTime() + behaviour.tokenSeconds * 1000);
    return { access_token: token, token_type: 'Bearer', expires_in: behaviour.tokenSeconds, scope: 'openid' };
  });

  for (const [path, service] of Object.entries(SERVICES)) {
    app.post(path, async (request, reply) => {
      if (await answeredAsForced(behaviour, service, textOf(request), reply)) return reply;

      const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (!token) return noToken(reply);
      const expires = tokens.get(token);
      if (expires === undefined) return invalidToken(reply, 'unknown');
      if (expires <= now().getTime()) return invalidToken(reply, 'expired');

      const account = request.headers['cpro-account'];
      if (typeof account !== 'string') return reply.code(behaviour.missingAccount).send();
      const structures = world.authenticate(...credentialsOf(account));
      if (!structures) return refusedPassword(reply, behaviour);

      const body = parse(textOf(request));
      return service === 'rattachements'
        ? rattachements(body, structures, behaviour, reply)
        : destinataire(body, structures, behaviour, reply);
    });
  }

  app.all('/cpro/*', (request, reply) => forbidden(reply, 'braces', textOf(request)));
  app.all('/api/*', (request, reply) => forbidden(reply, 'braces', textOf(request)));
}

function rattachements(body: unknown, all: readonly Structure[], behaviour: Behaviour, reply: FastifyReply) {
  const search = Search.safeParse(body);
  if (!search.success) return badParameters(reply, behaviour);
  const { nbResultatsParPage, pageResultatDemandee, triSens } = search.data.parametresRecherche;
  const size = Math.min(nbResultatsParPage, behaviour.maxPageSize);
  const sorted = all.toSorted((one, other) => one.siret.localeCompare(other.siret));
  if (triSens === 'Descendant') sorted.reverse();
  const page = sorted.slice((pageResultatDemandee - 1) * size, pageResultatDemandee * size);
  return {
    codeRetour: 0,
    libelle: 'GCU_MSG_00.000',
    listeStructureRattachement: page.map((structure) => ({
      idStructure: numberOf(structure),
      idRattachementStructure: numberOf(structure),
      identifiantStructure: structure.siret,
      typeIdentifiantStructure: 'SIRET',
      designationStructure: structure.name,
      roleUtilisateur: 'GESTIONNAIRE',
      statutUtilisateur: 'ACTIF',
      statutRattachementStructure: 'ACTIF',
      listeServicesRattache: (structure.services ?? []).map(({ code, name }, index) => ({
        idService: numberOf(structure) + index + 1,
        idRattachementService: numberOf(structure) + index + 1,
        codeService: code,
        libelleService: name,
        estActif: true,
        statutService: 'ACTIF',
        statutRattachementService: 'ACTIF',
        dateDbtService: '2017-01-01',
        dateFinService: '2099-12-31',
      })),
    })),
    parametresRetour: {
      pageCourante: pageResultatDemandee,
      pages: Math.ceil(all.length / size),
      nbResultatsParPage: size,
      total: all.length,
    },
  };
}

function destinataire(body: unknown, all: readonly Structure[], behaviour: Behaviour, reply: FastifyReply) {
  if (!z.object({}).safeParse(body).success) return badParameters(reply, behaviour);
  return {
    codeRetour: 0,
    libelle: 'TRA_MSG_00.000',
    listeStructures: all.map((structure) => ({
      idStructureCPP: numberOf(structure),
      identifiant: structure.siret,
      designationStructure: structure.name,
    })),
  };
}

/** Login and password of a `cpro-account`: the password may hold `:`, the login may not. */
function credentialsOf(header: string): [login: string, password: string] {
  const text = Buffer.from(header, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? [text, ''] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** Chorus Pro's own number of a structure; any that stays the same will do. */
function numberOf({ siret }: Structure): number {
  return Number(siret.slice(0, 9)) * 10;
}

function textOf({ body }: FastifyRequest): string {
  return typeof body === 'string' ? body : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
