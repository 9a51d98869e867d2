/**
 * The text under a name in something of unknown shape: parsed JSON, a loaded module, or something thrown, which need not
 * be an `Error` of this realm (Jest runs tests in another one than Node's own modules).
 */
export function readText(from: unknown, name: string): string | undefined {
  if (typeof from !== 'object' || from === null) return undefined;
  const value: unknown = Reflect.get(from, name);
  return typeof value === 'string' ? value : undefined;
}
