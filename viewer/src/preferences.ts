/** Preferences never contain data of the log. */
export type Preference = 'theme' | 'zone';

/** The browser may refuse access to its storage. */
export function readPreference(name: Preference): string | undefined {
  try {
    return globalThis.localStorage.getItem(`audit-viewer.${name}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function writePreference(name: Preference, value: string): void {
  try {
    globalThis.localStorage.setItem(`audit-viewer.${name}`, value);
  } catch {
    // If storage fails, the choice lasts until the page is closed.
  }
}
