export const CONNECTIONS = 50;

/** Windows are longer for the contenders that are compared with each other. */
export const FULL = {
  rounds: 5,
  warmUpMs: 300,
  firstWarmUpMs: 1_000,
  express: { bare: 6_000, durable: 6_000, web: 6_000, insert: 6_000, transactional: 2_000, save: 3_000 },
  fastify: { bare: 3_000, durable: 3_000, insert: 3_000, save: 3_000 },
  entity: { 'entity-bare': 1_500, 'entity-auditing': 1_500, 'entity-audited': 1_500 },
  transaction: { 'transaction-bare': 2_000, 'transaction-audited': 2_000 },
  latency: { rates: [100, 500, 1_500], rounds: 3, slices: 3 },
  recordMs: 1_200,
  rows: { windowMs: 2_000, drainRows: 20_000, single: 5_000, bulk: [10_000, 100_000] },
  eventMs: 500,
  spillMs: 1_500,
  idle: { rounds: 2, settleMs: 10_000, windowMs: 60_000 },
  integrity: { events: 60_000 },
  disk: { events: 50_000 },
  verify: { events: 500_000, rounds: 3 },
  ledger: { events: [200_000, 1_000_000] },
  query: { draws: 1_000, patienceMs: 20_000 },
  export: { rounds: 3 },
};

/** A quick run shows only whether everything works and nothing is lost. Its figures are not precise. */
export const QUICK = {
  rounds: 1,
  warmUpMs: 200,
  firstWarmUpMs: 300,
  express: { bare: 400, durable: 400, web: 400, insert: 400, transactional: 400, save: 400 },
  fastify: { bare: 400, durable: 400, insert: 400, save: 400 },
  entity: { 'entity-bare': 400, 'entity-auditing': 400, 'entity-audited': 400 },
  transaction: { 'transaction-bare': 400, 'transaction-audited': 400 },
  latency: { rates: [100, 500], rounds: 1, slices: 1 },
  recordMs: 400,
  rows: { windowMs: 400, drainRows: 4_000, single: 500, bulk: [1_000, 10_000] },
  eventMs: 200,
  spillMs: 500,
  idle: { rounds: 1, settleMs: 1_000, windowMs: 2_000 },
  integrity: { events: 5_000 },
  disk: { events: 5_000 },
  verify: { events: 10_000, rounds: 1 },
  ledger: { events: [10_000, 50_000] },
  query: { draws: 60, patienceMs: 1_000 },
  export: { rounds: 1 },
};
