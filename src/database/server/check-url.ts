import { DatabaseError } from './database.error.js';
import { showUrl } from './show-url.js';

/**
 * Refuses what is not a PostgreSQL address before the driver guesses a meaning for it.
 *
 * @throws DatabaseError (`DATABASE_URL_INVALID`), without a cause: Node's own error repeats the address with its password
 */
export function checkUrl(url: string): void {
  const seen = findFault(url);
  if (seen !== undefined) throw new DatabaseError('DATABASE_URL_INVALID', seen, { shownUrl: showUrl(url) });
}

function findFault(url: string): string | undefined {
  if (url.trim() === '') return 'it is empty';
  if (!URL.canParse(url)) return 'it is not a URL';
  const { protocol, username, password, pathname } = new URL(url);
  if (protocol !== 'postgres:' && protocol !== 'postgresql:') return `its scheme is "${protocol.slice(0, -1)}"`;
  if (pathname.length < 2) return 'it names no database';
  try {
    for (const part of [username, password, pathname]) decodeURIComponent(part);
  } catch {
    return 'it has a "%" that starts no percent-encoded character';
  }
  return undefined;
}
