/** The intervals and time-outs of the ledger's background work, in milliseconds. Tests change these values. */
export const TIMING = {
  /** How often the leader queries for events to seal, while there are events. */
  sealMs: 250,
  /** The pause between two signatures of checkpoints, while events are sealed. */
  signMs: 1_000,
  /** The longest pause of an idle leader. The server ends the leader's session after 10 s without a statement. */
  idleMs: 6_000,
  /** The pause after which a leader without work ends its thread. */
  threadIdleMs: 60_000,
  /** How often each instance checks the lag of an empty outbox. */
  outboxCheckMs: 30_000,
  /** How often the timers of recurring jobs read the clock. A job starts at most this number of milliseconds too late. */
  clockMs: 10_000,
  /** If captured row changes wait so long, an instance that could seal them asks the leader to yield. */
  yieldMs: 5_000,
  /** The pause before an instance that has lost its connection retries. */
  reconnectMs: 1_000,
  /** The pause before an instance tries again to get the leader's lock. */
  standbyMs: 2_000,
  /** The time limit for a signature of the option `signer`. */
  signerMs: 5_000,
  /** How often the leader checks for a checkpoint to publish. */
  publishMs: 1_000,
  /** The first pause before the retry of a failed publication. */
  publishRetryMs: 1_000,
  /** The pause of a consumer that has handled all events, in an instance whose sequencer does not wake it. */
  consumerIdleMs: 500,
  /** How often a waiting consumer checks whether it can continue. */
  consumerLookMs: 2_000,
  /** How often a paused consumer checks whether it was resumed. */
  consumerPausedMs: 1_000,
  /** The first pause before a consumer gets a batch again. */
  consumerRetryMs: 500,
  /** The time within which Splunk must index a batch. After this time, the stream sends the batch again. */
  splunkIndexMs: 120_000,
  /** If the server does not respond for this time, a process stops its consumers. */
  heartbeatLimitMs: 4_000,
  /** How often an instance queries for erasures. */
  erasureLookMs: 60_000,
  /** How often the leader queries for erasures while events are sealed, because the event of a request may be among them. */
  erasureSealedMs: 5_000,
  erasureWaitMs: 500,
  /** The pause before a retirement checks again whether the events are sealed, or whether the archive lock is free. */
  retirementMs: 250,
  /** How often the live tail queries for newly sealed events. */
  tailMs: 500,
  /** The pause before a self-check that found damage runs again. */
  checkAgainMs: 60_000,
  /** The time limit for the lock of acts, which any login can hold. */
  actsWaitMs: 25_000,
  /** The time limit for the lock of archives, which any login can hold. */
  archivesWaitMs: 60_000,
  /** The pause between two checks of a log that is to be adopted. */
  adoptionMs: 400,
  /** How long a question waits until what waits in the inbox is sealed. */
  questionMs: 1_000,
  /** How long an attestation of the capture waits for the event of the last one. A new leader needs seconds. */
  attestMs: 30_000,
  /** The time-out of an exact overview. After this time, the counts are estimated. */
  overviewMs: 2_000,
  /** The time-out of counting a field's values. After this time, the counts are estimated. */
  fieldValuesMs: 1_000,
  /** How long a scrape or a health check waits for the ledger. */
  scrapeMs: 800,
  /** How long each of the two parts of a start waits for the ledger. */
  bootMs: 500,
  /** How long the command `seal` works or waits. */
  sealCommandMs: 60_000,
  /** How long a shutdown seals what waits. */
  finishMs: 5_000,
  /** If the server does not answer for this time during a shutdown, the shutdown no longer waits for it. */
  silentMs: 3_000,
  /** The time-out of reading the ledger's state. */
  stateMs: 5_000,
};
