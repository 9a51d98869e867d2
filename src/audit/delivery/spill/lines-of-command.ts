import { errorCode, errorMessage } from '../../errors/error-facts.js';
import { SpillRequestError } from '../../errors/spill-request.error.js';
import { SpillKey } from './spill-key.js';
import { SpillLines } from './spill-line.js';

/**
 * Returns the lines and the keys of a folder for a command: the given keys, or the key of the file beside the folder.
 *
 * @throws SpillRequestError (`AUDIT_SPILL_REQUEST_INVALID`) when the key is missing
 */
export function linesOfCommand(
  folder: string,
  given: readonly string[],
): { readonly lines: SpillLines; readonly keys: readonly string[] } {
  const key = SpillKey.forCommand(folder, given);
  try {
    return { keys: key.all(), lines: new SpillLines(key) };
  } catch (error) {
    const { path } = Object(error) as { readonly path?: unknown }; // the system's error has a path
    const isMissing = errorCode(error) === 'ENOENT' && typeof path === 'string';
    throw SpillRequestError.noKey(folder, isMissing ? `the key file ${path} is missing` : errorMessage(error));
  }
}
