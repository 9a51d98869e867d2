import { signNote } from '../modules/monitoring/log/notes/signed-note.js';
import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import { readKeyFile, type SigningKeys } from '../modules/monitoring/signing/signing-key-file.js';
import { SigningKeyMissingError } from '../modules/monitoring/signing/signing.error.js';
import { keyOfEnvironment, type CommandEnvironment } from './key-of-environment.js';

/** Signs with the ledger's key, as the application does. @throws SigningKeyMissingError, SigningKeyInvalidError */
export async function actSigner(environment: CommandEnvironment): Promise<StatementSigner> {
  const { origin, signers, verifiers } = await readCommandKey(environment);
  return { signText: (text) => signNote(text, signers), trust: { origin, keys: verifiers } };
}

/** Reads the application's keys. @throws SigningKeyMissingError (`AUDIT_SIGNING_KEY_MISSING`), SigningKeyInvalidError */
export async function readCommandKey(
  environment: CommandEnvironment,
): Promise<SigningKeys & { readonly origin: string }> {
  const { file, origin } = keyOfEnvironment(environment);
  try {
    return { ...(await readKeyFile(file, origin)), origin };
  } catch (error) {
    throw error instanceof SigningKeyMissingError ? SigningKeyMissingError.forCommand(file) : error;
  }
}
