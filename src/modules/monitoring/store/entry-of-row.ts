import { encodeEntry, sealFacts } from '../sealing/seal-event.js';
import { factsOfRow, type LedgerRow } from './ledger-row.js';

/**
 * The entry of a row of `audit_event`: the sealed event's canonical JSON, as it was before the row was stored. It needs no
 * personal part, only the commitment to it.
 *
 * @param row with {@link LEDGER_COLUMNS}
 * @throws EntryTooLargeError (`AUDIT_ENTRY_TOO_LARGE`), NotCanonicalError (`AUDIT_JSON_NOT_CANONICAL`) for a row that was tampered with
 */
export function entryOfRow(row: LedgerRow): Uint8Array {
  const commitment = Buffer.isBuffer(row.personal_commitment) ? row.personal_commitment.toString('base64') : undefined;
  return encodeEntry(sealFacts(factsOfRow(row), commitment));
}
