import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage, readTextFile } from '../../../audit/nest-free.js';
import { RuleDocument } from './rule-document.js';

/**
 * Reads the rules of files, and of the `.yml` and `.yaml` files of folders, sorted by name. An unreadable file adds a message to `problems`.
 */
export function readRuleFiles(paths: readonly string[], problems: string[]): readonly RuleDocument[] {
  const rulesOf = (file: string): readonly RuleDocument[] => RuleDocument.allOf(readTextFile(file), file);
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return rulesOf(path);
      const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
      if (names.length === 0) problems.push(`the folder ${path} has no .yml file`);
      return names.toSorted().flatMap((name) => rulesOf(join(path, name)));
    } catch (error) {
      problems.push(`${path} cannot be read (${errorMessage(error)})`);
      return [];
    }
  });
}
