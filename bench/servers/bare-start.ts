import 'botbuilder';
import { fastify } from 'fastify';

/** The floor of a start: the two largest packages are read, and the server listens. */
const app = fastify();
await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write('ready\n');
process.once('SIGTERM', () => process.exit(0));
