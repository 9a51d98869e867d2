/** What `read` returns; `undefined` when it throws, as getters, proxies and lazy entities do. */
export function readSafely<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
