import type { CheckpointMemory } from './checkpoint-register.js';

/** Signs with an Ed25519 key that the application cannot read, for example a key of a key management service (KMS). */
export interface LedgerSigner {
  /** The public key: a PEM text, or the bytes of its DER form (`SubjectPublicKeyInfo`). */
  readonly publicKey: string | Uint8Array;
  /**
   * Resolves with the Ed25519 signature (RFC 8032, 64 bytes) of the bytes themselves, not of their hash. The library verifies each signature
   * before it uses it, gives up after 5 s, and calls again later. Calls may run at the same time.
   */
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
}

/** The default of the option `origin`. */
export const DEFAULT_ORIGIN = 'nestjs-audit-ledger.local/ledger';

export const PROCESS_ROLES = ['both', 'web', 'worker'] as const;

/** What a process does: `web` accepts and reads, `worker` seals, retires, erases and sends, `both` does all. */
export type ProcessRole = (typeof PROCESS_ROLES)[number];

/** The name of the log and the key that signs its checkpoints, and the place of the last checkpoint. */
export interface SigningOptions {
  readonly signingKeyFile: string;
  /** The text of a key file, which replaces the file. */
  readonly signingKey?: string | undefined;
  /** Keys outside the application, which sign together with the keys of the file or text. */
  readonly signers?: readonly LedgerSigner[];
  readonly origin: string;
  /** With `web`, the file or text contains verifier keys only, the current key first. @defaultValue 'both' */
  readonly role?: ProcessRole;
  /** The path of a file, or another place outside the database. */
  readonly checkpointMemory: string | CheckpointMemory;
}

export const SIGNING_OPTIONS = Symbol.for('nestjs-audit-ledger:signing-options');
