/**
 * How often the ledger's background work looks for something to do, and how long it waits for an answer, in milliseconds. They stand
 * together so that tests can look more often, and be more patient on a busy machine.
 */
export const TIMING = {
  /** The instance that seals looks for events. */
  sealMs: 800,
  /** The instance that drains looks for row changes. */
  drainMs: 200,
  /** An instance without a connection tries again. */
  reconnectMs: 1_000,
  /** An instance without the lock tries again. */
  standbyMs: 2_000,
  /** The instance that publishes looks for a checkpoint. */
  publishMs: 1_000,
  /** A checkpoint that could not be published is tried again, first. */
  publishRetryMs: 1_000,
  /** A stream that has sent everything looks again, unless it is woken. */
  streamIdleMs: 500,
  /** A stream looks whether it is still to wait. */
  streamLookMs: 2_000,
  /** A paused stream looks whether it is resumed. */
  streamPausedMs: 1_000,
  /** The instance that sends looks for streams that somebody made, changed or removed. */
  streamRowsMs: 2_000,
  /** A batch that was refused is sent again, first. */
  streamRetryMs: 500,
  /** The leader of the streams stops sending when it does not hear of the server for so long. */
  heartbeatLimitMs: 4_000,
  /** An instance looks for erasures. */
  erasureLookMs: 5_000,
  /** An erasure that waits for something is tried again. */
  erasureWaitMs: 500,
  /** A retirement that waits for events to be sealed, or for the archives, looks again. */
  retirementMs: 250,
  /** The live tail looks for sealed events. */
  tailMs: 500,
  /** A self-check that found something looks again. */
  checkAgainMs: 60_000,
  /** Whoever signs an act waits so long for the one before: any login can hold that lock. */
  actsWaitMs: 25_000,
  /** Who writes archives waits so long for another one: any login can hold that lock. */
  archivesWaitMs: 60_000,
  /** Between two looks at a log that is to be adopted. */
  adoptionMs: 400,
  /** No instance has run the rules of the watch for so long: alerts come late. Longer than the longest step. */
  watchStillMs: 120_000,
  /** That somebody wrote where the rules of the watch are is told for so long, and once. */
  watchAlteredMs: 600_000,
  /** An overview that takes longer is estimated. */
  overviewMs: 2_000,
  /** Values of a field that take longer to count are estimated. */
  fieldValuesMs: 1_000,
  /** A scrape waits so long for the ledger. */
  scrapeMs: 1_000,
  /** A question of the ledger's state fails then. */
  stateMs: 5_000,
};
