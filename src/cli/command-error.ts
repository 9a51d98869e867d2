import { errorMessage } from '../audit/plain.js';
import { explainUnlessOwn } from '../modules/monitoring/store/sessions/explain-ledger-error.js';
import { fileSentence } from './file-sentence.js';

/**
 * The sentence that a command prints for an error: of the library, of a file or of a wrong argument, the error's own message. Errors
 * of the database's client are explained: their own messages may name the address, with its password.
 */
export function commandError(error: unknown): string {
  return fileSentence(error) ?? errorMessage(explainUnlessOwn(error));
}
