import { pairedDifferences, pairedRatios, summarize } from '../statistics.mjs';

/** Bytes on disk of a typical sealed event, with all that belongs to it, before its cost was worked on: the `disk` part on 2026-11-22. */
const DISK_BYTES_BEFORE = 2_026;

/** CPU time of each request or of what an audit adds to it, Node and PostgreSQL together, in microseconds. */
export function cpuOf({ cpu }) {
  return cpu.map(({ node, postgres }) => node + postgres);
}

/** Whether the CPU of windows is known by its parts: older results do not have them. */
export function hasParts(contender) {
  return contender?.cpu?.[0]?.main !== undefined;
}

/** One part of the CPU of each window, in microseconds a request. */
export function partOf({ cpu }, name) {
  return cpu.map((each) => each[name]);
}

/** What PostgreSQL's backends do for a request: those that write, and the one that seals. */
export function backendsOf(contender) {
  return contender.cpu.map(({ writing, sealing }) => writing + sealing);
}

/** Bytes on disk an event, of all parts. */
export function diskBytes({ parts }) {
  return Object.values(parts).reduce((total, { bytes }) => total + bytes, 0);
}

const NAMES = { express: 'Express', fastify: 'Fastify' };

/** What an audited request costs, in the form of {@link MARKS}; each Node that a result is of has its own column on the page. */
export const COST_MARKS = [
  ...[
    ['express', 0.12, 0.08],
    ['fastify', 0.1, 0.07],
  ].map(([adapter, atMost, moonshot]) => ({
    measure: `All CPU that durable delivery adds to a request, against what awaited \`save()\` adds, ${NAMES[adapter]}`,
    ...{ needs: [adapter], atMost, moonshot },
    isIn: (parts) => parts[adapter].save !== undefined,
    read: (parts) => {
      const { bare, durable, save } = parts[adapter];
      return pairedRatios(added(durable, bare), added(save, bare));
    },
  })),
  {
    measure: "Main-thread time that durable delivery adds to a request, against the bare route's own, Express",
    ...{ needs: ['express'], atMost: 1, moonshot: 0.6 },
    isIn: ({ express }) => hasParts(express.durable),
    read: ({ express: { bare, durable } }) =>
      pairedRatios(pairedDifferences(partOf(durable, 'main'), partOf(bare, 'main')), partOf(bare, 'main')),
  },
  ...['express', 'fastify'].map((adapter) => ({
    measure: `CPU of PostgreSQL's backends an event, writing and sealing, against the floor, 50 connections, ${NAMES[adapter]}`,
    ...{ needs: [adapter], atMost: 1.8, moonshot: 1.3 },
    isIn: (parts) => hasParts(parts[adapter].durable) && parts[adapter].durable.floor !== undefined,
    read: (parts) => {
      const floor = summarize(parts[adapter].durable.floor.sameColumns.cpuMicros).median;
      return backendsOf(parts[adapter].durable).map((micros) => micros / floor);
    },
  })),
  {
    measure: '`record()` with 1,000 outstanding, against raw `unnest` of the same rows with the same in flight',
    needs: ['record'],
    ...{ atLeast: 0.9, moonshot: 1.15 },
    read: ({ record }) => pairedRatios(record.record.rowsPerSecond, record.unnest.rowsPerSecond),
  },
  {
    measure: 'Ingest with sealing on, against the same without',
    needs: ['record'],
    ...{ atLeast: 0.88, moonshot: 0.95 },
    read: ({ record }) => pairedRatios(record.record.rowsPerSecond, record.unsealed.rowsPerSecond),
  },
  {
    measure: 'A transaction that inserts an order, with an event in it, against the same without one',
    ...{ needs: ['transaction'], atLeast: 0.85, moonshot: 0.95 },
    isIn: ({ transaction }) => transaction['transaction-audited'].skipped === undefined,
    read: ({ transaction }) =>
      pairedRatios(
        transaction['transaction-audited'].requestsPerSecond,
        transaction['transaction-bare'].requestsPerSecond,
      ),
  },
  ...['express', 'fastify'].map((adapter) => ({
    measure: `p99 at half load, against the bare route's in alternating seconds, ${NAMES[adapter]}`,
    ...{ needs: ['latency'], atMost: 1.8, moonshot: 1.3 },
    isIn: ({ latency }) => latency.fastify !== undefined,
    read: ({ latency }) => {
      const { bare, durable } = adapter === 'express' ? latency : latency.fastify;
      return pairedRatios(durable.p99Ms, bare.p99Ms);
    },
  })),
  {
    measure: 'Verifying 1,000,000 events, one thread, against reading and hashing their rows',
    ...{ needs: ['verify'], atLeast: 0.75, moonshot: 0.9 },
    read: ({ verify: [large] }) => pairedRatios(large['verify-1'].perSecond, large.read.perSecond),
  },
  {
    measure: `Bytes on disk of an event, with all indexes, leaves and tiles, against ${DISK_BYTES_BEFORE.toLocaleString('en-US')} before`,
    ...{ needs: ['disk'], atMost: 1.15, moonshot: 0.9 },
    read: ({ disk }) => [diskBytes(disk) / DISK_BYTES_BEFORE],
  },
  ...[
    [25, 22, 18],
    [500, 18, 14],
  ].map(([size, atMost, moonshot]) => ({
    measure: `CPU of PostgreSQL for one sealed row, in batches of ${size}`,
    needs: ['record'],
    isIn: ({ record }) => record.record.backend !== undefined, // older results do not have it
    ...{ unit: 'µs', atMost, moonshot },
    read: ({ record }) => record.record.backend.find(({ batch }) => batch === size).cpuMicros,
  })),
  {
    measure:
      '`details.<path>` and `q` within 30 days of a tenant, p99 of the slowest kind in the database, large ledger',
    ...{ needs: ['query'], unit: 'ms', atMost: 300, moonshot: 100 },
    isIn: ({ query }) => query.at(-1).scans !== undefined,
    read: ({ query }) => [Math.max(...Object.values(query.at(-1).scans).map(({ server }) => server.p99Ms))],
  },
];

function added(contender, bare) {
  return pairedDifferences(cpuOf(contender), cpuOf(bare));
}
