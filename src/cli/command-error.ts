import { errorMessage } from '../audit/plain.js';
import { explainUnlessOwn } from '../modules/monitoring/store/sessions/explain-ledger-error.js';
import { fileSentence } from './file-sentence.js';

/**
 * Returns the sentence that a command prints for an error. For errors of the library, of a file or of a wrong argument, it is the error's
 * own message. Errors of the database client are explained instead: their messages may contain the address, with its password.
 */
export function commandError(error: unknown): string {
  return fileSentence(error) ?? errorMessage(explainUnlessOwn(error));
}
