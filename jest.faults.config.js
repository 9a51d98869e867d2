import everything from './jest.config.js';

/** The long fault tests: those that kill a PostgreSQL have one of their own. They wait more than they compute. */
// One seed for all workers; the environment gives it again to repeat a run.
process.env.FAULT_SEED ??= String(Date.now() % 1_000_000);

export default {
  ...everything,
  roots: ['<rootDir>/test/faults/slow'],
  testRegex: String.raw`\.slow-spec\.ts$`,
  maxWorkers: 4,
  testTimeout: 280_000,
};
