import { writeFileSync } from 'node:fs';
import { generateKeyPair } from '../../dist/src/modules/monitoring/log/notes/note-key.js';

/** Makes the file with the key that signs the checkpoints of a ledger; returns its path. Each ledger has its own. */
export function writeKeyFile(path, origin) {
  writeFileSync(path, `${generateKeyPair(origin).signingKey}\n`);
  return path;
}
