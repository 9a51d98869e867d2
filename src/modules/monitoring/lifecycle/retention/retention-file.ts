import { readFile } from 'node:fs/promises';
import { Catalogue, errorMessage, parseJson } from '../../../../audit/plain.js';
import { resolvePolicy, type RetentionOptions } from './retention-policy.js';
import { RetentionFileError } from './retention.error.js';

const TABLES: readonly string[] = ['categories', 'eventTypes', 'actions', 'tenants', 'compliance'];
const NAMES: readonly string[] = ['days', ...TABLES, 'hourUtc'];

/**
 * Reads the option `retention` from a file, so that the application and the command follow the same rules. It refuses unknown names: a
 * misspelt rule would retire events too soon.
 *
 * @throws RetentionFileError (`AUDIT_RETENTION_FILE_INVALID`)
 */
export async function readRetentionFile(
  file: string,
  read = (path: string): Promise<string> => readFile(path, 'utf8'),
): Promise<RetentionOptions> {
  const options = await parsed(file, read);
  const problems = isTable(options) ? problemsOf(options) : ['it holds no object'];
  if (problems.length > 0) throw RetentionFileError.create(file, problems.join('; '));
  const rules = options as RetentionOptions; // the names are its, and resolvePolicy() checks what stands under them
  resolvePolicy(rules, new Catalogue(), problems);
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

function problemsOf(options: Readonly<Record<string, unknown>>): string[] {
  const unknown = Object.keys(options).filter((name) => !NAMES.includes(name));
  const wrong = TABLES.filter((name) => options[name] !== undefined && !isTable(options[name]));
  return [
    ...unknown.map((name) => `it has ${name}, and may have ${NAMES.join(', ')}`),
    ...wrong.map((name) => `${name} is not an object of names and days`),
  ];
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
