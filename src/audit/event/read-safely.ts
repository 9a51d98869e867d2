/** What `read` returns; `undefined` when it throws, as getters, proxies and lazy entities do. */
export function readSafely<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** A field of any object. @throws what its getter throws */
export function readField(holder: object, key: PropertyKey): unknown {
  return (holder as Readonly<Record<PropertyKey, unknown>>)[key]; // any object may be asked
}

/** A field of any value: `undefined` where it is not there, where reading it throws, and of what is not an object. */
export function readFieldSafely(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return readField(value, key);
  } catch {
    return undefined;
  }
}
