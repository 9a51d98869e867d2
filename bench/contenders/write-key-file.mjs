import { writeFileSync } from 'node:fs';
import { generateKeyPair } from '../../dist/src/monitoring/proof/log/notes/note-key.js';

/** Writes a file with a new key that signs the checkpoints of one ledger, and returns the file's path. */
export function writeKeyFile(path, origin) {
  writeFileSync(path, `${generateKeyPair(origin).signingKey}\n`, { mode: 0o600 });
  return path;
}
