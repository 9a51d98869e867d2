/** The reader's preferences in this browser. They never hold data of the log. */
export type Preference = 'theme' | 'language' | 'zone';

/** Reads a stored preference; `undefined` if the browser refuses storage. */
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
    // The choice then lasts until the page is closed.
  }
}
