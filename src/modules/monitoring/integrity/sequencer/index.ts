export { LedgerInconsistentError } from './ledger-inconsistent.error.js';
export { LeaderSession } from './leader-session.js';
export type { SequencerRole, SignedCheckpoint } from './log-sequencer.js';
export { Sequencer, type CheckpointListener, type SequencerStatus } from './sequencer.service.js';
export { adoptionGivingUp, type StoredAdoption } from './stored-adoptions.js';
export { checkLastSigned, loadOwnTree, whyNotContinued, type SignedHistory } from './stored-tree.js';
