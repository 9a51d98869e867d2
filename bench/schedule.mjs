/** The Node that a run is about, by its major. */
export const NODE_MAJOR = Number(process.versions.node.split('.', 1)[0]);

export const CONNECTIONS = 50;

/** A full run: windows of 8 s for the two contenders whose ratio the marks are about, shorter ones for the rest. */
export const FULL = {
  mode: 'full',
  rounds: 5,
  warmUpMs: 300,
  firstWarmUpMs: 1_000,
  express: {
    bare: 8_000,
    noop: 2_000,
    durable: 8_000,
    buffered: 2_000,
    transactional: 2_000,
    save: 2_000,
    insert: 2_000,
  },
  fastify: { bare: 8_000, durable: 8_000, buffered: 2_000, save: 2_000 },
  rowPartsMs: 2_000,
  entity: { 'entity-bare': 1_500, 'entity-auditing': 1_500, 'entity-audited': 1_500 },
  transaction: { 'transaction-bare': 2_000, 'transaction-audited': 2_000 },
  latencyMs: 3_000,
  recordMs: 1_200,
  backendRows: 10_000,
  rows: { windowMs: 2_000, drainRows: 20_000, single: 5_000, bulk: [10_000, 100_000] },
  eventMs: 500,
  heap: { events: 1_000_000, stallMs: 30_000 },
  spillMs: 1_500,
  integrity: { events: 60_000 },
  disk: { events: 50_000 },
  verify: [{ events: 1_000_000, rounds: 3 }],
  profileMs: 4_000,
  nodes: { bare: 3_000, durable: 3_000 },
  ledger: { events: [1_000_000, 5_000_000] },
  query: { draws: 1_000, patienceMs: 20_000 },
  scans: { draws: 100, patienceMs: 10_000 },
  export: { rounds: 3 },
  retention: { calmMs: 10_000, writers: 2, batchEvents: 50 },
  viewer: { rounds: 5, rows: 5_000, draws: 50 },
  streams: { waiting: 10_000, windowMs: 3_000, backlog: 50_000, backlogRounds: 3, lagMs: 15_000, lagRounds: 3 },
  watch: { events: 1_000_000, rounds: 3 },
};

/** A quick run: whether everything works and nothing is lost. Its figures say little. */
export const QUICK = {
  mode: 'quick',
  rounds: 1,
  warmUpMs: 200,
  firstWarmUpMs: 300,
  express: { bare: 400, durable: 400, buffered: 400, transactional: 400, save: 400 },
  fastify: { bare: 400, durable: 400, save: 400 },
  rowPartsMs: 400,
  entity: { 'entity-bare': 400, 'entity-auditing': 400, 'entity-audited': 400 },
  transaction: { 'transaction-bare': 400, 'transaction-audited': 400 },
  latencyMs: 500,
  recordMs: 400,
  backendRows: 1_000,
  rows: { windowMs: 400, drainRows: 4_000, single: 500, bulk: [1_000, 10_000] },
  eventMs: 200,
  heap: { events: 100_000, stallMs: 3_000 },
  spillMs: 500,
  integrity: { events: 5_000 },
  disk: { events: 5_000 },
  verify: [{ events: 60_000, rounds: 1 }],
  profileMs: 300,
  nodes: { bare: 500, durable: 500 },
  ledger: { events: [60_000, 300_000] },
  query: { draws: 60, patienceMs: 5_000 },
  scans: { draws: 10, patienceMs: 5_000 },
  export: { rounds: 1 },
  retention: { calmMs: 2_000, writers: 2, batchEvents: 50 },
  viewer: { rounds: 2, rows: 1_000, draws: 5 },
  streams: { waiting: 2_000, windowMs: 1_000, backlog: 10_000, backlogRounds: 1, lagMs: 3_000, lagRounds: 1 },
  watch: { events: 20_000, rounds: 1 },
};

/** The same with ledgers of at most so many events, and a fifth of them, and with as many on the day that is watched. */
export function withEvents(schedule, events) {
  if (events === undefined) return schedule;
  return { ...schedule, ledger: { events: [events / 5, events] }, watch: { ...schedule.watch, events } };
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

/** About how long the parts will take, in milliseconds, for people who wait. */
export function estimateMs(schedule, parts) {
  const { rounds, warmUpMs, firstWarmUpMs } = schedule;
  const START_MS = 1_000;
  const byRounds = (windows) =>
    sum(windows.map((windowMs) => rounds * (windowMs + warmUpMs) + firstWarmUpMs + START_MS));
  const rowParts = Array.from({ length: 4 }, () => schedule.rowPartsMs);
  const estimates = {
    express: () => byRounds([...Object.values(schedule.express), ...rowParts]),
    fastify: () => byRounds([...Object.values(schedule.fastify), ...rowParts]),
    entity: () => byRounds(Object.values(schedule.entity)),
    transaction: () => byRounds(Object.values(schedule.transaction)),
    latency: () => 2 * byRounds([2 * schedule.latencyMs, 2 * schedule.latencyMs]),
    record: () => byRounds(Array.from({ length: 6 }, () => schedule.recordMs)) + rounds * schedule.backendRows * 0.3,
    rows: () =>
      byRounds(Array.from({ length: 7 }, () => schedule.rows.windowMs)) +
      rounds * (schedule.rows.drainRows * 0.4 + schedule.rows.single * 0.4 + sum(schedule.rows.bulk) * 0.06),
    event: () => START_MS + rounds * schedule.eventMs,
    heap: () => schedule.heap.stallMs + schedule.heap.events / 15,
    integrity: () => START_MS + schedule.integrity.events * 0.15 + rounds * 2 * 4_000,
    disk: () => START_MS + schedule.disk.events * 0.2,
    verify: () => sum(schedule.verify.map(({ events, rounds }) => START_MS + events * (0.06 + 0.07 * rounds))),
    spill: () => START_MS + 3 * rounds * (schedule.spillMs + warmUpMs) + 5_000,
    profile: () => 2 * (schedule.profileMs + 2 * START_MS),
    nodes: () => 2 * byRounds(Object.values(schedule.nodes)),
    viewer: () => schedule.viewer.rounds * (3_000 + schedule.viewer.rows * 4) + schedule.viewer.draws * 6 * 200,
    // Whichever of these comes first loads the ledger.
    query: () => schedule.ledger.events.at(-1) / 16 + schedule.query.draws * 80 + 8 * schedule.scans.patienceMs,
    export: () => START_MS + schedule.ledger.events[0] / 50,
    retention: () => 3 * schedule.retention.calmMs,
    streams: () => streamsMs(schedule),
    watch: () => START_MS + schedule.watch.events * (0.05 + 0.05 * schedule.watch.rounds),
  };
  return sum(parts.map((part) => estimates[part]()));
}

/** Each window is followed by the time in which its events are sent. */
function streamsMs({ rounds, streams: { waiting, windowMs, backlog, backlogRounds, lagMs, lagRounds } }) {
  const fillMs = (waiting * 4 + backlog) * 0.15;
  const ingestMs = rounds * 2 * windowMs * 5;
  return fillMs + ingestMs + backlogRounds * 2 * (3_000 + backlog * 0.15) + lagRounds * (lagMs + 2_000);
}
