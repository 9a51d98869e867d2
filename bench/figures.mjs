import { median, pairedDifferences, pairedRatios, summarize } from './statistics.mjs';

const ratio = (part, name, reference) => pairedRatios(part[name].requestsPerSecond, part[reference].requestsPerSecond);
const getCpu = ({ cpu }) => cpu.map(({ node, postgres }) => node + postgres);
const added = (part, name) => pairedDifferences(getCpu(part[name]), getCpu(part.bare));
const cpuRatio = (part, name, reference) => pairedRatios(added(part, name), added(part, reference));
const idleDifference = ({ durable, bare }, name) => pairedDifferences(durable[name], bare[name]);
const bulkMs = ({ bulk }, nth) => bulk.map((times) => times[nth].ms);
const atLatency = (part, rate, name, percent) => part[rate][name][`p${percent}Ms`];

/** A figure has the measure, the function that reads one value per round, and the unit. */
const FIGURES = {
  ...Object.fromEntries(
    [
      ['express', 'Express'],
      ['fastify', 'Fastify'],
    ].map(([part, name]) => [
      part,
      [
        [`${name}, \`@Audited\`, requests a second`, (each) => each.durable.requestsPerSecond],
        [`${name}, the same against no audit`, (each) => ratio(each, 'durable', 'bare')],
        [`${name}, the same against one awaited INSERT`, (each) => ratio(each, 'durable', 'insert')],
        [`${name}, the same against \`save()\``, (each) => ratio(each, 'durable', 'save')],
        [`${name}, sealed by a worker process, against one awaited INSERT`, (each) => ratio(each, 'web', 'insert')],
        [`${name}, in the handler's transaction, against no audit`, (each) => ratio(each, 'transactional', 'bare')],
        [`${name}, CPU that \`@Audited\` adds, Node and PostgreSQL`, (each) => added(each, 'durable'), 'µs'],
        [`${name}, that CPU against what one awaited INSERT adds`, (each) => cpuRatio(each, 'durable', 'insert')],
        [`${name}, that CPU against what \`save()\` adds`, (each) => cpuRatio(each, 'durable', 'save')],
        [`${name}, requests a second, against the other build`, (each) => ratio(each, 'durable', 'durable-before')],
        [`${name}, that CPU against the other build's`, (each) => cpuRatio(each, 'durable', 'durable-before')],
      ],
    ]),
  ),
  latency: [
    ...[100, 500, 1_500].flatMap((rate) => [
      [
        `p90 at ${format(rate)} requests a second, against one awaited INSERT`,
        (each) => pairedRatios(atLatency(each, rate, 'durable', 90), atLatency(each, rate, 'insert', 90)),
      ],
      [
        `The same, sealed by a worker process`,
        (each) => pairedRatios(atLatency(each, rate, 'web', 90), atLatency(each, rate, 'insert', 90)),
      ],
      [
        `p90 at ${format(rate)} requests a second, against the other build`,
        (each) => pairedRatios(atLatency(each, rate, 'durable', 90), atLatency(each, rate, 'durable-before', 90)),
      ],
      [
        `The longest stall of the event loop at ${format(rate)} requests a second`,
        (each) => each[rate].durable.gapMs,
        'ms',
      ],
    ]),
  ],
  transaction: [
    [
      'A transaction with an insert, and an event in it, requests a second',
      (each) => each['transaction-audited'].requestsPerSecond,
    ],
    ['The same against without the event', (each) => ratio(each, 'transaction-audited', 'transaction-bare')],
    [
      'The audited one, against the other build',
      (each) => ratio(each, 'transaction-audited', 'transaction-audited-before'),
    ],
  ],
  entity: [
    [
      'An entity saved with `typeorm-auditing`, against without',
      (each) => ratio(each, 'entity-auditing', 'entity-bare'),
    ],
    ['The same with `@Audited` and its changes', (each) => ratio(each, 'entity-audited', 'entity-bare')],
  ],
  record: [
    ['`record()` without HTTP, events a second', (each) => each.record.rowsPerSecond],
    [
      '`record()`, against `save()` with 16 clients',
      (each) => pairedRatios(each.record.rowsPerSecond, each.save.rowsPerSecond),
    ],
    [
      '`record()`, against raw `unnest` of the same rows',
      (each) => pairedRatios(each.record.rowsPerSecond, each.unnest.rowsPerSecond),
    ],
    [
      '`record()`, until everything is sealed, against raw `unnest` of the same rows',
      (each) => pairedRatios(each.record.sustainedPerSecond, each.unnest.sustainedPerSecond),
    ],
    ['CPU of PostgreSQL for an event, stored and sealed', (each) => each.record.serverMicros, 'µs'],
    ['WAL of an event, stored and sealed', (each) => each.record.walBytes, 'bytes'],
    ...[
      ['CPU of PostgreSQL for an event, stored and sealed', 'serverMicros'],
      ['WAL of an event', 'walBytes'],
      ['Events a second until everything is sealed', 'sustainedPerSecond'],
    ].map(([measure, name]) => [
      `${measure}, against the other build`,
      (each) => pairedRatios(each.record[name], each['record-before'][name]),
    ]),
  ],
  rows: [
    [
      'One-row `update()` by TypeORM, 16 clients, captured and drained in the same process, against without',
      (each) => pairedRatios(each['update-captured'].rowsPerSecond, each.update.rowsPerSecond),
    ],
    [
      'One-row `save()` by TypeORM, the same, against `typeorm-auditing`',
      (each) => pairedRatios(each['save-captured'].rowsPerSecond, each['save-auditing'].rowsPerSecond),
    ],
    [
      'CPU of the backend that capture adds to a one-row update',
      ({ server }) => pairedDifferences(server.captured.cpuMicros, server.bare.cpuMicros),
      'µs',
    ],
    [
      'A captured update of 10,000 rows, time against without',
      ({ server }) => pairedRatios(bulkMs(server.captured, 0), bulkMs(server.bare, 0)),
    ],
    [
      'CPU that capture adds to a one-row update, against a plain statement trigger',
      ({ server: { bare, logged, captured } }) =>
        pairedRatios(
          pairedDifferences(captured.cpuMicros, bare.cpuMicros),
          pairedDifferences(logged.cpuMicros, bare.cpuMicros),
        ),
    ],
    [
      'A captured update of 10,000 rows, against a plain statement trigger',
      ({ server }) => pairedRatios(bulkMs(server.captured, 0), bulkMs(server.logged, 0)),
    ],
    ['Draining, row changes a second', ({ drained }) => drained],
    [
      'Reconciling 1,000,000 events of row changes',
      ({ reconciled }) => reconciled.map(({ events, ms }) => (ms / events) * 1_000),
      's',
    ],
  ],
  event: [['CPU of building, normalising and redacting an event', ({ cpuMicros }) => cpuMicros, 'µs']],
  spill: [
    [
      'Durable requests a second with the database down, against normal',
      ({ up, down, upAgain }) => down.map((each) => each / median([...up, ...upAgain])),
    ],
  ],
  idle: [
    ['Start of an application, time that the ledger adds', (each) => idleDifference(each, 'startMs'), 'ms'],
    ['Start of an application, CPU of Node that the ledger adds', (each) => idleDifference(each, 'startCpuMs'), 'ms'],
    ['Memory that an idle ledger adds, with TypeORM', (each) => idleDifference(each, 'rssMiB'), 'MiB'],
    ['CPU of Node for an idle ledger, a minute', (each) => idleDifference(each, 'cpuMs'), 'ms'],
    ['Connections of an idle ledger', ({ durable }) => durable.sessions],
    ['Statements of an idle ledger, a minute', (each) => idleDifference(each, 'transactions')],
  ],
  integrity: [['Sealing alone, events a second', ({ sealed }) => [sealed]]],
  disk: [
    [
      'Disk for an event, with indexes, leaves and tiles',
      ({ parts }) => [Object.values(parts).reduce((total, { bytes }) => total + bytes, 0)],
      'bytes',
    ],
  ],
  query: [
    [
      'p99 of a page of 50, of the slowest kind of query, large ledger, in the database',
      (each) => [Math.max(...Object.values(each.at(-1).shapes).map(({ server }) => server.p99Ms))],
      'ms',
    ],
    [
      'The same against a ledger of a fifth, of the kind that grows most',
      ([small, large]) => [
        Math.max(
          ...Object.entries(large.shapes).map(([name, { server }]) => server.p99Ms / small.shapes[name].server.p99Ms),
        ),
      ],
    ],
  ],
  export: [
    [
      'Export as JSON Lines, against a bare `COPY … TO STDOUT` of the same rows',
      (each) => pairedRatios(each.jsonl.eventsPerSecond, each.copy.eventsPerSecond),
    ],
    ...['jsonl', 'csv', 'ocsf', 'cloudevents'].map((format) => [
      `Export as ${format}, events a second`,
      (each) => each[format].eventsPerSecond,
    ]),
    [
      'Memory of an export, whatever its format',
      (each) => [Math.max(...['jsonl', 'csv', 'ocsf', 'cloudevents'].map((format) => each[format].peakMiB))],
      'MiB',
    ],
  ],
  verify: [
    ['Verifying, two threads, events a second', (each) => each['verify-2'].perSecond],
    [
      'Verifying, two threads, against reading and hashing the rows',
      (each) => pairedRatios(each['verify-2'].perSecond, each.read.perSecond),
    ],
    ['Memory of a verification', (each) => [each['verify-2'].peakMiB], 'MiB'],
  ],
};

export const PARTS = Object.keys(FIGURES);

export function buildFigures(part, measured) {
  return FIGURES[part].flatMap(([measure, read, unit = '']) => {
    const values = readValues(read, measured);
    if (values.length === 0) return [];
    return [{ measure, value: summarize(values).median, unit, seen: formatSpread(values, unit) }];
  });
}

/** What a request costs by each way to audit it, as rows of a table. */
const WAYS = [
  ['bare', 'no audit'],
  ['insert', 'one awaited INSERT, prepared'],
  ['save', '`repository.save()` of TypeORM'],
  ['durable', '`@Audited`'],
  ['web', '`@Audited`, sealed by a worker process'],
];

export function requestTables({ express, latency }) {
  const known = WAYS.filter(([name]) => name in express && name in latency[100]);
  return {
    throughput: known.map(([name, shown]) => [
      shown,
      format(median(express[name].requestsPerSecond)),
      ...['node', 'postgres'].map((part) => format(median(express[name].cpu.map((each) => each[part])))),
    ]),
    latency: known.map(([name, shown]) => [
      shown,
      ...Object.values(latency).map((rate) =>
        [50, 90, 99].map((percent) => format(median(rate[name][`p${percent}Ms`]))).join(' / '),
      ),
    ]),
    rates: Object.keys(latency).map((rate) => format(Number(rate))),
  };
}

/** A quick or an older run lacks some measures, so `read` may throw. */
function readValues(read, measured) {
  try {
    return read(measured) ?? [];
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

function formatSpread(values, unit) {
  const { median: middle, min, max } = summarize(values);
  const spread = values.length > 1 ? ` (${format(min)} to ${format(max)})` : '';
  return `${format(middle)}${spread} ${unit}`.trim();
}

export function format(value) {
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : Number(value.toPrecision(3)).toString();
}
