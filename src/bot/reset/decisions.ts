import { randomUUID } from 'node:crypto';
import type { ActionData } from '../../cards/card.ts';
import { hasEnded, type ResetAction, takesPassword } from '../../chorus/procedures/reset.ts';
import { begin, step } from '../../chorus/procedures/transitions.ts';
import type { Account } from '../../store/accounts.ts';
import type { Kept } from '../../store/credentials.ts';
import type { Clicked, Turn } from '../channel.ts';
import type { Led, ResetRefusal } from './holder.ts';
import { livingOn } from './living-card.ts';
import type { ResetChange, ResetRecord } from './record.ts';

/** A record as it was read, and what it is to the person who acts. */
export interface Standing<Judged extends Led | ResetRefusal = Led> {
  readonly before: ResetRecord | undefined;
  readonly led: Judged;
  /** The password that is kept and was not accepted yet. */
  readonly pending?: Kept | undefined;
}

/** A password that was sealed as pending, and the form it came in. */
export interface KeptPassword {
  readonly kept: Kept;
  readonly trimmed: boolean;
  readonly submission: string;
  /** The reset that the form is for; undefined: a new one begins with this password. */
  readonly resetId: string | undefined;
}

/** Where none runs a reset begins; where one does, it is theirs from now on, if it was not yet. */
export function begun(
  { person, place }: Turn,
  { before, led: { account, record }, pending }: Standing,
  now: Date,
): ResetChange | undefined {
  if (record !== undefined && !hasEnded(record.reset))
    return record === before ? undefined : { account, record };
  const transition = begin(randomUUID(), 'signIn', now, pending?.version);
  const about = pending === undefined ? {} : aboutPending(before, pending);
  return { account, record: { reset: transition.reset, holder: person, place, ...about }, transition };
}

/** The pending password is tested by the reset that runs or, where none does, by one that begins with the test. */
export function keptTested(
  { person, place }: Turn,
  { before, led: { account, record }, pending }: Standing,
  now: Date,
): ResetChange | undefined {
  if (pending === undefined) return undefined;
  const isRunning = record !== undefined && !hasEnded(record.reset);
  const begun = begin(randomUUID(), 'signIn', now);
  const from = isRunning ? record : { reset: begun.reset, holder: person, place };
  const tested = step(from.reset, { kind: 'testKept', version: pending.version }, now);
  if (tested.reset === from.reset) return undefined;
  const { structures: _ofAnEarlierPassword, typedBy: _another, ...rest } = from as ResetRecord;
  const effects = isRunning ? tested.effects : [...begun.effects, ...tested.effects];
  return {
    account,
    record: { ...rest, ...aboutPending(before, pending), reset: tested.reset },
    transition: { reset: tested.reset, effects },
  };
}

/** Who typed it is known where the last reset has kept this very version: nobody else takes it back. */
function aboutPending(
  before: ResetRecord | undefined,
  { version, heldSince }: Kept,
): Pick<ResetRecord, 'keptSince' | 'typedBy'> {
  const typedBy = before?.reset.kept === version ? before.typedBy : undefined;
  return { keptSince: heldSince, ...(typedBy === undefined ? {} : { typedBy }) };
}

/** A click changes the reset or, where its card is of another revision, only the message on which the card lives. */
export function clicked(
  turn: Clicked,
  action: ResetAction,
  { before, led: { account, record } }: Standing,
  now: Date,
): ResetChange | undefined {
  if (record === undefined) return undefined;
  const here = livingOn(record, turn.clicked) ?? record;
  if (isDrawnFrom(turn.data, record)) {
    const transition = step(record.reset, action, now);
    if (transition.reset !== record.reset)
      return { account, record: { ...here, reset: transition.reset }, transition };
  }
  return here === before ? undefined : { account, record: here };
}

/** A password is told to the reset that its form is for, or to one that begins with it. */
export function passwordKept(
  { turn, account }: { readonly turn: Turn; readonly account: Account },
  { kept, trimmed, submission, resetId }: KeptPassword,
  { before, led }: Standing<Led | ResetRefusal>,
  now: Date,
): ResetChange | undefined {
  const from = resetId === undefined ? firstFor(turn, led, now) : ofReset(resetId, led, before);
  if (from === undefined || !takesPassword(from.reset)) return undefined;
  const transition = step(from.reset, { kind: 'passwordKept', version: kept.version }, now);
  const { structures: _ofAnEarlierPassword, ...rest } = from;
  const about = { keptSince: kept.heldSince, trimmed, submission, typedBy: turn.person.id };
  return { account, record: { ...rest, ...about, reset: transition.reset }, transition };
}

/** A reset that begins with its password; undefined where one is running already. */
function firstFor({ person, place }: Turn, led: Led | ResetRefusal, now: Date): ResetRecord | undefined {
  if ('refusal' in led || (led.record !== undefined && !hasEnded(led.record.reset))) return undefined;
  return { reset: begin(randomUUID(), 'enterPassword', now).reset, holder: person, place };
}

/** The reset that a form was opened for. The password is that reset's, whoever leads it by now. */
function ofReset(
  resetId: string,
  led: Led | ResetRefusal,
  before: ResetRecord | undefined,
): ResetRecord | undefined {
  if (before?.reset.id !== resetId) return undefined;
  return 'refusal' in led ? before : led.record;
}

function isDrawnFrom(data: ActionData, record: ResetRecord): boolean {
  return data.reset === record.reset.id && data.revision === record.reset.revision;
}
