import type { AuditSubject } from '../../../../audit/index.js';
import { isStorable } from '../../../read/query/query-values.js';
import { keepErrors } from '../../../errors/keep.errors.js';

export const MOST_IDENTIFIERS = 20;
export const FEWEST_CHARACTERS = 3;
export const MOST_CHARACTERS = 320;
export const MOST_ID_CHARACTERS = 512;
export const MOST_REASON_CHARACTERS = 1_000;

/**
 * Returns the subject with trimmed, distinct identifiers.
 *
 * @throws `AUDIT_ERASURE_INVALID` for an invalid id or identifier. An identifier must not be very short, because
 *   events of other persons could contain it
 */
export function checkSubject({ id, identifiers = [] }: AuditSubject): Required<AuditSubject> {
  const problems = [];
  if (!isText(id, 1, MOST_ID_CHARACTERS))
    problems.push(`the id must be a text of 1 to ${MOST_ID_CHARACTERS} characters`);
  if (!Array.isArray(identifiers) || identifiers.length > MOST_IDENTIFIERS) {
    problems.push(`the identifiers must be a list of at most ${MOST_IDENTIFIERS}`);
  } else if (!identifiers.every((each: unknown) => isText(each, FEWEST_CHARACTERS, MOST_CHARACTERS))) {
    problems.push(`an identifier must be a text of ${FEWEST_CHARACTERS} to ${MOST_CHARACTERS} characters`);
  }
  if (problems.length > 0) throw keepErrors.AUDIT_ERASURE_INVALID(problems);
  return { id, identifiers: [...new Set(identifiers.map((each) => each.trim()))] };
}

/** @throws `AUDIT_ERASURE_INVALID` without a reason or a requester */
export function checkOptions({ by, reason }: { readonly by: { readonly id: string }; readonly reason: string }): void {
  const problems = [];
  if (!isText(reason, 1, MOST_REASON_CHARACTERS)) {
    problems.push(`the reason must be a text of 1 to ${MOST_REASON_CHARACTERS} characters`);
  }
  if (!isText(by.id, 1, MOST_ID_CHARACTERS)) problems.push('the requester has no valid id');
  if (problems.length > 0) throw keepErrors.AUDIT_ERASURE_INVALID(problems);
}

/** Whether the value is a text of the given length that PostgreSQL can store. Callers in JavaScript may pass any value. */
export function isText(value: unknown, fewest: number, most: number): boolean {
  return typeof value === 'string' && value.length <= most && value.trim().length >= fewest && isStorable(value);
}
