import type { ActivityLog } from './activity-log.ts';
import type { Json } from './chats.ts';

/** How long Teams waits for an answer, in milliseconds. */
const patience = 10_000;

/** What the bot answered; 502 and 504, as a gateway would say, when it did not. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What somebody sees after a dialog was asked for or submitted. */
export type DialogAnswer =
  | {
      readonly kind: 'card';
      readonly title: string;
      readonly card: Json;
      readonly width: unknown;
      readonly height: unknown;
    }
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'failure'; readonly text: string };

/** What Teams shows when the bot's answer is an error, or nothing that it knows. */
export const failure = { kind: 'failure', text: 'Un problème est survenu. Veuillez réessayer.' } as const;

/** Hands activities to the bot over HTTP and writes down what went over the wire. */
export class Delivery {
  readonly #botUrl: string;
  readonly #log: ActivityLog;

  constructor(botUrl: string, log: ActivityLog) {
    this.#botUrl = botUrl;
    this.#log = log;
  }

  /** `passwords`: the ids of the masked inputs whose values the activity carries. */
  async send(activity: Json, passwords: ReadonlySet<string> = new Set()): Promise<Answer> {
    const name = [activity.type, activity.name].filter(Boolean).join(' ');
    this.#log.add({ direction: 'to-bot', name, body: activity }, passwords);
    const answer = await this.#post(activity);
    // A message is acknowledged with nothing; only what says something is worth a line.
    if (activity.type === 'invoke' || answer.status >= 400) {
      this.#log.add(
        { direction: 'from-bot', name: `réponse ${name}`, status: answer.status, body: answer.body },
        passwords,
      );
    }
    return answer;
  }

  async #post(activity: Json): Promise<Answer> {
    try {
      const response = await fetch(this.#botUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(activity),
        signal: AbortSignal.timeout(patience),
      });
      return { status: response.status, body: parsed(await response.text()) };
    } catch (error) {
      const timedOut = error instanceof Error && error.name === 'TimeoutError';
      return { status: timedOut ? 504 : 502, body: undefined };
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The members of an answer's body, none if it has none. */
export const membersOf = (body: unknown): Json => (typeof body === 'object' && body ? (body as Json) : {});

/** What a `task/fetch` or `task/submit` was answered with. Teams fails on a blank answer. */
export function dialogAnswer({ status, body }: Answer): DialogAnswer {
  const task = membersOf(membersOf(body).task);
  if (status >= 400) return failure;
  if (task.type === 'message' && typeof task.value === 'string' && task.value) {
    return { kind: 'words', text: task.value };
  }
  const { title, card, width, height } = membersOf(task.value);
  const content = membersOf(card).content;
  if (task.type !== 'continue' || typeof content !== 'object' || !content) return failure;
  return { kind: 'card', title: String(title ?? ''), card: content as Json, width, height };
}
