import type { Proven } from '../proof/check-event.js';

// A report's bundle has the same file, which the server writes.
export {
  EVIDENCE_ID,
  EVIDENCE_STYLE,
  evidenceDocument,
  evidenceJson,
  RESULT_ID,
  SALTS_NOTE,
} from '../../../src/cli/report/write/evidence-document.js';

/** The content of a file of evidence. */
export interface Evidence {
  readonly format: 'nestjs-audit-ledger/evidence@v1';
  readonly savedAt: string;
  /** The address of the API from which the evidence was saved. */
  readonly ledger: string;
  /** The verifier keys that the reader had pinned. */
  readonly keys: readonly string[];
  readonly events: readonly Proven[];
}

/** Whether the file proves personal values. */
export function hasSalts({ events }: Evidence): boolean {
  return events.some(({ sealed }) => sealed?.salt !== undefined);
}
