import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { renderCard, renderForm } from '../../src/cards/adaptive-card.ts';
import { renderMessage, renderModal } from '../../src/cards/block-kit.ts';
import { LANGUAGES } from '../../src/cards/languages.ts';
import { samples } from './samples.ts';
import type { Sample } from './scene.ts';

/** Where the page is written, from the root of the project. */
const PAGE = 'dist/gallery/index.html';

/** A sample as each platform is sent it. */
function drawn(sample: Sample) {
  return 'card' in sample
    ? { teams: renderCard(sample.card), slack: { blocks: renderMessage(sample.card).blocks } }
    : {
        dialog: sample.form.title,
        teams: renderForm(sample.form),
        slack: renderModal(sample.form, { metadata: '{}' }),
      };
}

/** One page that needs no other file: every sample in French and, beside it, in English. */
async function page(): Promise<string> {
  const [style, ownStyle, slackStyle, renderer, cards, blockKit, script] = await Promise.all(
    [
      'demo/teams/client.css',
      'demo/gallery/page.css',
      'demo/gallery/block-kit.css',
      'node_modules/adaptivecards/dist/adaptivecards.min.js',
      'demo/teams/cards.js',
      'demo/gallery/block-kit.js',
      'demo/gallery/page.js',
    ].map((path) => readFile(path, 'utf8')),
  );
  const english = samples(LANGUAGES.en);
  const all = samples(LANGUAGES.fr).map((sample, i) => ({
    name: sample.name,
    fr: drawn(sample),
    en: drawn(english[i] as Sample),
  }));
  const imports = { cards: asModule(cards ?? ''), 'block-kit': asModule(blockKit ?? '') };
  return `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Galerie des cartes</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<style>${ownStyle}</style>
<style>${slackStyle}</style>
<script>${inScript(renderer ?? '')}</script>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="application/json" id="samples">${JSON.stringify(all).replaceAll('<', '\\u003c')}</script>
<script type="module">${inScript(script ?? '')}</script>
</head>
<body></body>
</html>
`;
}

/** The address of a module that stands in the page itself. */
function asModule(script: string): string {
  return `data:text/javascript;base64,${Buffer.from(script).toString('base64')}`;
}

/** A script, with what would end its element early written so that it does not. */
function inScript(script: string): string {
  return script.replaceAll('</script', '<\\/script');
}

await mkdir('dist/gallery', { recursive: true });
await writeFile(PAGE, await page());
process.stdout.write(`${resolve(PAGE)}\n`);
