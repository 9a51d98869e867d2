export { LedgerInconsistentError } from './ledger-inconsistent.error.js';
export type { SequencerRole, SignedCheckpoint } from './log-sequencer.js';
export { Sequencer, type CheckpointListener, type SequencerStatus } from './sequencer.service.js';
