import { PERSONAL_FIELDS } from './event-layout.js';

/** The pointers of personal values that have their own columns. */
export const OWN_POINTERS: ReadonlySet<string> = new Set(PERSONAL_FIELDS.map(({ pointer }) => pointer));

/** Escapes a field's name for a JSON Pointer. */
export function escapeName(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

export function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
