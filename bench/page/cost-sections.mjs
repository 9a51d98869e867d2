import { pairedDifferences, summarize } from '../statistics.mjs';
import { backendsOf, COST_MARKS, diskBytes, hasParts, partOf } from './cost-marks.mjs';
import { formatNumber, formatSpread, makeTable } from './format.mjs';
import { leftOver } from './left-over.mjs';
import { judge } from './judge.mjs';

const ADAPTERS = { express: 'Express', fastify: 'Fastify' };

const nodeOf = ({ versions }) => `Node ${versions.node.split('.', 1)[0]}`;

/**
 * The cost ledger: what an audited request costs, by its parts.
 *
 * @param results the latest of each Node, the one that matters most first
 */
export function costSection(results) {
  return [
    '## The cost ledger of a request',
    'What an audited request costs, and whom. Node on its main thread is what a team with a database server of its own pays; its other threads ' +
      'collect garbage. The floor is what PostgreSQL needs to store the same values in a table with the primary key alone, in batches of the size ' +
      'that the requests made.',
    makeTable(
      ['measure', 'mark', 'moonshot', ...results.map(nodeOf)],
      COST_MARKS.map((mark) => markRow(mark, results)),
    ),
    ...results.flatMap((result) => partsOf(result)),
  ].join('\n\n');
}

function markRow(mark, results) {
  const unit = mark.unit === undefined ? '' : ` ${mark.unit}`;
  const sign = mark.atLeast === undefined ? '≤' : '≥';
  const bound = (value) => (value === undefined ? '' : `${sign} ${value}${unit}`);
  const figures = results.map(({ parts }) => {
    const judged = judge(mark, parts);
    return judged ? `${formatSpread(judged, mark.unit)}, ${judged.verdict}` : 'not measured';
  });
  return [mark.measure, bound(mark.atLeast ?? mark.atMost), bound(mark.moonshot), ...figures];
}

/** Where a request's CPU goes in one result, as pieces of Markdown; none if it does not have that. */
export function partsOf(result) {
  const { parts } = result;
  const adapters = Object.keys(ADAPTERS).filter((adapter) => hasParts(parts[adapter]?.durable));
  if (adapters.length === 0) return [];
  return [
    `### ${nodeOf(result)}: where a request's CPU goes`,
    costTable(parts, adapters),
    floorNote(parts, adapters),
    ...leftOver(parts, adapters),
  ];
}

const PARTS = [
  ['Node, main thread', (each) => partOf(each, 'main')],
  ['Node, other threads', (each) => partOf(each, 'others')],
  ["PostgreSQL's backends that write", (each) => partOf(each, 'writing')],
  ["PostgreSQL's backend that seals", (each) => partOf(each, 'sealing')],
  ["PostgreSQL's own processes", (each) => partOf(each, 'server')],
];

function costTable(parts, adapters) {
  const columns = adapters.flatMap((adapter) =>
    ['bare', 'durable', 'save'].filter((name) => hasParts(parts[adapter][name])).map((name) => [adapter, name]),
  );
  const cell = (adapter, name, read) => {
    const values = read(parts[adapter][name]);
    const shown = name === 'bare' ? values : pairedDifferences(values, read(parts[adapter].bare));
    return formatSpread(summarize(shown));
  };
  const heads = columns.map(
    ([adapter, name]) => `${ADAPTERS[adapter]}, ${name === 'bare' ? 'bare: all' : `added by ${NAMES[name]}`}`,
  );
  const sumOf = (each) => each.cpu.map((cpu) => PARTS.reduce((total, [, read]) => total + read({ cpu: [cpu] })[0], 0));
  return makeTable(
    ['µs a request', ...heads],
    [...PARTS, ['**all**', sumOf]].map(([part, read]) => [
      part,
      ...columns.map(([adapter, name]) => cell(adapter, name, read)),
    ]),
  );
}

const NAMES = { durable: '**durable**', save: '`save()`' };

function floorNote(parts, adapters) {
  const rows = adapters
    .filter((adapter) => parts[adapter].durable.floor)
    .map((adapter) => {
      const { floor, ...durable } = parts[adapter].durable;
      return [
        ...[ADAPTERS[adapter], String(floor.batch), formatSpread(summarize(backendsOf(durable)))],
        formatSpread(summarize(floor.sameColumns.cpuMicros)),
        formatSpread(summarize(floor.oneText.cpuMicros)),
      ];
    });
  return makeTable(
    [
      "PostgreSQL's backends, µs a row",
      'rows a commit',
      'ledger, sealed',
      'floor: the same columns',
      'an id and one text of as many bytes',
    ],
    rows,
  );
}

/** A transaction with an event and without. */
export function transactionSection(transaction) {
  const { 'transaction-bare': bare, 'transaction-audited': audited } = transaction;
  const row = (name, { requestsPerSecond, cpu }) => [
    name,
    formatSpread(summarize(requestsPerSecond)),
    formatSpread(summarize(cpu.map(({ node }) => node))),
    formatSpread(summarize(cpu.map(({ postgres }) => postgres))),
  ];
  const rows = [row('the transaction alone', bare)];
  if (audited.skipped === undefined) rows.push(row('**with an event**', audited));
  return [
    'A route that inserts an order in a transaction of its own, Express, 50 connections.',
    makeTable(['', 'requests a second', 'CPU of Node, µs', 'CPU of PostgreSQL, µs'], rows),
  ].join('\n\n');
}

/** What an event takes on disk. */
export function diskSection({ events, parts }) {
  const named = Object.entries(parts).map(([name, part]) => ({ name, ...part }));
  const rows = named
    .filter(({ bytes }) => bytes >= 0.5)
    .sort((one, other) => other.bytes - one.bytes)
    .map(({ name, isIndex, bytes }) => [`\`${name}\``, isIndex ? 'index' : 'table', formatNumber(bytes)]);
  return [
    `${formatNumber(diskBytes({ parts }))} bytes an event, after ${events.toLocaleString('en-US')} typical ones in batches of 25, which were sealed as they came. ` +
      'The queue (`audit_unsequenced`) is reused and does not grow with the ledger.',
    makeTable(['', '', 'bytes an event'], rows),
  ].join('\n\n');
}

/** What the sequencer costs an event. */
export function sealingSection({ events, sealed, costs }) {
  const rate = `The sequencer alone seals ${formatNumber(sealed)} events a second, of ${events.toLocaleString('en-US')}.`;
  if (costs === undefined) return rate;
  const rows = costs.map(({ batch, postgres, main, walBytes, idleMicros }) => [
    String(batch),
    ...[postgres, main, walBytes, idleMicros].map((values) => formatSpread(summarize(values))),
  ]);
  return [
    `${rate} What it costs an event, by how many a statement added; and what one look costs that finds nothing, every 0.8 s:`,
    makeTable(
      [
        'events a statement',
        'its backend, µs an event',
        'its process, µs an event',
        'WAL, bytes an event',
        'a look, µs',
      ],
      rows,
    ),
  ].join('\n\n');
}
