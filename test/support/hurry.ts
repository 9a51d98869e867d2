import { createRequire } from 'node:module';
import type { hash } from '@node-rs/argon2';
import fc from 'fast-check';
import { DELIVERY_TIMING } from '../../src/audit/delivery/delivery-timing.js';
import { TIMING } from '../../src/monitoring/store/timing.js';
import { runs } from './whole.js';

/** Short intervals make tests fast, and generous limits tolerate a busy machine. A test of a limit sets the limit itself. */
Object.assign(TIMING, {
  sealMs: 100,
  signMs: 0,
  refusedMs: 50,
  idleMs: 50,
  clockMs: 2 ** 31 - 1, // the jobs of each tenth minute, hour and day run only when a test runs them
  outboxCheckMs: 2_000,
  reconnectMs: 50,
  standbyMs: 50,
  signerMs: 60_000,
  publishMs: 20,
  publishRetryMs: 50,
  consumerIdleMs: 20,
  consumerLookMs: 50,
  consumerPausedMs: 50,
  consumerRetryMs: 50,
  heartbeatLimitMs: 60_000,
  erasureLookMs: 100,
  erasureSealedMs: 100,
  erasureWaitMs: 50,
  retirementMs: 20,
  tailMs: 20,
  checkAgainMs: 200,
  adoptionMs: 50,
  questionMs: 60_000,
  attestMs: 60_000,
  overviewMs: 60_000,
  fieldValuesMs: 60_000,
  scrapeMs: 60_000,
  bootMs: 60_000,
  finishMs: 60_000,
  silentMs: 60_000,
  stateMs: 60_000,
});
Object.assign(DELIVERY_TIMING, { providerTimeoutMs: 60_000, checkMs: 60_000, scanMs: 250 });
/** The runner fails a spec that changes these objects, and does not restore them: the next spec of the worker has the same modules. */
Object.assign(globalThis, {
  [Symbol.for('shared-by-specs')]: [TIMING, DELIVERY_TIMING].map((object) => ({ object, before: { ...object } })),
});
fc.configureGlobal({ numRuns: runs(100) });
/** The threads of all ledgers of a worker are piped to these, beside the commands that run in the process: a warning would be their output. */
for (const stream of [process.stdout, process.stderr]) stream.setMaxListeners(0);

/** A hash of a password for production takes 30 ms of a processor. This file runs before the application imports the function. */
const passwords = createRequire(import.meta.url)('@node-rs/argon2') as { hash: typeof hash }; // CommonJS, whose exports can be replaced
const hashSlowly = passwords.hash;
passwords.hash = (password, options, signal) =>
  hashSlowly(password, { ...options, memoryCost: 8, timeCost: 1 }, signal);
