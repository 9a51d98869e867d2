import type { PersonalProof } from '../../monitoring/sealing/leaf-of-shown.js';
import type { LedgerEvent } from '../../monitoring/query/ledger-event.js';

/** The facts about the ledger in a format. */
export interface FormatSource {
  /** The name of the ledger, such as `audit.example.com/shop`. */
  readonly origin: string;
  /** The version of this package. */
  readonly version: string;
}

/** An event with its place in the sealed sequence. */
export interface StreamedLedgerEvent {
  readonly index: number;
  readonly id: string;
  readonly event: LedgerEvent;
  /** The hash of its leaf in the Merkle tree, base64. */
  readonly leafHash: string;
  /** The proof with which the receiver computes that hash from the event. */
  readonly proof?: PersonalProof;
}

/** The name of the package, which the formats give as vendor and as product. */
export const PRODUCT = 'nestjs-audit-ledger';
