/** What the reader prefers in this browser. Preferences never contain data of the log. */
export type Preference = 'theme' | 'language' | 'zone';

/** Reads a stored preference; `undefined` if none is stored, or if the browser refuses storage. */
export function readPreference(name: Preference): string | undefined {
  try {
    return globalThis.localStorage.getItem(`audit-viewer.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Stores a preference, if the browser allows it. */
export function writePreference(name: Preference, value: string): void {
  try {
    globalThis.localStorage.setItem(`audit-viewer.${name}`, value);
  } catch {
    // If storage fails, the choice lasts until the page is closed.
  }
}
