/* Draws Block Kit in Slack's look: what the bot sends of it, and nothing more. */

const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const link = (url, text, className) =>
  element('a', { href: url, textContent: text, className, target: '_blank', rel: 'noopener' });

/** A text object. The only mrkdwn that the bot writes is bold around the whole. */
function drawText({ type, text }) {
  const [, bold] = (type === 'mrkdwn' && /^\*([^*]+)\*$/.exec(text)) || [];
  return bold === undefined ? text : element('b', { textContent: bold });
}

function drawRun({ type, text, url, style }) {
  if (type === 'link') return link(url, text, '');
  return style?.bold ? element('b', { textContent: text }) : text;
}

function drawRichText({ type, style, elements }) {
  switch (type) {
    case 'rich_text_section':
      return element('p', {}, ...elements.map(drawRun));
    case 'rich_text_quote':
      return element('blockquote', {}, ...elements.map(drawRun));
    case 'rich_text_list':
      return element(
        style === 'ordered' ? 'ol' : 'ul',
        {},
        ...elements.map((item) => element('li', {}, ...item.elements.map(drawRun))),
      );
    default:
      return notDrawn(type);
  }
}

function drawButton({ text, style, url }) {
  const className = `slack-button ${style ?? ''}`;
  return url === undefined
    ? element('button', { type: 'button', className, textContent: text.text })
    : link(url, text.text, className);
}

function drawSelect({ options, initial_option }) {
  const chosen = options.findIndex(({ value }) => value === initial_option?.value);
  const choices = options.map(({ text }, i) => new Option(text.text, '', i === chosen, i === chosen));
  return element('select', {}, ...choices);
}

function drawInput({ label, optional, hint, element: { placeholder, initial_value } }) {
  return element(
    'label',
    { className: 'slack-input' },
    element('b', { textContent: label.text }),
    optional ? element('small', { className: 'slack-optional' }) : '',
    element('input', { placeholder: placeholder?.text ?? '', value: initial_value ?? '' }),
    hint === undefined ? '' : element('small', { textContent: hint.text }),
  );
}

function drawBlock(block) {
  switch (block.type) {
    case 'header':
      return element('h4', { textContent: block.text.text });
    case 'rich_text':
      return element('div', { className: 'slack-rich' }, ...block.elements.map(drawRichText));
    case 'section': {
      const fields = (block.fields ?? []).map((field) => element('div', {}, drawText(field)));
      return element(
        'div',
        { className: 'slack-section' },
        block.text === undefined ? '' : element('p', {}, drawText(block.text)),
        fields.length === 0 ? '' : element('div', { className: 'slack-fields' }, ...fields),
        block.accessory === undefined ? '' : drawSelect(block.accessory),
      );
    }
    case 'context':
      return element(
        'div',
        { className: 'slack-context' },
        ...block.elements.map((one) => element('p', {}, drawText(one))),
      );
    case 'image':
      return element('img', { src: block.image_url, alt: block.alt_text });
    case 'actions':
      return element('div', { className: 'slack-actions' }, ...block.elements.map(drawButton));
    case 'input':
      return drawInput(block);
    default:
      return notDrawn(block.type);
  }
}

/** What this page does not know must not be missed. */
function notDrawn(type) {
  return element('p', { className: 'slack-unknown', textContent: `not drawn: ${type}` });
}

/** A message, as it stands in a conversation. */
export function drawMessage(blocks) {
  return element(
    'div',
    { className: 'slack slack-message' },
    element('img', { className: 'slack-avatar', src: placeholderAvatar, alt: '' }),
    element(
      'div',
      {},
      element(
        'div',
        { className: 'slack-author' },
        element('b', { textContent: 'Chorus Pro' }),
        element('span', { textContent: 'APP' }),
        element('small', { textContent: '08:05' }),
      ),
      ...blocks.map(drawBlock),
    ),
  );
}

/** A modal, with its bar and its buttons. */
export function drawModal({ title, submit, close, blocks }) {
  return element(
    'div',
    { className: 'slack slack-modal' },
    element('h4', { className: 'slack-bar', textContent: title.text }),
    element('div', { className: 'slack-view' }, ...blocks.map(drawBlock)),
    element(
      'div',
      { className: 'slack-actions' },
      drawButton({ text: close }),
      submit === undefined ? '' : drawButton({ text: submit, style: 'primary' }),
    ),
  );
}

const placeholderAvatar = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="8" fill="#4f52b2"/><path d="M24 12a8.5 8.5 0 1 0 0 12" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"/></svg>',
)}`;
