// With these modules, the package reads no SQL or rule files at run time.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';

const FOLDERS = [
  'src/monitoring/store/sql',
  ...['row-changes', 'jetstream'].map((extension) => `src/extensions/${extension}/sql`),
];

for (const name of FOLDERS) {
  const folder = fileURLToPath(new URL(`../${name}/`, import.meta.url));
  writeFileSync(join(folder, 'sql.generated.ts'), buildModule(folder));
}

function buildModule(folder) {
  const names = readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -'.sql'.length).replaceAll('\\', '/'))
    .sort();
  return `// Generated from the .sql files of this folder by \`npm run generate\`. Do not edit.

/** The text of each SQL file. */
export const SQL = {
${names.map((name) => `  '${name}': ${JSON.stringify(readFileSync(join(folder, `${name}.sql`), 'utf8'))},`).join('\n')}
};

/** The path of an SQL file in this folder, without \`.sql\`. */
export type SqlName = keyof typeof SQL;
`;
}

const RULES_FOLDER = fileURLToPath(new URL('../src/extensions/alerts/shipped-rules/', import.meta.url));
const rules = readdirSync(RULES_FOLDER)
  .filter((file) => file.endsWith('.yml'))
  .sort();

const rulesText = `// Generated from the .yml files of this folder by \`npm run generate\`. Do not edit.
import { createShippedRule, type UnparsedRule } from '../rules/rule.js';

/** The rules that the package ships with. */
export const SHIPPED_RULES: readonly UnparsedRule[] = [
${rules.map((name) => `  ${readRules(name).join(' ')}`).join('\n')}
];
`;

function readRules(name) {
  const lineCounter = new LineCounter();
  return parseAllDocuments(readFileSync(join(RULES_FOLDER, name), 'utf8'), { lineCounter }).map((document) => {
    const { line } = lineCounter.linePos(document.contents.range[0]);
    return `createShippedRule('${name}:${line}', ${JSON.stringify(document.toJS())}),`;
  });
}

writeFileSync(join(RULES_FOLDER, 'shipped-rules.generated.ts'), rulesText);
