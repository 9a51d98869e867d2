import type { LedgerAccess } from '../access/ledger-access.js';
import { encodeBase64 } from '../log/notes/encoding.js';
import type { PersonalProof } from '../sealing/leaf-of-shown.js';
import { personalOfRow, type LedgerRow } from '../store/ledger-row.js';
import { isHidden } from './ledger-event.js';
import type { SealedParts } from './sealed-parts.dto.js';

/** The proof of the personal part of a row's event. A reader who may not see that part gets no salt to test guesses with. */
export function personalProofOf(row: LedgerRow, access: LedgerAccess): PersonalProof {
  const commitment = base64Of(row, 'personal_commitment');
  const salt = base64Of(row, 'personal_salt');
  const personal = isHidden(access, row) ? [] : Object.keys(personalOfRow(row) ?? {});
  return {
    ...(commitment === undefined ? {} : { commitment }),
    ...(salt === undefined || personal.length === 0 ? {} : { salt }),
    ...(personal.length === 0 ? {} : { personal }),
  };
}

/** The {@link SealedParts} of a row's event. */
export function sealedPartsOf(row: LedgerRow, access: LedgerAccess): SealedParts {
  const { commitment, personal = [] } = personalProofOf(row, access);
  return {
    ...{ id: String(row.id), leafHash: base64Of(row, 'leaf_hash') ?? '' },
    ...(commitment === undefined ? {} : { commitment }),
    ...{ personal, isPersonalHidden: isHidden(access, row) },
  };
}

function base64Of(row: LedgerRow, column: string): string | undefined {
  const bytes = row[column];
  return Buffer.isBuffer(bytes) ? encodeBase64(bytes) : undefined;
}
