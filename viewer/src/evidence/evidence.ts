import type { Proven } from '../proof/check-event.js';

/** What is in a file of evidence. */
export interface Evidence {
  readonly format: 'nestjs-audit-ledger/evidence@v1';
  readonly savedAt: string;
  /** The address of the API that it was saved from. */
  readonly ledger: string;
  /** The verifier keys that the reader had pinned. */
  readonly keys: readonly string[];
  readonly events: readonly Proven[];
}

/** The name of the element that holds it. */
export const EVIDENCE_ID = 'evidence';
/** The element that the verifier fills. */
export const RESULT_ID = 'result';
