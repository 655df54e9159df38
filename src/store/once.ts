/** Each of these once: for whoever lists or counts them, and can keep them all in memory meanwhile. */
export async function* once(keys: AsyncIterable<string>): AsyncIterable<string> {
  const seen = new Set<string>();
  for await (const key of keys) {
    if (seen.has(key)) continue;
    seen.add(key);
    yield key;
  }
}
