import { randomBytes } from 'node:crypto';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Membership } from './join-server.js';

/**
 * Writes the addresses for people, as in `psql "$(cat url)"`: `url` and `superuser.url`, readable by this user alone.
 * The first also remembers the port for the next start.
 */
export async function writeUrlFiles(dir: string, { url, superuserUrl }: Membership): Promise<void> {
  await Promise.all([replaceFile(join(dir, 'url'), url), replaceFile(join(dir, 'superuser.url'), superuserUrl)]);
}

/** Writes a file for this user alone. Whoever reads meanwhile gets the old text or the new. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = `${path}.${randomBytes(4).toString('hex')}`;
  await writeFile(next, `${text}\n`, { mode: 0o600, flag: 'wx' });
  await rename(next, path);
}
