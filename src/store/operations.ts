import { ANY_VERSION, type Operation } from './store.ts';

/** At which version a write leaves its record. */
export function newVersionOf({ version, newVersion = version + 1 }: Operation & { type: 'write' }): number {
  return newVersion;
}

/** What the store holds before any of the operations. */
interface Before {
  isAt(key: string, version: number): boolean;
  isHeld(claim: string): boolean;
}

/** The place of the first operation that must be refused, each seen after those before it; undefined: all may be applied. */
export function firstRefused(operations: readonly Operation[], before: Before): number | undefined {
  /** As the operations so far leave them; 0: it does not exist. */
  const versions = new Map<string, number>();
  const claimed = new Set<string>();
  const isAt = (key: string, version: number) => {
    const changed = versions.get(key);
    return changed === undefined ? before.isAt(key, version) : changed === version;
  };
  const isRefused = (operation: Operation): boolean => {
    switch (operation.type) {
      case 'write':
        if (operation.version !== ANY_VERSION && !isAt(operation.key, operation.version)) return true;
        versions.set(operation.key, newVersionOf(operation));
        return false;
      case 'remove':
        if (operation.version === 0 || isAt(operation.key, 0)) return true;
        if (operation.version !== ANY_VERSION && !isAt(operation.key, operation.version)) return true;
        versions.set(operation.key, 0);
        return false;
      case 'claim':
        if (claimed.has(operation.key) || before.isHeld(operation.key)) return true;
        claimed.add(operation.key);
        return false;
      case 'schedule':
        return false;
    }
  };
  const place = operations.findIndex(isRefused);
  return place === -1 ? undefined : place;
}

/** The record of each write that no later operation has overwritten or removed, and its version afterwards. */
export function lastingWrites(
  operations: readonly Operation[],
): { readonly key: string; readonly version: number }[] {
  const versions = new Map<string, number>();
  for (const operation of operations) {
    if (operation.type === 'write') versions.set(operation.key, newVersionOf(operation));
    if (operation.type === 'remove') versions.delete(operation.key);
  }
  return [...versions].map(([key, version]) => ({ key, version }));
}
