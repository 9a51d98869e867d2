import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { errorMessage } from '../../../audit/plain.js';
import type { RuleFile } from './parse-rules.js';

/** Reads files, and the `.yml` and `.yaml` files of folders, sorted by name. An unreadable file adds a message to `problems`. */
export function readRuleFiles(paths: readonly string[], problems: string[]): readonly RuleFile[] {
  return paths.flatMap((path) => {
    try {
      if (!statSync(path).isDirectory()) return [{ name: path, text: readFileSync(path, 'utf8') }];
      const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name));
      if (names.length === 0) problems.push(`the folder ${path} has no .yml file`);
      return names.toSorted().map((name) => ({ name: join(path, name), text: readFileSync(join(path, name), 'utf8') }));
    } catch (error) {
      problems.push(`${path} cannot be read (${errorMessage(error)})`);
      return [];
    }
  });
}
