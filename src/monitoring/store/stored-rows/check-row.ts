import { AuditError } from '../../../base/errors/audit.error.js';
import { getErrorMessage } from '../../../base/errors/error-facts.js';
import { toFacts, isPersonalMisplaced, parsePersonalPart, type LedgerRow } from '../ledger-row.js';
import { hashLeaf, isSameHash } from '../../proof/log/merkle/hashes.js';
import { encodeBase64 } from '../../proof/log/notes/encoding.js';
import { EVENT_FIELDS } from '../../proof/sealing/event-layout.js';
import { commitPersonal, encodeEntry, sealFacts } from '../../proof/sealing/seal-event.js';

export interface CheckedRow {
  /** The recomputed leaf hash; absent if the row cannot be sealed. */
  readonly row?: Uint8Array;
  /** The value of the column `leaf_hash`. */
  readonly own: Uint8Array;
  readonly column?: string;
  readonly unreadable?: string;
  /** The problem of the row's personal part. */
  readonly personal?: string;
  readonly isErased: boolean;
}

/** Recomputes a row's leaf hash from the facts and the commitment, and compares the personal part with the commitment. */
export function checkRow(row: LedgerRow): CheckedRow {
  const own = toBytes(row.leaf_hash) ?? new Uint8Array();
  const commitment = toBytes(row.personal_commitment);
  const salt = toBytes(row.personal_salt);
  const personal = parsePersonalPart(row);
  const isErased = commitment !== undefined && personal === undefined && salt === undefined;
  // The parser leaves JSON that is not canonical as a text.
  const strange = JSON_COLUMNS.find((column) => typeof row[column] === 'string');
  if (strange !== undefined) return { own, isErased, unreadable: `its column ${strange} is not canonical JSON` };
  try {
    const hash = computeLeaf(row, commitment);
    if (isErased || (commitment === undefined && personal === undefined && salt === undefined)) {
      return { row: hash, own, isErased };
    }
    if (typeof row.personal === 'string') return { row: hash, own, isErased, personal: NOT_CANONICAL };
    if (isPersonalMisplaced(row)) return { row: hash, own, isErased, personal: MISPLACED };
    const seen = personal && salt ? commitPersonal(personal, salt) : undefined;
    if (seen !== undefined && commitment && seen === encodeBase64(commitment)) return { row: hash, own, isErased };
    const isCommitment = seen !== undefined && isSameHash(computeLeaf(row, Buffer.from(seen, 'base64')), own);
    if (isCommitment) return { row: hash, own, isErased, column: 'personal_commitment' };
    return { row: hash, own, isErased, personal: describePersonal(commitment, personal, salt) };
  } catch (error) {
    if (error instanceof RangeError) return { own, isErased, unreadable: 'its JSON is nested too deeply' };
    if (!(error instanceof AuditError)) throw error;
    return { own, isErased, unreadable: getErrorMessage(error) };
  }
}

/** Returns why the row is not one that the sealer stores; `undefined` if it could be. */
export function findRowProblem({ row, own, personal, unreadable }: CheckedRow): string | undefined {
  if (unreadable !== undefined || personal !== undefined) return unreadable ?? personal;
  return row && isSameHash(row, own) ? undefined : 'its leaf_hash does not match its row';
}

function computeLeaf(row: LedgerRow, commitment: Uint8Array | undefined): Uint8Array {
  return hashLeaf(encodeEntry(sealFacts(toFacts(row), commitment && encodeBase64(commitment))));
}

const JSON_COLUMNS = EVENT_FIELDS.filter(({ kind }) => kind === 'json').map(({ column }) => column);

const NOT_CANONICAL = 'its column personal is not canonical JSON';
const MISPLACED =
  'its column personal contains a value that belongs to another column: somebody moved or changed the value';

function describePersonal(commitment: unknown, personal: unknown, salt: unknown): string {
  if (commitment === undefined) return 'it has a personal part or a salt, but its leaf covers no personal part';
  if (personal === undefined) return 'its personal part is missing, but its salt is not: this is not an erasure';
  if (salt === undefined) return 'its salt is missing, but its personal part is not: this is not an erasure';
  return 'its personal part or its salt does not match the commitment in its leaf';
}

function toBytes(value: unknown): Uint8Array | undefined {
  return Buffer.isBuffer(value) ? value : undefined;
}
