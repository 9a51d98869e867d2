import { readFile, writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { figuresOf, format, PARTS } from '../bench/figures.mjs';
import { readResult } from '../bench/results.mjs';

const PAGE = 'docs/reference/performance.md';
/** Some figures also stand here, each table between two comments. */
const GUIDE = 'docs/guides/operate.md';
const GIBIBYTE = 2 ** 30;

/** The measures that help to plan a server, in the order of the guide. */
const PLANNING = [
  'Express, durable, requests a second',
  'Fastify, durable, requests a second',
  'p99 latency that durable adds at half the maximum load, Express',
  '`record()` without HTTP, events a second',
  'Sealing alone, events a second',
  'Draining, row changes a second',
  'Verifying, two threads, events a second',
  'p99 of a page of 50, of the slowest kind of query, large ledger, in the database',
  'Memory of an export, whatever its format',
  'Memory of a verification',
];

const machines = [];
const measured = [];
let largeLedger = 0;
for (const part of PARTS) {
  const result = await readResult(part);
  if (result === undefined) continue;
  const { measuredAt, machine, versions, figures } = result;
  const described = `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, PostgreSQL ${versions.postgresql}`;
  if (!machines.includes(described)) machines.push(described);
  const name = String.fromCodePoint('A'.codePointAt(0) + machines.indexOf(described));
  const where = `${name}, Node ${versions.node.split('.', 1)[0]}, ${measuredAt.slice(0, 10)}`;
  if (part === 'query') largeLedger = figures.at(-1).events;
  measured.push(...figuresOf(part, figures).map((figure) => ({ ...figure, part, where })));
}
const marked = measured.filter(({ isMissed }) => isMissed !== undefined);
const missed = marked.filter(({ isMissed }) => isMissed);

await write(
  PAGE,
  `# Performance

<!-- Generated from bench/results by \`npm run generate\`. Do not edit. -->

\`npm run bench\` measures what an audit costs. **${missed.length} of ${marked.length} marks are missed.**

The application, PostgreSQL and the load share one machine, with PostgreSQL's default durability. Absolute figures hold for this machine only:

${machines.map((machine, nth) => `- ${String.fromCodePoint('A'.codePointAt(0) + nth)}: ${machine}`).join('\n')}

An event has about 640 bytes of request body. The large ledger has ${format(largeLedger)} smaller, generated events. A figure "against" another one is a ratio of the same run, round by round.
Behind a median, in parentheses, are the smallest and the largest round. Every answered request of every run had its row.

${tableOf(
  ['measure', 'figure', 'mark', 'machine, Node, day'],
  measured.map(({ measure, seen, mark, isMissed, where }) => [
    measure,
    seen,
    isMissed ? `**missed**: ${mark}` : mark,
    where,
  ]),
)}
`,
);

const disk = measured.find(({ part }) => part === 'disk');
let guide = await readFile(GUIDE, 'utf8');
replaceBlock(
  'disk',
  tableOf(
    ['events', 'disk', 'machine, Node, day'],
    [
      ['one', disk.seen, disk.where],
      ...[1, 10, 100, 1_000].map((millions) => [
        `${format(millions)} million`,
        `${format((disk.value * millions * 1_000_000) / GIBIBYTE)} GiB`,
        '',
      ]),
    ],
  ),
);
replaceBlock('planning', tableOf(['measure', 'figure', 'machine, Node, day'], PLANNING.map(rowOf)));
replaceBlock(
  'idle',
  tableOf(
    ['an idle application', 'figure', 'machine, Node, day'],
    measured.filter(({ part }) => part === 'idle').map(({ measure, seen, where }) => [measure, seen, where]),
  ),
);
await write(GUIDE, guide);

function rowOf(name) {
  const found = measured.find(({ measure }) => measure === name);
  if (!found) throw new Error(`Cannot write the planning table: nothing was measured under the name "${name}".`);
  return [name, found.seen, found.where];
}

function replaceBlock(name, table) {
  const start = `<!-- Generated from bench/results: ${name} -->\n`;
  const block = new RegExp(`(${start})[\\s\\S]*?(<!-- The end of what is generated -->)`);
  if (!block.test(guide))
    throw new Error(`Cannot write the table "${name}": its two comments are missing in ${GUIDE}.`);
  guide = guide.replace(block, (_all, before, after) => `${before}\n${table}\n\n${after}`);
}

function tableOf(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function write(file, text) {
  await writeFile(file, await prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: 'markdown' }));
}
