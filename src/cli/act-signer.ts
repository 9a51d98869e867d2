import type { ActSigner } from '../modules/monitoring/acts/store-act.js';
import { signNote } from '../modules/monitoring/log/notes/signed-note.js';
import { readKeyFile } from '../modules/monitoring/signing/signing-key-file.js';
import { keyOfEnvironment, type CommandEnvironment } from './key-of-environment.js';

/** Signs with the ledger's key, as the application does. @throws SigningKeyMissingError, SigningKeyInvalidError */
export async function actSigner(environment: CommandEnvironment): Promise<ActSigner> {
  const { file, origin } = keyOfEnvironment(environment);
  const { signers, verifiers } = await readKeyFile(file, origin);
  return { signText: (text) => signNote(text, signers), trust: { origin, keys: verifiers } };
}
