import type { LedgerSigner } from './ledger-signer.js';
import type { CheckpointMemory } from './last-signed.js';

/** The name of the log and the key that signs its checkpoints, and the place of the last checkpoint. */
export interface SigningOptions {
  readonly signingKeyFile: string;
  /** The text of a key file, which replaces the file. */
  readonly signingKey?: string | undefined;
  /** Keys outside the application, which sign together with the keys of the file or text. */
  readonly signers?: readonly LedgerSigner[];
  readonly origin: string;
  /** The path of a file, or another place outside the database. */
  readonly checkpointMemory: string | CheckpointMemory;
}

export const SIGNING_OPTIONS = Symbol.for('nestjs-audit-ledger:signing-options');
