/** Each of these once: for whoever lists or counts them, and can keep them all in memory meanwhile. */
export async function* once<Key extends string>(keys: AsyncIterable<Key>): AsyncIterable<Key> {
  const seen = new Set<Key>();
  for await (const key of keys) {
    if (seen.has(key)) continue;
    seen.add(key);
    yield key;
  }
}
