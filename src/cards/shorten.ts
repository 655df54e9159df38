import type { Block } from './card.ts';

const MORE = '…';
const characters = new Intl.Segmenter('fr', { granularity: 'grapheme' });

/**
 * The text, or its longest beginning that fits in `limit` UTF-16 units with « … » after it.
 *
 * Never cuts inside what people see as one character (an accented letter, a family emoji).
 */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = characters.segment(text).containing(limit - MORE.length)?.index ?? 0;
  return text.slice(0, end).trimEnd() + MORE;
}

/** The text, cut to `limit`, for a place that no platform lets stand empty: a button, the name of a field. */
export function filled(text: string, limit: number): string {
  return isBlank(text) ? '—' : cut(text, limit);
}

export function isBlank(text: string): boolean {
  return text.trim() === '';
}

/**
 * Builds with the whole body or, when the result does not fit its platform, with the longest beginning that
 * does, and « … » for the rest: a card that says less is better than one that a platform refuses.
 *
 * @throws RangeError when it does not fit even without its body
 */
export function shorten<T>(
  body: readonly Block[],
  build: (body: readonly Block[]) => T,
  fits: (built: T) => boolean,
): T {
  const whole = build(body);
  if (fits(whole)) return whole;

  const beginning = (parts: number) => build([...take(body, parts), { kind: 'text', text: [MORE] }]);
  let best = beginning(0);
  if (!fits(best)) throw new RangeError('does not fit its platform even without its body');
  let low = 0;
  let high = body.reduce((sum, block) => sum + countParts(block), 0);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const built = beginning(middle);
    if (fits(built)) {
      best = built;
      low = middle;
    } else {
      high = middle;
    }
  }
  return best;
}

/** The first `parts` parts of a body: a block is one, but a list can end early. */
function take(body: readonly Block[], parts: number): readonly Block[] {
  const taken: Block[] = [];
  let left = parts;
  for (const block of body) {
    if (left <= 0) break;
    if (block.kind === 'steps' || block.kind === 'list') {
      taken.push({ ...block, items: block.items.slice(0, left) });
    } else if (block.kind === 'facts') {
      taken.push({ ...block, facts: block.facts.slice(0, left) });
    } else {
      taken.push(block);
    }
    left -= countParts(block);
  }
  return taken;
}

function countParts(block: Block): number {
  if (block.kind === 'steps' || block.kind === 'list') return block.items.length;
  if (block.kind === 'facts') return block.facts.length;
  return 1;
}
