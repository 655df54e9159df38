/* Lays out the gallery: every card and every form, as Teams and as Slack draw it, in both languages. */

import { drawMessage, drawModal } from 'block-kit';
import { drawCard } from 'cards';

/* No picture is served here: a frame stands where one would be. */
const placeholder = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="280"><rect width="640" height="280" fill="#dcdfee"/></svg>',
)}`;

const samples = JSON.parse(document.querySelector('#samples').textContent);

const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

function withPlaceholders(card) {
  return JSON.parse(JSON.stringify(card), (_key, value) => {
    if (value?.type === 'Image') return { ...value, url: placeholder };
    return value?.type === 'image' ? { ...value, image_url: placeholder } : value;
  });
}

function drawn(lang, { dialog, teams, slack }) {
  const card = drawCard(withPlaceholders(teams), 'light', () => {});
  const title = dialog === undefined ? [] : [element('h4', { textContent: dialog })];
  const shown = withPlaceholders(slack);
  return element(
    'div',
    { lang },
    element('div', { className: dialog === undefined ? 'post' : 'window' }, ...title, card),
    dialog === undefined ? drawMessage(shown.blocks) : drawModal(shown),
    element(
      'details',
      {},
      element('summary', { textContent: 'Block Kit' }),
      element('pre', { textContent: JSON.stringify(slack, null, 2) }),
    ),
  );
}

const families = [...new Set(samples.map(({ name }) => name.split('/')[0]))];
document.body.append(
  element(
    'nav',
    {},
    element('h1', { textContent: 'Galerie des cartes' }),
    ...families.map((family) => element('a', { href: `#${family}`, textContent: family })),
  ),
);
for (const family of families) {
  document.body.append(
    element(
      'section',
      { id: family },
      element('h2', { textContent: family }),
      ...samples
        .filter(({ name }) => name.startsWith(`${family}/`))
        .map(({ name, fr, en }) =>
          element(
            'article',
            { id: name },
            element('h3', { textContent: name.slice(family.length + 1) }),
            drawn('fr', fr),
            drawn('en', en),
          ),
        ),
    ),
  );
}
