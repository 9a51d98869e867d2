// Writes the SQL files of the ledger into a TypeScript module, so that the package reads no file at run time. `--check` only
// compares.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const FOLDER = fileURLToPath(new URL('../src/modules/monitoring/store/sql/', import.meta.url));
const TARGET = join(FOLDER, 'sql.generated.ts');

const names = readdirSync(FOLDER, { recursive: true })
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.slice(0, -'.sql'.length).replaceAll('\\', '/'))
  .sort();

const text = `// Generated from the .sql files of this folder by \`npm run sql\`. Do not edit.

/** The path of an SQL file in this folder, without \`.sql\`. */
export type SqlName =
${names.map((name) => `  | '${name}'`).join('\n')};

/** The text of each SQL file. */
export const SQL: Readonly<Record<SqlName, string>> = {
${names.map((name) => `  '${name}': ${JSON.stringify(readFileSync(join(FOLDER, `${name}.sql`), 'utf8'))},`).join('\n')}
};
`;

if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, text);
} else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('sql.generated.ts does not match the .sql files beside it. Run `npm run sql` and commit the result.');
  process.exitCode = 1;
}
