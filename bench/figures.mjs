import { median, pairedDifferences, pairedRatios, summarize } from './statistics.mjs';

const ratio = (part, name, reference) => pairedRatios(part[name].requestsPerSecond, part[reference].requestsPerSecond);
const cpuOf = ({ cpu }) => cpu.map(({ node, postgres }) => node + postgres);
const added = (part, name) => pairedDifferences(cpuOf(part[name]), cpuOf(part.bare));
const idleDifference = ({ durable, bare }, name) => pairedDifferences(durable[name], bare[name]);
const bulkMs = ({ bulk }, nth) => bulk.map((times) => times[nth].ms);

/** A figure has the measure, the function that reads one value per round, the unit, and the mark to reach. */
const FIGURES = {
  ...Object.fromEntries(
    [
      ['express', 'Express', 0.65, 5.5],
      ['fastify', 'Fastify', 0.38, 8],
    ].map(([part, name, againstBare, againstSave]) => [
      part,
      [
        [
          `${name}, 50 connections, durable, against bare`,
          (each) => ratio(each, 'durable', 'bare'),
          '',
          `≥ ${againstBare}`,
        ],
        [`${name}, durable, requests a second`, (each) => each.durable.requestsPerSecond],
        [`${name}, in the handler's transaction, against bare`, (each) => ratio(each, 'transactional', 'bare')],
        [`${name}, by an awaited \`repository.save()\`, against bare`, (each) => ratio(each, 'save', 'bare')],
        [`${name}, durable, against that \`save()\``, (each) => ratio(each, 'durable', 'save'), '', `≥ ${againstSave}`],
        [`${name}, CPU that durable adds, Node and PostgreSQL`, (each) => added(each, 'durable'), 'µs', '≤ 110'],
        [`${name}, CPU that \`save()\` adds`, (each) => added(each, 'save'), 'µs'],
        [
          `${name}, CPU that durable adds, against what \`save()\` adds`,
          (each) => pairedRatios(added(each, 'durable'), added(each, 'save')),
          ...['', '≤ 0.12'],
        ],
        [
          `${name}, CPU that durable adds, against what one awaited prepared INSERT adds`,
          (each) => pairedRatios(added(each, 'durable'), added(each, 'insert')),
        ],
        [
          `${name}, durable requests a second, against the other build`,
          (each) => ratio(each, 'durable', 'durable-before'),
        ],
        [
          `${name}, CPU that durable adds, against the other build`,
          (each) => pairedRatios(added(each, 'durable'), added(each, 'durable-before')),
        ],
      ],
    ]),
  ),
  entity: [
    [
      'An entity saved with `typeorm-auditing`, against without',
      (each) => ratio(each, 'entity-auditing', 'entity-bare'),
    ],
    ['The same with `@Audited` and its changes', (each) => ratio(each, 'entity-audited', 'entity-bare')],
  ],
  transaction: [
    [
      'A transaction with an insert, and an event in it, against without',
      (each) => ratio(each, 'transaction-audited', 'transaction-bare'),
      ...['', '≥ 0.85'],
    ],
    [
      'The audited one, against the other build',
      (each) => ratio(each, 'transaction-audited', 'transaction-audited-before'),
    ],
  ],
  latency: [
    [
      'p99 latency that durable adds at half the maximum load, Express',
      (each) => pairedDifferences(each.durable.p99Ms, each.bare.p99Ms),
      ...['ms', '≤ 5'],
    ],
    [
      'p99 of durable at half its maximum load, against one awaited prepared INSERT, Express',
      (each) => pairedRatios(each.durable.p99Ms, each.insert.p99Ms),
      ...['', '≤ 1'],
    ],
    [
      'p99 from the receipt of an event until a question finds it, at that load',
      ({ durable }) => durable.found99Ms,
      'ms',
      '≤ 300',
    ],
    ['The longest stall of the event loop at that load', ({ durable }) => durable.gapMs, 'ms', '≤ 15'],
  ],
  record: [
    ['`record()` without HTTP, events a second', (each) => each.record.rowsPerSecond],
    [
      '`record()`, against `save()` with 16 clients',
      (each) => pairedRatios(each.record.rowsPerSecond, each.save.rowsPerSecond),
      ...['', '≥ 8'],
    ],
    [
      '`record()`, against raw `unnest` of the same rows',
      (each) => pairedRatios(each.record.rowsPerSecond, each.unnest.rowsPerSecond),
      ...['', '≥ 0.9'],
    ],
    [
      '`record()`, until everything is sealed, against raw `unnest` of the same rows',
      (each) => pairedRatios(each.record.sustainedPerSecond, each.unnest.sustainedPerSecond),
      ...['', '≥ 0.7'],
    ],
    ['CPU of PostgreSQL for an event, stored and sealed', (each) => each.record.serverMicros, 'µs'],
    ['WAL of an event, stored and sealed', (each) => each.record.walBytes, 'bytes'],
    ...[
      ['CPU of PostgreSQL for an event, stored and sealed', 'serverMicros', '≤ 0.65'],
      ['WAL of an event', 'walBytes', '≤ 1.2'],
      ['Events a second until everything is sealed', 'sustainedPerSecond', ''],
    ].map(([measure, name, mark]) => [
      `${measure}, against the other build`,
      (each) => pairedRatios(each.record[name], each['record-before'][name]),
      ...['', mark],
    ]),
  ],
  rows: [
    [
      'One-row `update()` by TypeORM, 16 clients, captured and drained in the same process, against without',
      (each) => pairedRatios(each['update-captured'].rowsPerSecond, each.update.rowsPerSecond),
      ...['', '≥ 0.8'],
    ],
    [
      'One-row `save()` by TypeORM, the same, against `typeorm-auditing`',
      (each) => pairedRatios(each['save-captured'].rowsPerSecond, each['save-auditing'].rowsPerSecond),
      ...['', '≥ 1.2'],
    ],
    [
      'CPU of the backend that capture adds to a one-row update',
      ({ server }) => pairedDifferences(server.captured.cpuMicros, server.bare.cpuMicros),
      ...['µs', '≤ 60'],
    ],
    [
      'A captured update of 10,000 rows, time against without',
      ({ server }) => pairedRatios(bulkMs(server.captured, 0), bulkMs(server.bare, 0)),
      ...['', '≤ 2.2'],
    ],
    [
      'CPU that capture adds to a one-row update, against a plain statement trigger',
      ({ server: { bare, logged, captured } }) =>
        pairedRatios(
          pairedDifferences(captured.cpuMicros, bare.cpuMicros),
          pairedDifferences(logged.cpuMicros, bare.cpuMicros),
        ),
      ...['', '≤ 1.3'],
    ],
    [
      'A captured update of 10,000 rows, against a plain statement trigger',
      ({ server }) => pairedRatios(bulkMs(server.captured, 0), bulkMs(server.logged, 0)),
      ...['', '≤ 1.3'],
    ],
    ['Draining, row changes a second', ({ drained }) => drained, '', '≥ 20,000'],
    [
      'Reconciling 1,000,000 events of row changes',
      ({ reconciled }) => reconciled.map(({ events, ms }) => (ms / events) * 1_000),
      ...['s', '≤ 60'],
    ],
  ],
  event: [['CPU of building, normalising and redacting an event', ({ cpuMicros }) => cpuMicros, 'µs', '≤ 15']],
  spill: [
    [
      'Durable requests a second with the database down, against normal',
      ({ up, down, upAgain }) => down.map((each) => each / median([...up, ...upAgain])),
      ...['', '≥ 0.5'],
    ],
  ],
  idle: [
    ['Start of an application, time that the ledger adds', (each) => idleDifference(each, 'startMs'), 'ms'],
    ['Start of an application, CPU of Node that the ledger adds', (each) => idleDifference(each, 'startCpuMs'), 'ms'],
    ['Memory that an idle ledger adds, with TypeORM', (each) => idleDifference(each, 'rssMiB'), 'MiB'],
    ['CPU of Node for an idle ledger, a minute', (each) => idleDifference(each, 'cpuMs'), 'ms'],
    ['Connections of an idle ledger', ({ durable }) => durable.sessions],
    ['Statements of an idle ledger, a minute', (each) => idleDifference(each, 'transactions'), '', '≤ 12'],
  ],
  integrity: [['Sealing alone, events a second', ({ sealed }) => [sealed]]],
  disk: [
    [
      'Disk for an event, with indexes, leaves and tiles',
      ({ parts }) => [Object.values(parts).reduce((total, { bytes }) => total + bytes, 0)],
      ...['bytes', '≤ 2,330'],
    ],
  ],
  query: [
    [
      'p99 of a page of 50, of the slowest kind of query, large ledger, in the database',
      (each) => [Math.max(...Object.values(each.at(-1).shapes).map(({ server }) => server.p99Ms))],
      ...['ms', '≤ 10'],
    ],
    [
      'The same against a ledger of a fifth, of the kind that grows most',
      ([small, large]) => [
        Math.max(
          ...Object.entries(large.shapes).map(([name, { server }]) => server.p99Ms / small.shapes[name].server.p99Ms),
        ),
      ],
      ...['', '≤ 1.5'],
    ],
  ],
  export: [
    [
      'Export as JSON Lines, against a bare `COPY … TO STDOUT` of the same rows',
      (each) => pairedRatios(each.jsonl.eventsPerSecond, each.copy.eventsPerSecond),
      ...['', '≥ 0.6'],
    ],
    ...['jsonl', 'csv', 'ocsf', 'cloudevents'].map((format) => [
      `Export as ${format}, events a second`,
      (each) => each[format].eventsPerSecond,
    ]),
    [
      'Memory of an export, whatever its format',
      (each) => [Math.max(...['jsonl', 'csv', 'ocsf', 'cloudevents'].map((format) => each[format].peakMiB))],
      ...['MiB', '≤ 150'],
    ],
  ],
  verify: [
    ['Verifying, two threads, events a second', (each) => each['verify-2'].perSecond],
    [
      'Verifying, two threads, against reading and hashing the rows',
      (each) => pairedRatios(each['verify-2'].perSecond, each.read.perSecond),
      ...['', '≥ 0.5'],
    ],
    ['Memory of a verification', (each) => [each['verify-2'].peakMiB], 'MiB', '≤ 250'],
  ],
};

export const PARTS = Object.keys(FIGURES);

/** `isMissed` is undefined for a measure without a mark. */
export function figuresOf(part, measured) {
  return FIGURES[part].flatMap(([measure, read, unit = '', mark = '']) => {
    const values = valuesOf(read, measured);
    if (values.length === 0) return [];
    const { median: value } = summarize(values);
    const isMissed = mark === '' ? undefined : isBeyond(value, mark);
    return [{ measure, value, unit, seen: seenOf(values, unit), mark: `${mark} ${mark && unit}`.trim(), isMissed }];
  });
}

function isBeyond(value, mark) {
  const limit = Number(mark.slice(1).replaceAll(',', ''));
  return mark.startsWith('≥') ? value < limit : value > limit;
}

/** A quick or an older run lacks some measures, so `read` may throw. */
function valuesOf(read, measured) {
  try {
    return read(measured) ?? [];
  } catch (error) {
    if (error instanceof TypeError) return [];
    throw error;
  }
}

function seenOf(values, unit) {
  const { median: middle, min, max } = summarize(values);
  const spread = values.length > 1 ? ` (${format(min)} to ${format(max)})` : '';
  return `${format(middle)}${spread} ${unit}`.trim();
}

export function format(value) {
  return value >= 1_000 ? Math.round(value).toLocaleString('en-US') : Number(value.toPrecision(3)).toString();
}
