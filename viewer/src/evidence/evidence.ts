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

/** What a file with salts says of itself, with and without the verifier. */
export const SALTS_NOTE =
  'This file has personal values, and the salts that prove them. With it, they can be proven and guesses of them tested also after the ledger has erased them. Treat it as personal data, and delete it when its purpose ends.';

/** Whether the file proves personal values. */
export function hasSalts({ events }: Evidence): boolean {
  return events.some(({ sealed }) => sealed?.salt !== undefined);
}
