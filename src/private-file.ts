import { chmodSync, readdirSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/** Whoever is in it is root, or as good as root. */
const GROUP_OF_ROOT = 0;

/**
 * Whether somebody else than the process may read or change this file. A group of the process's own may read it:
 * secrets that an orchestrator mounts are so. Root's group may: a credential of systemd (LoadCredential) is root's, with a
 * right for the service's user that shows as one of the group.
 */
export function isOpenToOthers({ mode, gid }: Pick<Stats, 'mode' | 'gid'>): boolean {
  // Windows has no such permissions, and Node shows them all as granted there.
  if (process.platform === 'win32') return false;
  const isTrusted = gid === GROUP_OF_ROOT || groups().includes(gid);
  const isReadByTrustedGroup = (mode & 0o070) === 0o040 && isTrusted;
  return (mode & (isReadByTrustedGroup ? 0o007 : 0o077)) !== 0;
}

/** A folder or a file of the store that others could open. */
export interface Exposed {
  readonly path: string;
  /** false: the folder belongs to somebody else, or holds something else; it is left as it is. */
  readonly isClosedNow: boolean;
}

/**
 * Closes to others a folder of ours and its files, which have these names, and gives what was open. A folder that holds
 * anything else is not ours alone: it stays as it is, and our files in it are closed.
 */
export function closeFolder(folder: string, ours: readonly string[]): readonly Exposed[] {
  if (process.platform === 'win32') return [];
  const names = readdirSync(folder);
  const files = names.filter((name) => ours.includes(name));
  const exposed = close(folder, files.length === names.length);
  // In a folder that is closed nobody gets at them.
  if (exposed.length === 0) return [];
  return [...exposed, ...files.flatMap((name) => close(join(folder, name), true))];
}

function close(path: string, isOursAlone: boolean): Exposed[] {
  const { mode, uid, gid } = statSync(path);
  const isOurs = uid === process.geteuid?.();
  // What is somebody else's may be shared with a group of ours: so an orchestrator mounts a volume.
  const forbidden = isOurs || !groups().includes(gid) ? 0o077 : 0o007;
  if ((mode & forbidden) === 0) return [];
  const isClosedNow = isOurs && isOursAlone;
  if (isClosedNow) chmodSync(path, mode & 0o700);
  return [{ path, isClosedNow }];
}

function groups(): readonly number[] {
  return [process.getgid?.() ?? -1, ...(process.getgroups?.() ?? [])];
}
