import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readText } from '../server/read-text.js';
import { EmbeddedFolderRefusedError } from './embedded.error.js';
import { makeFolder } from './make-folder.js';

/**
 * Where root keeps what the database's user must reach, best first. The temporary folder may be emptied by a reboot.
 */
export function systemFolders(name: string): string[] {
  return ['/var/lib', tmpdir()].map((parent) => join(parent, 'nestjs-audit-ledger', name));
}

/**
 * Makes a folder of that name in the first system place that allows it.
 *
 * @returns its real path.
 * @throws EmbeddedFolderRefusedError `EMBEDDED_FOLDER_REFUSED`, when none does.
 */
export async function makeSystemFolder(name: string, log: (message: string) => void): Promise<string> {
  const refusals: string[] = [];
  for (const wished of systemFolders(name)) {
    try {
      const made = await makeFolder(wished);
      await refuseForeign(dirname(made));
      return made;
    } catch (error) {
      const seen = readText(error, 'message') ?? String(error);
      refusals.push(seen);
      log(`cannot make ${wished}: ${seen}`);
    }
  }
  throw EmbeddedFolderRefusedError.create(systemFolders(name).join(' or '), refusals.join('; '));
}

/** In a temporary folder anybody could have prepared the place to read or replace what is put there. */
async function refuseForeign(path: string): Promise<void> {
  const { uid } = await stat(path);
  if (uid !== process.getuid?.()) throw new Error(`${path} belongs to another user (uid ${uid})`);
}
