/**
 * The intervals and time-outs of the ledger's background work, in milliseconds. They are in one place so that tests can use shorter
 * intervals, and longer time-outs on a busy machine.
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
  /** A stream that has sent everything looks for events again, unless it is woken. */
  streamIdleMs: 500,
  /** A waiting stream checks whether it must still wait. */
  streamLookMs: 2_000,
  /** A paused stream checks whether it was resumed. */
  streamPausedMs: 1_000,
  /** The sending instance looks for streams that somebody made, changed or removed. */
  streamRowsMs: 2_000,
  /** A batch that was refused is sent again, first. */
  streamRetryMs: 500,
  /** The leader of the streams stops sending if it has not heard from the server for so long. */
  heartbeatLimitMs: 4_000,
  /** An instance looks for erasures. */
  erasureLookMs: 5_000,
  /** An erasure that waits for something is tried again. */
  erasureWaitMs: 500,
  /** A retirement that waits for events to be sealed, or for the archives, checks again. */
  retirementMs: 250,
  /** The live tail looks for newly sealed events. */
  tailMs: 500,
  /** A self-check that found damage checks again. */
  checkAgainMs: 60_000,
  /** How long signing an act waits for the act before: any login can hold that lock. */
  actsWaitMs: 25_000,
  /** How long writing archives waits for another writer: any login can hold that lock. */
  archivesWaitMs: 60_000,
  /** The interval between two looks at a log that is to be adopted. */
  adoptionMs: 400,
  /** The time without a run of the watch's rules after which alerts are late. Longer than the longest step. */
  watchStillMs: 120_000,
  /** How long the health reports, once, that somebody wrote to the tables of the watch's rules. */
  watchAlteredMs: 600_000,
  /** The time-out of an exact overview; after it, the counts are estimated. */
  overviewMs: 2_000,
  /** The time-out of counting a field's values; after it, the counts are estimated. */
  fieldValuesMs: 1_000,
  /** How long a scrape waits for the ledger. */
  scrapeMs: 1_000,
  /** The time-out of reading the ledger's state. */
  stateMs: 5_000,
};
