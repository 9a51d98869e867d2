import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import { DOCTOR_CHECKS } from '../dist/src/cli/doctor/doctor.command.js';

/* The names, their order and the headings come from the checks. The second column is written by hand. */
const COLUMNS = ['line', 'what you need'];
const ROW = /^\| `([\w-]+)` *\| (.*?) *\|$/gm;

const target = fileURLToPath(new URL('../docs/reference/doctor.md', import.meta.url));
const page = await readFile(target, 'utf8');
const needs = new Map([...page.matchAll(ROW)].map(([, name, text]) => [name, text]));
const tables = Object.entries(DOCTOR_CHECKS).map(([heading, checks]) => {
  const rows = checks.map(({ name }) => [`\`${name}\``, needs.get(name) ?? fail(name)]);
  const lines = [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `## ${heading}\n\n${lines.join('\n')}\n`;
});
const intro = page.slice(0, page.indexOf('\n## ') + 1);
const options = { ...(await prettier.resolveConfig(target)), parser: 'markdown' };
await writeFile(target, await prettier.format([intro, ...tables].join('\n'), options));

function fail(name) {
  throw new Error(
    `docs/reference/doctor.md lacks the row of the check ${name}. Write one: | \`${name}\` | what it needs |`,
  );
}
