import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { renderCard, renderForm } from '../../src/cards/adaptive-card.ts';
import { renderMessage, renderModal } from '../../src/cards/block-kit.ts';
import { en } from '../../src/cards/messages.en.ts';
import { fr } from '../../src/cards/messages.ts';
import { type Sample, samples } from './samples.ts';

/** Where the page is written, from the root of the project. */
const PAGE = 'dist/gallery/index.html';

/** A sample as the page draws it: by the Teams renderer, and as JSON for Slack's Block Kit Builder. */
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
  const [style, ownStyle, renderer, cards, script] = await Promise.all(
    [
      'demo/teams/client.css',
      'demo/gallery/page.css',
      'node_modules/adaptivecards/dist/adaptivecards.min.js',
      'demo/teams/cards.js',
      'demo/gallery/page.js',
    ].map((path) => readFile(path, 'utf8')),
  );
  const english = samples(en);
  const all = samples(fr).map((sample, i) => ({
    name: sample.name,
    fr: drawn(sample),
    en: drawn(english[i] as Sample),
  }));
  const imports = { cards: `data:text/javascript;base64,${Buffer.from(cards ?? '').toString('base64')}` };
  return `<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Galerie des cartes</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<style>${ownStyle}</style>
<script>${inScript(renderer ?? '')}</script>
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="application/json" id="samples">${JSON.stringify(all).replaceAll('<', '\\u003c')}</script>
<script type="module">${inScript(script ?? '')}</script>
</head>
<body></body>
</html>
`;
}

/** A script, with what would end its element early written so that it does not. */
function inScript(script: string): string {
  return script.replaceAll('</script', '<\\/script');
}

await mkdir('dist/gallery', { recursive: true });
await writeFile(PAGE, await page());
process.stdout.write(`${resolve(PAGE)}\n`);
