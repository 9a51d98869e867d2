import { readFile, writeFile } from 'node:fs/promises';
import * as prettier from 'prettier';
import { buildFigures, format, PARTS, requestTables } from '../bench/figures.mjs';
import { readResult } from '../bench/results.mjs';

const PAGE = 'docs/reference/performance.md';
/** Some figures also stand here, each table between two comments. */
const GUIDE = 'docs/guides/operate.md';
const GIBIBYTE = 2 ** 30;

/** The sections of the page, with the parts of the benchmark that each shows. */
const SECTIONS = {
  'Ratios of requests': ['express', 'fastify', 'latency'],
  'Transactions and entities': ['transaction', 'entity'],
  'Without HTTP': ['record', 'event', 'spill'],
  'Row changes': ['rows'],
  'Sealing and verifying': ['integrity', 'verify'],
  'Reading and exporting': ['query', 'export'],
  'An idle ledger, and its size': ['idle', 'disk'],
};

/** The measures that help to plan a server, in the order of the guide. */
const PLANNING = [
  'Express, `@Audited`, requests a second',
  'Fastify, `@Audited`, requests a second',
  '`record()` without HTTP, events a second',
  'Sealing alone, events a second',
  'Draining, row changes a second',
  'Verifying, two threads, events a second',
  'p99 of a page of 50, of the slowest kind of query, large ledger, in the database',
  'Memory of an export, whatever its format',
  'Memory of a verification',
];

const results = Object.fromEntries(await Promise.all(PARTS.map(async (part) => [part, await readResult(part)])));
const measured = PARTS.flatMap((part) =>
  buildFigures(part, results[part].figures).map((figure) => ({ ...figure, part })),
);
const tables = requestTables({ express: results.express.figures, latency: results.latency.figures });

await write(
  PAGE,
  `# Performance

<!-- Generated from bench/results by \`npm run generate\`. Do not edit. -->

\`npm run bench\` measures what an audit costs, beside other ways to audit. Run it on your machine: absolute figures hold only for

${describeRuns()}

The application, PostgreSQL and the load share the machine, with PostgreSQL's default durability. An event has about 640 bytes of request body. Ratios are of the same run, round by round; behind a
median, in parentheses, are the smallest and the largest round. Every answered request had its row, sealed at the end.

## A request, with 50 connections

CPU counts until all events are sealed.

${formatTable(['Express, a small route with', 'requests a second', 'CPU of Node, µs', 'CPU of PostgreSQL, µs'], tables.throughput)}

## Latency at the same rate

p50 / p90 / p99 in ms, from the moment at which a request was due.

${formatTable(['with', ...tables.rates.map((rate) => `${rate} a second`)], tables.latency)}

${Object.entries(SECTIONS)
  .map(([title, parts]) => `## ${title}\n\n${formatTable(['measure', 'figure'], buildRows(parts))}`)
  .join('\n\n')}
`,
);

const disk = measured.find(({ part }) => part === 'disk');
let guide = await readFile(GUIDE, 'utf8');
replaceBlock(
  'disk',
  formatTable(
    ['events', 'disk'],
    [
      ['one', disk.seen],
      ...[1, 10, 100, 1_000].map((millions) => [
        `${format(millions)} million`,
        `${format((disk.value * millions * 1_000_000) / GIBIBYTE)} GiB`,
      ]),
    ],
  ),
);
replaceBlock('planning', formatTable(['measure', 'figure'], PLANNING.map(findRow)));
replaceBlock('idle', formatTable(['an idle application', 'figure'], buildRows(['idle'])));
await write(GUIDE, guide);

/** One run is described in a line. After runs of single parts, each run has its line, with its parts. */
function describeRuns() {
  const runs = new Map();
  for (const part of PARTS) {
    const { measuredAt, machine, versions } = results[part];
    const { cpu, cores, memoryGiB } = machine;
    const software = `Node ${versions.node}, PostgreSQL ${versions.postgresql}`;
    const run = `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${software}, commit ${versions.commit}, ${measuredAt.slice(0, 10)}`;
    runs.set(run, [...(runs.get(run) ?? []), part]);
  }
  return [...runs].map(([run, parts]) => `- ${run}${runs.size > 1 ? ` (${parts.join(', ')})` : ''}`).join('\n');
}

function buildRows(parts) {
  return measured.filter(({ part }) => parts.includes(part)).map(({ measure, seen }) => [measure, seen]);
}

function findRow(name) {
  const found = measured.find(({ measure }) => measure === name);
  if (!found) throw new Error(`Cannot write the planning table: nothing was measured under the name "${name}".`);
  return [name, found.seen];
}

function replaceBlock(name, table) {
  const start = `<!-- Generated from bench/results: ${name} -->\n`;
  const block = new RegExp(`(${start})[\\s\\S]*?(<!-- The end of what is generated -->)`);
  if (!block.test(guide))
    throw new Error(`Cannot write the table "${name}": its two comments are missing in ${GUIDE}.`);
  guide = guide.replace(block, (_all, before, after) => `${before}\n${table}\n\n${after}`);
}

function formatTable(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

async function write(file, text) {
  await writeFile(file, await prettier.format(text, { ...(await prettier.resolveConfig(file)), parser: 'markdown' }));
}
