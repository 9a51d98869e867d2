import { readKeyFile, type SigningKeys } from '../modules/monitoring/signing/signing-key-file.js';
import { SigningKeyMissingError } from '../modules/monitoring/signing/signing.error.js';
import { keyOfEnvironment, type CommandEnvironment } from './key-of-environment.js';

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
