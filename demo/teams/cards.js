/* Draws Adaptive Cards with the real renderer, in Teams' look. */

const { AdaptiveCard, HostConfig } = globalThis.AdaptiveCards;

const font = getComputedStyle(document.body).fontFamily;

const colours = {
  light: {
    text: '#242424',
    subtle: '#616161',
    accent: '#4F52B2',
    good: '#0E700E',
    warning: '#8A5300',
    attention: '#B10E1C',
    card: '#FFFFFF',
    emphasis: '#F5F5F5',
    accentFill: '#E8EBFA',
    goodFill: '#E7F2E7',
    warningFill: '#FFF4DE',
    attentionFill: '#FDE9EA',
  },
  dark: {
    text: '#FFFFFF',
    subtle: '#C2C2C2',
    accent: '#AFB2F5',
    good: '#8BD08B',
    warning: '#FBC56D',
    attention: '#F59BA3',
    card: '#292929',
    emphasis: '#1D1D1D',
    accentFill: '#2B2D4F',
    goodFill: '#12331A',
    warningFill: '#402A05',
    attentionFill: '#45171B',
  },
};

const shade = (colour, subtle) => ({
  default: colour,
  subtle,
  highlightColors: { default: '#FFE58A', subtle: '#FFE58A' },
});

function hostConfig(theme) {
  const c = colours[theme];
  const foregroundColors = {
    default: shade(c.text, c.subtle),
    dark: shade(c.text, c.subtle),
    light: shade(c.subtle, c.subtle),
    accent: shade(c.accent, c.accent),
    good: shade(c.good, c.good),
    warning: shade(c.warning, c.warning),
    attention: shade(c.attention, c.attention),
  };
  const container = (backgroundColor) => ({ backgroundColor, foregroundColors });
  const type = {
    fontFamily: font,
    fontSizes: { small: 12, default: 14, medium: 16, large: 18, extraLarge: 22 },
  };
  return new HostConfig({
    fontFamily: font,
    fontTypes: {
      default: type,
      monospace: { ...type, fontFamily: "Consolas, 'Liberation Mono', monospace" },
    },
    lineHeights: { small: 16, default: 20, medium: 22, large: 24, extraLarge: 28 },
    spacing: { small: 6, default: 10, medium: 14, large: 18, extraLarge: 24, padding: 16 },
    separator: { lineThickness: 1, lineColor: theme === 'dark' ? '#4A4A4A' : '#E0E0E0' },
    supportsInteractivity: true,
    imageBaseUrl: '',
    imageSizes: { small: 40, medium: 80, large: 160 },
    containerStyles: {
      default: container(c.card),
      emphasis: container(c.emphasis),
      accent: container(c.accentFill),
      good: container(c.goodFill),
      warning: container(c.warningFill),
      attention: container(c.attentionFill),
    },
    actions: {
      maxActions: 6,
      spacing: 'default',
      buttonSpacing: 8,
      actionsOrientation: 'horizontal',
      actionAlignment: 'left',
      showCard: { actionMode: 'inline', inlineTopMargin: 12 },
    },
    inputs: {
      label: {
        inputSpacing: 'small',
        requiredInputs: { weight: 'bolder', suffix: ' *', suffixColor: 'attention' },
        optionalInputs: { weight: 'bolder' },
      },
      errorMessage: { color: 'attention', spacing: 'small' },
    },
    factSet: {
      title: { weight: 'bolder', wrap: true, maxWidth: 180 },
      value: { wrap: true },
      spacing: 16,
    },
    textStyles: { heading: { size: 'large', weight: 'bolder' } },
    textBlock: { headingLevel: 2 },
    adaptiveCard: { allowCustomStyle: false },
  });
}

const escapeHtml = (text) =>
  text.replace(
    /[&<>"']/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c],
  );

/* A private-use character stands for a character behind a backslash until the markup is read. */
const hide = (text) =>
  text.replace(/\\([!-/:-@[-`{-~])/g, (_, c) => String.fromCharCode(0xe000 + c.charCodeAt(0)));
const unhide = (html) =>
  html.replace(/[\ue000-\ue07f]/g, (c) => escapeHtml(String.fromCharCode(c.charCodeAt(0) - 0xe000)));

const inline = (text) =>
  escapeHtml(text)
    .replace(/&lt;at&gt;(.*?)&lt;\/at&gt;/g, '<b>$1</b>')
    .replace(/\*\*(.+?)\*\*/g, '<b>$1</b>')
    .replace(/(?<![\p{L}\p{N}])([_*])(\S(?:.*?\S)?)\1(?![\p{L}\p{N}])/gu, '<i>$2</i>')
    .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>');

/** The part of Markdown that Teams reads in cards: bold, italic, links and lists; all else stays text. */
export function markdown(text) {
  const lines = hide(text).replaceAll('\r\n', '\n').replaceAll('\r', '\n').split('\n');
  let html = '';
  let list;
  for (const line of lines) {
    const [, bullet, number, item] = /^\s*(?:([-*])|(\d+)[.)])\s+(.*)$/.exec(line) ?? [];
    const kind = bullet ? 'ul' : number ? 'ol' : undefined;
    if (list !== kind) {
      if (list) html += `</${list}>`;
      if (kind) html += kind === 'ol' ? `<ol start="${number}">` : '<ul>';
    } else if (!kind && html) html += '<br>';
    html += kind ? `<li>${inline(item)}</li>` : inline(line);
    list = kind;
  }
  return unhide(list ? `${html}</${list}>` : html);
}

AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = markdown(text);
  result.didProcess = true;
};

/** The card as an element; `press` gets Execute and Submit actions, with the card's inputs merged in their data. */
export function drawCard(json, theme, press) {
  const card = new AdaptiveCard();
  card.hostConfig = hostConfig(theme);
  card.onExecuteAction = (action) => {
    const type = action.getJsonTypeName();
    if (type === 'Action.OpenUrl') openLink(action.url);
    else if (type === 'Action.Execute' || type === 'Action.Submit') {
      press({
        type,
        ...(action.id && { id: action.id }),
        ...(action.verb && { verb: action.verb }),
        data: action.data,
      });
    }
  };
  card.onAnchorClicked = (_element, anchor) => {
    openLink(anchor.href);
    return true;
  };
  card.parse(json);
  const element = document.createElement('div');
  element.className = 'card';
  element.dataset.testid = 'card';
  element.classList.toggle('card-wide', json.msteams?.width === 'Full');
  element.append(card.render() ?? '');
  return element;
}

function openLink(url) {
  if (/^(https?|mailto):/.test(url)) window.open(url, '_blank', 'noopener');
}
