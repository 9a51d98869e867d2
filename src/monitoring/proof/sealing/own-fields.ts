import { PERSONAL_FIELDS } from './event-layout.js';

export const OWN_POINTERS: ReadonlySet<string> = new Set(PERSONAL_FIELDS.map(({ pointer }) => pointer));

export function escapeName(name: string): string {
  return /[~/]/.test(name) ? name.replaceAll('~', '~0').replaceAll('/', '~1') : name;
}

export function unescapeName(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
