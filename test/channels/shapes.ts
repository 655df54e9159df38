/** What may stand where something else was expected. */
const STRANGE = [undefined, null, 42, '', [], { a: 'b' }];

/**
 * The same payload with one thing in it, at any depth, that is missing or of another kind: every payload that differs
 * from it in one place.
 */
export function* otherShapes(payload: object): Generator<object> {
  for (const [key, value] of Object.entries(payload)) {
    const withOther = (other: unknown) =>
      Array.isArray(payload)
        ? payload.map((one, i) => (String(i) === key ? other : one))
        : { ...payload, [key]: other };
    for (const strange of STRANGE) yield withOther(strange);
    if (typeof value !== 'object' || value === null) continue;
    for (const inner of otherShapes(value)) yield withOther(inner);
  }
}
