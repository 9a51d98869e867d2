import { readFile } from 'node:fs/promises';
import { decodeTextFile, getErrorMessage, parseJson } from '../../../../audit/nest-free.js';
import type { RetentionOptions } from './retention-options.js';
import { lifecycleErrors } from '../../../errors/keep.errors.js';

/**
 * Reads the option `retention` from a file, so that the application and the command `retention` apply the same rules.
 *
 * @throws `AUDIT_OPTIONS_INVALID`
 */
export async function readRetentionFile(
  file: string,
  read = (path: string): Promise<string> => readFile(path).then(decodeTextFile),
): Promise<RetentionOptions> {
  const { checkRetention } = await import('./retention-options.js'); // loads the library that checks options
  const options = await parsed(file, read);
  const problems: string[] = [];
  checkRetention(options, problems);
  if (problems.length > 0) throw lifecycleErrors.AUDIT_OPTIONS_INVALID(file, problems.join('; '));
  return options as RetentionOptions; // checked
}

async function parsed(file: string, read: (path: string) => Promise<string>): Promise<unknown> {
  try {
    return parseJson(await read(file));
  } catch (error) {
    throw lifecycleErrors.AUDIT_OPTIONS_INVALID(file, getErrorMessage(error), error);
  }
}
