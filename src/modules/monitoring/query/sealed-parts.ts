import type { LedgerAccess } from '../access/ledger-access.js';
import { encodeBase64 } from '../log/notes/encoding.js';
import type { LedgerReader } from '../store/ledger-reader.service.js';
import { LEDGER_COLUMNS, personalOfRow, type LedgerRow } from '../store/ledger-row.js';
import type { SealedParts, EventSalt } from './sealed-parts.dto.js';

export type { SealedParts, EventSalt } from './sealed-parts.dto.js';

/** The {@link SealedParts} of an event; `undefined` if `access` does not allow it, or the database no longer has it. */
export async function sealedPartsOf(
  reader: Pick<LedgerReader, 'eventRows'>,
  access: LedgerAccess,
  id: string,
): Promise<SealedParts | undefined> {
  const row = await rowOf(reader, access, id);
  if (!row) return undefined;
  const isPersonalHidden = isHidden(access, row);
  const personal = isPersonalHidden ? [] : Object.keys(personalOfRow(row) ?? {});
  const commitment = base64Of(row, 'personal_commitment');
  return {
    id,
    leafHash: base64Of(row, 'leaf_hash') ?? '',
    ...(commitment === undefined ? {} : { commitment }),
    personal,
    isPersonalHidden,
  };
}

/** The salt of an event; `undefined` if `access` does not show the personal part, or it was erased. */
export async function saltOf(
  reader: Pick<LedgerReader, 'eventRows'>,
  access: LedgerAccess,
  id: string,
): Promise<EventSalt | undefined> {
  const row = await rowOf(reader, access, id);
  const salt = row && !isHidden(access, row) && personalOfRow(row) ? base64Of(row, 'personal_salt') : undefined;
  return salt === undefined ? undefined : { id, salt };
}

async function rowOf(
  reader: Pick<LedgerReader, 'eventRows'>,
  access: LedgerAccess,
  id: string,
): Promise<LedgerRow | undefined> {
  const text = `SELECT ${LEDGER_COLUMNS} FROM audit_event WHERE id = $1::uuid`;
  const [row] = await reader.eventRows(access, text, [id]);
  return row;
}

/** Whether the reader may not see the personal part, and so gets no salt to test guesses with. */
function isHidden(access: LedgerAccess, row: LedgerRow): boolean {
  return access.scope === 'subject' && row.actor_id !== access.subjectId;
}

function base64Of(row: LedgerRow, column: string): string | undefined {
  const bytes = row[column];
  return Buffer.isBuffer(bytes) ? encodeBase64(bytes) : undefined;
}
