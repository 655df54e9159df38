/* The chat client page: shows what the server pushes, and sends what the person does. */

import { drawCard, markdown } from './cards.js';
import { showDialog } from './dialog.js';

const $ = (selector) => document.querySelector(selector);
const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const list = $('.messages');
const scroll = $('.scroll');
const box = $('#text');

const state = {
  setup: undefined,
  person: undefined,
  /* The id that Teams gives to the person. */
  me: undefined,
  conversations: [],
  conversation: undefined,
  messages: new Map(),
  thread: undefined,
  theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light',
};
/* The last message seen in each conversation, for each person that the page has been. */
const seen = new Map();
/* The versions of cards that have asked the bot for their own view, once each. */
const refreshed = new Set();
let stream;
let typing;

async function call(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ person: state.person.key, ...body }),
  });
  return response.status === 200 ? response.json() : undefined;
}

const teamsTheme = () => (state.theme === 'dark' ? 'dark' : 'default');
const initials = (name) =>
  name
    .match(/(?<!\p{L})\p{L}/gu)
    .slice(0, 2)
    .join('')
    .toUpperCase();

function avatar(from) {
  const index = state.setup.people.findIndex(({ key }) => key === from.key);
  return make('span', {
    className: `avatar ${from.bot ? 'bot' : `hue-${index % 4}`}`,
    textContent: initials(from.name),
    ariaHidden: 'true',
  });
}

/* ---- who and where: both stand in the address, so that a reload or a second tab comes back to them ---- */

function readAddress() {
  const [key, type] = location.hash.slice(1).split('/');
  const person = state.setup.people.find((each) => each.key === key) ?? state.setup.people[0];
  if (person !== state.person) become(person, type);
  else enter(state.conversations.find((each) => each.type === type) ?? state.conversations[0]);
}

const address = (person, conversation) => `#${person.key}/${conversation?.type ?? 'personal'}`;

function become(person, type) {
  state.person = person;
  state.conversation = undefined;
  $('.composer fieldset').disabled = true;
  for (const radio of document.querySelectorAll('[name=person]')) radio.checked = radio.value === person.key;
  stream?.close();
  stream = new EventSource(`/api/events?person=${person.key}`);
  const on = (name, handle) => stream.addEventListener(name, (event) => handle(JSON.parse(event.data)));
  on('snapshot', (snapshot) => {
    state.me = snapshot.me;
    state.conversations = snapshot.conversations;
    state.messages = new Map(snapshot.messages.map((message) => [message.id, message]));
    for (const radio of document.querySelectorAll('[name=locale]'))
      radio.checked = radio.value === snapshot.locale;
    $('#log ol').replaceChildren();
    snapshot.log.forEach(showEntry);
    enter(
      state.conversations.find((each) => each.type === (state.conversation?.type ?? type)) ??
        state.conversations[0],
    );
  });
  on('message', receive);
  on('removed', ({ id }) => {
    state.messages.delete(id);
    list.querySelector(`[data-message="${id}"]`)?.remove();
  });
  on('typing', ({ conversation }) => conversation === state.conversation?.id && showTyping());
  on('log', showEntry);
  stream.onopen = () => {
    $('.offline').hidden = true;
  };
  stream.onerror = () => {
    $('.offline').hidden = false;
  };
}

function enter(conversation) {
  state.conversation = conversation;
  $('.composer fieldset').disabled = false;
  replyTo(undefined);
  const head = $('.chat-head');
  head.querySelector('.avatar').replaceWith(conversationAvatar(conversation));
  head.querySelector('h1').textContent = conversation.title;
  head.querySelector('p').textContent = subtitle(conversation);
  document.title = `${conversation.title} · ${state.person.name}`;
  $('#mention').hidden = conversation.type === 'personal';
  list.classList.toggle('threads', conversation.type === 'channel');
  drawMessages();
  drawRail();
  void call('/api/open', { conversation: conversation.id });
}

const subtitle = ({ subtitle, size }) => (size > 1 ? `${subtitle} · ${size} personnes` : subtitle);

const conversationAvatar = ({ type, title }) =>
  type === 'personal'
    ? avatar({ bot: true, name: title })
    : make('span', { className: `avatar ${type}`, textContent: initials(title), ariaHidden: 'true' });

function drawRail() {
  const items = state.conversations.map((conversation) => {
    const messages = [...state.messages.values()].filter((each) => each.conversation === conversation.id);
    const place = `${state.person.key} ${conversation.id}`;
    const open = conversation === state.conversation;
    if (open) seen.set(place, messages.at(-1)?.id ?? '');
    const unread = messages.filter(({ id, mine }) => !mine && id > (seen.get(place) ?? '')).length;
    const last = messages.at(-1);
    const link = make(
      'a',
      { href: address(state.person, conversation), ariaCurrent: open ? 'page' : null },
      conversationAvatar(conversation),
      make(
        'span',
        { className: 'what' },
        make('b', { textContent: conversation.title }),
        make('small', { textContent: last ? summary(last) : subtitle(conversation) }),
      ),
      unread ? make('span', { className: 'badge', textContent: unread, ariaLabel: `${unread} non lus` }) : '',
    );
    link.dataset.testid = `conversation-${conversation.type}`;
    return make('li', {}, link);
  });
  $('.rail ul').replaceChildren(...items);
}

const summary = ({ from, mine, text, cards }) =>
  `${mine ? 'Vous' : from.name} : ${text.replaceAll('**', '') || (cards.length ? 'carte' : '')}`;

/* ---- messages ---- */

function receive(message) {
  const isNew = !state.messages.has(message.id);
  state.messages.set(message.id, message);
  if (message.conversation === state.conversation?.id) {
    if (message.from.bot && isNew) clearTyping();
    place(message, isNew);
  }
  drawRail();
}

function drawMessages() {
  const messages = [...state.messages.values()].filter((each) => each.conversation === state.conversation.id);
  list.replaceChildren();
  for (const message of messages) place(message, false);
  const newest = [...list.querySelectorAll('.message')].at(-1);
  if (newest) void reveal(newest);
}

/** Puts a message where it belongs, or redraws it where it stands. */
function place(message, isNew) {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  const article = drawMessage(message);
  const row = list.querySelector(`[data-message="${message.id}"]`);
  const old = row?.querySelector('.message');
  const pressed = old?.contains(document.activeElement);
  if (old) {
    old.replaceWith(article);
    article.classList.add('updated');
    if (pressed) article.querySelector('.ac-adaptiveCard')?.focus({ preventScroll: true });
  } else {
    addRow(message, article);
  }
  if (isNew || atEnd || pressed) void reveal(article);
  refresh(message);
}

function addRow(message, article) {
  const item = make('li', {}, article);
  item.dataset.message = message.id;
  const isPost = state.conversation.type === 'channel' && message.thread === message.id;
  if (isPost) item.append(make('ol', { className: 'replies' }), replyButton(message));
  const thread = isPost ? undefined : list.querySelector(`[data-message="${message.thread}"] .replies`);
  (thread ?? list).append(item);
}

/** Shows the note under a card if it has one, and a card taller than the window from its beginning. */
async function reveal(article) {
  // Before, a card is lower than it will be.
  await Promise.allSettled([...article.querySelectorAll('img')].map((picture) => picture.decode()));
  const shown = article.querySelector('.note') ?? article;
  const tall = shown.offsetHeight > scroll.clientHeight;
  shown.scrollIntoView({ block: tall ? 'start' : 'end' });
}

function drawMessage(message) {
  const time = new Date(message.time).toLocaleTimeString('fr-FR', { hour: '2-digit', minute: '2-digit' });
  const body = make(
    'div',
    { className: 'body' },
    make(
      'p',
      { className: 'meta' },
      make('b', { textContent: message.mine ? 'Vous' : message.from.name }),
      make('time', { dateTime: message.time, textContent: time }),
    ),
  );
  if (message.text) {
    // What people type is text, to the letter; what the bot writes is read as Teams would.
    const content = message.from.bot ? { innerHTML: markdown(message.text) } : { textContent: message.text };
    body.append(make('div', { className: 'bubble', ...content }));
  }
  message.cards.forEach((card, index) => {
    body.append(drawCard(card, state.theme, (action) => press(message, index, action, body)));
  });
  if (message.note) body.append(drawNote(message.note));
  if (message.mine) {
    const remove = make('button', { type: 'button', className: 'delete', textContent: 'Supprimer' });
    remove.addEventListener('click', () => call('/api/delete', { message: message.id }));
    body.querySelector('.meta').append(remove);
  }
  const article = make('article', { className: 'message', ariaLabel: `${message.from.name}, ${time}` });
  article.append(message.mine && !message.thread ? '' : avatar(message.from), body);
  article.classList.toggle('mine', message.mine);
  article.dataset.testid = 'message';
  article.dataset.from = message.mine ? 'me' : message.from.bot ? 'bot' : 'other';
  return article;
}

function drawNote({ kind, text }) {
  const note = make('div', { className: `note ${kind}`, role: 'status' });
  note.dataset.testid = `note-${kind}`;
  if (kind === 'private') note.append(make('b', { textContent: 'Visible de vous seul' }));
  note.append(make('span', { innerHTML: markdown(text) }));
  return note;
}

async function press(message, card, action, body) {
  if (body.ariaBusy === 'true') return;
  body.ariaBusy = 'true';
  try {
    const theme = teamsTheme();
    const answer = await call('/api/press', { message: message.id, card, action, trigger: 'manual', theme });
    if (answer?.dialog) showDialog(answer.dialog, state.theme, submit);
  } finally {
    body.ariaBusy = 'false';
  }
}

const unreachable = { kind: 'failure', text: 'Un problème est survenu. Veuillez réessayer.' };

async function submit(dialog, data) {
  const answer = await call('/api/submit', { dialog, data, theme: teamsTheme() }).catch(() => undefined);
  return answer?.dialog ?? unreachable;
}

/** A card with `refresh` asks the bot, once for each version, how this person should see it. */
function refresh({ id, version, cards }) {
  cards.forEach((card, index) => {
    const once = [state.person.key, id, version, index].join(' ');
    const { action, userIds } = card.refresh ?? {};
    const mine = !userIds || userIds.includes(state.me);
    if (action?.type !== 'Action.Execute' || !mine || refreshed.has(once)) return;
    refreshed.add(once);
    void call('/api/press', { message: id, card: index, action, trigger: 'automatic', theme: teamsTheme() });
  });
}

function replyButton(message) {
  const button = make('button', { type: 'button', className: 'reply', textContent: 'Répondre' });
  button.addEventListener('click', () => replyTo(message.id));
  return button;
}

function replyTo(thread) {
  state.thread = thread;
  $('#replying').hidden = !thread;
  box.placeholder = thread
    ? 'Répondre dans le fil'
    : state.conversation?.type === 'channel'
      ? 'Nouvelle publication'
      : 'Écrire un message';
  if (thread) box.focus();
}

function showTyping() {
  $('.typing').textContent = `${state.setup.bot} écrit…`;
  clearTimeout(typing);
  typing = setTimeout(clearTyping, 5000);
}

function clearTyping() {
  $('.typing').textContent = '';
}

/* ---- the composer ---- */

async function say(text) {
  const mention = $('#mention').ariaPressed === 'true';
  const { conversation, thread } = state;
  await call('/api/say', { conversation: conversation.id, text, mention, thread });
}

$('.composer').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = box.value.trim();
  if (!text) return;
  box.value = '';
  growBox();
  void say(text);
});
box.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('.composer').requestSubmit();
});
box.addEventListener('input', growBox);
function growBox() {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
}
$('#suggestion').addEventListener('click', () => say('bonjour'));
$('#replying').addEventListener('click', () => replyTo(undefined));
$('#mention').addEventListener('click', ({ currentTarget: chip }) => {
  chip.ariaPressed = chip.ariaPressed === 'true' ? 'false' : 'true';
});

/* ---- the log of activities ---- */

function showEntry({ number, time, direction, name, status, body }) {
  const toBot = direction === 'to-bot';
  const clock = new Date(time).toLocaleTimeString('fr-FR');
  const details = make(
    'details',
    {},
    make(
      'summary',
      {},
      make('span', {
        className: 'arrow',
        textContent: toBot ? '→' : '←',
        title: toBot ? 'vers le bot' : 'du bot',
      }),
      make('span', { className: 'name', textContent: name }),
      status ? make('span', { className: status >= 400 ? 'status bad' : 'status', textContent: status }) : '',
      make('time', { dateTime: time, textContent: clock }),
    ),
  );
  // Hundreds of cards as text would weigh on the page: each is written out when it is looked at.
  details.addEventListener('toggle', () => {
    if (details.open && details.children.length === 1) {
      details.append(make('pre', { textContent: JSON.stringify(body, null, 2) ?? '(vide)', tabIndex: 0 }));
    }
  });
  const item = make('li', { className: direction }, details);
  item.dataset.testid = 'activity';
  item.dataset.number = number;
  const old = $(`#log [data-number="${number}"]`);
  if (old) old.replaceWith(item);
  else $('#log ol').prepend(item);
}

function toggleLog(open) {
  $('#log').hidden = !open;
  $('#log-toggle').ariaExpanded = String(open);
  document.body.classList.toggle('with-log', open);
}

/* ---- the top bar ---- */

function applyTheme(theme) {
  state.theme = theme;
  document.documentElement.dataset.theme = theme;
  $('#theme').ariaPressed = String(theme === 'dark');
  if (state.conversation) drawMessages();
}

$('#theme').addEventListener('click', () => applyTheme(state.theme === 'dark' ? 'light' : 'dark'));
$('#log-toggle').addEventListener('click', () => toggleLog($('#log').hidden));
$('#log .close').addEventListener('click', () => {
  toggleLog(false);
  $('#log-toggle').focus();
});
$('#locales').addEventListener('change', ({ target }) => call('/api/locale', { locale: target.value }));
$('.people').addEventListener('change', ({ target }) => {
  location.hash = address({ key: target.value }, state.conversation);
});
$('.back').addEventListener('click', () => {
  document.body.dataset.pane = 'rail';
});
$('.rail').addEventListener('click', ({ target }) => {
  if (target.closest('a')) document.body.dataset.pane = 'chat';
});
addEventListener('hashchange', readAddress);

state.setup = await (await fetch('/api/setup')).json();
$('#portal').href = state.setup.links.portal;
$('#mailbox').href = state.setup.links.mailbox;
$('#application').href = state.setup.links.application;
$('.people').append(
  ...state.setup.people.map((person) =>
    make(
      'label',
      { title: `${person.name}, ${person.role}` },
      make('input', {
        type: 'radio',
        name: 'person',
        value: person.key,
        ariaLabel: `${person.name}, ${person.role}`,
      }),
      avatar(person),
      make(
        'span',
        { className: 'who', ariaHidden: 'true' },
        person.name,
        make('small', { textContent: person.role }),
      ),
    ),
  ),
);
applyTheme(state.theme);
readAddress();
