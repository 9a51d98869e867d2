import { AuditError, errorMessage } from '../../../../audit/plain.js';
import { factsOfRow, isPersonalMisplaced, personalOfRow, type LedgerRow } from '../ledger-row.js';
import { hashLeaf, isSameHash } from '../../log/merkle/hashes.js';
import { EVENT_FIELDS } from '../../sealing/event-layout.js';
import { commitPersonal, encodeEntry, sealFacts } from '../../sealing/seal-event.js';

/** The result of checking a stored row against its leaf. */
export interface CheckedRow {
  /** The recomputed leaf hash; absent if the row cannot be sealed. */
  readonly row?: Uint8Array;
  /** The value of the column `leaf_hash`. */
  readonly own: Uint8Array;
  readonly column?: string;
  readonly unreadable?: string;
  /** What is wrong with its personal part. */
  readonly personal?: string;
  readonly isErased: boolean;
}

/** Recomputes a row's leaf from its facts and the commitment, and compares its personal part with the commitment. */
export function checkRow(row: LedgerRow): CheckedRow {
  const own = bytesOf(row.leaf_hash) ?? new Uint8Array();
  const commitment = bytesOf(row.personal_commitment);
  const salt = bytesOf(row.personal_salt);
  const personal = personalOfRow(row);
  const isErased = commitment !== undefined && personal === undefined && salt === undefined;
  // JSON that is not canonical was left as a text.
  const strange = JSON_COLUMNS.find((column) => typeof row[column] === 'string');
  if (strange !== undefined) return { own, isErased, unreadable: `its column ${strange} is not canonical JSON` };
  try {
    const hash = leafOf(row, commitment);
    if (isErased || (commitment === undefined && personal === undefined && salt === undefined)) {
      return { row: hash, own, isErased };
    }
    if (typeof row.personal === 'string') return { row: hash, own, isErased, personal: NOT_CANONICAL };
    if (isPersonalMisplaced(row)) return { row: hash, own, isErased, personal: MISPLACED };
    const seen = personal && salt ? commitPersonal(personal, salt) : undefined;
    if (seen !== undefined && commitment && seen === base64(commitment)) return { row: hash, own, isErased };
    const isCommitment = seen !== undefined && isSameHash(leafOf(row, Buffer.from(seen, 'base64')), own);
    if (isCommitment) return { row: hash, own, isErased, column: 'personal_commitment' };
    return { row: hash, own, isErased, personal: describePersonal(commitment, personal, salt) };
  } catch (error) {
    if (error instanceof RangeError) return { own, isErased, unreadable: 'its JSON is nested too deeply' };
    if (!(error instanceof AuditError)) throw error;
    return { own, isErased, unreadable: errorMessage(error) };
  }
}

/**
 * Why such a row gets no place in the log; `undefined` where it does.
 *
 * @param queued the leaf hash that the event was queued with
 */
export function whyRefused({ row, own, personal, unreadable }: CheckedRow, queued = own): string | undefined {
  if (unreadable !== undefined || personal !== undefined) return unreadable ?? personal;
  return row && isSameHash(row, queued) && isSameHash(own, queued) ? undefined : 'its leaf_hash is not of its row';
}

function leafOf(row: LedgerRow, commitment: Uint8Array | undefined): Uint8Array {
  return hashLeaf(encodeEntry(sealFacts(factsOfRow(row), commitment && base64(commitment))));
}

const JSON_COLUMNS = EVENT_FIELDS.filter(({ kind }) => kind === 'json').map(({ column }) => column);

const NOT_CANONICAL = 'its column personal is not canonical JSON';
const MISPLACED =
  'its column personal holds what has a column of its own: the value of that column was moved or changed';

function describePersonal(commitment: unknown, personal: unknown, salt: unknown): string {
  if (commitment === undefined) return 'it has a personal part or a salt, and its leaf covers none';
  if (personal === undefined) return 'its personal part is gone, and its salt is not: this is not an erasure';
  if (salt === undefined) return 'its salt is gone, and its personal part is not: this is not an erasure';
  return 'its personal part or its salt is not what the commitment in its leaf is of';
}

function bytesOf(value: unknown): Uint8Array | undefined {
  return Buffer.isBuffer(value) ? value : undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
