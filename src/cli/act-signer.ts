import type { StatementSigner } from '../modules/monitoring/log/notes/statement.js';
import { signNote } from '../modules/monitoring/log/notes/signed-note.js';
import type { CommandEnvironment } from './key-of-environment.js';
import { readCommandKey } from './read-command-key.js';

/** Signs with the ledger's key, as the application does. @throws SigningKeyMissingError, SigningKeyInvalidError */
export async function actSigner(environment: CommandEnvironment): Promise<StatementSigner> {
  const { origin, signers, verifiers } = await readCommandKey(environment);
  return { signText: (text) => signNote(text, signers), trust: { origin, keys: verifiers } };
}
