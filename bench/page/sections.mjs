import { pairedDifferences, pairedRatios, summarize } from '../statistics.mjs';
import { formatNumber, formatSpread, makeTable } from './format.mjs';
import { cpuOf } from './marks.mjs';

const NAMES = {
  bare: 'bare route',
  noop: 'interceptor that does nothing',
  durable: '**durable**',
  buffered: '**buffered**',
  transactional: '**transactional** (the handler has a transaction)',
  save: '`repository.save()` a request, awaited',
  insert: '`repository.insert()` a request, awaited',
  'entity-bare': 'the entity alone',
  'entity-auditing': '`typeorm-auditing`',
  'entity-audited': '**`@Audited` with changes**, durable',
  record: '**`record()`**, 1,000 outstanding',
  unsealed: '`record()` with a ledger that does not seal',
  unnest: '`INSERT … SELECT unnest`, batches of 500, two in flight',
  copy: '`COPY`, batches of 500, two in flight',
};

const nameOf = (contender) => NAMES[contender] ?? contender;

/** The sections about single parts, in the order of the page: which part, how headed, and how made. */
export const SECTIONS = [
  ['express', 'Express', (part) => httpTable(part, 'bare')],
  ['fastify', 'Fastify', (part) => httpTable(part, 'bare')],
  ['entity', 'Changes of an entity (Express)', (part) => httpTable(part, 'entity-bare')],
  ['latency', 'Latency at half the maximum load (Express)', latencySection],
  ['record', 'Without HTTP', recordTable],
  ['heap', 'Memory', heapSection],
  ['spill', 'The database down', spillSection],
  ['integrity', 'Sealing and verifying', integritySection],
  ['profile', 'Where the time goes', profileTable],
  ['nodes', 'Other versions of Node', nodesTable],
];

function httpTable(part, reference) {
  const base = part[reference];
  const hasSave = part.save !== undefined;
  const rows = Object.entries(part).map(([name, contender]) => {
    if (contender.skipped)
      return [nameOf(name), `not measured: ${contender.skipped}`, '', ...(hasSave ? [''] : []), ''];
    const rates = contender.requestsPerSecond;
    return [
      nameOf(name),
      formatSpread(summarize(rates)),
      name === reference ? '1' : formatSpread(summarize(pairedRatios(rates, base.requestsPerSecond))),
      ...(hasSave ? [name === 'save' ? '1' : ratioTo(part.save, rates)] : []),
      name === reference
        ? `(${formatNumber(summarize(cpuOf(base)).median)})`
        : formatSpread(summarize(pairedDifferences(cpuOf(contender), cpuOf(base)))),
    ];
  });
  const heads = [
    '',
    'requests a second',
    'against bare',
    ...(hasSave ? ['against `save()`'] : []),
    'CPU added (bare: all), µs',
  ];
  return makeTable(heads, rows);
}

function ratioTo(contender, rates) {
  return formatNumber(summarize(pairedRatios(rates, contender.requestsPerSecond)).median);
}

function latencySection({ requestsPerSecond, bare, durable }) {
  const rows = [
    ['bare route', formatSpread(summarize(bare.p50Ms)), formatSpread(summarize(bare.p99Ms))],
    ['**durable**', formatSpread(summarize(durable.p50Ms)), formatSpread(summarize(durable.p99Ms))],
  ];
  return [
    `Both get ${formatNumber(requestsPerSecond)} requests a second, half of what durable takes at most. A latency counts from when ` +
      'the request was due, so a stall is seen by all that it held up.',
    makeTable(['', 'p50, ms', 'p99, ms'], rows),
  ].join('\n\n');
}

function recordTable(part) {
  const rows = Object.entries(part).map(([name, { rowsPerSecond }]) => [
    name === 'save' || name === 'insert' ? `\`repository.${name}()\`, 16 clients` : nameOf(name),
    formatSpread(summarize(rowsPerSecond)),
    name === 'unnest' ? '1' : formatSpread(summarize(pairedRatios(rowsPerSecond, part.unnest.rowsPerSecond))),
  ]);
  return makeTable(['', 'rows a second', 'against `unnest`'], rows);
}

function heapSection({ events, stallMs, idleBytes, afterBytes, peakBytes, receipts }) {
  const mib = (bytes) => `${formatNumber(bytes / 2 ** 20)} MiB`;
  const said = Object.entries(receipts)
    .sort()
    .map(([status, count]) => `${count.toLocaleString('en-US')} ${status}`);
  return [
    `${events.toLocaleString('en-US')} events, half of them buffered, 1,000 calls outstanding; after half of them nobody can ` +
      `write to the ledger for ${stallMs / 1_000} s. Receipts: ${said.join(', ')}. At the end every event is in the ledger.`,
    makeTable(
      ['heap', ''],
      [
        ['idle, collected', mib(idleBytes)],
        ['largest, with garbage', mib(peakBytes)],
        ['after, collected', mib(afterBytes)],
      ],
    ),
  ].join('\n\n');
}

function integritySection({ events, sealed, read, 'verify-1': one, 'verify-2': two, peakMiB }) {
  const rows = [
    ['sealed by the sequencer alone', formatNumber(sealed), ''],
    ['read as text and hashed, nothing else', formatSpread(summarize(read)), '1'],
    ['verified, one thread', formatSpread(summarize(one)), formatSpread(summarize(pairedRatios(one, read)))],
    ['verified, two threads', formatSpread(summarize(two)), formatSpread(summarize(pairedRatios(two, read)))],
  ];
  return [
    `A ledger of ${events.toLocaleString('en-US')} events. The process took at most ${formatNumber(peakMiB)} MiB.`,
    makeTable(['', 'events a second', 'against reading'], rows),
  ].join('\n\n');
}

function spillSection({ up, down, upAgain }) {
  const rows = [
    ['up', formatSpread(summarize(up))],
    ['down', formatSpread(summarize(down))],
    ['up again, all replayed', formatSpread(summarize(upAgain))],
  ];
  return [
    'Durable, Express, 50 connections. At the end every event is in the ledger.',
    makeTable(['PostgreSQL', 'requests a second'], rows),
  ].join('\n\n');
}

function profileTable({ express, fastify }) {
  const percent = (share) => (share === undefined ? '' : `${(share * 100).toFixed(1)} %`);
  const groups = [...new Set([...Object.keys(express), ...Object.keys(fastify)])];
  const rows = groups.map((group) => [group, percent(express[group]), percent(fastify[group])]);
  return [
    'Self time of the durable contender under full load, as shares of the time in which it did not wait. ' +
      '`npm run bench -- --profile durable` names the functions.',
    makeTable(['', 'Express', 'Fastify'], rows),
  ].join('\n\n');
}

function nodesTable(part) {
  const rows = Object.values(part).flatMap(({ version, ...adapters }) =>
    Object.entries(adapters).map(([adapter, { bare, durable }]) => [
      version,
      adapter === 'express' ? 'Express' : 'Fastify',
      formatSpread(summarize(bare.requestsPerSecond)),
      formatSpread(summarize(durable.requestsPerSecond)),
      formatSpread(summarize(pairedRatios(durable.requestsPerSecond, bare.requestsPerSecond))),
      formatSpread(summarize(pairedDifferences(cpuOf(durable), cpuOf(bare)))),
    ]),
  );
  return makeTable(['Node', '', 'bare, requests a second', 'durable', 'against bare', 'CPU added, µs'], rows);
}
