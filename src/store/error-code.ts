import { getSystemErrorMap } from 'node:util';

const CODE = /^[A-Z][A-Z0-9_]{1,59}$/;
const REDIS_REPLIES = ['ErrorReply', 'SimpleError', 'BlobError'];
const REDIS_TIMEOUTS = [
  'ConnectionTimeoutError',
  'SocketTimeoutError',
  'SocketTimeoutDuringMaintenanceError',
];
const DEEPEST = 5;

/**
 * Why a driver failed, as a short code: `WRONGPASS`, `OOM`, `ECONNREFUSED`, `ENOSPC`, `MDB_CORRUPTED`.
 * Never more of what it says, which may quote what was sent. undefined: it says no such thing.
 */
export function errorCode(error: unknown): string | undefined {
  let one = error;
  for (let depth = 0; depth < DEEPEST && typeof one === 'object' && one !== null; depth++) {
    const code = ownCode(one);
    if (code !== undefined) return code;
    const { cause, errors } = one as { readonly cause?: unknown; readonly errors?: unknown };
    one = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
  }
  return undefined;
}

function ownCode(error: object): string | undefined {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const { name } = error.constructor;
  const text = String(message);
  if (REDIS_REPLIES.includes(name)) return /^[A-Z][A-Z0-9_]{1,59}(?= |$)/.exec(text)?.[0];
  if (REDIS_TIMEOUTS.includes(name)) return 'ETIMEDOUT';
  if (typeof code === 'number') return /^MDB_[A-Z_]+/.exec(text)?.[0] ?? systemCode(code);
  return typeof code === 'string' && CODE.test(code) ? code : undefined;
}

/** LMDB gives the system's own number. */
function systemCode(code: number): string | undefined {
  return getSystemErrorMap().get(-Math.abs(code))?.[0];
}
