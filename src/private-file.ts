import type { Stats } from 'node:fs';

/**
 * Whether somebody else than the process may read or change this file. A group of the process's own may read it:
 * secrets that an orchestrator mounts are so.
 */
export function isOpenToOthers({ mode, gid }: Pick<Stats, 'mode' | 'gid'>): boolean {
  // Windows has no such permissions, and Node shows them all as granted there.
  if (process.platform === 'win32') return false;
  const isReadByOwnGroup = (mode & 0o070) === 0o040 && groups().includes(gid);
  return (mode & (isReadByOwnGroup ? 0o007 : 0o077)) !== 0;
}

function groups(): readonly number[] {
  return [process.getgid?.() ?? -1, ...(process.getgroups?.() ?? [])];
}
