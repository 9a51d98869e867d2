import type { Proven } from '../proof/check-event.js';

// A report's bundle contains a file in the same form, which the server writes.
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
  /** The address of the API of the ledger from which the evidence was saved. */
  readonly ledger: string;
  /** The verifier keys that the reader had stored in the browser. */
  readonly keys: readonly string[];
  readonly events: readonly Proven[];
}

/** Whether the file contains salts, with which personal values can be proven. */
export function hasSalts({ events }: Evidence): boolean {
  return events.some(({ sealed }) => sealed?.salt !== undefined);
}
