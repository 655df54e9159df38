/* A dialog as Teams opens it from a card: one layer above the chat, a title, a cross, and what the bot answered. */

import { drawCard } from './cards.js';

const dialog = document.querySelector('#dialog');
const title = dialog.querySelector('h2');
const banner = dialog.querySelector('.banner');
const content = dialog.querySelector('.dialog-content');
const widths = { small: 400, medium: 560, large: 800 };
const heights = { small: 240, medium: 420, large: 620 };

let current;

dialog.querySelector('.close').addEventListener('click', () => dialog.close());
dialog.addEventListener('close', () => {
  current = undefined;
  // A password must not outlive its dialog in the page.
  content.replaceChildren();
});

/** Shows an answer: a card that replaces the one before, a last word, or a failure above what was typed. */
export function showDialog(answer, theme, submit) {
  banner.hidden = answer.kind !== 'failure';
  banner.textContent = answer.kind === 'failure' ? answer.text : '';
  if (answer.kind === 'card') showCard(answer, theme, submit);
  else if (answer.kind === 'words') showWords(answer.text);
  if (!dialog.open) {
    if (answer.kind === 'failure') showWords('');
    dialog.showModal();
  }
  if (answer.kind === 'card') content.querySelector('input, textarea, select')?.focus();
}

function showCard(answer, theme, submit) {
  title.textContent = answer.title || 'Chorus Pro';
  dialog.style.width = `${widths[answer.width] ?? (Number(answer.width) || widths.medium)}px`;
  content.style.minHeight = `min(${heights[answer.height] ?? (Number(answer.height) || 0)}px, 60dvh)`;
  current = answer.dialog;
  const card = drawCard(answer.card, theme, async (action) => {
    if (dialog.ariaBusy === 'true' || current !== answer.dialog) return;
    dialog.ariaBusy = 'true';
    try {
      const next = await submit(answer.dialog, action.data);
      // Whoever closed the dialog in the meantime does not want it back.
      if (current === answer.dialog) showDialog(next, theme, submit);
    } finally {
      dialog.ariaBusy = 'false';
    }
  });
  content.replaceChildren(card);
}

function showWords(text) {
  title.textContent = 'Chorus Pro';
  content.style.minHeight = '';
  dialog.style.width = '480px';
  const paragraph = document.createElement('p');
  paragraph.className = 'words';
  paragraph.textContent = text;
  const close = document.createElement('button');
  close.className = 'primary';
  close.textContent = 'Fermer la fenêtre';
  close.addEventListener('click', () => dialog.close());
  content.replaceChildren(paragraph, close);
  close.focus();
}
