import { median, pairedDifferences, pairedRatios } from '../statistics.mjs';
import { cpuOf } from './cost-marks.mjs';

const MIB = 2 ** 20;

/**
 * What the figures are held to: the measure, its mark and moonshot, and how it is read from the parts of a result, as one
 * value a round.
 */
export const MARKS = [
  {
    measure: 'Express, durable, 50 connections, against bare',
    needs: ['express'],
    atLeast: 0.65,
    moonshot: 0.8,
    read: ({ express }) => ratio(express, 'durable', 'bare'),
  },
  {
    measure: 'Fastify, durable, 50 connections, against bare',
    needs: ['fastify'],
    atLeast: 0.38,
    moonshot: 0.55,
    read: ({ fastify }) => ratio(fastify, 'durable', 'bare'),
  },
  {
    measure: 'Express, durable, against awaited `repository.save()`',
    needs: ['express'],
    atLeast: 5.5,
    moonshot: 7,
    read: ({ express }) => ratio(express, 'durable', 'save'),
  },
  {
    measure: 'Fastify, durable, against awaited `repository.save()`',
    needs: ['fastify'],
    atLeast: 8,
    moonshot: 11,
    read: ({ fastify }) => ratio(fastify, 'durable', 'save'),
  },
  ...['express', 'fastify'].map((adapter) => ({
    measure: `CPU added to an audited request, Node and PostgreSQL together, ${adapter === 'express' ? 'Express' : 'Fastify'}`,
    needs: [adapter],
    unit: 'µs',
    atMost: 110,
    moonshot: 70,
    read: (parts) => pairedDifferences(cpuOf(parts[adapter].durable), cpuOf(parts[adapter].bare)),
  })),
  {
    measure: 'p99 latency added by durable delivery at half the maximum load',
    needs: ['latency'],
    unit: 'ms',
    atMost: 5,
    moonshot: 2,
    read: ({ latency }) => pairedDifferences(latency.durable.p99Ms, latency.bare.p99Ms),
  },
  {
    measure: '`record()` with 1,000 outstanding, against `save()` with 16 clients',
    needs: ['record'],
    atLeast: 8,
    moonshot: 13,
    read: ({ record }) => pairedRatios(record.record.rowsPerSecond, record.save.rowsPerSecond),
  },
  {
    measure: 'The sequencer alone, against the ingest of one process',
    needs: ['record', 'integrity'],
    atLeast: 1.5,
    read: ({ record, integrity }) => record.record.rowsPerSecond.map((each) => integrity.sealed / each),
  },
  {
    measure: 'Verifying 1,000,000 events, two threads, against reading and hashing their rows',
    needs: ['verify'],
    atLeast: 0.5,
    read: ({ verify: [large] }) => pairedRatios(large['verify-2'].perSecond, large.read.perSecond),
  },
  {
    measure: 'Verifying 1,000,000 events with two threads, against one',
    needs: ['verify'],
    atLeast: 1.6,
    read: ({ verify: [large] }) => pairedRatios(large['verify-2'].perSecond, large['verify-1'].perSecond),
  },
  {
    measure: 'Memory of a verification of 1,000,000 events',
    needs: ['verify'],
    unit: 'MiB',
    atMost: 200,
    read: ({ verify }) => [Math.max(...verify.flatMap((size) => [size['verify-1'].peakMiB, size['verify-2'].peakMiB]))],
  },
  {
    measure: 'CPU of building, normalising and redacting one typical event',
    needs: ['event'],
    unit: 'µs',
    atMost: 15,
    moonshot: 6,
    read: ({ event }) => event.cpuMicros,
  },
  {
    measure:
      'One-row `update()` by TypeORM, 16 clients, captured, with the drain in the same process, against the same without',
    needs: ['rows'],
    atLeast: 0.8,
    moonshot: 0.9,
    read: ({ rows }) => pairedRatios(rows['update-captured'].rowsPerSecond, rows.update.rowsPerSecond),
  },
  {
    measure: 'One-row `save()` by TypeORM, captured, with the drain in the same process, against `typeorm-auditing`',
    needs: ['rows'],
    atLeast: 1.2,
    moonshot: 1.5,
    read: ({ rows }) => pairedRatios(rows['save-captured'].rowsPerSecond, rows['save-auditing'].rowsPerSecond),
  },
  {
    measure: "CPU of the server's backend that capture adds to a one-row update",
    needs: ['rows'],
    unit: 'µs',
    atMost: 60,
    moonshot: 35,
    read: ({ rows: { server } }) => pairedDifferences(server.captured.cpuMicros, server.bare.cpuMicros),
  },
  {
    measure: 'A captured update of 10,000 rows, time against the same without',
    needs: ['rows'],
    atMost: 2.2,
    moonshot: 1.7,
    read: ({ rows: { server } }) => pairedRatios(bulkMs(server.captured, 0), bulkMs(server.bare, 0)),
  },
  {
    measure: 'Captured updates of 100,000 rows against 10,000, a row, after an update of one row',
    needs: ['rows'],
    atMost: 1.1,
    read: ({ rows: { server } }) =>
      server.captured.bulk.map(([few, many]) => many.ms / many.count / (few.ms / few.count)),
  },
  {
    measure: 'Draining, row changes a second',
    needs: ['rows'],
    atLeast: 20_000,
    moonshot: 40_000,
    read: ({ rows }) => rows.drained,
  },
  {
    measure: 'Reconciling, for 1,000,000 events of row changes',
    needs: ['rows'],
    isIn: ({ rows }) => 'reconciled' in rows,
    unit: 's',
    atMost: 60,
    read: ({ rows }) => rows.reconciled.map(({ events, ms }) => (ms / events) * 1_000),
  },
  {
    measure: 'Heap after many events, the database stalled in the middle, over idle',
    needs: ['heap'],
    unit: 'MiB',
    atMost: 150,
    read: ({ heap }) => [(heap.afterBytes - heap.idleBytes) / MIB],
  },
  {
    measure: 'Spill throughput, durable, 50 connections, database down, against normal',
    needs: ['spill'],
    atLeast: 0.5,
    moonshot: 1,
    read: ({ spill }) => {
      const normal = median([...spill.up, ...spill.upAgain]);
      return spill.down.map((each) => each / normal);
    },
  },
  {
    measure: 'p99 of a page of the large ledger, in the database, of the slowest kind of question',
    needs: ['query'],
    unit: 'ms',
    atMost: 10,
    read: ({ query }) => [Math.max(...Object.values(query.at(-1).shapes).map(({ server }) => server.p99Ms))],
  },
  {
    measure: 'The same of the large ledger against the small one, of the kind that grows most',
    needs: ['query'],
    atMost: 1.5,
    read: ({ query }) => [
      Math.max(
        ...Object.entries(query.at(-1).shapes).map(
          ([name, { server }]) => server.p99Ms / query[0].shapes[name].server.p99Ms,
        ),
      ),
    ],
  },
  {
    measure: 'Export as JSON Lines, against a bare `COPY … TO STDOUT` of the same rows',
    needs: ['export'],
    atLeast: 0.6,
    read: (parts) => pairedRatios(parts.export.jsonl.eventsPerSecond, parts.export.copy.eventsPerSecond),
  },
  {
    measure: 'Memory of an export, whatever its format',
    needs: ['export'],
    unit: 'MiB',
    atMost: 150,
    read: (parts) => [
      Math.max(...['jsonl', 'csv', 'ocsf', 'cloudevents'].map((format) => parts.export[format].peakMiB)),
    ],
  },
  {
    measure: 'Locks while a month is dropped',
    needs: ['retention'],
    unit: 'ms',
    atMost: 1_000,
    read: ({ retention }) => [retention.lockedMs],
  },
  {
    measure: 'The longest commit of a writer while a month is dropped',
    needs: ['retention'],
    unit: 'ms',
    atMost: 100,
    read: ({ retention }) => [retention.dropping.longestMs],
  },
  ...[
    ['Scripts that a first visit to the viewer loads, in brotli', 'scripts', 60],
    ['Styles of the viewer, in brotli', 'styles', 10],
    ['What the viewer adds to the packed package', 'packed', 300],
  ].map(([measure, name, atMost]) => ({
    ...{ measure, needs: ['viewer'], unit: 'KB', atMost },
    read: ({ viewer: { bytes } }) => [bytes[name] / 1_000],
  })),
  {
    measure: "First rows of the viewer, painted after the API's answer",
    needs: ['viewer'],
    unit: 'ms',
    atMost: 200,
    read: ({ viewer }) => viewer.firstRowsMs,
  },
  {
    measure: 'The longest task while the viewer scrolls through its rows, 0 without one of 50 ms',
    needs: ['viewer'],
    unit: 'ms',
    atMost: 50,
    read: ({ viewer }) => viewer.longestTaskMs,
  },
  {
    measure: 'Histogram and counts of the viewer, p95 of the slowest kind of query',
    needs: ['viewer'],
    unit: 'ms',
    atMost: 300,
    read: ({ viewer }) => [Math.max(...Object.values(viewer.overviews).map(({ p95Ms }) => p95Ms))],
  },
  ...[
    ['`record()` with three streams, one of them dead with events waiting, against none', 'ingest'],
    ['The durable route on Express with the same three streams, against none', 'http'],
  ].map(([measure, name]) => ({
    ...{ measure, needs: ['streams'], atLeast: 0.9 },
    read: ({ streams }) => pairedRatios(streams[name].three, streams[name].none),
  })),
  {
    measure: 'One stream with a backlog, to a webhook on the same machine, events a second',
    needs: ['streams'],
    atLeast: 5_000,
    read: ({ streams }) => streams.backlog.webhook.eventsPerSecond,
  },
  {
    measure: 'p99 from the commit of an event to the answer of the receiver, at 1,000 events a second',
    needs: ['streams'],
    unit: 'ms',
    atMost: 1_500,
    read: ({ streams }) => streams.lag.p99Ms,
  },
  {
    measure: 'All shipped rules over a day of 1,000,000 events',
    needs: ['watch'],
    unit: 's',
    atMost: 60,
    read: ({ watch: { seconds, events } }) => seconds.map((each) => (each / events) * 1_000_000),
  },
];

/** The times of the updates of many rows, the smaller or the larger. */
function bulkMs({ bulk }, nth) {
  return bulk.map((times) => times[nth].ms);
}

function ratio(part, name, reference) {
  return pairedRatios(part[name].requestsPerSecond, part[reference].requestsPerSecond);
}
