import { randomInt, randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Behaviour, SecondFactor } from './behaviour.ts';
import type { Html } from './html.ts';
import {
  connectionsPage,
  homePage,
  lostPage,
  mailboxPage,
  mailPage,
  messagePage,
  RESET,
  requestPage,
  submittedPage,
} from './pages.ts';
import {
  codePage,
  fromPigpPage,
  ownFactorPage,
  pigpPage,
  secondFactorPage,
  signInPage,
} from './sign-in-pages.ts';
import type { Person, Proposal, Structure, World } from './state.ts';

/** One browser. */
interface Session {
  /** Signed in with the password; not yet with the code. */
  waiting?: { readonly person: Person; readonly factor?: SecondFactor; readonly code?: string };
  /** Signed in at the PIGP. */
  atPigp?: Person;
  person?: Person;
  /** The last password shown: the only one that Soumettre can still take. */
  proposal?: Proposal;
  /** The structure of the last request that was submitted. */
  submitted?: Structure;
}

type Fields = Partial<Record<string, string>>;

const COOKIE = 'portail';

/** The portal's pages and the mailbox. Nothing changes in `world` before Soumettre (seed). */
export function servePortal(app: FastifyInstance, world: World, behaviour: Behaviour): void {
  const sessions = new Map<string, Session>();

  const sessionOf = (request: FastifyRequest, reply: FastifyReply): Session => {
    const known = new RegExp(`(?:^|; )${COOKIE}=([^;]+)`).exec(request.headers.cookie ?? '')?.[1];
    const found = known && sessions.get(known);
    if (found) return found;
    const id = randomUUID();
    const session: Session = {};
    sessions.set(id, session);
    reply.header('set-cookie', `${COOKIE}=${id}; Path=/; HttpOnly; SameSite=Lax`);
    return session;
  };

  /** A page for those who are signed in. To go to one is to leave a request that was not submitted. */
  const page = (path: string, draw: (person: Person, session: Session, query: Fields) => Html) =>
    app.get(path, (request, reply) => {
      const session = sessionOf(request, reply);
      delete session.proposal;
      if (!session.person) return reply.redirect('/portail/connexion', 303);
      return show(reply, draw(session.person, session, request.query as Fields));
    });

  app.get('/', (_request, reply) => reply.redirect('/portail', 303));
  app.get('/portail', (_request, reply) => reply.redirect('/portail/accueil', 303));
  app.get('/portail/connexion', (request, reply) => {
    const { atPigp } = sessionOf(request, reply);
    return show(reply, atPigp === undefined ? signInPage(world.people, false) : fromPigpPage());
  });
  app.post('/portail/connexion/pigp', (request, reply) => {
    const session = sessionOf(request, reply);
    if (session.atPigp === undefined) return reply.redirect('/portail/connexion', 303);
    session.person = session.atPigp;
    return reply.redirect('/portail/accueil', 303);
  });

  app.get('/pigp', (request, reply) =>
    show(reply, pigpPage(sessionOf(request, reply).atPigp, world.people, false)),
  );
  app.post('/pigp', (request, reply) => {
    const { identifiant, motDePasse } = fieldsOf(request);
    const person = world.signIn(identifiant?.trim() ?? '', motDePasse ?? '');
    if (person === undefined) return show(reply, pigpPage(undefined, world.people, true));
    sessionOf(request, reply).atPigp = person;
    return reply.redirect('/pigp', 303);
  });

  /** Asks for this second factor. A mailed code may have expired before it arrives. */
  const askFactor = (session: Session, person: Person, factor: SecondFactor, reply: FastifyReply) => {
    if (factor === 'email') {
      const sent = world.sendCode(person);
      const isExpired = behaviour.expiredCodes > 0;
      if (isExpired) behaviour.expiredCodes -= 1;
      session.waiting = { person, factor, ...(isExpired ? {} : { code: sent }) };
    } else {
      session.waiting = { person, factor, code: String(randomInt(1_000_000)).padStart(6, '0') };
    }
    return reply.redirect('/portail/code', 303);
  };

  app.post('/portail/connexion', (request, reply) => {
    const { identifiant, motDePasse } = fieldsOf(request);
    const person = world.signIn(identifiant?.trim() ?? '', motDePasse ?? '');
    if (!person) return show(reply, signInPage(world.people, true));
    const session = sessionOf(request, reply);
    const [only, ...others] = behaviour.secondFactors;
    if (only !== undefined && others.length === 0) return askFactor(session, person, only, reply);
    session.waiting = { person };
    return reply.redirect('/portail/second-facteur', 303);
  });

  app.get('/portail/second-facteur', (request, reply) => {
    const { waiting } = sessionOf(request, reply);
    return waiting
      ? show(reply, secondFactorPage(behaviour.secondFactors))
      : reply.redirect('/portail/connexion', 303);
  });
  app.post('/portail/second-facteur', (request, reply) => {
    const session = sessionOf(request, reply);
    const factor = behaviour.secondFactors.find((way) => way === fieldsOf(request).facteur);
    if (session.waiting === undefined || factor === undefined)
      return reply.redirect('/portail/connexion', 303);
    return askFactor(session, session.waiting.person, factor, reply);
  });

  const factorPage = (
    { person, factor = 'email', code = '' }: NonNullable<Session['waiting']>,
    isWrong: boolean,
  ) => (factor === 'email' ? codePage(person, isWrong) : ownFactorPage(factor, code, isWrong));

  app.get('/portail/code', (request, reply) => {
    const { waiting } = sessionOf(request, reply);
    return waiting ? show(reply, factorPage(waiting, false)) : reply.redirect('/portail/connexion', 303);
  });

  app.post('/portail/code', (request, reply) => {
    const session = sessionOf(request, reply);
    const { waiting } = session;
    if (!waiting) return reply.redirect('/portail/connexion', 303);
    if (waiting.code === undefined || fieldsOf(request).code?.trim() !== waiting.code)
      return show(reply, factorPage(waiting, true));
    delete session.waiting;
    session.person = waiting.person;
    return reply.redirect('/portail/accueil', 303);
  });

  app.post('/portail/deconnexion', (request, reply) => {
    const session = sessionOf(request, reply);
    delete session.person;
    delete session.proposal;
    delete session.submitted;
    return reply.redirect('/portail/connexion', 303);
  });

  page('/portail/accueil', (person) => homePage(person));
  page('/portail/domaines', (person) => homePage(person, 'Domaines'));
  page('/portail/raccordements', connectionsPage);
  page('/portail/non-simule', (person) =>
    messagePage(person, 'Page non simulée', 'Ce simulateur ne connaît que le domaine Raccordements.'),
  );

  // Every look at a chosen account is a new request, so that no password is shown twice.
  page('/portail/compte-technique', (person, session, { type, structure: siret, compte }) => {
    const structures = world.structuresOf(person);
    const structure = type === RESET ? structures.find((one) => one.siret === siret) : undefined;
    const accounts = structure ? world.accountsOf(structure) : [];
    const account = accounts.find(({ login }) => login === compte);
    const proposal = account && world.propose(person, account.login);
    if (proposal) session.proposal = proposal;
    return requestPage({
      person,
      structures,
      allowed: structure?.manager === person.email,
      accounts,
      ...(type && { type }),
      ...(structure && { structure }),
      ...(proposal && { proposal }),
    });
  });

  app.post('/portail/compte-technique/soumettre', (request, reply) => {
    const session = sessionOf(request, reply);
    const { person, proposal } = session;
    if (!person) return reply.redirect('/portail/connexion', 303);
    if (!proposal || proposal.id !== fieldsOf(request).demande) {
      const text = "Cette demande n'est plus valable : rien n'a été changé. Recommencez la demande.";
      return show(reply, messagePage(person, 'Demande périmée', text));
    }
    delete session.proposal;
    session.submitted = world.submit(proposal);
    return reply.redirect('/portail/demande-soumise', 303);
  });

  page('/portail/demande-soumise', (person, { submitted }) =>
    submitted
      ? submittedPage(person, submitted, world.accountsOf(submitted))
      : messagePage(person, 'Aucune demande', "Vous n'avez soumis aucune demande."),
  );

  app.get('/messagerie', (_request, reply) => show(reply, mailboxPage(world.mails())));
  app.get('/messagerie/:id', (request, reply) => {
    const { id } = request.params as { id: string };
    const mail = world.mails().find((one) => one.id === id);
    return mail ? show(reply, mailPage(mail)) : show(reply.code(404), lostPage());
  });
  app.setNotFoundHandler((_request, reply) => show(reply.code(404), lostPage()));
}

function show(reply: FastifyReply, page: Html): FastifyReply {
  return reply.type('text/html; charset=utf-8').header('cache-control', 'no-store').send(page.text);
}

function fieldsOf({ body }: FastifyRequest): Fields {
  return (body ?? {}) as Fields;
}
