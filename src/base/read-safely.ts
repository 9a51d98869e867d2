/** Returns the result of `read`; `undefined` if `read` throws. Getters, proxies and lazy entities may throw. */
export function readSafely<Value>(read: () => Value): Value | undefined;
export function readSafely<Value, Unreadable>(read: () => Value, unreadable: Unreadable): Value | Unreadable;
export function readSafely<Value>(read: () => Value, unreadable?: unknown): unknown {
  try {
    return read();
  } catch {
    return unreadable;
  }
}

/** Reads a field of any object. @throws the error of its getter */
export function readField(holder: object, key: PropertyKey): unknown {
  return (holder as Readonly<Record<PropertyKey, unknown>>)[key]; // reading a missing property is safe
}

/** Reads a field of any value; `undefined` for a missing or unreadable field, or if the value is not an object. */
export function readFieldSafely(value: unknown, key: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  try {
    return readField(value, key);
  } catch {
    return undefined;
  }
}

/** Whether a value is a promise, or another object with a method `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof readFieldSafely(value, 'then') === 'function';
}
