import { pairedDifferences, pairedRatios, summarize } from '../statistics.mjs';
import { latencySection } from './latency-section.mjs';
import { watchSection } from './watch-section.mjs';
import { querySection } from './query-section.mjs';
import { formatNumber, formatSpread, makeTable } from './format.mjs';
import { cpuOf } from './cost-marks.mjs';
import { diskSection, sealingSection, transactionSection } from './cost-sections.mjs';

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
  update: '`update()` alone',
  'update-captured': '**`update()`, captured**, drained and sealed by the same process',
  'update-captured-apart': '**`update()`, captured**, drained and sealed by another process',
  'update-save': '`save()` alone',
  'save-captured': '**`save()`, captured**, drained and sealed by the same process',
  'save-auditing': '`save()` with `typeorm-auditing`',
  copy: '`COPY`, batches of 500, two in flight',
};

const FORMATS = { jsonl: 'JSON Lines', csv: 'CSV', ocsf: 'OCSF', cloudevents: 'CloudEvents' };

const VERIFYING = {
  read: 'read as text and hashed, nothing else',
  copy: 'copied in binary and hashed, nothing else',
  'verify-1': 'verified, one thread',
  'verify-2': 'verified, two threads',
};

const nameOf = (contender) => NAMES[contender] ?? contender;

/** The sections about single parts, in the order of the page: which part, how headed, and how made. */
export const SECTIONS = [
  ['express', 'Express', (part) => httpTable(part, 'bare')],
  ['fastify', 'Fastify', (part) => httpTable(part, 'bare')],
  ['entity', 'Changes of an entity (Express)', (part) => httpTable(part, 'entity-bare')],
  ['transaction', 'An event in a transaction (Express)', transactionSection],
  ['latency', 'Latency at half the maximum load', latencySection],
  ['record', 'Without HTTP', recordTable],
  ['rows', 'Row changes', rowsSection],
  ['heap', 'Memory', heapSection],
  ['spill', 'The database down', spillSection],
  ['integrity', 'Sealing', sealingSection],
  ['disk', 'Bytes on disk', diskSection],
  ['profile', 'Where the time goes', profileTable],
  ['nodes', 'Other versions of Node', nodesTable],
  ['query', 'Asking a large ledger', querySection],
  ['export', 'Exporting', exportSection],
  ['retention', 'Dropping a month', retentionSection],
  ['verify', 'Verifying a large ledger', verifySection],
  ['viewer', 'The viewer', viewerSection],
  ['streams', 'Streams', streamsSection],
  ['watch', 'The rules of the watch', watchSection],
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

function recordTable(part) {
  const rows = Object.entries(part).map(([name, { rowsPerSecond }]) => [
    name === 'save' || name === 'insert' ? `\`repository.${name}()\`, 16 clients` : nameOf(name),
    formatSpread(summarize(rowsPerSecond)),
    name === 'unnest' ? '1' : formatSpread(summarize(pairedRatios(rowsPerSecond, part.unnest.rowsPerSecond))),
  ]);
  const rates = makeTable(['', 'rows a second', 'against `unnest`'], rows);
  const { backend } = part.record;
  return backend === undefined ? rates : [rates, backendTable(backend)].join('\n\n');
}

function backendTable(backend) {
  const rows = backend.map(({ batch, cpuMicros, walBytes }) => [
    String(batch),
    formatSpread(summarize(cpuMicros)),
    formatSpread(summarize(walBytes)),
  ]);
  return makeTable(['a sealed row, in batches of', 'CPU of the one backend that inserts it, µs', 'WAL, bytes'], rows);
}

function rowsSection({ drained, reconciled, server, ...contenders }) {
  const rates = Object.entries(contenders).map(([name, { rowsPerSecond, sealedPerSecond, alonePerSecond }]) => {
    const alone = contenders[name.startsWith('update') && name !== 'update-save' ? 'update' : 'update-save'];
    return [
      nameOf(name),
      formatSpread(summarize(rowsPerSecond)),
      formatSpread(summarize(pairedRatios(rowsPerSecond, alonePerSecond ?? alone.rowsPerSecond))),
      sealedPerSecond ? formatSpread(summarize(sealedPerSecond)) : '',
    ];
  });
  const costs = Object.entries(server).map(([name, { cpuMicros, bulk }]) => [
    name === 'bare' ? 'without capture' : '**captured**',
    formatSpread(summarize(cpuMicros)),
    ...bulk[0].map((_, nth) => formatSpread(summarize(bulk.map((times) => times[nth].ms)))),
  ]);
  const counts = server.bare.bulk[0].map(({ count }) => `${count.toLocaleString('en-US')} rows, ms`);
  return [
    'One row a statement, 16 clients, TypeORM. Each captured change became a sealed event, which a count shows. Requests go first: while they ' +
      'come, the drain takes a tenth of the event loop, and brings the rest into the ledger afterwards. The last column has that in its ' +
      'time. No contender sends a context, so captured changes are unattributed.',
    makeTable(['', 'rows a second', 'against alone', 'rows a second until all are in the ledger'], rates),
    'The server alone, one connection:',
    makeTable(['', 'CPU of the backend for one row, µs', ...counts], costs),
    `From the outbox into the ledger: ${formatSpread(summarize(drained))} changes a second.`,
    reconciled
      ? `Holding ${reconciled[0].events.toLocaleString('en-US')} events against their rows: ${formatSpread(summarize(reconciled.map(({ ms }) => ms / 1_000)))} s.`
      : [],
  ]
    .flat()
    .join('\n\n');
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

function verifySection(sizes) {
  const rows = sizes.flatMap(({ events, ...ways }) =>
    Object.entries(ways).map(([way, { perSecond, peakMiB }]) => [
      events.toLocaleString('en-US'),
      VERIFYING[way],
      formatSpread(summarize(perSecond)),
      way === 'read' ? '1' : formatSpread(summarize(pairedRatios(perSecond, ways.read.perSecond))),
      formatNumber(peakMiB),
    ]),
  );
  return [
    'Every event of a ledger, each run in a process of its own. PostgreSQL is on the same machine, so that one thread and its ' +
      'session take up to two cores already.',
    makeTable(['sealed events', '', 'events a second', 'against reading', 'memory at most, MiB'], rows),
  ].join('\n\n');
}

function viewerSection({ events, rows, bytes, firstRowsMs, longestTaskMs, overviews }) {
  const kb = (size) => `${formatNumber(size / 1_000)} KB`;
  const counted = Object.entries(overviews).map(([name, { draws, estimates, p50Ms, p95Ms }]) => [
    ...[name, formatNumber(p50Ms), formatNumber(p95Ms), `${estimates} of ${draws}`],
  ]);
  return [
    `A first visit loads ${kb(bytes.scripts)} of scripts and ${kb(bytes.styles)} of styles, in brotli; a reader of another language ` +
      `${kb(bytes.language)} more, and one who saves evidence ${kb(bytes.verifier)}. The viewer is ${kb(bytes.packed)} of the packed package. In Chromium on the same machine, the first rows are painted ` +
      `${formatSpread(summarize(firstRowsMs))} ms after the answer; while ${rows.toLocaleString('en-US')} rows are scrolled through, the longest task takes ` +
      `${formatSpread(summarize(longestTaskMs))} ms (0: none of 50 ms).`,
    `Histogram and counts by six fields, of ${events.toLocaleString('en-US')} events, over HTTP:`,
    makeTable(['milliseconds', 'p50', 'p95', 'estimates'], counted),
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

function exportSection({ events, copy, ...formats }) {
  const rows = Object.entries({ copy, ...formats }).map(([way, { eventsPerSecond, bytes, peakMiB }]) => [
    FORMATS[way] ?? '`COPY … TO STDOUT`, thrown away',
    formatSpread(summarize(eventsPerSecond)),
    way === 'copy' ? '1' : formatSpread(summarize(pairedRatios(eventsPerSecond, copy.eventsPerSecond))),
    formatNumber(bytes / 2 ** 20),
    formatNumber(peakMiB),
  ]);
  return [
    `The newest ${events.toLocaleString('en-US')} events, of all tenants, in a process of its own for each format.`,
    makeTable(['', 'events a second', 'against `COPY`', 'MiB', 'memory at most, MiB'], rows),
  ].join('\n\n');
}

function retentionSection({ events, bytes, calm, dropping, lockedMs, longestLockMs, longestWaitMs, calls }) {
  const row = (what, { commits, p50Ms, p99Ms, longestMs }) => [
    what,
    commits.toLocaleString('en-US'),
    ...[p50Ms, p99Ms, longestMs].map(formatNumber),
  ];
  return [
    `A month of ${events.toLocaleString('en-US')} events, ${formatNumber(bytes / 2 ** 20)} MiB, is checked, detached and dropped while ` +
      'two connections add events without a pause. The calls took ' +
      `${calls.map(({ answer, tookMs }) => `${formatNumber(tookMs)} ms (${answer})`).join(', ')}. Meanwhile the ledger was locked ` +
      `against its writers, or about to be, for ${formatNumber(lockedMs)} ms, for ${formatNumber(longestLockMs)} ms at a time at most, and no writer waited for a lock longer ` +
      `than ${formatNumber(longestWaitMs)} ms. What else a commit waits for is the disk and the processor, which it shares.`,
    makeTable(
      ['', 'commits', 'p50, ms', 'p99, ms', 'longest, ms'],
      [row('nothing else happens', calm), row('the month is dropped', dropping)],
    ),
  ].join('\n\n');
}

function streamsSection({ waiting, ingest, http, backlog, lag }) {
  const ratio = ({ none, three }) => formatSpread(summarize(pairedRatios(three, none)));
  const compared = [
    ['`record()`, 1,000 outstanding', ingest],
    ['the durable route, Express, 50 connections', http],
  ].map(([what, each]) => [
    ...[what, ...[each.none, each.three].map((rates) => formatSpread(summarize(rates))), ratio(each)],
    formatSpread(summarize(each.sentPerSecond)),
  ]);
  const drained = ['webhook', 'file'].map((way) => [
    ...[way, formatSpread(summarize(backlog[way].eventsPerSecond))],
    ...['main', 'postgres'].map((part) => formatSpread(summarize(backlog[way].cpu.map((cpu) => cpu[part])))),
  ]);
  return [
    'Three streams: to a webhook, to a file, and to a destination that is dead, with ' +
      `${waiting.toLocaleString('en-US')} events that wait for it. They share the process of the application. Requests go first: while they keep the event loop busy, all streams ` +
      'together take a twentieth of it, and send the rest afterwards. The receiver is another process, which verifies each signature by the reference library of Standard Webhooks, and holds ' +
      'each batch against the one before: the run fails for an event that is missing or out of order.',
    makeTable(
      ['events or requests a second', 'no stream', 'three streams', 'ratio', 'events sent a second meanwhile'],
      compared,
    ),
    `One stream with a backlog of ${backlog.events.toLocaleString('en-US')} events, while nothing else happens; CPU for each event:`,
    makeTable(['', 'events a second', 'main thread, µs', 'PostgreSQL, µs'], drained),
    `At ${lag.perSecond.toLocaleString('en-US')} events a second, from when an event was due to be recorded, which is before its commit, to when the receiver ` +
      `answered its batch: p50 ${formatSpread(summarize(lag.p50Ms))} ms, p99 ${formatSpread(summarize(lag.p99Ms))} ms, at most ` +
      `${formatSpread(summarize(lag.longestMs))} ms.`,
  ].join('\n\n');
}
