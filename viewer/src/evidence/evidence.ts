import type { Proven } from '../proof/check-event.js';

// A report's bundle contains a file in the same form, which the server writes.
export {
  EVIDENCE_ID,
  EVIDENCE_STYLE,
  evidenceDocument,
  evidenceJson,
  RESULT_ID,
  SALTS_NOTE,
} from '../../../src/rooms/report/write/evidence-document.js';

export interface Evidence {
  readonly format: 'nestjs-audit-ledger/evidence@v1';
  readonly savedAt: string;
  /** The address of the API of the ledger from which the evidence was saved. */
  readonly ledger: string;
  readonly keys: readonly string[];
  readonly events: readonly Proven[];
}

/** With the salts, a reader can prove personal values. */
export function hasSalts({ events }: Evidence): boolean {
  return events.some(({ sealed }) => sealed?.salt !== undefined);
}
