import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { PICTURED_STEPS } from './cards/reset-cards.ts';

/**
 * `GET /pictures/<step>.png`: the pictures of the steps on the portal, and nothing else of their folder.
 *
 * They are read once, as the server starts; it does not start where one is missing, since a card would show a hole.
 */
export function mountPictures(app: FastifyInstance, folder: string): void {
  app.register(async (scope) => {
    for (const step of PICTURED_STEPS) {
      const picture = await readFile(join(folder, `${step}.png`));
      scope.get(`/pictures/${step}.png`, (_request, reply) =>
        reply.type('image/png').header('cache-control', 'public, max-age=86400').send(picture),
      );
    }
  });
}
