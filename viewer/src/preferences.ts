/** What the reader prefers, on this browser. Nothing of the log is ever stored this way. */
export type Preference = 'theme' | 'language' | 'zone';

/** A stored preference. A browser that refuses storage has none. */
export function readPreference(name: Preference): string | undefined {
  try {
    return globalThis.localStorage.getItem(`audit-viewer.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a preference, where the browser lets it. */
export function writePreference(name: Preference, value: string): void {
  try {
    globalThis.localStorage.setItem(`audit-viewer.${name}`, value);
  } catch {
    // The choice then lasts as long as the page.
  }
}
