import { readFile } from 'node:fs/promises';
import { Catalogue, errorMessage, parseJson } from '../../../../audit/plain.js';
import { resolvePolicy, type RetentionOptions } from './retention-policy.js';
import { RetentionFileError } from './retention.error.js';

const TABLES: readonly string[] = ['categories', 'eventTypes', 'actions', 'tenants', 'compliance'];
const NAMES: readonly string[] = ['days', ...TABLES, 'hourUtc'];

/**
 * Reads the option `retention` from a file, so that the application and the command apply the same rules. It refuses unknown names, because
 * a misspelt rule would retire events too soon.
 *
 * @throws RetentionFileError (`AUDIT_RETENTION_FILE_INVALID`)
 */
export async function readRetentionFile(
  file: string,
  read = (path: string): Promise<string> => readFile(path, 'utf8'),
): Promise<RetentionOptions> {
  const options = await parsed(file, read);
  const problems = problemsOf(options);
  const rules = options as RetentionOptions; // used only without problems; resolvePolicy() checks the values
  if (problems.length === 0) resolvePolicy(rules, new Catalogue(), problems);
  if (problems.length > 0) throw RetentionFileError.create(file, problems.join('; '));
  return rules;
}

async function parsed(file: string, read: (path: string) => Promise<string>): Promise<unknown> {
  try {
    return parseJson(await read(file));
  } catch (error) {
    throw RetentionFileError.create(file, errorMessage(error), error);
  }
}

function problemsOf(options: unknown): string[] {
  if (!isTable(options)) return ['its content is not an object'];
  return Object.entries(options).flatMap(([name, value]) => {
    if (!NAMES.includes(name)) return [`${name} is an unknown option; it may have ${NAMES.join(', ')}`];
    return TABLES.includes(name) && !isTable(value) ? [`${name} is not an object of names and days`] : [];
  });
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
