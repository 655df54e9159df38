import { EventEmitter } from 'node:events';
import type { Json } from './chats.ts';

export interface Entry {
  readonly number: number;
  readonly time: string;
  readonly direction: 'to-bot' | 'from-bot';
  readonly name: string;
  readonly status?: number;
  readonly body: unknown;
}

const mask = '•••••';

/** How many entries are kept; the oldest go. */
const kept = 400;

/** What went over the wire, in order, without the passwords. Emits `entry`. */
export class ActivityLog extends EventEmitter<{ entry: [Entry] }> {
  readonly entries: Entry[] = [];
  #number = 0;

  /** `passwords`: the ids of the masked inputs of the card that was submitted. */
  add(entry: Omit<Entry, 'number' | 'time'>, passwords: ReadonlySet<string> = new Set()): void {
    this.#number += 1;
    const numbered = {
      ...entry,
      body: withoutPasswords(entry.body, passwords),
      number: this.#number,
      time: new Date().toISOString(),
    };
    this.entries.push(numbered);
    if (this.entries.length > kept) this.entries.shift();
    this.emit('entry', numbered);
  }

  /** Drops what was said of a message that its author deleted: it may have held a password. */
  forget(messageId: string): void {
    for (const [index, entry] of this.entries.entries()) {
      const { id, type } = (entry.body ?? {}) as Json;
      if (id !== messageId || type !== 'message') continue;
      const forgotten = { ...entry, body: { id, type, text: mask } };
      this.entries[index] = forgotten;
      this.emit('entry', forgotten);
    }
  }
}

/** The ids of the inputs that a card masks. */
export function passwordIds(card: unknown): Set<string> {
  const ids = new Set<string>();
  visit(card, (element) => {
    if (isPassword(element) && typeof element.id === 'string') ids.add(element.id);
  });
  return ids;
}

function visit(value: unknown, see: (element: Json) => void): void {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) see(value as Json);
  for (const child of Object.values(value)) visit(child, see);
}

const isPassword = (element: Json): boolean =>
  element.type === 'Input.Text' && String(element.style).toLowerCase() === 'password';

/** A copy in which what was typed under these ids, and what a masked input is prefilled with, is hidden. */
function withoutPasswords(value: unknown, ids: ReadonlySet<string>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((child) => withoutPasswords(child, ids));
  const masked = isPassword(value as Json);
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => [
      name,
      ids.has(name) || (masked && name === 'value') ? mask : withoutPasswords(child, ids),
    ]),
  );
}
