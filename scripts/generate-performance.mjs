import { readFile, writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { figuresOf, PARTS } from '../bench/figures.mjs';
import { readResult } from '../bench/results.mjs';

const PAGE = 'docs/reference/performance.md';
/** The table of an idle ledger also stands here, between two comments. */
const SIZING = 'docs/guides/sizing.md';

const rows = [];
const idle = [];
const machines = new Set();
for (const part of PARTS) {
  const result = await readResult(part);
  if (result === undefined) continue;
  const { measuredAt, machine, versions, figures } = result;
  machines.add(
    `${machine.cpu} with ${machine.cores} cores and ${machine.memoryGiB} GiB, PostgreSQL ${versions.postgresql}`,
  );
  const where = `${measuredAt.slice(0, 10)}, Node ${versions.node.split('.', 1)[0]}`;
  for (const { measure, seen, mark } of figuresOf(part, figures)) {
    rows.push(`| ${measure} | ${seen} | ${mark} | ${where} |`);
    if (part === 'idle') idle.push(`| ${measure} | ${seen} |`);
  }
}

const page = `# Performance

<!-- Generated from bench/results by \`npm run generate\`. Do not edit. -->

\`npm run bench\` measures what an audit costs. The application, PostgreSQL and the load share one machine (${[...machines].join('; ')}), with PostgreSQL's default durability, and
[events of about 640 bytes of request body](../guides/sizing.md). Absolute figures hold for this machine only. A figure "against" another one is a ratio of the same run, round by round. Behind a median, in
parentheses, are the smallest and the largest round. Every answered request of every run had its row.

| measure | figure | mark | measured |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
await write(PAGE, page);

const BLOCK = /(<!-- Generated from bench\/results\/idle.json -->\n)[\s\S]*?(<!-- The end of what is generated -->)/;
const sizing = await readFile(SIZING, 'utf8');
if (!BLOCK.test(sizing))
  throw new Error(`Cannot write the table of an idle ledger: its two comments are missing in ${SIZING}.`);
const table = `\n| an idle application | figure |\n| --- | --- |\n${idle.join('\n')}\n\n`;
await write(
  SIZING,
  sizing.replace(BLOCK, (_all, start, end) => start + table + end),
);

async function write(file, text) {
  await writeFile(file, await prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: 'markdown' }));
}
