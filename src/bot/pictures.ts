import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { PICTURED_STEPS } from '../cards/walk-cards.ts';

/**
 * `GET /pictures/<step>.png`: the pictures of the steps on the portal, and nothing else of their folder.
 *
 * They are read once, now. Throws where one is missing, since a card would show a hole.
 */
export function mountPictures(app: FastifyInstance, folder: string): void {
  for (const step of PICTURED_STEPS) {
    const picture = readFileSync(join(folder, `${step}.png`));
    app.get(`/pictures/${step}.png`, (_request, reply) =>
      reply.type('image/png').header('cache-control', 'public, max-age=86400').send(picture),
    );
  }
}
