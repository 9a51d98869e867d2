import type { LedgerAccess } from '../access/ledger-access.js';
import { encodeBase64 } from '../log/notes/encoding.js';
import type { LedgerReader } from '../store/ledger-reader.service.js';
import { LEDGER_COLUMNS, personalOfRow, type LedgerRow } from '../store/ledger-row.js';

/** What a reader needs beside an event to compute its leaf. */
export interface SealedParts {
  readonly id: string;
  /** base64: the leaf that the event's row has. The one that is computed from the event has to be the same. */
  readonly leafHash: string;
  /** base64: stands for the personal part in the sealed event. Absent where the event says nothing of persons. */
  readonly commitment?: string;
  /** base64: what the commitment was made with. Absent where the personal part was erased, or is not shown. */
  readonly salt?: string;
  /** Where the values of the event stand that are its personal part: JSON Pointers. */
  readonly personal: readonly string[];
  /** The reader sees only the facts of this event. */
  readonly isPersonalHidden: boolean;
}

/** The {@link SealedParts} of an event; `undefined` when `access` is not for it, or the database has it no more. */
export async function sealedPartsOf(
  reader: Pick<LedgerReader, 'eventRows'>,
  access: LedgerAccess,
  id: string,
): Promise<SealedParts | undefined> {
  const text = `SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = $1::uuid`;
  const [row] = await reader.eventRows(access, text, [id]);
  if (!row) return undefined;
  // Who is not shown the personal part gets nothing to try it with.
  const isPersonalHidden = access.scope === 'subject' && row.actor_id !== access.subjectId;
  const personal = isPersonalHidden ? [] : Object.keys(personalOfRow(row) ?? {});
  const commitment = base64Of(row, 'personal_commitment');
  const salt = personal.length === 0 ? undefined : base64Of(row, 'personal_salt');
  return {
    id,
    leafHash: base64Of(row, 'leaf_hash') ?? '',
    ...(commitment === undefined ? {} : { commitment }),
    ...(salt === undefined ? {} : { salt }),
    personal,
    isPersonalHidden,
  };
}

function base64Of(row: LedgerRow, column: string): string | undefined {
  const bytes = row[column];
  return Buffer.isBuffer(bytes) ? encodeBase64(bytes) : undefined;
}
