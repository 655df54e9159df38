import type { Card } from '../../cards/card.ts';
import type { Platform } from '../../person.ts';
import type { Channel, Posted } from '../channel.ts';

interface Drawing {
  readonly posted: Posted;
  readonly order: number;
  readonly card: () => Card;
}

/**
 * Puts cards on messages that are already there, in the background, so that every device and everybody in the
 * conversation sees the present one.
 *
 * Drawings of one subject go out one after the other, and one that is older than what is already shown is dropped:
 * a slow « Test en cours… » can never cover the verdict.
 */
export class LivingCards {
  readonly #channels: ReadonlyMap<Platform, Channel>;
  readonly #failed: (error: unknown) => void;
  readonly #waiting = new Map<string, Drawing>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #unknown = new Set<Promise<void>>();
  #drawings = 0;

  constructor(channels: ReadonlyMap<Platform, Channel>, failed: (error: unknown) => void) {
    this.#channels = channels;
    this.#failed = failed;
  }

  /** Draws what `subject` looks like at `order`: the version of its record, so that the newest one stays. */
  draw(subject: string, posted: Posted, order: number, card: () => Card): void {
    const waiting = this.#waiting.get(subject);
    if (waiting !== undefined && waiting.order > order) return;
    this.#waiting.set(subject, { posted, order, card });
    if (this.#running.has(subject)) return;
    this.#running.set(
      subject,
      Promise.resolve().then(() => this.#drain(subject)),
    );
  }

  /** Draws a card that has no record of its own; of two, the one asked for last stays. */
  drawNow(posted: Posted, card: Card): void {
    this.#drawings += 1;
    this.draw(`message/${posted.message}`, posted, this.#drawings, () => card);
  }

  /** Draws a card that is not known yet; where it turns out to be none, the message stays as it is. */
  drawLater(posted: Posted, card: Promise<Card | undefined>): void {
    const work = card
      .then((known) => known && this.drawNow(posted, known))
      .catch(this.#failed)
      .finally(() => this.#unknown.delete(work));
    this.#unknown.add(work);
  }

  /** Resolves when all that was asked for is drawn, or has failed. */
  async settled(): Promise<void> {
    while (this.#running.size + this.#unknown.size > 0)
      await Promise.all([...this.#running.values(), ...this.#unknown]);
  }

  async #drain(subject: string): Promise<void> {
    let shown = Number.NEGATIVE_INFINITY;
    for (let next = this.#waiting.get(subject); next !== undefined; next = this.#waiting.get(subject)) {
      this.#waiting.delete(subject);
      if (next.order < shown) continue;
      try {
        await this.#channels.get(next.posted.place.platform)?.replace(next.posted, next.card());
        shown = next.order;
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#running.delete(subject);
  }
}
