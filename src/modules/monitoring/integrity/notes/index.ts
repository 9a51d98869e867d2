export {
  formatCheckpoint,
  parseCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointTrust,
  type VerifiedCheckpoint,
} from './checkpoint.js';
export { timestampOf } from './cosignature.js';
export { generateKeyPair, isKeyName, verifierKeyOf, type KeyPair, type SignatureType } from './note-key.js';
export { parseSigningKey, parseVerifierKey, type NoteSigner, type NoteVerifier } from './note-signer.js';
export { decodeBase64, decodeHashes, encodeBase64 } from './encoding.js';
export {
  ForeignCheckpointError,
  ForgedNoteError,
  InvalidCheckpointError,
  InvalidNoteError,
  InvalidNoteKeyError,
  InvalidProofError,
  InvalidWitnessMessageError,
  TooFewWitnessesError,
  UnverifiedNoteError,
  WrongProofError,
} from './note.errors.js';
export {
  keyLabel,
  addSignatures,
  formatSignatureLine,
  parseNote,
  parseSignatureLines,
  signNote,
  verifyNote,
  type NoteSignature,
  type ParsedNote,
  type VerifiedNote,
} from './signed-note.js';
export {
  formatProof,
  parseProof,
  verifyProof,
  type ProofTrust,
  type ProvenEntry,
  type TlogProof,
} from './tlog-proof.js';
export {
  cosignaturesOf,
  formatAddCheckpoint,
  parseAddCheckpoint,
  parseWitnessConflict,
  verifyWitnesses,
  type AddCheckpoint,
  type WitnessPolicy,
} from './witnesses.js';
