import { RecordRefused, StoreUnavailable } from '../store/store.ts';

interface Sentences {
  readonly storeDown: string;
  readonly recordRefused: string;
}

/** What a person reads where the store has failed. undefined: something else has. */
export function storeTrouble({ storeDown, recordRefused }: Sentences, error: unknown): string | undefined {
  if (error instanceof RecordRefused) return recordRefused;
  return error instanceof StoreUnavailable ? storeDown : undefined;
}
