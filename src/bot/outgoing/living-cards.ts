import type { Card } from '../../cards/card.ts';
import type { Platform } from '../../person.ts';
import {
  type Channel,
  channelOf,
  isSamePosted,
  MessageGone,
  type Place,
  PlaceGone,
  type Posted,
  placeKey,
} from '../channel.ts';

/** What is to be seen on a message that was posted before. */
export interface Drawing {
  readonly posted: Posted;
  /** The version of the record that is drawn: an older one never covers a newer one. */
  readonly order: number;
  /**
   * Made when its turn has come, so that it shows what is true then, and only what its reader may still see. Undefined:
   * the message stays as it is.
   */
  readonly card: () => Card | undefined | Promise<Card | undefined>;
  /**
   * Where it is given, a card whose message can no longer be replaced is posted anew in the same place, and this is told
   * on which message it lives from then on.
   */
  readonly moved?: (posted: Posted) => Promise<unknown>;
  /** Given with `moved`: where the card goes on once nothing can be posted in its place; undefined: nowhere. */
  readonly elsewhere?: () => Promise<Place | undefined>;
}

/** What strangers ask to be drawn waits in memory while a platform stands still: no more than that is kept. */
const WAITING_AT_MOST = 5_000;

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

  /** Draws what `subject` looks like at the drawing's order, so that the newest one stays. */
  draw(subject: string, drawing: Drawing): void {
    const waiting = this.#waiting.get(subject);
    if (waiting !== undefined && waiting.order > drawing.order) return;
    const isRunning = this.#running.has(subject);
    if (!isRunning && this.#running.size >= WAITING_AT_MOST) {
      this.#failed(new Error('too many cards wait to be drawn'));
      return;
    }
    this.#waiting.set(subject, drawing);
    if (isRunning) return;
    this.#running.set(
      subject,
      Promise.resolve().then(() => this.#drain(subject)),
    );
  }

  /**
   * Draws a card that has no record of its own; of two, the one asked for last stays. What `isAsked` for is posted anew
   * where its message can no longer be replaced: somebody waits for it.
   */
  drawNow(posted: Posted, card: Card, { isAsked = false } = {}): void {
    this.#drawings += 1;
    // Platforms number the messages of each conversation for itself.
    const subject = `message/${placeKey(posted.place)}/${posted.message}`;
    const moved = isAsked ? { moved: async () => undefined } : {};
    this.draw(subject, { posted, order: this.#drawings, card: () => card, ...moved });
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
    let shownOrder = Number.NEGATIVE_INFINITY;
    let moved: { readonly from: Posted; readonly to: Posted } | undefined;
    for (let next = this.#waiting.get(subject); next !== undefined; next = this.#waiting.get(subject)) {
      this.#waiting.delete(subject);
      if (next.order < shownOrder) continue;
      try {
        // What was asked for before the card had moved means the message it lives on by now.
        const posted = moved !== undefined && isSamePosted(moved.from, next.posted) ? moved.to : next.posted;
        const to = await this.#put({ ...next, posted });
        if (to !== undefined) moved = { from: next.posted, to };
        shownOrder = next.order;
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#running.delete(subject);
  }

  /** Gives the new message where the card was posted anew. */
  async #put(drawing: Drawing): Promise<Posted | undefined> {
    const { posted, card, moved } = drawing;
    const channel = this.#channels.get(posted.place.platform);
    const drawn = await card();
    if (channel === undefined || drawn === undefined) return undefined;
    try {
      await channel.replace(posted, drawn);
      return undefined;
    } catch (error) {
      if (moved === undefined) throw error;
      const anew = await this.#postAnew(error, drawing, drawn);
      await moved(anew);
      return anew;
    }
  }

  /** In the same place or, where that is gone too, elsewhere. Throws what cannot be helped so. */
  async #postAnew(error: unknown, { posted, elsewhere }: Drawing, drawn: Card): Promise<Posted> {
    let failure = error;
    if (failure instanceof MessageGone) {
      try {
        return await channelOf(this.#channels, posted.place).show(posted.place, drawn);
      } catch (inTheSamePlace) {
        failure = inTheSamePlace;
      }
    }
    const place = failure instanceof PlaceGone ? await elsewhere?.() : undefined;
    if (place === undefined) throw failure;
    return channelOf(this.#channels, place).show(place, drawn);
  }
}
